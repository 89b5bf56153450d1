/// Reads one JSON text from its first byte to its last.
struct JSONReader {
    private let text: [UInt8]
    private var offset = 0
    private var level = 0

    private static let deepestLevel = 32

    init(_ text: [UInt8]) {
        self.text = text
    }

    mutating func read() throws(JSON.SyntaxError) -> JSON {
        skipWhiteSpace()
        let value = try value()
        skipWhiteSpace()
        guard offset == text.count else { throw error("something follows it") }
        return value
    }

    private mutating func value() throws(JSON.SyntaxError) -> JSON {
        switch next {
        case UInt8(ascii: "{"): return try nested { reader throws(JSON.SyntaxError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(JSON.SyntaxError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSON.SyntaxError) -> JSON
    ) throws(JSON.SyntaxError) -> JSON {
        guard level < Self.deepestLevel else { throw error("it has too many levels") }
        level += 1
        let value = try read(&self)
        level -= 1
        return value
    }

    private mutating func object() throws(JSON.SyntaxError) -> JSON {
        var members: [JSON.Member] = []
        offset += 1
        skipWhiteSpace()
        if take("}") { return .object(members) }
        repeat {
            skipWhiteSpace()
            guard next == UInt8(ascii: "\"") else { throw error("a quoted member name is missing") }
            let nameOffset = offset
            let name = try string()
            guard !members.contains(where: { $0.name == name }) else {
                throw JSON.SyntaxError(reason: "\"\(name)\" appears twice in an object", offset: nameOffset)
            }
            skipWhiteSpace()
            guard take(":") else { throw error("a colon is missing") }
            skipWhiteSpace()
            let start = offset
            members.append(JSON.Member(name: name, value: try value(), range: start..<offset))
            skipWhiteSpace()
        } while take(",")
        guard take("}") else { throw error("a comma or a closing brace is missing") }
        return .object(members)
    }

    private mutating func array() throws(JSON.SyntaxError) -> JSON {
        var elements: [JSON] = []
        offset += 1
        skipWhiteSpace()
        if take("]") { return .array(elements) }
        repeat {
            skipWhiteSpace()
            elements.append(try value())
            skipWhiteSpace()
        } while take(",")
        guard take("]") else { throw error("a comma or a closing bracket is missing") }
        return .array(elements)
    }

    /// RFC 8259 §7.
    private mutating func string() throws(JSON.SyntaxError) -> UTF8Text {
        let start = offset
        var bytes: [UInt8] = []
        offset += 1
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = UTF8Text(bytes) else {
                    throw JSON.SyntaxError(reason: "a string is not valid UTF-8", offset: start)
                }
                return string
            case UInt8(ascii: "\\"): bytes.append(contentsOf: UTF8.encode(try escape()) ?? .init())
            case 0x00..<0x20: throw error("a control character in a string is not escaped")
            default: bytes.append(byte)
            }
        }
        throw error("a closing quote is missing")
    }

    private mutating func escape() throws(JSON.SyntaxError) -> Unicode.Scalar {
        let byte = next
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte ?? 0)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try escapedScalar()
        default: throw error("an escape in a string is unknown")
        }
    }

    /// `\uXXXX`, or a pair of them for a scalar beyond U+FFFF.
    private mutating func escapedScalar() throws(JSON.SyntaxError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), take("\\"), take("u") else { throw error("half of a surrogate pair") }
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw error("half of a surrogate pair") }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func codeUnit() throws(JSON.SyntaxError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next?.hexadecimalValue else { throw error("four hexadecimal digits are missing") }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }

    /// RFC 8259 §6.
    private mutating func number() throws(JSON.SyntaxError) -> String {
        let start = offset
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("-") { _ = take("+") }
            try digits()
        }
        return String(decoding: text[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(JSON.SyntaxError) {
        let start = offset
        while next?.isDigit == true { offset += 1 }
        guard offset > start else { throw error("a value is missing") }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSON.SyntaxError) -> JSON {
        let end = offset + word.utf8CodeUnitCount
        guard end <= text.count,
            text[offset..<end].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        else { throw error("a value is missing") }
        offset = end
        return value
    }

    private mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { offset += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private var next: UInt8? { offset < text.count ? text[offset] : nil }

    private func error(_ reason: String) -> JSON.SyntaxError {
        JSON.SyntaxError(reason: reason, offset: min(offset, text.count))
    }
}
