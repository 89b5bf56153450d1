import FastCGI
import Testing

@testable import TokenEndpoint

@Suite("cross-origin requests (Fetch §3.2)")
struct OriginTests {
    private static let named = ["TINYBIRD_ALLOWED_ORIGINS": "https://a.example, http://localhost:8080"]
    private static let vary = ["Vary": "Origin"]

    @Test("an origin by name is echoed, with credentials", arguments: ["https://a.example", "http://localhost:8080"])
    func named(origin: String) {
        var endpoint = TokenEndpoint(process: Guide.variables + Self.named)
        let allowed = Self.vary + ["Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"]
        #expect(endpoint.answer("GET", ["HTTP_ORIGIN": origin]).crossOrigin == allowed)
    }

    @Test(
        "any other isn't, and the answer says that it depends on the origin",
        arguments: [
            nil, "", "null", "https://a.example.", "https://a.example/", "http://a.example", "https://a.example:443",
            "https://a.example:444", "https://b.a.example", "https://a.exampleb", "HTTPS://A.EXAMPLE", "a.example", "*",
            "https://a.example https://evil.example", "https://evil.example", "http://localhost", "http://localhost:80",
        ] as [String?])
    func others(origin: String?) {
        var endpoint = TokenEndpoint(process: Guide.variables + Self.named)
        var variables: [String: String] = [:]
        variables["HTTP_ORIGIN"] = origin
        #expect(endpoint.answer("GET", variables).crossOrigin == Self.vary)
    }

    @Test("* is any origin, without credentials", arguments: ["https://a.example", "null"])
    func any(origin: String) {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_ALLOWED_ORIGINS": "*"])
        #expect(
            endpoint.answer("GET", ["HTTP_ORIGIN": origin]).crossOrigin == Self.vary + [
                "Access-Control-Allow-Origin": "*"
            ])
    }

    @Test("beside * an origin by name has credentials, and only that")
    func anyAndNamed() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_ALLOWED_ORIGINS": "* https://a.example"])
        #expect(
            endpoint.answer("GET", ["HTTP_ORIGIN": "https://a.example"]).crossOrigin
                == Self.vary + [
                    "Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Credentials": "true",
                ])
        #expect(
            endpoint.answer("GET", ["HTTP_ORIGIN": "https://b.example"]).crossOrigin
                == Self.vary + ["Access-Control-Allow-Origin": "*"])
    }

    @Test("without the setting there is nothing about origins")
    func off() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        for method in ["GET", "OPTIONS", "POST"] {
            #expect(endpoint.answer(method, ["HTTP_ORIGIN": "https://a.example"]).crossOrigin == [:])
        }
    }

    @Test("a preflight is told the methods and the header of a renewal")
    func preflight() {
        var endpoint = TokenEndpoint(process: Guide.variables + Self.named)
        let response = endpoint.answer(
            "OPTIONS", ["HTTP_ORIGIN": "https://a.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"])
        #expect(response.status == .noContent)
        #expect(
            response.crossOrigin
                == Self.vary + [
                    "Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Credentials": "true",
                    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
                    "Access-Control-Allow-Headers": "Authorization",
                    "Access-Control-Max-Age": "600",
                ])
        #expect(endpoint.answer("OPTIONS", ["HTTP_ORIGIN": "https://b.example"]).crossOrigin == Self.vary)
    }

    @Test(
        "an origin by name may send what it asks for, such as headers that trace requests; * may not",
        arguments: [
            ("authorization,baggage,sentry-trace", "Authorization, baggage, sentry-trace"),
            ("traceparent, tracestate", "Authorization, traceparent, tracestate"), ("authorization", "Authorization"),
            ("x\r\nSet-Cookie: a", "Authorization"), ("x;y", "Authorization"), ("", "Authorization"),
            (String(repeating: "x", count: 1025), "Authorization"),
        ])
    func requestedHeaders(asked: String, allowed: String) {
        var endpoint = TokenEndpoint(
            process: Guide.variables + ["TINYBIRD_ALLOWED_ORIGINS": "* https://a.example"])
        let request = ["HTTP_ORIGIN": "https://a.example", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": asked]
        #expect(endpoint.answer("OPTIONS", request).crossOrigin["Access-Control-Allow-Headers"] == allowed)
        let other = request.merging(["HTTP_ORIGIN": "https://b.example"]) { $1 }
        #expect(endpoint.answer("OPTIONS", other).crossOrigin["Access-Control-Allow-Headers"] == "Authorization")
        #expect(endpoint.answer("GET", request).crossOrigin["Access-Control-Allow-Headers"] == nil)
    }

    @Test("errors carry the same fields as a success")
    func errors() {
        let origin = ["HTTP_ORIGIN": "https://a.example"]
        let allowed =
            Self.vary + [
                "Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Credentials": "true",
            ]
        var endpoint = TokenEndpoint(process: Self.named)
        #expect(endpoint.answer("GET", origin).crossOrigin == allowed)
        #expect(endpoint.answer("GET", origin).status == .serviceUnavailable)
        #expect(endpoint.answer("POST", origin).crossOrigin == allowed)
        endpoint = TokenEndpoint(
            process: Guide.variables + Self.named + [
                "TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}", "TINYBIRD_RENEWAL_WINDOW": "1h",
            ])
        #expect(endpoint.answer("GET", origin).status == .forbidden)
        #expect(endpoint.answer("GET", origin).crossOrigin == allowed)
        let renewal = endpoint.answer("GET", origin + ["HTTP_AUTHORIZATION": "Bearer x"])
        #expect(renewal.status == .unauthorized)
        #expect(renewal.crossOrigin == allowed)
    }

    @Test(
        "origins are written as browsers send them, or nearly",
        arguments: [
            ("HTTPS://A.Example", ["https://a.example"]), ("https://a.example:443", ["https://a.example"]),
            ("http://[::1]:8080", ["http://[::1]:8080"]), ("app://x", ["app://x"]),
            ("https://a.example,https://b.example:8443", ["https://a.example", "https://b.example:8443"]),
        ])
    func serialized(value: String, names: [String]) throws {
        #expect(
            try AllowedOrigins(Environment(variables: ["TINYBIRD_ALLOWED_ORIGINS": value]))?.names == names)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "a.example", "https://", "https://a.example/", "https://a.example/path", "https://*.a.example", "null",
            "https://u@a.example", "https://a.example:x", "https://a.example:0", "https://a.example:65536", "://a", ",",
            "https://a.example?", "https://[::1", "https:a.example", "1https://a.example",
        ])
    func notAnOrigin(value: String) {
        guard case .failure(let error) = settings(Guide.variables + ["TINYBIRD_ALLOWED_ORIGINS": value]) else {
            Issue.record("accepted")
            return
        }
        #expect(error.description.hasPrefix("TINYBIRD_ALLOWED_ORIGINS "))
    }
}

extension Response {
    /// The header fields of CORS.
    var crossOrigin: [String: String] {
        let fields = fields.map { ($0.name.description, $0.value) }
        return Dictionary(fields.filter { $0.0 == "Vary" || $0.0.hasPrefix("Access-Control-") }) { "\($0), \($1)" }
    }
}
