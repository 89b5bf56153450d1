import Foundation

@testable import FastCGI

/// A connection's requests reach the handler with the variables that were sent, and leave nothing unread.
///
/// The input says in its first two bytes where the others, which a peer sends, are cut into two pieces.
func fuzzRecords(_ input: [UInt8]) throws {
    guard input.count > 2 else { return }
    let stream = Array(input[2...])
    let cut = (Int(input[0]) << 8 | Int(input[1])) % (stream.count + 1)
    Codec.start()
    var codec = try Codec()

    var sockets: [Int32] = [-1, -1]
    require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0, "there are sockets")
    let peer = sockets[0]
    defer { close(peer) }
    _ = fcntl(sockets[1], F_SETFL, O_NONBLOCK)
    let connection = Connection(socket: sockets[1])
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16 << 10)
    defer { buffer.deallocate() }
    var handler = Recorder()
    var pending: [UInt8] = []
    for piece in [Array(stream[..<cut]), Array(stream[cut...]), []] {
        if piece.isEmpty { shutdown(peer, Int32(SHUT_WR)) }
        require(write(all: piece, to: peer), "the connection takes an input whole")
        pending += piece
        do throws(Disconnection) {
            // Twice, as the buffer holds less than the longest input.
            var received: IncomingRequest?
            for _ in 0..<2 where received == nil { received = try connection.receive(into: buffer) }
            guard let request = received else { continue }
            let response = try codec.respond(to: request, with: &handler)
            require(response != nil, "libfcgi refuses nothing that was looked through")
            let sent = variables(in: pending)
            require(handler.variables == sent, "libfcgi reads what was sent, \(sent), not \(handler.variables)")
            defer { require(answeredRequest(peer) == requestID(in: pending), "the response is the request's") }
            try connection.send(response ?? [], isLast: !request.keepsConnection)
        } catch {
            return
        }
        var byte: UInt8 = 0
        let count = recv(connection.socket, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK))
        require(count <= 0, "nothing of a request is left for the next one")
        pending = []
    }
}

/// Remembers what it was asked.
private struct Recorder: RequestHandler {
    var variables: [UInt8] = []

    func reads(_ name: Span<UInt8>) -> Bool { true }

    mutating func respond(to request: borrowing Request) -> Response {
        variables = []
        request.append(variablesNamed: "", to: &variables)
        return Response(.ok, body: Array("{}".utf8))
    }
}

/// Each record's type, request and content, by the specification alone; what is cut off at the end is left out.
private func records(in stream: [UInt8]) -> [(type: UInt8, id: Int, content: [UInt8])] {
    var records: [(UInt8, Int, [UInt8])] = []
    var rest = stream[...]
    while rest.count >= 8 {
        let header = Array(rest.prefix(8))
        let length = Int(header[4]) << 8 | Int(header[5])
        guard rest.count >= 8 + length + Int(header[6]) else { break }
        records.append((header[1], Int(header[2]) << 8 | Int(header[3]), Array(rest.dropFirst(8).prefix(length))))
        rest = rest.dropFirst(8 + length + Int(header[6]))
    }
    return records
}

/// The request of the first record that begins one.
private func requestID(in stream: [UInt8]) -> Int? {
    records(in: stream).first { $0.type == 1 && $0.id != 0 }?.id
}

/// The parameters as C strings, `NAME=value`, each with its NUL.
private func variables(in stream: [UInt8]) -> [UInt8] {
    var rest = records(in: stream).filter { $0.type == 4 && $0.id != 0 }.flatMap(\.content)[...]
    func length() -> Int {
        guard let first = rest.popFirst() else { return 0 }
        guard first >= 0x80 else { return Int(first) }
        let others = rest.prefix(3)
        rest = rest.dropFirst(3)
        return others.reduce(Int(first & 0x7f)) { $0 << 8 | Int($1) }
    }
    // libfcgi adds the role.
    var variables = Array("FCGI_ROLE=RESPONDER\0".utf8)
    while !rest.isEmpty {
        let name = length()
        let value = length()
        let variable = rest.prefix(name) + [UInt8(ascii: "=")] + rest.dropFirst(name).prefix(value)
        variables += variable.prefix { $0 != 0 } + [0]
        rest = rest.dropFirst(name + value)
    }
    return variables
}

/// The request that the peer has got a whole answer for.
private func answeredRequest(_ peer: Int32) -> Int? {
    var answer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(peer, &answer, answer.count, Int32(MSG_DONTWAIT))
    guard count > 0, let end = records(in: Array(answer[..<count])).last, end.type == 3 else { return nil }
    return end.id
}
