import JOSE
import SwiftSupport
import Testing

@Suite("text that is bytes")
struct UTF8TextTests {
    @Test("is split at every delimiter, whatever stands beside it", arguments: joiners)
    func split(joiner: Unicode.Scalar) {
        #expect(
            UTF8Text("a&\(joiner)b\(joiner)&c").split(at: "&").map(\.description) == ["a", "\(joiner)b\(joiner)", "c"])
        #expect(UTF8Text("a,\(joiner)b \(joiner),c").words.map(\.description) == ["a", "\(joiner)b", "\(joiner)", "c"])
        #expect(UTF8Text("a%{\(joiner)b").cut(at: "%{")?.after.bytes == Array("\(joiner)b".utf8))
        #expect(UTF8Text("a\(joiner)%{b").cut(at: "%{")?.before.bytes == Array("a\(joiner)".utf8))
    }

    @Test("loses ASCII white space around it, and nothing else", arguments: joiners)
    func trimmed(joiner: Unicode.Scalar) {
        #expect(UTF8Text(" \t\(joiner)a\(joiner)\r\n").trimmed.bytes == Array("\(joiner)a\(joiner)".utf8))
        #expect(UTF8Text("\u{A0}a\u{2028}").trimmed.bytes == Array("\u{A0}a\u{2028}".utf8))
    }

    @Test("differs where its bytes do", arguments: [("é", "e\u{301}"), ("K", "\u{212A}"), ("Å", "\u{212B}")])
    func equality(one: String, other: String) {
        #expect(UTF8Text(one) != UTF8Text(other))
        #expect(!UTF8Text(other).starts(with: UTF8Text(one)))
        #expect(!UTF8Text(other).contains(UTF8Text(one)))
    }

    @Test("is cut at the first delimiter")
    func cut() {
        #expect(UTF8Text("a=b=c").cut(at: "=")?.before == "a")
        #expect(UTF8Text("a=b=c").cut(at: "=")?.after == "b=c")
        #expect(UTF8Text("%%{").cut(at: "%{")?.before == "%")
        #expect(UTF8Text("a").cut(at: "=") == nil)
        #expect(UTF8Text("").cut(at: "%{") == nil)
    }

    @Test(
        "is valid UTF-8",
        arguments: [[0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]])
    func invalid(bytes: [UInt8]) {
        #expect(UTF8Text(bytes) == nil)
    }
}
