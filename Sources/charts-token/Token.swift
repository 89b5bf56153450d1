import ArgumentParser
import FastCGI
import Glibc
import TokenEndpoint

/// `charts-token token`
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print one token, alone on standard output.",
        discussion: "Problems go to standard error, with exit status 78 (EX_CONFIG).")

    @OptionGroup var visitor: Visitor

    func run() throws {
        let now = time(nil)
        do {
            let settings = try Settings(.process, now: now)
            for warning in settings.warnings { LogLine(.warning, "\(warning)").writeToStandardError() }
            let minter = try Minter(settings)
            let token = try minter.mint(for: visitor.request, at: now)
            print(String(decoding: token, as: UTF8.self))
        } catch let error as SettingsError {
            throw fail(error)
        } catch let missing as MissingVariable {
            LogLine(.error, "\(missing): name it with --as \(missing.name)=…").writeToStandardError()
            throw ExitCode(EX_CONFIG)
        }
    }
}
