import ArgumentParser
import Glibc
import TokenEndpoint
import Tinybird

/// `charts-token check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Report the settings in the environment and the claims that would be signed.",
        discussion: "Exits 0, or 78 (EX_CONFIG) with problems. The signing key is never printed.")

    func run() throws {
        let now = time(nil)
        do throws(SettingsError) {
            let settings = try Settings(.process, now: now)
            print(Self.report(settings, now: now), terminator: "")
        } catch {
            for problem in error.problems { print("problem: \(problem)") }
            throw ExitCode(EX_CONFIG)
        }
    }

    private static func report(_ settings: Settings, now: Int) -> String {
        let environment = Environment.process
        func origin(_ setting: Setting, else other: String) -> String {
            environment[setting] == nil ? other : "set"
        }
        let rows: [(setting: Setting, value: String, origin: String)] = [
            (settings.signingKey.setting, "\(settings.signingKey)", "set"),
            (.workspaceID, settings.workspaceID, origin(.workspaceID, else: "from the signing key")),
            (.pipes, settings.scopes.map(\.resource).joined(separator: ", "), "set"),
            (.tokenName, settings.tokenName, origin(.tokenName, else: "default")),
            (.tokenLifetime, "\(settings.tokenLifetime) seconds", origin(.tokenLifetime, else: "default")),
            (.threads, "\(settings.threads)", origin(.threads, else: "default")),
        ]
        let width = rows.map(\.setting.rawValue.count).max() ?? 0
        var report = ""
        for row in rows {
            let padding = String(repeating: " ", count: width - row.setting.rawValue.count)
            report += "\(row.setting.rawValue)\(padding)  \(row.value) (\(row.origin))\n"
        }
        let claims = Payload(settings.claims).expiring(at: now + settings.tokenLifetime)
        report += "claims: \(String(decoding: claims, as: UTF8.self))\n"
        for warning in settings.warnings { report += "warning: \(warning)\n" }
        return report
    }
}
