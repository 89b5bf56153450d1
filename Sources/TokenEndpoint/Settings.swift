import JOSE
import Tinybird

/// The settings, checked and ready to sign with.
public struct Settings: Sendable {
    /// The HMAC key.
    public let signingKey: SigningKey
    /// The claim `workspace_id`.
    public let workspaceID: String
    /// The claim `scopes`.
    public let scopes: [Scope]
    /// The claim `name`.
    public let tokenName: String
    /// A token's lifetime, in seconds: at least 1.
    public let tokenLifetime: Int
    /// Worker threads of a FastCGI responder.
    public let threads: Int
    /// What is signed with, but probably not as meant.
    public let warnings: [Problem]
    /// The files that the settings were read from.
    let files: [WatchedFile]

    /// The claim `name` where none is set.
    public static let defaultTokenName = "charts_token"
    /// The lifetime where none is set, in seconds: 48 hours.
    public static let defaultTokenLifetime = 48 * 3600

    /// Makes settings of an environment.
    ///
    /// - Parameter now: Seconds since 1970, to see whether a lifetime ends within the calendar.
    /// - Throws: ``SettingsError`` with everything that is missing or wrong.
    public init(_ environment: Environment, now: Int) throws(SettingsError) {
        var problems: [Problem] = []
        func valid<Value>(_ value: () throws(Problem) -> Value) -> Value? {
            do throws(Problem) { return try value() } catch {
                problems.append(error)
                return nil
            }
        }
        let key = valid { () throws(Problem) in try SigningKey(environment) }
        let workspaceID = valid { () throws(Problem) in try Self.workspaceID(environment, key: key) }
        let pipes = valid { () throws(Problem) in try Self.pipes(environment) }
        let name = valid { () throws(Problem) in try environment.text(.tokenName) ?? Self.defaultTokenName }
        let lifetime = valid { () throws(Problem) in try Self.tokenLifetime(environment, now: now) }
        let threads = valid { () throws(Problem) in try Self.threads(environment) }

        guard let key, let workspaceID, let pipes, let name, let lifetime, let threads, problems.isEmpty else {
            throw SettingsError(problems: problems)
        }
        signingKey = key
        self.workspaceID = workspaceID
        scopes = pipes.map(Scope.readPipe)
        tokenName = name
        tokenLifetime = lifetime
        self.threads = threads
        warnings = Self.warnings(key: key, workspaceID: workspaceID)
        files = [key.file].compactMap { $0 }
    }

    /// The claims of a token under these settings.
    public var claims: Claims {
        Claims(workspaceID: workspaceID, name: tokenName, scopes: scopes)
    }
}

// Each setting's own rules.
extension Settings {
    /// The number of worker threads where none is set.
    public static let defaultThreads = 4
    private static let threadLimits = 1...256

    /// The number of worker threads.
    ///
    /// - Throws: ``Problem`` when it isn't a whole number from 1 to 256.
    public static func threads(_ environment: Environment) throws(Problem) -> Int {
        guard let text = try environment.text(.threads) else { return defaultThreads }
        guard let threads = Int(digits: text), threadLimits.contains(threads) else {
            throw Problem(
                .threads, "is not a whole number from 1 to 256: correct it, or unset it for \(defaultThreads)")
        }
        return threads
    }

    private static func workspaceID(_ environment: Environment, key: SigningKey?) throws(Problem) -> String {
        if let id = try environment.text(.workspaceID)?.trimmed, !id.isEmpty {
            guard !id.contains("${") else { throw Problem(.workspaceID, Self.unreplaced) }
            return id
        }
        // Without a key, its problem is the one to solve first.
        guard let key else { return "" }
        guard let token = AdminToken(key.bytes) else {
            throw Problem(
                .workspaceID,
                "is not set, and the signing key doesn't name its workspace: set it to the workspace's id")
        }
        return token.workspaceID
    }

    private static func pipes(_ environment: Environment) throws(Problem) -> [String] {
        guard let text = try environment.text(.pipes) else {
            throw Problem(.pipes, "is not set: set it to the names or ids of the pipes, separated by commas")
        }
        guard !text.contains("${") else { throw Problem(.pipes, Self.unreplaced) }
        let pipes = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
        guard !pipes.isEmpty else {
            throw Problem(.pipes, "names no pipe: set it to the names or ids of the pipes, separated by commas")
        }
        return pipes
    }

    private static func tokenLifetime(_ environment: Environment, now: Int) throws(Problem) -> Int {
        guard let text = try environment.text(.tokenLifetime) else { return defaultTokenLifetime }
        guard let seconds = duration(text.trimmed) else {
            throw Problem(
                .tokenLifetime,
                "is not a lifetime: set it to a number of seconds, or a number with s, m, h or d, such as 48h")
        }
        guard seconds > 0 else {
            throw Problem(.tokenLifetime, "is 0, and a token would be expired at once: set it to 1s or more")
        }
        guard seconds <= Claims.latestExpiration - now else {
            throw Problem(.tokenLifetime, "ends after the year 9999: set it to a shorter time, such as 48h")
        }
        return seconds
    }

    /// A number of seconds, or a number with a unit; `Int.max` where it exceeds one, nil where it is neither.
    private static func duration(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let last = text.last else { return nil }
        let unit = units[last]
        let digits = unit == nil ? Substring(text) : text.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        guard let number = Int(digits) else { return Int.max }
        let (seconds, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
        return overflows ? Int.max : seconds
    }

    private static func warnings(key: SigningKey, workspaceID: String) -> [Problem] {
        var warnings: [Problem] = []
        if key.bytes.count < HS256.shortestKeyLength {
            warnings.append(
                Problem(
                    key.setting,
                    "holds \(key.bytes.count) bytes, fewer than the 32 of RFC 7518 §3.2: "
                        + "is it the whole workspace admin token?"))
        }
        if AdminToken.belongs(key.bytes, to: workspaceID) == false {
            warnings.append(
                Problem(
                    .workspaceID,
                    "differs from the id inside the signing key, and Tinybird will refuse the tokens: "
                        + "use the admin token of that workspace, not a personal one"))
        }
        return warnings
    }

    static let unreplaced =
        "contains \"${\", a variable that the web server didn't replace: define it where the server starts"
}

extension Environment {
    /// A setting's value as text; nil where it isn't set.
    ///
    /// - Throws: ``Problem`` when it isn't UTF-8, which repaired would be another value.
    func text(_ setting: Setting) throws(Problem) -> String? {
        guard let bytes = self[setting] else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(setting, "is not valid UTF-8: write it in UTF-8")
        }
        return text
    }
}

extension String {
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}

extension Int {
    /// A number written in ASCII digits alone, with white space around it.
    init?(digits text: String) {
        let digits = text.trimmed
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        self.init(digits)
    }
}
