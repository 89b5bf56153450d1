import JOSE
import Tinybird

/// The workspace admin token, whose bytes are the HMAC key, white space around them trimmed.
///
/// Printing one prints no byte of it.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The key; at least one byte.
    public let bytes: [UInt8]
    /// The workspace that the key says it belongs to; nil where it says nothing.
    public let workspaceID: UTF8Text?
    /// The region that the key says its workspace is in; nil where it says nothing.
    public let region: UTF8Text?
    /// Where it came from: the variable itself, or the one that names a file.
    public let setting: Setting
    let file: WatchedFile?

    /// The key that `environment` holds or names.
    ///
    /// - Throws: ``Problem`` when there is none, or two, or it can't be meant as one.
    public init(_ environment: Environment) throws(Problem) {
        let content: [UInt8]
        switch (environment[.signingKey], environment[.signingKeyFile]) {
        case (let key?, nil):
            (setting, file, content) = (.signingKey, nil, key)
        case (nil, _?):
            let file = try WatchedFile(named: .signingKeyFile, in: environment, holding: "the key")
            (setting, self.file, content) = (.signingKeyFile, file, file.content)
        case (nil, nil):
            throw Problem(
                .signingKey,
                "is not set: set it to the workspace admin token, or \(Setting.signingKeyFile.rawValue) "
                    + "to a file that holds it")
        case (_?, _?):
            throw Problem(.signingKey, "is set and \(Setting.signingKeyFile.rawValue) too: unset one of them")
        }
        bytes = Array(content.trimmed)
        guard !bytes.isEmpty else {
            throw Problem(setting, "holds no key: set it to the workspace admin token")
        }
        guard !bytes.containsUnreplacedVariable else { throw Problem(setting, Problem.unreplaced) }
        if let problem = KeyForm.problem(of: bytes) { throw Problem(setting, problem) }
        let token = AdminToken(bytes)
        workspaceID = token?.workspaceID
        region = token?.region
    }

    /// The key's length, in bytes.
    public var length: Int { bytes.count }

    /// HMAC-SHA-256, keyed with this key.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL can't provide it.
    public func algorithm() throws(OpenSSLError) -> HS256 {
        try HS256(key: bytes.span)
    }

    /// A placeholder for the secret.
    public var description: String { "secret, \(length) bytes" }
    /// Hides the secret from `dump` and debuggers' summaries.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether `value` contains this key, or anyone's admin token. A very short key may occur in any word.
    func isShown(by value: [UInt8]) -> Bool {
        AdminToken.isContained(in: value)
            || (length >= 16 && value.indices.contains { value[$0...].starts(with: bytes) })
    }

    /// What Tinybird or RFC 7518 would object to, though it can be signed with.
    func warnings(workspaceID: UTF8Text) -> [Problem] {
        var warnings: [Problem] = []
        if length < HS256.shortestKeyLength {
            warnings.append(
                Problem(
                    setting,
                    "holds \(length) bytes, fewer than the 32 of RFC 7518 §3.2: is it the whole workspace admin token?")
            )
        } else if !KeyForm.isAdminToken(bytes) {
            warnings.append(
                Problem(
                    setting,
                    "doesn't have the form p.….… of an admin token, and Tinybird will refuse the tokens: is it the whole "
                        + "workspace admin token?"))
        }
        if let own = self.workspaceID, own != workspaceID {
            warnings.append(
                Problem(
                    .workspaceID,
                    "differs from the id inside the signing key, and Tinybird will refuse the tokens: "
                        + "use the admin token of that workspace, not a personal one"))
        }
        return warnings
    }
}

extension [UInt8] {
    fileprivate var containsUnreplacedVariable: Bool {
        zip(self, dropFirst()).contains { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }
    }
}
