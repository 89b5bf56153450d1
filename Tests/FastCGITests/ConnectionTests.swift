import Glibc
import Testing

@testable import FastCGI

@Suite("A connection waits for no peer")
struct ConnectionTests {
    private let peer: Int32
    private let connection: Connection
    private static let longResponse = (0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 >> 10) }

    init() throws {
        var sockets: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &sockets) == 0)
        peer = sockets[0]
        connection = Connection(socket: sockets[1])
    }

    /// What the peer can read now.
    private func received() -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(peer, &buffer, buffer.count), count > 0 { received += buffer[..<count] }
        return received
    }

    @Test("a response that the socket has no room for is sent piece by piece")
    func sending() throws {
        defer { close(peer) }
        try connection.send(Self.longResponse, isLast: false)
        var all: [UInt8] = []
        while connection.isSending {
            #expect(connection.isUnfinished && connection.waitingSince != nil)
            #expect(connection.pendingBytes < Self.longResponse.count)
            all += received()
            try connection.sendOutbox()
        }
        #expect(connection.waitingSince == nil)
        #expect(all + received() == Self.longResponse)
    }

    @Test("after the last response the connection ends")
    func last() throws {
        defer { close(peer) }
        try connection.send(Self.longResponse, isLast: true)
        #expect(throws: Disconnection.self) {
            for _ in 0..<1000 {
                _ = received()
                try connection.sendOutbox()
            }
        }
        #expect(!connection.isSending)
    }

    @Test("a connection on which a whole request has come waits for its peer no more")
    func request() throws {
        defer { close(peer) }
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 12)
        defer { buffer.deallocate() }
        let records = record(1, [0, 1, 1, 0, 0, 0, 0, 0]) + record(4, []) + record(5, [])
        #expect(write(peer, records, 20) == 20)
        #expect(try connection.receive(into: buffer) == nil)
        #expect(connection.waitingSince != nil)
        #expect(write(peer, Array(records[20...]), records.count - 20) == records.count - 20)
        #expect(try connection.receive(into: buffer) != nil)
        #expect(connection.waitingSince == nil)
    }

    @Test("a persistent connection waits for the rest of a request, whatever management records come with it")
    func management() throws {
        defer { close(peer) }
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 14)
        defer { buffer.deallocate() }
        try connection.send([1], isLast: false)
        let query = record(9, [], id: 0)
        #expect(write(peer, query, query.count) == query.count)
        #expect(try connection.receive(into: buffer) == nil)
        #expect(connection.waitingSince == nil)
        let begin = record(1, [0, 1, 1, 0, 0, 0, 0, 0])
        #expect(write(peer, begin, begin.count) == begin.count)
        #expect(try connection.receive(into: buffer) == nil)
        let start = try #require(connection.waitingSince)
        #expect(write(peer, query, query.count) == query.count)
        #expect(try connection.receive(into: buffer) == nil)
        #expect(connection.waitingSince == start)
    }

    @Test("a peer that reads no replies to its management records is waited for")
    func unreadReplies() throws {
        defer { close(peer) }
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 14)
        defer { buffer.deallocate() }
        try connection.send([1], isLast: false)
        let queries = [[UInt8]](repeating: record(9, [], id: 0), count: 2048).flatMap { $0 }
        for _ in 0..<1000 where !connection.isSending {
            #expect(write(peer, queries, queries.count) == queries.count)
            #expect(try connection.receive(into: buffer) == nil)
        }
        #expect(connection.isSending && connection.isUnfinished && connection.waitingSince != nil)
    }

    @Test("a peer that has gone ends the connection")
    func gone() throws {
        try connection.send(Self.longResponse, isLast: false)
        close(peer)
        #expect(throws: Disconnection.self) { try connection.sendOutbox() }
    }
}
