/// JSON text written piece by piece, as UTF-8.
///
/// Written here because the claims' order is part of the contract, which an encoder of dictionaries doesn't keep,
/// and because only the bytes around `exp` are needed for each token.
extension [UInt8] {
    /// Appends `string` as a JSON string, in quotes
    /// ([RFC 8259 §7](https://www.rfc-editor.org/rfc/rfc8259#section-7)).
    public mutating func appendJSON(string: UTF8Text) {
        append(UInt8(ascii: "\""))
        appendJSON(characters: string.bytes.span)
        append(UInt8(ascii: "\""))
    }

    /// Appends UTF-8 text as the inside of a JSON string.
    public mutating func appendJSON(characters: Span<UInt8>) {
        for index in characters.indices {
            let byte = characters[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x00..<0x20:
                append(contentsOf: "\\u00".utf8)
                append(Self.hexadecimalDigit(byte >> 4))
                append(Self.hexadecimalDigit(byte & 0xF))
            default:
                append(byte)
            }
        }
    }

    private static func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
