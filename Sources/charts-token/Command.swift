import ArgumentParser
import FastCGI
import Glibc
import TokenEndpoint

/// The program in a shell.
struct Command: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "charts-token",
        abstract: "Signs Tinybird tokens for charts on web pages, as a FastCGI or CGI program of a web server.",
        discussion: """
            The web server starts it: see README.md for Apache, .htaccess hosts and lighttpd. In a shell, with the \
            settings in the environment, it shows what it would do:

              TINYBIRD_SIGNING_KEY=p.… TINYBIRD_PIPES=sales_by_city charts-token check
            """,
        version: "0.1.0",
        subcommands: [Check.self, Token.self]
    )
}

/// `charts-token token`
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print one token, alone on standard output.",
        discussion: "Problems go to standard error, with exit status 78 (EX_CONFIG).")

    func run() throws {
        let now = time(nil)
        do {
            let settings = try Settings(.process, now: now)
            for warning in settings.warnings { LogLine(.warning, "\(warning)").writeToStandardError() }
            var minter = try Minter(settings)
            print(String(decoding: try minter.mint(at: now), as: UTF8.self))
        } catch let error as SettingsError {
            for problem in error.problems { LogLine(.error, "\(problem)").writeToStandardError() }
            throw ExitCode(EX_CONFIG)
        }
    }
}
