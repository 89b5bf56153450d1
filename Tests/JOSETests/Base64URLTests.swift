import JOSE
import Testing

@Suite("base64url (RFC 4648 §5, unpadded as RFC 7515 §2 wants it)")
struct Base64URLTests {
    @Test(
        "encodes the vectors of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(text: String, encoded: String) {
        #expect(Base64URL.encode(Array(text.utf8).span) == Array(encoded.utf8))
        #expect(Base64URL.decode(Array(encoded.utf8)[...]) == Array(text.utf8))
    }

    @Test("uses - and _ where base64 has + and /")
    func alphabet() {
        #expect(Base64URL.encode([0xFB, 0xEF, 0xFF] as [UInt8]) == Array("--__".utf8))
    }

    @Test("encodes the octets of RFC 7515 appendix C")
    func appendixC() {
        #expect(Base64URL.encode([3, 236, 255, 224, 193] as [UInt8]) == Array("A-z_4ME".utf8))
    }

    @Test(
        "decodes only what it encodes itself: no padding, no other character, no stray bits",
        arguments: ["Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm8=", "Zm9vY", "Z g", "Zg\n", "+/8", "Zm9v!", "é"])
    func refuses(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)[...]) == nil)
    }

    @Test("appends behind what is there")
    func appends() {
        var output = Array("a.".utf8)
        Base64URL.append(Array("foo".utf8).span, to: &output)
        #expect(output == Array("a.Zm9v".utf8))
    }
}

extension Base64URL {
    fileprivate static func encode(_ bytes: [UInt8]) -> [UInt8] { encode(bytes.span) }
}
