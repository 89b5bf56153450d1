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
}
