import JOSE
import Testing

@Suite("compact JWS (RFC 7515 §7.1)")
struct CompactJWSTests {
    @Test("signs the golden vector byte for byte")
    func golden() throws {
        let key =
            "p.eyJ1IjogIjFmNDg0YTMyLTY5NjYtNGY2My05MzEyLWFhZGFkNjRkM2UxMiIsICJpZCI6ICJ0ZXN0LWtleSJ9.not-a-real-signature"
        let payload =
            #"{"workspace_id":"1f484a32-6966-4f63-9312-aadad64d3e12","name":"charts_token","exp":1900000000,"#
            + #""scopes":[{"type":"PIPES:READ","resource":"t_b9427fe2bcd543d1a8923d18c094e8c1"}]}"#
        let token =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ3b3Jrc3BhY2VfaWQiOiIxZjQ4NGEzMi02OTY2LTRmNjMtOTMxMi1hYWRhZDY0Z"
            + "DNlMTIiLCJuYW1lIjoiY2hhcnRzX3Rva2VuIiwiZXhwIjoxOTAwMDAwMDAwLCJzY29wZXMiOlt7InR5cGUiOiJQSVBFUzpSRUFEIiwi"
            + "cmVzb3VyY2UiOiJ0X2I5NDI3ZmUyYmNkNTQzZDFhODkyM2QxOGMwOTRlOGMxIn1dfQ.j6TkhIBYfYSn2AHetT-WKD3uPuNlOsSD0U0fa"
            + "t5M20Q"
        var algorithm = try HS256(key: Array(key.utf8).span)
        let signed = try CompactJWS.sign(Array(payload.utf8).span, with: &algorithm)
        #expect(String(decoding: signed, as: UTF8.self) == token)
    }

    @Test("the encoded header is the one of the contract")
    func header() {
        let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8).span)
        #expect(String(decoding: header, as: UTF8.self) == CompactJWS.encodedHeader.description)
    }

    /// Tokens that a forger could make of a good one, who doesn't have the key.
    @Test("verifies nothing that was changed")
    func forgeries() throws {
        var algorithm = try HS256(key: Array("a key".utf8).span)
        let token = String(decoding: try CompactJWS.sign(Array(#"{"a":1}"#.utf8).span, with: &algorithm), as: UTF8.self)
        #expect(try CompactJWS.verify(Array(token.utf8), with: &algorithm) == Array(#"{"a":1}"#.utf8))
        let parts = token.split(separator: ".").map(String.init)
        let (header, payload, signature) = (parts[0], parts[1], parts[2])
        let none = String(decoding: Base64URL.encode(Array(#"{"alg":"none"}"#.utf8).span), as: UTF8.self)
        let forgeries = [
            "", ".", "..", "...", header, "\(header).\(payload)", "\(header).\(payload).", "\(none).\(payload).",
            "\(none).\(payload).\(signature)", ".\(payload).\(signature)", "\(header)..\(signature)",
            "\(token).", ".\(token)", "\(token).\(signature)", "\(header).\(payload).\(payload).\(signature)",
            "\(token)=", "\(token) ", " \(token)", "\(token)\n", "\(token)A", String(token.dropLast()),
            "\(header).\(payload)=.\(signature)", "\(header).\(payload).\(signature.replacing("-", with: "+"))=",
            token.lowercased(), token.uppercased(), String(token.reversed()),
            "\(header).\(payload).\(String(repeating: "A", count: 43))",
            String(repeating: "A", count: 1 << 20), String(repeating: ".", count: 1 << 20),
            "\(header).\(String(repeating: "A", count: 1 << 20)).\(signature)",
        ]
        for forgery in forgeries {
            #expect(try CompactJWS.verify(Array(forgery.utf8), with: &algorithm) == nil, "\(forgery.prefix(200))")
        }
        for index in token.utf8.indices where token.utf8[index] != UInt8(ascii: ".") {
            var bytes = Array(token.utf8)
            let offset = token.utf8.distance(from: token.startIndex, to: index)
            bytes[offset] = bytes[offset] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try CompactJWS.verify(bytes, with: &algorithm) == nil, "byte \(offset)")
        }
        var other = try HS256(key: Array("another key".utf8).span)
        #expect(try CompactJWS.verify(Array(token.utf8), with: &other) == nil)
    }

    @Test(
        "verifies only what its header calls HS256, even with the right signature",
        arguments: [
            #"{"alg":"none"}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#, #"{"typ":"JWT"}"#, "{}",
            #"{"alg":["HS256"]}"#, #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"HS256","crit":["exp"]}"#,
            #"{"alg":"HS256 "}"#, "[]", #""HS256""#, "", #"{"alg":"HS256"} x"#, #"{"ALG":"HS256"}"#,
        ])
    func headers(header: String) throws {
        var algorithm = try HS256(key: Array("a key".utf8).span)
        var token = Base64URL.encode(Array(header.utf8).span) + Array(".e30".utf8)
        let signature = try algorithm.sign(token.span)
        token += Array(".".utf8) + Base64URL.encode(signature.span)
        #expect(try CompactJWS.verify(token, with: &algorithm) == nil)
    }
}
