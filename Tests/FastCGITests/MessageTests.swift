import FastCGI
import Testing

@Suite("CGI messages (RFC 3875)")
struct MessageTests {
    private static let response = Response(
        .ok, fields: [.init("Content-Type", "application/json"), .init("Cache-Control", "no-store")],
        body: Array("{}".utf8))

    @Test("a response is status, header fields, an empty line and the body")
    func message() {
        #expect(
            String(decoding: Self.response.message(for: "GET"), as: UTF8.self)
                == "Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                + "Content-Length: 2\r\n\r\n{}")
    }

    @Test("HEAD has the same header fields, and no body")
    func head() {
        #expect(Self.response.message(for: "HEAD") == Self.response.message(for: "GET").dropLast(2))
    }

    @Test("204 has neither body nor length")
    func noContent() {
        #expect(
            String(decoding: Response(.noContent).message(for: "OPTIONS"), as: UTF8.self)
                == "Status: 204 No Content\r\n\r\n")
    }

    @Test("a request's variables are found by their exact name")
    func variables() {
        let request = Request(variables: [("REQUEST_METHOD", "GET"), ("A", "1=2"), ("AB", ""), ("PREFIX_X", "y")])
        #expect(request.method == "GET")
        #expect(request.bytes(of: "A") == Array("1=2".utf8))
        #expect(request.bytes(of: "AB") == [])
        #expect(request.bytes(of: "B") == nil)
        #expect(request.bytes(of: "REQUEST") == nil)
        var family: [UInt8] = []
        request.append(variablesNamed: "PREFIX_", to: &family)
        #expect(family == Array("PREFIX_X=y\u{0}".utf8))
    }

    @Test("a line of the log names program and level")
    func logLine() {
        #expect(LogLine(.error, "no key").text == "charts-token: error: no key\n")
    }
}
