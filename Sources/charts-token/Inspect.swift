import ArgumentParser
import FastCGI
import Glibc
import JOSE
import TokenEndpoint

/// `charts-token inspect`
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a token with the signing key in the environment, and print its claims.",
        discussion: "Exits 0; 1 if the token doesn't verify or has expired; 78 (EX_CONFIG) without a usable key.")

    @Argument(help: "The token; read from standard input if it isn't given.")
    var token: String?

    @Flag(help: "Print the claims as one line of JSON, with expires_in, the seconds left, among them.")
    var json = false

    func run() throws {
        let key: SigningKey
        do throws(Problem) {
            key = try SigningKey(.process)
        } catch {
            LogLine(.error, "\(error)").writeToStandardError()
            throw ExitCode(EX_CONFIG)
        }
        let text = (token.map { Array($0.utf8) } ?? Self.standardInput()).filter { !$0.isWhiteSpace }
        var algorithm = try key.algorithm()
        guard let payload = try CompactJWS.verify(text, with: &algorithm), let claims = try? JSON(payload),
            case .object(let members) = claims
        else {
            LogLine(.error, "the token is not signed with this key by HS256").writeToStandardError()
            throw ExitCode.failure
        }
        guard let expiration = claims["exp"]?.integer else {
            LogLine(.error, "the token has no exp: Tinybird refuses it").writeToStandardError()
            throw ExitCode.failure
        }
        let left = expiration - time(nil)
        if json {
            print("\(String(decoding: payload.dropLast(), as: UTF8.self).printableJSON),\"expires_in\":\(left)}")
        } else {
            let width = members.map(\.name.description.width).max() ?? 0
            for member in members {
                let name = member.name.description.printable
                let padding = String(repeating: " ", count: width - name.width)
                let value = String(decoding: payload[member.range], as: UTF8.self)
                print("\(name)\(padding)  \(value.printableJSON)")
            }
            let time = left > 0 ? "expires in \(words(seconds: left))" : "expired \(words(seconds: -left)) ago"
            print("The token verifies, and \(time) (\(date(expiration))).")
        }
        if left <= 0 { throw ExitCode.failure }
    }

    private static func standardInput() -> [UInt8] {
        if isatty(STDIN_FILENO) == 1 { LogLine(.warning, "reading the token from the terminal").writeToStandardError() }
        var text: [UInt8] = []
        while let line = readLine() { text += line.utf8 }
        return text
    }
}

/// A number of seconds in the two largest units that it fills: `1 day 23 hours`.
func words(seconds: Int) -> String {
    var rest = seconds
    var words: [String] = []
    for (unit, length) in [("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)] {
        let count = rest / length
        rest %= length
        if count > 0 && words.count < 2 { words.append("\(count) \(unit)\(count == 1 ? "" : "s")") }
    }
    return words.isEmpty ? "0 seconds" : words.joined(separator: " ")
}

/// A time in seconds since 1970 as a date in UTC.
private func date(_ seconds: Int) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let length = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
    return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
