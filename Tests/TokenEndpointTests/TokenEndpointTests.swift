import FastCGI
import Testing

@testable import TokenEndpoint

@Suite("the token endpoint")
struct TokenEndpointTests {
    private static let json = [
        Response.Field("Content-Type", "application/json"), .init("Cache-Control", "no-store"),
        .init("X-Content-Type-Options", "nosniff"),
    ]

    @Test("answers the golden token and its lifetime", arguments: ["GET", "HEAD"])
    func golden(method: String) {
        var endpoint = TokenEndpoint(process: Guide.variables)
        let expected = Response(
            .ok, fields: Self.json, body: Array(#"{"token":"\#(Guide.token)","expires_in":172800}"#.utf8))
        #expect(endpoint.answer(method) == expected)
        #expect(endpoint.answer(method) == expected)
    }

    @Test("refuses other methods, naming those it has", arguments: ["POST", "PUT", "DELETE", "get", "TRACE", ""])
    func methods(method: String) {
        var endpoint = TokenEndpoint(process: Guide.variables)
        let response = endpoint.answer(method)
        #expect(response.errorStatus == .methodNotAllowed)
        #expect(response.fields == Self.json + [.init("Allow", "GET, HEAD, OPTIONS")])
    }

    @Test("answers OPTIONS without a body")
    func options() {
        var endpoint = TokenEndpoint(process: [:])
        let response = endpoint.answer("OPTIONS")
        #expect(response.status == .noContent)
        #expect(response.body.isEmpty)
        #expect(response.log.isEmpty)
    }

    @Test("a wrong setting is 503, its reason in the log and not in the answer")
    func wrongSetting() {
        var endpoint = TokenEndpoint(process: ["TINYBIRD_SIGNING_KEY": Guide.key])
        let response = endpoint.answer()
        #expect(response.errorStatus == .serviceUnavailable)
        #expect(!response.text.contains("TINYBIRD"))
        #expect(
            response.log.map(\.text) == [
                "charts-token: error: TINYBIRD_PIPES is not set: set it to the names or ids of the pipes, "
                    + "separated by commas\n"
            ])
    }

    @Test("the reason is logged once, by whichever worker meets it first")
    func logsOnce() {
        let notices = Notices()
        var lines = 0
        for _ in 0..<3 {
            var endpoint = TokenEndpoint(process: [:], notices: notices)
            for _ in 0..<3 { lines += endpoint.answer().log.count }
        }
        #expect(lines == 1)
    }

    @Test("a fault that comes back is logged again")
    func logsAgain() throws {
        let file = try TemporaryFile()
        var endpoint = TokenEndpoint(process: ["TINYBIRD_SIGNING_KEY_FILE": file.path, "TINYBIRD_PIPES": "p"])
        for _ in 0..<2 {
            try file.write("")
            #expect(endpoint.answer().log.count == 1)
            #expect(endpoint.answer().log.isEmpty)
            try file.write(Guide.key)
            #expect(endpoint.answer().status == .ok)
        }
    }

    @Test("a fault that comes back is logged again, whichever worker saw that it was mended")
    func logsAgainForAllWorkers() throws {
        let file = try TemporaryFile()
        let notices = Notices()
        let variables = ["TINYBIRD_SIGNING_KEY_FILE": file.path, "TINYBIRD_PIPES": "p"]
        var first = TokenEndpoint(process: variables, notices: notices)
        var second = TokenEndpoint(process: variables, notices: notices)
        for _ in 0..<3 {
            try file.write("")
            #expect(first.answer().log.count == 1)
            #expect(second.answer().log.isEmpty)
            try file.write(Guide.key)
            #expect(second.answer().status == .ok)
        }
    }

    @Test("a fault of several places is one line, until it is mended at all of them")
    func logsOnceForAllPlaces() throws {
        let file = try TemporaryFile()
        var endpoint = TokenEndpoint(process: ["TINYBIRD_SIGNING_KEY_FILE": file.path, "TINYBIRD_PIPES": "p"])
        var lines: [Int] = []
        for content in ["", "", Guide.key, ""] {
            try file.write(content)
            for name in ["a", "b"] { lines.append(endpoint.answer("GET", ["TINYBIRD_TOKEN_NAME": name]).log.count) }
        }
        #expect(lines == [1, 0, 0, 0, 0, 0, 1, 0])
    }

    @Test("a warning is logged once, with a token")
    func warnsOnce() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_WORKSPACE_ID": "w"])
        let first = endpoint.answer()
        #expect(first.status == .ok)
        #expect(first.log.map(\.level) == [.warning])
        #expect(endpoint.answer().log.isEmpty)
    }

    @Test("the request's environment goes before the process's")
    func requestFirst() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_TOKEN_NAME": "process"])
        #expect(
            endpoint.answer("GET", ["TINYBIRD_TOKEN_NAME": "request"]).claims?.contains(#""name":"request""#) == true)
        #expect(endpoint.answer().claims?.contains(#""name":"process""#) == true)
    }

    @Test("an empty variable of the request hides the process's")
    func emptyHides() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_TOKEN_NAME": "process"])
        #expect(endpoint.answer("GET", ["TINYBIRD_TOKEN_NAME": ""]).claims?.contains(#""name":"charts_token""#) == true)
        #expect(endpoint.answer("GET", ["TINYBIRD_PIPES": ""]).status == .serviceUnavailable)
    }

    @Test("threads are the process's own affair")
    func threads() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        #expect(endpoint.answer("GET", ["TINYBIRD_THREADS": "many"]).status == .ok)
    }

    @Test("no header of a client is a setting")
    func headers() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        let response = endpoint.answer("GET", ["HTTP_TINYBIRD_PIPES": "secret", "HTTP_TINYBIRD_TOKEN_NAME": "x"])
        #expect(response.text.contains(Guide.token))
    }

    @Test("places with settings of their own don't mix, and are bounded in number")
    func manyLocations() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        for round in 0..<2 {
            for index in 0..<(2 * TokenEndpoint.cacheLimit) {
                let claims = endpoint.answer("GET", ["TINYBIRD_PIPES": "pipe\(index)"]).claims
                #expect(claims?.contains(#""resource":"pipe\#(index)""#) == true, "round \(round)")
                #expect(endpoint.cachedCount <= TokenEndpoint.cacheLimit)
            }
        }
    }
}
