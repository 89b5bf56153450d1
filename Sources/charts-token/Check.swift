import ArgumentParser
import Glibc
import Tinybird
import TokenEndpoint

/// `charts-token check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain the settings in the environment, and show the claims that would be signed.",
        discussion: """
            Exits 0, or 78 (EX_CONFIG) with problems. With --online it also asks Tinybird's API about the key and the pipes; \
            with --url it asks a token endpoint as a page would, and nothing else: exits 0, or 1 with what is wrong. Both \
            use curl(1). Secrets are never printed.
            """)

    @Flag(help: "Ask Tinybird's API, too: the key's region, or TINYBIRD_API.")
    var online = false

    @Option(help: "Ask the token endpoint at this URL, and judge its response.")
    var url: String?

    @Option(help: ArgumentHelp("With --url: the origin of the page that asks, such as https://www.example.com."))
    var origin: String?

    @OptionGroup var visitor: Visitor

    func validate() throws {
        guard origin == nil || url != nil else { throw ValidationError("--origin goes with --url.") }
        guard url == nil || !online else {
            throw ValidationError("--url and --online are two checks: run one at a time.")
        }
    }

    func run() throws {
        if let url {
            var check = CheckURL(url, origin: origin)
            guard check.run() else { throw ExitCode.failure }
            return
        }
        let environment = Environment.process
        let width = Setting.allCases.map(\.rawValue.width).max() ?? 0
        for setting in Setting.allCases {
            let padding = String(repeating: " ", count: width - setting.rawValue.width)
            print("\(setting.rawValue)\(padding)  \(Self.explain(setting, in: environment))")
        }
        print()
        do {
            var serverSecret = ServerSecret(environment)
            try serverSecret.check()
            let settings = try Settings(environment, now: time(nil))
            for warning in settings.warnings { print("warning: \(warning)") }
            try printClaims(settings, now: time(nil))
            if online { try checkOnline(settings) }
        } catch let error as SettingsError {
            for problem in error.problems { print("problem: \(problem)") }
            throw ExitCode(EX_CONFIG)
        } catch let problem as Problem {
            print("problem: \(problem)")
            throw ExitCode(EX_CONFIG)
        }
    }

    private func checkOnline(_ settings: Settings) throws {
        let api: String
        do throws(TinybirdAPI.Unknown) {
            api = try TinybirdAPI.url(for: settings.signingKey)
        } catch {
            print("problem: \(error)")
            throw ExitCode(EX_CONFIG)
        }
        print("\nTinybird's API, \(api), says:")
        let minter = try Minter(settings)
        let token = (try? minter.mint(for: visitor.request, at: time(nil))).map { String(decoding: $0, as: UTF8.self) }
        var check = CheckOnline(settings, api: api)
        guard check.run(token: token) else { throw ExitCode(EX_CONFIG) }
    }

    private func printClaims(_ settings: Settings, now: Int) throws {
        let minter = try Minter(settings)
        do throws(MissingVariable) {
            let claims = minter.claims(try minter.values(in: visitor.request), at: now)
            let whom = visitor.variables.isEmpty ? "" : " for \(visitor.variables.joined(separator: ", ").printable)"
            print("The claims that would be signed now\(whom):")
            print(String(decoding: claims, as: UTF8.self).printableJSON)
        } catch {
            print("The claims depend on who asks: see them with --as \(error.name)=…")
        }
    }

    /// A setting's value and where it comes from, or what holds without it.
    private static func explain(_ setting: Setting, in environment: Environment) -> String {
        guard let bytes = environment[setting] else { return absence(of: setting, in: environment) }
        // A key in the wrong variable is still a secret.
        if setting == .signingKey || setting == .serverSecret || AdminToken.isContained(in: bytes) {
            return "secret, \(bytes.count) bytes (environment)"
        }
        return "\(String(decoding: bytes, as: UTF8.self).printable) (environment)"
    }

    private static func absence(of setting: Setting, in environment: Environment) -> String {
        switch setting {
        case .workspaceID:
            let id = (try? SigningKey(environment))?.workspaceID
            return id.map { "\($0) (from the signing key)" } ?? "-"
        case .tokenName: return "\(Settings.defaultTokenName) (default)"
        case .tokenLifetime: return "\(words(seconds: Settings.defaultTokenLifetime)) (default)"
        case .requestsPerSecond: return "no limit (default)"
        case .allowedOrigins: return "none (default)"
        case .renewalWindow: return "off (default)"
        case .threads: return "\(Settings.defaultThreads) (default)"
        case .serverSecret: return "none (default)"
        case .signingKey, .signingKeyFile, .pipes, .fixedParameters, .scopes, .scopesFile, .serverSecretFile:
            return "-"
        }
    }
}
