import Tinybird

/// The settings, checked and ready to sign with.
public struct Settings: Sendable {
    /// The HMAC key.
    public let signingKey: SigningKey
    /// The claims of a token, all but its times.
    public let claims: Claims
    /// A token's lifetime, in seconds: at least 1.
    public let tokenLifetime: Int
    /// How long after its first signing a token may be renewed, in seconds: at least 1; nil where it may not.
    public let renewalWindow: Int?
    /// What is signed with, but probably not as meant.
    public let warnings: [Problem]
    /// The files that the settings were read from.
    let files: [WatchedFile]

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
        let workspaceID = valid { () throws(Problem) in try environment.workspaceID(key: key) }
        let scopes = valid { () throws(Problem) in try environment.scopes() }
        let name = valid { () throws(Problem) in try environment.tokenName() }
        let lifetime = valid { () throws(Problem) in try environment.tokenLifetime(now: now) }
        let rps = valid { () throws(Problem) in try environment.requestsPerSecond() }
        // Origins and threads are read elsewhere; here it is only seen whether they are right.
        _ = valid { () throws(Problem) in try AllowedOrigins(environment) }
        let window = valid { () throws(Problem) in try environment.renewalWindow() }
        _ = valid { () throws(Problem) in try environment.validThreads() }

        func showsKey(_ value: [UInt8]) -> Bool { key?.isShown(by: value) ?? AdminToken.isContained(in: value) }
        let showing = Self.shownInTokens.filter { setting in
            let value = setting == .scopesFile ? scopes?.file?.content : environment[setting]
            return value.map(showsKey) == true
                || problems.contains { $0.setting == setting && showsKey(Array($0.reason.utf8)) }
        }
        // What else is wrong with one of them may quote the key.
        problems.removeAll { showing.contains($0.setting) }
        for setting in showing {
            problems.append(
                Problem(
                    setting,
                    "holds a signing key, which every token would show: remove it, and refresh it in Tinybird if a "
                        + "token was signed"))
        }

        guard let key, let workspaceID, let scopes, let name, let lifetime, let rps, let window, problems.isEmpty
        else { throw SettingsError(problems: problems) }
        signingKey = key
        claims = Claims(
            workspaceID: workspaceID, name: name, scopes: scopes.list, requestsPerSecond: rps,
            hasIssuedAt: window != nil)
        tokenLifetime = lifetime
        renewalWindow = window
        warnings = key.warnings(workspaceID: workspaceID)
        // One by one: an array of optionals is a type more, whose metadata would cost a CGI process 2 % of its time.
        var files: [WatchedFile] = []
        if let file = key.file { files.append(file) }
        if let file = scopes.file { files.append(file) }
        self.files = files
    }

    /// The settings whose values are in the claims, which are readable to anyone who has a token.
    private static let shownInTokens: [Setting] = [
        .workspaceID, .pipes, .fixedParameters, .scopes, .scopesFile, .tokenName,
    ]

    /// The claim `name` where none is set.
    public static let defaultTokenName = "charts_token"
    /// The lifetime where none is set, in seconds: 48 hours.
    public static let defaultTokenLifetime = 48 * 3600
    /// The number of worker threads where none is set.
    public static let defaultThreads = 4
}
