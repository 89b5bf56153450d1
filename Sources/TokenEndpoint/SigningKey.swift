/// The workspace admin token, whose bytes are the HMAC key, white space around them trimmed.
///
/// Printing one prints no byte of it.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The key; at least one byte.
    let bytes: [UInt8]
    /// Where it came from: the variable itself, or the one that names a file.
    public let setting: Setting
    let file: WatchedFile?

    /// The key that `environment` holds or names.
    ///
    /// - Throws: ``Problem`` when there is none, or two, or it can't be meant as one.
    init(_ environment: Environment) throws(Problem) {
        let content: [UInt8]
        switch (environment[.signingKey], try environment.text(.signingKeyFile)) {
        case (let key?, nil):
            (setting, file, content) = (.signingKey, nil, key)
        case (nil, let path?):
            let file = try Self.read(path)
            (setting, self.file, content) = (.signingKeyFile, file, file.content)
        case (nil, nil):
            throw Problem(
                .signingKey,
                "is not set: set it to the workspace admin token, or \(Setting.signingKeyFile.rawValue) "
                    + "to a file that holds it")
        case (_?, _?):
            throw Problem(.signingKey, "is set and \(Setting.signingKeyFile.rawValue) too: unset one of them")
        }
        bytes = Self.trim(content)
        guard !bytes.isEmpty else {
            throw Problem(setting, "holds no key: set it to the workspace admin token")
        }
        guard !bytes.containsUnreplacedVariable else { throw Problem(setting, Settings.unreplaced) }
    }

    /// The key's length, in bytes.
    public var length: Int { bytes.count }

    /// A placeholder for the secret.
    public var description: String { "secret, \(length) bytes" }
    /// Hides the secret from `dump` and debuggers' summaries.
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func read(_ path: String) throws(Problem) -> WatchedFile {
        do throws(WatchedFile.Unusable) {
            return try WatchedFile(path: path)
        } catch {
            throw Problem(
                .signingKeyFile,
                "can't be read (\(error.reason)): set it to the path of a file with the key, readable by this program")
        }
    }

    private static func trim(_ bytes: [UInt8]) -> [UInt8] {
        func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isWhiteSpace($0) }),
            let last = bytes.lastIndex(where: { !isWhiteSpace($0) })
        else { return [] }
        return Array(bytes[first...last])
    }
}

extension [UInt8] {
    fileprivate var containsUnreplacedVariable: Bool {
        zip(self, dropFirst()).contains { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }
    }
}
