/// Base64 with the URL- and filename-safe alphabet, without padding: the encoding of every part of a JWS
/// ([RFC 4648 §5](https://www.rfc-editor.org/rfc/rfc4648#section-5),
/// [RFC 7515 §2](https://www.rfc-editor.org/rfc/rfc7515#section-2)).
public enum Base64URL {
    /// Appends the encoding of `bytes` to `output`.
    public static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        var end = output.count
        output.append(contentsOf: repeatElement(0, count: (bytes.count * 4 + 2) / 3))
        // Without the check of each index that half of the time would go to: `output` has just got as many bytes.
        bytes.withUnsafeBufferPointer { bytes in
            output.withUnsafeMutableBufferPointer { output in
                var index = 0
                while bytes.count &- index >= 3 {
                    let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index &+ 1]) << 8 | UInt32(bytes[index &+ 2])
                    output[end] = digit(group >> 18)
                    output[end &+ 1] = digit(group >> 12)
                    output[end &+ 2] = digit(group >> 6)
                    output[end &+ 3] = digit(group)
                    index &+= 3
                    end &+= 4
                }
                switch bytes.count &- index {
                case 1:
                    let group = UInt32(bytes[index]) << 16
                    output[end] = digit(group >> 18)
                    output[end &+ 1] = digit(group >> 12)
                case 2:
                    let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index &+ 1]) << 8
                    output[end] = digit(group >> 18)
                    output[end &+ 1] = digit(group >> 12)
                    output[end &+ 2] = digit(group >> 6)
                default:
                    break
                }
            }
        }
    }

    /// The encoding of `bytes`.
    public static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        append(bytes, to: &output)
        return output
    }

    /// The bytes that `text` encodes, if it is an encoding as ``encode(_:)`` makes it: no padding, no other character,
    /// no bit set that belongs to no byte (else one signature would have several spellings).
    public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var group: UInt32 = 0
        var bits = 0
        for character in text {
            guard let value = value(of: character) else { return nil }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                group &= (1 << UInt32(bits)) - 1
            }
        }
        // Six bits left are one character too many; the bits of two and four are filled up with zeros.
        return bits < 6 && group == 0 ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    private static func digit(_ bits: UInt32) -> UInt8 {
        alphabet.utf8Start[Int(bits & 0x3F)]
    }
}
