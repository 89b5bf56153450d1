import FastCGI
import JOSE

/// The secret by which a FastCGI responder knows its web server: `TINYBIRD_SERVER_SECRET` in both environments, the
/// process's and each request's.
///
/// Anyone who reaches the socket chooses all variables of a request, the settings among them, and so what is signed. With a
/// secret, only those requests count that come from a server that knows it.
public struct ServerSecret {
    private let secret: [UInt8]?
    private let environment: Environment
    private var file: WatchedFile?

    /// The secret in a process's `environment`; none is fine, too.
    public init(_ environment: Environment) {
        self.environment = environment
        secret = environment[.serverSecret].map { Array($0.trimmed) }
    }

    /// Whether the request has the secret, compared in constant time. Without a secret all requests have it.
    ///
    /// - Throws: ``Problem`` when there should be one, but isn't.
    mutating func isKnown(to request: borrowing Request) throws(Problem) -> Bool {
        guard let expected = try expected() else { return true }
        let secret = (request.bytes(of: Setting.serverSecret.rawValue) ?? []).trimmed
        return OpenSSL.isEqual(expected.span, Array(secret).span)
    }

    /// Checks that the secret can be read, if there is to be one.
    ///
    /// - Throws: ``Problem`` when it can't.
    public mutating func check() throws(Problem) { _ = try expected() }

    private mutating func expected() throws(Problem) -> [UInt8]? {
        guard environment[.serverSecretFile] != nil else {
            guard secret?.isEmpty != true else { throw Problem(.serverSecret, Problem.white) }
            return secret
        }
        guard secret == nil else {
            throw Problem(.serverSecret, "is set and \(Setting.serverSecretFile.rawValue) too: unset one of them")
        }
        if file?.isUnchanged != true {
            file = try WatchedFile(named: .serverSecretFile, in: environment, holding: "the secret")
        }
        let content = Array((file?.content ?? []).trimmed)
        guard !content.isEmpty else {
            throw Problem(.serverSecretFile, "is an empty file: write the secret into it")
        }
        return content
    }
}
