import Testing

@testable import FastCGI

@Suite("The records of a request (FastCGI specification §3)")
struct InboxTests {
    private static let begin = record(1, [0, 1, 1, 0, 0, 0, 0, 0])
    private static let parameters = pair("AB", "") + pair("C", "DE")
    private static let end = record(4, []) + record(5, [])
    private static let request = begin + record(4, parameters) + end

    /// The request of `bytes` that come in pieces of a length. Throws when it is whole before the last piece.
    private func read(_ bytes: [UInt8], by length: Int, into inbox: inout Inbox) throws -> IncomingRequest? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            let request = try inbox.read(piece.span)
            if rest.isEmpty { return request }
            guard request == nil else { throw Disconnection() }
        }
        return nil
    }

    @Test("a request is whole with the end of its body, and not before", arguments: [1, 2, 7, 8, 9, 1000])
    func completeness(length: Int) throws {
        var inbox = Inbox()
        for _ in 0..<2 {
            #expect(inbox.isEmpty)
            let request = try read(Self.request, by: length, into: &inbox)
            #expect(request == IncomingRequest(id: 1, keepsConnection: true, parameters: Self.parameters))
        }
        for count in 1..<Self.request.count {
            var inbox = Inbox()
            #expect(try read(Array(Self.request.prefix(count)), by: length, into: &inbox) == nil)
            #expect(!inbox.isEmpty)
        }
    }

    @Test("padding and the body are left out, and parameters go on in the next record", arguments: [1, 3, 1000])
    func padding(length: Int) throws {
        let bytes =
            record(1, [0, 1, 0, 0, 0, 0, 0, 0], padding: 9) + record(4, [1, 0], padding: 255) + record(4, [0x41])
            + record(4, [], padding: 3) + record(5, [1, 2, 3], padding: 5) + record(5, [4]) + record(5, [], padding: 1)
        var inbox = Inbox()
        let request = try read(bytes, by: length, into: &inbox)
        #expect(request == IncomingRequest(id: 1, keepsConnection: false, parameters: [1, 0, 0x41]))
        #expect(inbox.managementReply == [])
    }

    @Test("management records are replied to, before and within a request", arguments: [1, 5, 1000])
    func management(length: Int) throws {
        var inbox = Inbox()
        let bytes = record(9, [1, 2, 3], id: 0) + Self.begin + record(99, [], id: 0) + Self.end
        #expect(try read(bytes, by: length, into: &inbox) == IncomingRequest(id: 1, keepsConnection: true))
        #expect(
            inbox.managementReply
                == record(10, [15, 1] + Array("FCGI_MPXS_CONNS0".utf8), id: 0)
                + record(11, [99, 0, 0, 0, 0, 0, 0, 0], id: 0))
    }

    @Test(
        "what breaks the protocol ends the connection",
        arguments: [
            [2] + begin.dropFirst(),
            record(4, [1, 0, 0x41]),
            record(1, [0, 1, 1]),
            record(1, [0, 2, 0, 0, 0, 0, 0, 0]),
            record(1, [1, 1, 0, 0, 0, 0, 0, 0]),
            begin + begin,
            begin + record(4, [], id: 2),
            begin + record(5, []),
            begin + record(2, []),
            begin + record(4, []) + record(4, [1]),
            begin + end + [1],
        ] as [[UInt8]], [1, 1000])
    func breaches(bytes: [UInt8], length: Int) {
        var inbox = Inbox()
        #expect(throws: Disconnection.self) { try read(bytes, by: length, into: &inbox) }
    }

    @Test("parameters of more than 4 MiB are refused")
    func maximumLength() throws {
        let chunk = record(4, [UInt8](repeating: 0, count: 0xffff))
        var inbox = Inbox()
        _ = try inbox.read(Self.begin.span)
        for _ in 0..<64 { _ = try inbox.read(chunk.span) }
        #expect(throws: Disconnection.self) { _ = try inbox.read(chunk.span) }
    }
}
