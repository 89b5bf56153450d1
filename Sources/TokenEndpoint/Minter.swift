import JOSE
import Tinybird

/// Signs the tokens of one set of settings; everything that doesn't change between them is made once.
public struct Minter: ~Copyable {
    /// A token's lifetime, in seconds.
    public let lifetime: Int

    private var algorithm: HS256
    private let payload: Payload

    /// Keys the algorithm and renders the claims.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL can't provide HMAC-SHA-256.
    public init(_ settings: Settings) throws(OpenSSLError) {
        algorithm = try HS256(key: settings.signingKey.bytes.span)
        payload = Payload(settings.claims)
        lifetime = settings.tokenLifetime
    }

    /// A token, in ASCII, that expires ``lifetime`` seconds after `now`, which is in seconds since 1970.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public mutating func mint(at now: Int) throws(OpenSSLError) -> [UInt8] {
        try CompactJWS.sign(payload.expiring(at: now + lifetime).span, with: &algorithm)
    }
}
