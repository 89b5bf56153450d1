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
        let claims = Self.claims(#""x":{"y":[1.50,"é"]}"#, expiration: Guide.now + 1, issuedAt: Guide.now - 10)
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
            #"{"workspace_id":"\#(Guide.workspace)","exp":1900000000}"#,
            #"{"workspace_id":"\#(Guide.workspace)","iat":\#(Guide.now)}"#,
            #"{"exp":1900000000,"iat":\#(Guide.now)}"#,
            #"{"workspace_id":"other","exp":1900000000,"iat":\#(Guide.now)}"#,
            #"{"workspace_id":"\#(Guide.workspace)","exp":"1900000000","iat":\#(Guide.now)}"#,
            #"{"workspace_id":"\#(Guide.workspace)","exp":1900000000.0,"iat":\#(Guide.now)}"#,
            #"{"workspace_id":"\#(Guide.workspace)","exp":1900000000,"iat":null}"#,
            #"{"workspace_id":"\#(Guide.workspace)","exp":99999999999999999999,"iat":\#(Guide.now)}"#,
            #"{"workspace_id":"\#(Guide.workspace)","exp":1900000000,"iat":\#(Guide.now),"exp":1900000000}"#,
        ])
    func claims(claims: String) throws {
        #expect(Self.answer(bearer: try Self.sign(claims)).status == .unauthorized)
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

    private static func claims(_ more: String = "", expiration: Int, issuedAt: Int) -> String {
        #"{"workspace_id":"\#(Guide.workspace)",\#(more.isEmpty ? "" : more + ",")"exp":\#(expiration),"iat":\#(issuedAt)}"#
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
