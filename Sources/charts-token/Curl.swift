import Glibc
import JOSE

/// curl(1), which speaks HTTP and TLS for the commands: with the host's proxies and certificates, and no library linked
/// into a program that signs.
enum Curl {
    /// Why there is no response, as curl says it, or that curl is missing.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A response's status, fields and body.
    struct Response {
        let status: Int
        let fields: [(name: UTF8Text, value: UTF8Text)]
        let body: [UInt8]

        /// The value of the first field with this name, which is in small letters.
        func field(_ name: UTF8Text) -> UTF8Text? { fields.first { $0.name == name }?.value }

        /// The body as JSON.
        var json: JSON? { try? JSON(body) }
    }

    /// The response to one request, redirects not followed.
    ///
    /// - Parameters:
    ///   - method: `GET` or `OPTIONS`.
    ///   - fields: The request's header fields, as `Name: value`. They reach curl by its standard input: arguments are for
    ///     everyone on the machine to read.
    static func send(_ method: String = "GET", to url: String, fields: [String] = []) throws(Failure) -> Response {
        var options = ["url = \(quoted(url))", "request = \(quoted(method))"]
        options += fields.map { "header = \(quoted($0))" }
        options += ["silent", "show-error", "include", "globoff", "max-time = 30", "proto = \"=http,https\""]
        let output = try run(options.map { "\($0)\n" }.joined())
        guard let response = read(output) else { throw Failure(description: "\(url) doesn't speak HTTP") }
        return response
    }

    /// A value in curl's configuration file (curl(1), "-K").
    private static func quoted(_ value: String) -> String {
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// What curl prints that is configured by `options`.
    private static func run(_ options: String) throws(Failure) -> [UInt8] {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw Failure(description: "no pipes are left") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO)
        for descriptor in input + output { posix_spawn_file_actions_addclose(&actions, descriptor) }

        let words = ["curl", "--disable", "--config", "-"]
        var arguments = words.map { strdup($0) } + [nil]
        var environment = environmentWithoutSettings().map { strdup($0) } + [nil]
        defer { for string in arguments + environment { free(string) } }
        var process = pid_t()
        let error = posix_spawnp(&process, "curl", &actions, nil, &arguments, &environment)
        close(input[0])
        close(output[1])
        defer { close(output[0]) }
        guard error == 0 else {
            close(input[1])
            throw Failure(description: "curl can't be started (\(String(cString: strerror(error)))): install curl")
        }
        // Should curl end before it has read all, the write fails.
        signal(SIGPIPE, SIG_IGN)
        let bytes = Array(options.utf8)
        let isWritten = write(input[1], bytes, bytes.count) == bytes.count
        close(input[1])
        let result = readAll(output[0])
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        guard isWritten, status == 0 else {
            throw Failure(description: String(decoding: result.trimmed, as: UTF8.self).printable)
        }
        return result
    }

    /// The process's environment as `NAME=value`: the signing key is none of curl's business.
    private static func environmentWithoutSettings() -> [String] {
        let names = [
            "PATH", "HOME", "LANG", "http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY",
            "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
        ]
        return names.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                content += buffer[..<count]
            } else if count == 0 || errno != EINTR {
                return content
            }
        }
    }

    /// Reads a response, after those that come before it: of a proxy, or with a status of 1xx.
    private static func read(_ bytes: [UInt8]) -> Response? {
        var rest = bytes[...]
        while true {
            var lines: [UTF8Text] = []
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = UTF8Text(Array(rest[..<end]).trimmed)
                rest = rest[(end + 1)...]
                guard let line, !line.isEmpty else { break }
                lines.append(line)
            }
            let words = lines.first?.split(at: " ") ?? []
            guard words.count >= 2, words[0].starts(with: "HTTP/"), let status = Int(words[1].description) else {
                return nil
            }
            if status < 200 || rest.starts(with: "HTTP/".utf8) { continue }
            let fields = lines.dropFirst().compactMap { line -> (name: UTF8Text, value: UTF8Text)? in
                guard let (name, value) = line.cut(at: ":"), let name = UTF8Text(name.bytes.map(\.lowercased)) else {
                    return nil
                }
                return (name, value.trimmed)
            }
            return Response(status: status, fields: fields, body: Array(rest))
        }
    }
}
