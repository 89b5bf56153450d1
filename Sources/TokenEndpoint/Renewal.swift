import FastCGI
import JOSE
import Tinybird

/// When a token may be exchanged for a new one with the same claims: it is what these settings would sign now, and not too
/// old.
struct Renewal: Sendable {
    /// How long after its first signing, in seconds.
    let window: Int
    /// What these settings would sign.
    let claims: Claims

    /// How far a clock that has signed a token may be ahead of this one, in seconds.
    private static let clockTolerance = 60

    /// The payload with a new `exp`, all other bytes as they were; nil where it may not be renewed: it has other claims
    /// than these settings would sign, is expired, or was first signed too long ago or in the future.
    ///
    /// - Parameter payload: The payload of a token whose signature was verified.
    func renewed(_ payload: [UInt8], at now: Int, lifetime: Int) -> [UInt8]? {
        guard let json = try? JSON(payload), claims.match(json),
            let expiration = json.member("exp"), let expires = expiration.value.integer, now < expires,
            let issuedAt = json["iat"]?.integer, issuedAt <= now + Self.clockTolerance,
            // Subtracted from `now`, so that no `iat` overflows.
            issuedAt >= now - window
        else { return nil }
        var renewed = payload
        renewed.replaceSubrange(expiration.range, with: String(now + lifetime).utf8)
        return renewed
    }

    /// The token of `Authorization: Bearer …` ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1));
    /// nil where the request has no such header.
    static func bearerToken(of request: borrowing Request) -> [UInt8]? {
        guard
            let credentials = request.bytes(of: "HTTP_AUTHORIZATION")
                ?? request.bytes(of: "REDIRECT_HTTP_AUTHORIZATION")
        else { return nil }
        let scheme = credentials.prefix { $0 != UInt8(ascii: " ") }
        guard scheme.lazy.map(\.lowercased).elementsEqual("bearer".utf8) else { return nil }
        return Array(credentials.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") })
    }
}
