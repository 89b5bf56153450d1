import FastCGI
import JOSE

/// One place on the web server with settings of its own (Apache's `<Location>`, lighttpd's `$HTTP["url"]`), as one
/// worker keeps it: all requests with the same variables share it.
final class Location {
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

    /// The request's own settings, by which this place is known: `NAME=value`, each with a NUL behind it.
    let variables: [UInt8]
    /// The origins that may read the answers, errors too.
    let allowedOrigins: AllowedOrigins?

    private let environment: Environment
    private let notices: Notices
    private var minter: Minter?
    /// The files that the minter's settings came from; as long as they are unchanged it is used.
    private var files: [WatchedFile] = []

    /// A place whose settings are `variables`, in front of the process's.
    init(_ variables: [UInt8], over process: Environment, notices: Notices) {
        self.variables = variables
        environment = Environment(variables).over(process)
        self.notices = notices
        // Where the setting is wrong, the minter says so.
        allowedOrigins = (try? AllowedOrigins(environment)) ?? nil
    }

    /// Answers `request` at `now`, which is in seconds since 1970.
    ///
    /// - Parameter log: Gets what the error log is to be told.
    func answer(_ request: borrowing Request, at now: Int, log: inout [LogLine]) -> Outcome {
        do {
            if minter == nil || !files.allSatisfy(\.isUnchanged) { try makeMinter(now: now, log: &log) }
            return try outcome(of: request, at: now)
        } catch let missing as MissingVariable {
            tell(LogLine(.error, "\(missing): no token is signed; let the web server's login guard this URL"), &log)
            return .anonymous
        } catch {
            minter = nil
            let fault = LogLine(.error, "\(error)")
            if notices.isNews(fault, at: variables) { log.append(fault) }
            return .misconfigured
        }
    }

    private func outcome(of request: borrowing Request, at now: Int) throws -> Outcome {
        guard let earlier = minter?.renewal == nil ? nil : Renewal.bearerToken(of: request) else {
            return try mint(for: request, at: now)
        }
        // The server's login wins over the token that is sent, which stands in where there is none.
        if minter?.needsVariables == true, let outcome = try? mint(for: request, at: now) { return outcome }
        guard let token = try minter?.renew(earlier, at: now), let lifetime = minter?.lifetime else {
            return .notRenewable
        }
        return .token(token, lifetime: lifetime)
    }

    private func mint(for request: borrowing Request, at now: Int) throws -> Outcome {
        guard let values = try minter?.values(in: request), let token = try minter?.mint(values, at: now),
            let lifetime = minter?.lifetime
        else { return .misconfigured }
        return .token(token, lifetime: lifetime)
    }

    private func makeMinter(now: Int, log: inout [LogLine]) throws {
        minter = nil
        let settings = try Settings(environment, now: now)
        minter = try Minter(settings)
        files = settings.files
        notices.mend(at: variables)
        for warning in settings.warnings { tell(LogLine(.warning, "\(warning)"), &log) }
    }

    private func tell(_ line: LogLine, _ log: inout [LogLine]) {
        if notices.isNews(line) { log.append(line) }
    }
}
