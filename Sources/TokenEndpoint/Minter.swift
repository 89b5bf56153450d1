import FastCGI
import JOSE
import Tinybird

/// Signs and renews the tokens of one set of settings; everything that doesn't change between them is made once.
///
/// It isn't `Sendable`, as ``HS256`` isn't: each worker has its own.
public final class Minter {
    /// A token's lifetime, in seconds.
    public let lifetime: Int
    /// Whether, and how long, tokens may be renewed.
    let renewal: Renewal?

    private var algorithm: HS256
    private let payload: Payload
    private let variables: [Variable]

    /// Keys the algorithm and renders the claims.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL can't provide HMAC-SHA-256.
    public init(_ settings: Settings) throws(OpenSSLError) {
        algorithm = try settings.signingKey.algorithm()
        payload = Payload(settings.claims)
        variables = payload.variables.map { Variable($0, in: settings.claims.scopes) }
        lifetime = settings.tokenLifetime
        renewal = settings.renewalWindow.map { Renewal(window: $0, claims: settings.claims) }
    }

    /// The values of the request's variables that a token needs, in the order of their first use.
    ///
    /// - Throws: ``MissingVariable`` where one has none, so that nothing is signed for nobody.
    public func values(in request: borrowing Request) throws(MissingVariable) -> [[UInt8]] {
        guard !variables.isEmpty else { return [] }
        var values: [[UInt8]] = []
        for variable in variables { values.append(try variable.value(in: request)) }
        return values
    }

    /// Whether the claims differ between visitors.
    var dependsOnVisitor: Bool { !variables.isEmpty }

    /// Whether the token of `request` is to be renewed: where a login says who asks, even if not all that is needed, it
    /// wins over the token.
    func isRenewed(by request: borrowing Request) -> Bool {
        guard dependsOnVisitor else { return true }
        var isSignedIn = request.isSet("REMOTE_USER")
        for variable in variables where variable.isSet(in: request) { isSignedIn = true }
        return !isSignedIn
    }

    /// The claims of a token that is signed at `now`, in seconds since 1970: its payload, as JSON.
    public func claims(_ values: [[UInt8]], at now: Int) -> [UInt8] {
        payload.text(issuedAt: now, expiration: now + lifetime, values: values)
    }

    /// A token for `request`, in ASCII, that expires ``lifetime`` seconds after `now`, which is in seconds since 1970.
    ///
    /// - Throws: ``MissingVariable``, or ``OpenSSLError`` when OpenSSL fails.
    public func mint(for request: borrowing Request, at now: Int) throws -> [UInt8] {
        try CompactJWS.sign(claims(values(in: request), at: now).span, with: &algorithm)
    }

    /// A new token with the claims of `token`; nil where it may not be renewed.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    func renew(_ token: [UInt8], at now: Int) throws(OpenSSLError) -> [UInt8]? {
        guard let claims = try CompactJWS.verify(token, with: &algorithm),
            let payload = renewal?.renewed(claims, at: now, lifetime: lifetime)
        else { return nil }
        return try CompactJWS.sign(payload.span, with: &algorithm)
    }
}
