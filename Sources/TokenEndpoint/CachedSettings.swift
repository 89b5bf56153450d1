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
    private var current: Minter?
    /// The files that the current minter's settings were read from.
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
            let minter = try minter(at: now, log: &log)
            if !minter.dependsOnVisitor { reportUnusedLogin(of: request, log: &log) }
            if minter.renewal != nil, let earlier = Renewal.bearerToken(of: request), minter.isRenewed(by: request) {
                guard let renewed = try minter.renew(earlier, at: now) else { return .notRenewable }
                return .token(renewed, lifetime: minter.lifetime)
            }
            return .token(try minter.mint(for: request, at: now), lifetime: minter.lifetime)
        } catch let missing as MissingVariable {
            tell(LogLine(.error, "\(missing): no token is signed; require a login for this URL"), &log)
            return .anonymous
        } catch {
            current = nil
            let fault = LogLine(.error, "\(error)")
            if notices.isNews(fault, in: variables) { log.append(fault) }
            return .misconfigured
        }
    }

    /// The minter of these settings, which is made again when a file has changed that they were read from.
    private func minter(at now: Int, log: inout [LogLine]) throws -> Minter {
        if let current, files.allSatisfy(\.isUnchanged) { return current }
        current = nil
        let settings = try Settings(environment, now: now)
        let minter = try Minter(settings)
        current = minter
        files = settings.files
        notices.fixed(in: variables)
        for warning in settings.warnings { tell(LogLine(.warning, "\(warning)"), &log) }
        return minter
    }

    /// A login without a placeholder looks as if each visitor got a token of their own.
    private func reportUnusedLogin(of request: borrowing Request, log: inout [LogLine]) {
        guard !isUnusedLoginReported, request.isSet("REMOTE_USER") else { return }
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
