import FastCGI
import JOSE
import Testing

@testable import TokenEndpoint

@Suite("renewal (RFC 6750)")
struct RenewalTests {
    private static let lifetime = 172_800
    private static let window = 3600
    private static let renewable = Guide.variables + ["TINYBIRD_RENEWAL_WINDOW": "\(window)"]

    @Test("a token is answered with its own claims, a new exp and its first iat")
    func renews() throws {
        let claims = Self.claims(expiration: Guide.now + 1, issuedAt: Guide.now - 10)
        let response = Self.answer(bearer: try Self.sign(claims))
        #expect(response.status == .ok)
        #expect(response.claims == claims.replacing("\(Guide.now + 1)", with: "\(Guide.now + Self.lifetime)"))
        #expect(response.text.hasSuffix(#","expires_in":172800}"#))
    }

    @Test("a token that was minted can be renewed, and that one again")
    func chain() throws {
        var endpoint = TokenEndpoint(process: Self.renewable)
        var token = endpoint.answer().token
        #expect(endpoint.answer().claims?.hasSuffix(#","iat":\#(Guide.now)}"#) == true)
        for _ in 0..<3 {
            let response = endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer \(token)"])
            #expect(response.status == .ok)
            token = response.token
        }
    }

    @Test(
        "expiry and window end at their exact second",
        arguments: [
            (1, 0, true), (0, 0, false), (-1, 0, false), (1, -window, true), (1, -window - 1, false), (1, 60, true),
            (1, 61, false), (Int.max - Guide.now, 0, true), (1, Int.min / 2, false),
        ])
    func edges(expiresIn: Int, issuedAgo: Int, isRenewable: Bool) throws {
        let claims = Self.claims(expiration: Guide.now + expiresIn, issuedAt: Guide.now + issuedAgo)
        #expect(Self.answer(bearer: try Self.sign(claims)).status == (isRenewable ? .ok : .unauthorized))
    }

    @Test(
        "claims that say too little, or another thing, are refused",
        arguments: [
            "{}", "[]", "1", #""x""#, "", "x",
        ])
    func claims(claims: String) throws {
        #expect(Self.answer(bearer: try Self.sign(claims)).status == .unauthorized)
    }

    @Test(
        "claims that are not what would be signed now are refused",
        arguments: [
            (Guide.workspace, "other"), (Guide.pipe, "other"), (Guide.pipe, "\(Guide.pipe)\\u0301"),
            (#""charts_token""#, #""other""#), (#""name":"charts_token","#, ""), (#","iat":\#(Guide.now)"#, ""),
            (#"1900000000"#, #""1900000000""#), (#"1900000000"#, "1900000000.0"),
            (#"1900000000"#, "99999999999999999999"),
            (#""iat":\#(Guide.now)"#, #""iat":null"#), (#""iat""#, #""limits":{"rps":1},"iat""#),
            (#""iat""#, #""exp":1900000000,"iat""#), ("PIPES:READ", "DATASOURCES:READ"),
            ("}]", #","fixed_params":{"a":"b"}}]"#), ("}]", #","filter":"a = 'b'"}]"#),
            ("}]", #"},{"type":"PIPES:READ","resource":"other"}]"#),
            (#"[{"type":"PIPES:READ","resource":"\#(Guide.pipe)"}]"#, "[]"),
        ])
    func otherClaims(part: String, other: String) throws {
        let claims = Self.claims(expiration: 1_900_000_000, issuedAt: Guide.now)
        #expect(Self.answer(bearer: try Self.sign(claims)).status == .ok)
        #expect(claims.contains(part))
        #expect(Self.answer(bearer: try Self.sign(claims.replacing(part, with: other))).status == .unauthorized)
    }

    @Test("a token of other settings with the same key is refused, one of another visitor is not")
    func otherSettings() throws {
        let scopes =
            #"[{"type":"PIPES:READ","resource":"p_%{TEAM}","fixed_params":{"a":"x%{REMOTE_USER}y","l":["%{TEAM}",1.50,true]}},"#
            + #"{"type":"DATASOURCES:READ","resource":"d","filter":"o = '%{REMOTE_USER}' AND a = '%{TEAM}'"}]"#
        let variables = [
            "TINYBIRD_SIGNING_KEY": Guide.key, "TINYBIRD_SCOPES": scopes, "TINYBIRD_RENEWAL_WINDOW": "1h",
            "TINYBIRD_TOKEN_NAME": "%{REMOTE_USER} of %{TEAM}", "TINYBIRD_RPS": "10",
        ]
        var endpoint = TokenEndpoint(process: variables)
        for name in ["alice", "x", "y", "of", #"o'"\"#, "é\u{301}", "a of b", "' OR '"] {
            let response = endpoint.answer("GET", ["REMOTE_USER": name, "TEAM": "team_1"])
            let bearer = ["HTTP_AUTHORIZATION": "Bearer \(response.token)"]
            #expect(endpoint.answer("GET", bearer).claims == response.claims, "\(name)")
            for change in [
                ["TINYBIRD_RPS": "1"], ["TINYBIRD_RPS": ""], ["TINYBIRD_TOKEN_NAME": "%{REMOTE_USER}"],
                ["TINYBIRD_SCOPES": scopes.replacing("1.50", with: "1.5")],
                ["TINYBIRD_SCOPES": scopes.replacing("true", with: "false")],
                ["TINYBIRD_SCOPES": scopes.replacing("AND", with: "OR")],
                ["TINYBIRD_SCOPES": scopes.replacing("}]", with: #"},{"type":"PIPES:READ","resource":"p"}]"#)],
            ] {
                var tightened = TokenEndpoint(process: variables.merging(change) { $1 })
                #expect(tightened.answer("GET", bearer).status == .unauthorized, "\(name), \(change)")
            }
        }
    }

    @Test("a filter whose value leaves its quotes is not one that these settings sign")
    func filterOutOfItsQuotes() throws {
        let scope = #"{"type":"DATASOURCES:READ","resource":"d","filter":"o = '%{REMOTE_USER}'"}"#
        var endpoint = TokenEndpoint(process: [
            "TINYBIRD_SIGNING_KEY": Guide.key, "TINYBIRD_SCOPES": "[\(scope)]", "TINYBIRD_RENEWAL_WINDOW": "1h",
        ])
        for (value, status) in [
            ("alice", Response.Status.ok), (#"a\\'b"#, .ok), ("a' OR '1'='1", .unauthorized), (#"a\\"#, .unauthorized),
            ("", .unauthorized),
        ] {
            let claims = Self.claims(expiration: 1_900_000_000, issuedAt: Guide.now).replacing(
                #"{"type":"PIPES:READ","resource":"\#(Guide.pipe)"}"#,
                with: scope.replacing("%{REMOTE_USER}", with: value))
            let bearer = ["HTTP_AUTHORIZATION": "Bearer \(try Self.sign(claims))"]
            #expect(endpoint.answer("GET", bearer).status == status, "\(value)")
        }
    }

    @Test("where a login says who asks, but not all that is needed, nothing is renewed")
    func halfALogin() {
        var endpoint = TokenEndpoint(
            process: Self.renewable + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}&o=%{OIDC_CLAIM_org}"])
        let token = endpoint.answer("GET", ["REMOTE_USER": "alice", "OIDC_CLAIM_org": "a"]).token
        let bearer = ["HTTP_AUTHORIZATION": "Bearer \(token)"]
        #expect(endpoint.answer("GET", bearer).status == .ok)
        #expect(endpoint.answer("GET", bearer + ["REMOTE_USER": "alice"]).errorStatus == .forbidden)
        #expect(endpoint.answer("GET", bearer + ["OIDC_CLAIM_org": "a"]).errorStatus == .forbidden)
    }

    @Test("a token of another key is refused")
    func otherKey() throws {
        let token = try Self.sign(Self.claims(expiration: 1_900_000_000, issuedAt: Guide.now), key: Guide.key + "x")
        #expect(Self.answer(bearer: token).status == .unauthorized)
    }

    @Test(
        "the refusal names its reason in RFC 6750's words",
        arguments: ["Bearer x", "bearer x", "BEARER  x", "Bearer", "Bearer "])
    func refusal(header: String) {
        var endpoint = TokenEndpoint(process: Self.renewable)
        let response = endpoint.answer("GET", ["HTTP_AUTHORIZATION": header])
        #expect(response.errorStatus == .unauthorized)
        #expect(response.fields.contains(.init("WWW-Authenticate", #"Bearer error="invalid_token""#)))
        #expect(response.log.isEmpty)
    }

    @Test(
        "another kind of authorization is the server's own affair",
        arguments: ["Basic YTpi", "Digest x", "Bearerx", ""])
    func otherSchemes(header: String) {
        var endpoint = TokenEndpoint(process: Self.renewable)
        #expect(endpoint.answer("GET", ["HTTP_AUTHORIZATION": header]).status == .ok)
    }

    @Test("with the window unset the header is ignored")
    func off() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        let response = endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer x"])
        #expect(response.text.contains(Guide.token))
    }

    @Test("the server's login wins over a token that is sent")
    func loginWins() throws {
        var endpoint = TokenEndpoint(process: Self.renewable + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}"])
        let alices = endpoint.answer("GET", ["REMOTE_USER": "alice"]).token
        let bearer = ["HTTP_AUTHORIZATION": "Bearer \(alices)"]
        #expect(endpoint.answer("GET", bearer + ["REMOTE_USER": "bob"]).claims?.contains(#""u":"bob""#) == true)
        #expect(endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer x", "REMOTE_USER": "bob"]).status == .ok)
        // Without a login, the token itself says for whom it is.
        #expect(endpoint.answer("GET", bearer).claims?.contains(#""u":"alice""#) == true)
        #expect(endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer x"]).status == .unauthorized)
        #expect(endpoint.answer().status == .forbidden)
    }

    @Test("a clock that goes back refuses what it signed more than a minute ahead")
    func clockGoesBack() throws {
        let token = try Self.sign(Self.claims(expiration: Guide.now + 100_000, issuedAt: Guide.now + 86_400))
        #expect(Self.answer(bearer: token).status == .unauthorized)
    }

    private static func claims(expiration: Int, issuedAt: Int) -> String {
        #"{"workspace_id":"\#(Guide.workspace)","name":"charts_token","exp":\#(expiration),"#
            + #""scopes":[{"type":"PIPES:READ","resource":"\#(Guide.pipe)"}],"iat":\#(issuedAt)}"#
    }

    private static func sign(_ claims: String, key: String = Guide.key) throws -> String {
        var algorithm = try HS256(key: Array(key.utf8).span)
        return String(decoding: try CompactJWS.sign(Array(claims.utf8).span, with: &algorithm), as: UTF8.self)
    }

    private static func answer(bearer token: String) -> Response {
        var endpoint = TokenEndpoint(process: renewable)
        return endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer \(token)"])
    }
}
