/// Base64 with the URL- and filename-safe alphabet, without padding: the encoding of every part of a JWS
/// ([RFC 4648 §5](https://www.rfc-editor.org/rfc/rfc4648#section-5),
/// [RFC 7515 §2](https://www.rfc-editor.org/rfc/rfc7515#section-2)).
public enum Base64URL {
    /// Appends the encoding of `bytes` to `output`.
    public static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count * 4 + 2) / 3)
        var index = 0
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            output.append(digit(group >> 18))
            output.append(digit(group >> 12))
            output.append(digit(group >> 6))
            output.append(digit(group))
            index += 3
        }
        switch bytes.count - index {
        case 1:
            let group = UInt32(bytes[index]) << 16
            output.append(digit(group >> 18))
            output.append(digit(group >> 12))
        case 2:
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
            output.append(digit(group >> 18))
            output.append(digit(group >> 12))
            output.append(digit(group >> 6))
        default:
            break
        }
    }

    /// The encoding of `bytes`.
    public static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        append(bytes, to: &output)
        return output
    }

    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    private static func digit(_ bits: UInt32) -> UInt8 {
        alphabet.utf8Start[Int(bits & 0x3F)]
    }
}
