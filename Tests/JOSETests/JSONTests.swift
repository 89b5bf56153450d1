import JOSE
import SwiftSupport
import Testing

@Suite("JSON (RFC 8259)")
struct JSONTests {
    @Test("is read as it stands: members in order, numbers in their digits")
    func reads() throws {
        let json = try JSON(
            #" {"b": [1.50, -0, 1e400, 12345678901234567890], "a": {"t": true, "f": false, "n": null}} "#)
        guard case .object(let members) = json else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.name) == ["b", "a"])
        #expect(
            json["b"]
                == .array([.number("1.50"), .number("-0"), .number("1e400"), .number("12345678901234567890")]))
        #expect(json["a"]?["t"] == .bool(true))
        #expect(json["a"]?["f"] == .bool(false))
        #expect(json["a"]?["n"] == .null)
        #expect(json["c"] == nil)
    }

    @Test(
        "strings have their escapes resolved",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"), (#""😀""#, "😀"), (#""\u0000""#, "\u{0}"), (#""""#, ""),
        ])
    func strings(text: String, string: UTF8Text) throws {
        #expect(try JSON(text) == .string(string))
    }

    @Test("a member's place in the text is known")
    func ranges() throws {
        let text = #"{ "exp" : 17 , "x": "é" }"#
        let json = try JSON(text)
        #expect(json.member("exp").map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) } == "17")
        #expect(json.member("x").map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) } == #""é""#)
    }

    @Test(
        "what RFC 8259 doesn't allow is refused",
        arguments: [
            "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "01", "1.", ".5", "+1", "-", "1e",
            "0x1", "NaN", "Infinity", "tru", "nulL", "\"", "\"a", "\"\n\"", #""\x""#, #""\u12""#, #""\u+123""#,
            #""\ud83d""#, #""\ud83dx""#, #""\ude00""#, "[1]]", "[1]x", "'a'", "//", "\u{feff}[]",
        ])
    func refuses(text: String) {
        #expect(throws: JSON.SyntaxError.self) { try JSON(text) }
    }

    @Test("a name that comes twice is refused, also in another spelling")
    func duplicates() {
        for text in [#"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"a":1,"b":2,"a":3}}]"#] {
            #expect(throws: JSON.SyntaxError.self) { try JSON(text) }
        }
    }

    @Test("invalid UTF-8 is refused, not repaired")
    func invalidUTF8() {
        #expect(throws: JSON.SyntaxError.self) { try JSON([0x22, 0xC3, 0x22] as [UInt8]) }
    }

    @Test("levels are bounded")
    func levels() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try JSON(nested(32))
        #expect(throws: JSON.SyntaxError.self) { try JSON(nested(33)) }
        #expect(throws: JSON.SyntaxError.self) { try JSON(String(repeating: "[", count: 1_000_000)) }
    }

    @Test("an error says where it is")
    func offset() {
        let error = #expect(throws: JSON.SyntaxError.self) { try JSON(#"{"a": x}"#) }
        #expect(error?.reason == "a value is missing")
        #expect(error?.offset == 6)
    }

    @Test("any string that is written is read again")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let string = UTF8Text(String.random(0...40, using: &generator))
            var text: [UInt8] = []
            text.appendJSON(string: string)
            let read = try JSON(text).string
            #expect(read == string, "\(string.description.debugDescription)")
        }
    }
}

extension JSON {
    fileprivate init(_ text: String) throws { try self.init(Array(text.utf8)) }
}
