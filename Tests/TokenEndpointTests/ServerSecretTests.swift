import FastCGI
import Testing

@testable import TokenEndpoint

@Suite("the server's secret")
struct ServerSecretTests {
    private static let secret = "5e0f7d1c"
    private static let withSecret = Guide.variables + ["TINYBIRD_SERVER_SECRET": secret]

    @Test("a request that has it counts")
    func right() {
        var endpoint = TokenEndpoint(process: Self.withSecret)
        #expect(endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": Self.secret]).text.contains(Guide.token))
        #expect(endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": "\(Self.secret)\r\n"]).status == .ok)
    }

    @Test(
        "of any other request nothing is looked at, and the log says so once",
        arguments: [nil, "", " ", "5e0f7d1", "5e0f7d1c0", "5E0F7D1C", "x"] as [String?])
    func wrong(secret: String?) {
        var endpoint = TokenEndpoint(process: Self.withSecret + ["TINYBIRD_ALLOWED_ORIGINS": "*"])
        var variables = [
            "TINYBIRD_SCOPES": "[]", "TINYBIRD_PIPES": "", "TINYBIRD_SERVER_SECRET_FILE": "/dev/null",
            "HTTP_ORIGIN": "https://a.example",
        ]
        variables["TINYBIRD_SERVER_SECRET"] = secret
        var log: [String] = []
        for method in ["GET", "HEAD", "OPTIONS", "POST", ""] {
            let response = endpoint.answer(method, variables)
            #expect(response.errorStatus == .forbidden)
            #expect(!response.fields.contains { $0.name.description.hasPrefix("Access-Control") })
            #expect(!response.text.contains(Self.secret))
            log += response.log.map(\.text)
        }
        #expect(
            log == [
                "charts-token: error: TINYBIRD_SERVER_SECRET is missing or wrong in a request: no token is signed; set it in "
                    + "the web server too, at this URL alone. If it is set there, someone else can reach the socket\n"
            ])
    }

    @Test("is the process's: a request can't bring another one, and without one none is asked for")
    func process() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        #expect(
            endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": "x", "TINYBIRD_SERVER_SECRET_FILE": "/x"]).status == .ok)
        endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_SERVER_SECRET": ""])
        #expect(endpoint.answer().status == .ok)
    }

    @Test("may be in a file, which is read again when it changes")
    func file() throws {
        let file = try TemporaryFile("\(Self.secret)\n")
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_SERVER_SECRET_FILE": file.path])
        #expect(endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": Self.secret]).status == .ok)
        #expect(endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET_FILE": file.path]).status == .forbidden)
        try file.write("other")
        #expect(endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": Self.secret]).status == .forbidden)
        #expect(endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": "other"]).status == .ok)
    }

    @Test("that can't be read, or is empty, or comes twice, lets no request through")
    func unusable() throws {
        let empty = try TemporaryFile(" \n")
        for (variables, problem) in [
            (["TINYBIRD_SERVER_SECRET": " "], "TINYBIRD_SERVER_SECRET holds nothing but white space"),
            (["TINYBIRD_SERVER_SECRET_FILE": "/nowhere"], "TINYBIRD_SERVER_SECRET_FILE can't be read"),
            (["TINYBIRD_SERVER_SECRET_FILE": empty.path], "TINYBIRD_SERVER_SECRET_FILE is an empty file"),
            (
                ["TINYBIRD_SERVER_SECRET_FILE": empty.path, "TINYBIRD_SERVER_SECRET": "x"],
                "TINYBIRD_SERVER_SECRET is set and TINYBIRD_SERVER_SECRET_FILE too"
            ),
        ] {
            var endpoint = TokenEndpoint(process: Guide.variables + variables)
            for secret in ["", " ", "x"] {
                let response = endpoint.answer("GET", ["TINYBIRD_SERVER_SECRET": secret])
                #expect(response.errorStatus == .serviceUnavailable)
                if secret.isEmpty { #expect(response.log.first?.message.hasPrefix(problem) == true) }
            }
        }
    }
}
