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
        let encodedLength = (payload.count * 4 + 2) / 3 + (HS256.signatureLength * 4 + 2) / 3
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
}
