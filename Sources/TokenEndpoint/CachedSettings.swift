import FastCGI
import JOSE

/// What one worker has made of one set of settings; all requests with the same settings in their environment share it.
///
/// A web server may have several: one for each Apache `<Location>` or lighttpd `$HTTP["url"]`.
final class CachedSettings {
    /// What came of a request.
    enum Outcome {
        /// A token, in ASCII, and how long it is valid, in seconds.
        case token([UInt8], lifetime: Int)
        /// The settings allow no token.
        case misconfigured
        /// The server's login doesn't say who asks.
        case anonymous
        /// The token to renew can't be.
        case notRenewable
    }

    /// The settings in the request's environment: `NAME=value`, each followed by a NUL.
    let variables: [UInt8]
    /// The origins that may read the responses, errors too.
    let allowedOrigins: AllowedOrigins?

    private let environment: Environment
    private let notices: Notices
    private var minter: Minter?
    /// The files that the minter's settings came from; as long as they are unchanged it is used.
    private var files: [WatchedFile] = []
    private var isUnusedLoginReported = false

    /// Settings of `variables`, which hide those of the process.
    init(_ variables: [UInt8], over process: Environment, notices: Notices) {
        self.variables = variables
        environment = Environment(variables).over(process)
        self.notices = notices
        // Where the setting is wrong, the minter says so.
        allowedOrigins = (try? AllowedOrigins(environment)) ?? nil
    }

    /// Responds to `request` at `now`, which is in seconds since 1970.
    ///
    /// - Parameter log: Receives the lines for the error log.
    func outcome(of request: borrowing Request, at now: Int, log: inout [LogLine]) -> Outcome {
        do {
            if minter == nil || !files.allSatisfy(\.isUnchanged) { try makeMinter(now: now, log: &log) }
            reportUnusedLogin(of: request, log: &log)
            return try outcome(of: request, at: now)
        } catch let missing as MissingVariable {
            tell(LogLine(.error, "\(missing): no token is signed; require a login for this URL"), &log)
            return .anonymous
        } catch {
            minter = nil
            let fault = LogLine(.error, "\(error)")
            if notices.isNews(fault, in: variables) { log.append(fault) }
            return .misconfigured
        }
    }

    private func outcome(of request: borrowing Request, at now: Int) throws -> Outcome {
        let token: [UInt8]?
        if minter?.renewal != nil, let earlier = Renewal.bearerToken(of: request),
            minter?.isRenewed(by: request) == true
        {
            token = try minter?.renew(earlier, at: now)
            if token == nil { return .notRenewable }
        } else {
            token = try minter?.mint(for: request, at: now)
        }
        guard let token, let lifetime = minter?.lifetime else { return .misconfigured }
        return .token(token, lifetime: lifetime)
    }

    private func makeMinter(now: Int, log: inout [LogLine]) throws {
        minter = nil
        let settings = try Settings(environment, now: now)
        minter = try Minter(settings)
        files = settings.files
        notices.fixed(in: variables)
        for warning in settings.warnings { tell(LogLine(.warning, "\(warning)"), &log) }
    }

    /// A login without a placeholder looks as if each visitor got a token of their own.
    private func reportUnusedLogin(of request: borrowing Request, log: inout [LogLine]) {
        guard !isUnusedLoginReported, minter?.dependsOnVisitor == false, request.isSet("REMOTE_USER") else { return }
        isUnusedLoginReported = true
        let setting = Setting.fixedParameters.rawValue
        tell(
            LogLine(
                .warning,
                "the web server's login sets REMOTE_USER, but all visitors get the same token: use %{REMOTE_USER} in "
                    + "\(setting); if it does so already, \(setting) doesn't reach this program (under suEXEC, set it "
                    + "in the wrapper's file)"), &log)
    }

    private func tell(_ line: LogLine, _ log: inout [LogLine]) {
        if notices.isNews(line) { log.append(line) }
    }
}

extension Request {
    /// Whether a variable is set, and not empty.
    func isSet(_ name: String) -> Bool { bytes(of: name)?.isEmpty == false }
}
