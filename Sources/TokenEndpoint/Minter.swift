import FastCGI
import JOSE
import Tinybird

/// Signs and renews the tokens of one set of settings; everything that doesn't change between them is made once.
public struct Minter: ~Copyable {
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
        variables = payload.variables.map(Variable.init)
        lifetime = settings.tokenLifetime
        renewal = settings.renewalWindow.map { Renewal(window: $0, workspaceID: settings.claims.workspaceID) }
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

    /// Whether tokens are made for whom the server's login names.
    var needsVariables: Bool { !variables.isEmpty }

    /// The claims of a token that is signed at `now`, in seconds since 1970: its payload, as JSON.
    public func claims(_ values: [[UInt8]], at now: Int) -> [UInt8] {
        payload.text(issuedAt: now, expiration: now + lifetime, values: values)
    }

    /// A token, in ASCII, that expires ``lifetime`` seconds after `now`, which is in seconds since 1970.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public mutating func mint(_ values: [[UInt8]], at now: Int) throws(OpenSSLError) -> [UInt8] {
        try CompactJWS.sign(claims(values, at: now).span, with: &algorithm)
    }

    /// A new token with the claims of `token`; nil where it may not be renewed.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    mutating func renew(_ token: [UInt8], at now: Int) throws(OpenSSLError) -> [UInt8]? {
        guard let claims = try CompactJWS.verify(token, with: &algorithm),
            let payload = renewal?.renewed(claims, at: now, lifetime: lifetime)
        else { return nil }
        return try CompactJWS.sign(payload.span, with: &algorithm)
    }
}
