import ArgumentParser
import CBuild
import FastCGI
import Glibc
import JOSE
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
        version: """
            charts-token 0.2.0
            commit \(shim_commit().map { String(cString: $0) } ?? "unknown")
            \(OpenSSL.version), linked \(OpenSSL.isStatic ? "statically" : "dynamically")
            """,
        subcommands: [Check.self, Token.self, Inspect.self, Serve.self]
    )
}

/// The variables that the web server's login would set.
struct Visitor: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "A variable of the request, as the web server's login would set it; may be given several times.",
            valueName: "NAME=value"))
    var variables: [String] = []

    func validate() throws {
        for variable in variables where UTF8Text(variable).cut(at: "=")?.before.isEmpty ?? true {
            throw ValidationError("'\(variable)' has no value: write --as NAME=value, such as --as REMOTE_USER=alice")
        }
    }

    /// A request of that visitor.
    var request: Request {
        Request(
            variables: variables.compactMap { variable in
                UTF8Text(variable).cut(at: "=").map { ($0.before.description, $0.after.description) }
            })
    }
}

/// Ends a command for what is wrong with the settings: exit status 78.
func fail(_ error: SettingsError) -> ExitCode {
    for problem in error.problems { LogLine(.error, "\(problem)").writeToStandardError() }
    return ExitCode(EX_CONFIG)
}
