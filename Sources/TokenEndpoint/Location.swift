import FastCGI
import JOSE

/// One place on the web server with settings of its own (Apache's `<Location>`, lighttpd's `$HTTP["url"]`), as one
/// worker keeps it: all requests with the same variables share it.
final class Location {
    private let environment: Environment
    private let notices: Notices
    private var minter: Minter?
    /// The files that the minter's settings came from; as long as they are unchanged it is used.
    private var files: [WatchedFile] = []
    /// What keeps the minter from being made.
    private var fault: LogLine?

    init(_ environment: Environment, notices: Notices) {
        self.environment = environment
        self.notices = notices
    }

    /// A token that is signed at `now`, in seconds since 1970; nil where the settings allow none.
    ///
    /// - Parameter log: Gets what the error log is to be told.
    func mint(at now: Int, log: inout [LogLine]) -> (token: [UInt8], lifetime: Int)? {
        do {
            if minter == nil || !files.allSatisfy(\.isUnchanged) { try makeMinter(now: now, log: &log) }
            guard let token = try minter?.mint(at: now), let lifetime = minter?.lifetime else { return nil }
            return (token, lifetime)
        } catch {
            minter = nil
            let fault = LogLine(.error, "\(error)")
            if let earlier = self.fault, earlier != fault { notices.forget(earlier) }
            self.fault = fault
            tell(fault, &log)
            return nil
        }
    }

    private func makeMinter(now: Int, log: inout [LogLine]) throws {
        let settings = try Settings(environment, now: now)
        minter = try Minter(settings)
        files = settings.files
        if let fault { notices.forget(fault) }
        fault = nil
        for warning in settings.warnings { tell(LogLine(.warning, "\(warning)"), &log) }
    }

    private func tell(_ line: LogLine, _ log: inout [LogLine]) {
        if notices.isNews(line) { log.append(line) }
    }
}
