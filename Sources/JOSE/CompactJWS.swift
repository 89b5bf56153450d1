/// A JSON Web Signature in its compact serialization: header, payload and signature, each in base64url, joined by
/// periods ([RFC 7515 §7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)).
public enum CompactJWS {
    /// The JOSE header of every token that this program signs, already encoded: `{"alg":"HS256","typ":"JWT"}`.
    public static let encodedHeader: StaticString = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

    /// Signs `payload` under ``encodedHeader``.
    ///
    /// - Returns: The token, in ASCII.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func sign(_ payload: Span<UInt8>, with algorithm: inout HS256) throws(OpenSSLError) -> [UInt8] {
        var token: [UInt8] = []
        let encodedLength = (payload.count * 4 + 2) / 3 + (HS256.Signature.count * 4 + 2) / 3
        token.reserveCapacity(encodedHeader.utf8CodeUnitCount + encodedLength + 2)
        token.append(
            contentsOf: UnsafeBufferPointer(start: encodedHeader.utf8Start, count: encodedHeader.utf8CodeUnitCount))
        token.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &token)
        let signature = try algorithm.sign(token.span)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature.span, to: &token)
        return token
    }

    /// The payload of `token`, if it is signed with the same key and HS256.
    ///
    /// The signature comes first, compared in constant time: nothing that somebody without the key wrote is decoded
    /// any further ([RFC 7515 §5.2](https://www.rfc-editor.org/rfc/rfc7515#section-5.2)). The header must name HS256
    /// in so many letters, and no extension (`crit`).
    ///
    /// - Returns: nil for anything else.
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public static func verify(_ token: [UInt8], with algorithm: inout HS256) throws(OpenSSLError) -> [UInt8]? {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { return nil }
        let signingInput = Array(token[..<(parts[2].startIndex - 1)])
        guard try algorithm.verify(signature, of: signingInput.span) else { return nil }

        guard let headerText = Base64URL.decode(parts[0]), let header = try? JSON(headerText),
            header["alg"] == .string("HS256"), header.member("crit") == nil
        else { return nil }
        return Base64URL.decode(parts[1])
    }
}
