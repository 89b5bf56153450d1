import JOSE
import Testing

@Suite("HMAC-SHA-256 by OpenSSL")
struct HS256Tests {
    /// RFC 4231 §4, without test case 5, which is about truncated output.
    static let vectors: [(key: [UInt8], data: [UInt8], signature: String)] = [
        (
            .init(repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            .init(repeating: 0xaa, count: 20), .init(repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            .init(1...25), .init(repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            .init(repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            .init(repeating: 0xaa, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test("signs the vectors of RFC 4231", arguments: vectors)
    func knownAnswers(key: [UInt8], data: [UInt8], signature: String) throws {
        var algorithm = try HS256(key: key.span)
        #expect(try algorithm.sign(data.span).hexadecimal == signature)
    }

    @Test("a keyed context signs again and again")
    func reuse() throws {
        let vector = Self.vectors[1]
        var algorithm = try HS256(key: vector.key.span)
        for _ in 0..<3 {
            #expect(try algorithm.sign(vector.data.span).hexadecimal == vector.signature)
            #expect(try algorithm.sign([UInt8]().span).hexadecimal != vector.signature)
        }
    }

    @Test("signs the example of RFC 7515 appendix A.1")
    func appendixA1() throws {
        let key: [UInt8] = [
            3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40, 230, 240, 84, 201, 40,
            169, 15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6, 71, 239, 150, 138, 180, 195, 119, 98, 61,
            34, 61, 46, 33, 114, 5, 46, 79, 8, 192, 205, 154, 245, 103, 208, 128, 163,
        ]
        let signingInput =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
            + "leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        var algorithm = try HS256(key: key.span)
        let signature = try algorithm.sign(Array(signingInput.utf8).span)
        #expect(Base64URL.encode(signature.span) == Array("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".utf8))
    }

    @Test("refuses an empty key")
    func emptyKey() {
        #expect(throws: OpenSSLError.self) { _ = try HS256(key: [UInt8]().span) }
    }
}

extension InlineArray where Element == UInt8 {
    fileprivate var hexadecimal: String {
        indices.map { (self[$0] < 16 ? "0" : "") + String(self[$0], radix: 16) }.joined()
    }
}
