import ArgumentParser
import Glibc
import Tinybird
import TokenEndpoint

/// `charts-token check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain the settings in the environment, and show the claims that would be signed.",
        discussion: "Exits 0, or 78 (EX_CONFIG) with problems. The signing key is never printed.")

    @OptionGroup var visitor: Visitor

    func run() throws {
        let environment = Environment.process
        let width = Setting.allCases.map(\.rawValue.width).max() ?? 0
        for setting in Setting.allCases {
            let padding = String(repeating: " ", count: width - setting.rawValue.width)
            print("\(setting.rawValue)\(padding)  \(Self.explain(setting, in: environment))")
        }
        print()
        let now = time(nil)
        do {
            var serverSecret = ServerSecret(environment)
            try serverSecret.check()
            let settings = try Settings(environment, now: now)
            for warning in settings.warnings { print("warning: \(warning)") }
            try printClaims(settings, now: now)
        } catch let error as SettingsError {
            for problem in error.problems { print("problem: \(problem)") }
            throw ExitCode(EX_CONFIG)
        } catch let problem as Problem {
            print("problem: \(problem)")
            throw ExitCode(EX_CONFIG)
        }
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
