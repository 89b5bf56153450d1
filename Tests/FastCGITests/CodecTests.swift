import Testing

@testable import FastCGI

@Suite("libfcgi as a codec")
struct CodecTests {
    /// Remembers what it was asked, and answers with a body of any length.
    private struct Recorder: RequestHandler {
        var length = 2
        var log: [LogLine] = []
        var decoded: [UInt8] = []
        var found: [UInt8]?

        func reads(_ name: Span<UInt8>) -> Bool { name[0] == UInt8(ascii: "R") }

        mutating func respond(to request: borrowing Request) -> Response {
            decoded = []
            request.append(variablesNamed: "", to: &decoded)
            found = request.bytes(of: "X")
            return Response(.ok, body: [UInt8](repeating: 0x78, count: length), log: log)
        }
    }

    init() { Codec.start() }

    /// The contents of the records of a type in a response to request 7, and whether the response ends there.
    private func content(_ type: UInt8, of response: [UInt8]) -> (content: [UInt8], isWhole: Bool) {
        var content: [UInt8] = []
        var next = 0
        while next + RecordHeader.length <= response.count {
            let header = RecordHeader(response.span, at: next)
            #expect(header.requestID == 7)
            if header.type == type {
                content += response[next + RecordHeader.length..<next + RecordHeader.length + header.contentLength]
            }
            next += header.recordLength
            if header.type == 3 { return (content, next == response.count) }
        }
        return (content, false)
    }

    @Test("libfcgi decodes the variables that the handler reads; the others are found all the same")
    func variables() throws {
        var codec = try Codec()
        var handler = Recorder()
        let parameters = pair("R", "1") + pair("X", "2") + pair("READ", "") + pair("X", "3")
        let request = IncomingRequest(id: 7, keepsConnection: false, parameters: parameters)
        let response = try #require(try codec.respond(to: request, with: &handler))
        #expect(handler.decoded == Array("FCGI_ROLE=RESPONDER\0R=1\0READ=\0".utf8))
        #expect(handler.found == Array("2".utf8))
        let output = content(6, of: response)
        #expect(output.isWhole)
        #expect(output.content == Array("Status: 200 OK\r\nContent-Length: 2\r\n\r\nxx".utf8))
    }

    @Test(
        "requests and responses of any length come whole, and leave nothing for the next one",
        arguments: [0, 127, 128, 70_000, 1 << 20])
    func lengths(length: Int) throws {
        var codec = try Codec()
        var handler = Recorder()
        for (variable, body) in [(length, 2), (1, length), (length, length), (0, 0)] {
            handler.length = body
            let value = [UInt8](repeating: 0x79, count: variable)
            let request = IncomingRequest(id: 7, keepsConnection: true, parameters: pair("R", value))
            let response = try #require(try codec.respond(to: request, with: &handler))
            #expect(handler.decoded == Array("FCGI_ROLE=RESPONDER\0R=".utf8) + value + [0])
            #expect(handler.found == nil)
            let output = content(6, of: response)
            #expect(output.isWhole)
            #expect(output.content.suffix(body).allSatisfy { $0 == 0x78 })
            #expect(output.content.count == "Status: 200 OK\r\nContent-Length: \(body)\r\n\r\n".utf8.count + body)
        }
    }

    @Test("the log goes to the error stream")
    func log() throws {
        var codec = try Codec()
        var handler = Recorder(log: [LogLine(.error, "one"), LogLine(.warning, "two")])
        let response = try #require(
            try codec.respond(to: IncomingRequest(id: 7, keepsConnection: true), with: &handler))
        let lines = "charts-token: error: one\ncharts-token: warning: two\n"
        #expect(content(7, of: response).content == Array(lines.utf8))
        #expect(content(6, of: response).isWhole)
    }

    @Test(
        "malformed variables end the connection, whether they are read or not, and the codec goes on",
        arguments: [
            [1], [0x80, 0, 0], [1, 1, 0x41], [0x80, 0, 0, 1, 0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [4, 0x80, 0x40, 0, 0], pair("R", "alice\0bob"), pair("A\0R", ""), pair("A", "\0"),
        ] as [[UInt8]])
    func malformed(parameters: [UInt8]) throws {
        var codec = try Codec()
        var handler = Recorder()
        #expect(throws: Disconnection.self) {
            _ = try codec.respond(
                to: IncomingRequest(id: 7, keepsConnection: true, parameters: parameters), with: &handler)
        }
        #expect(try codec.respond(to: IncomingRequest(id: 7, keepsConnection: true), with: &handler) != nil)
    }
}
