import JOSE
import Testing
import Tinybird

@testable import TokenEndpoint

@Suite("settings")
struct SettingsTests {
    @Test("key and pipes are enough: the rest has the contract's defaults")
    func defaults() throws {
        let settings = try settings(Guide.variables).get()
        #expect(settings.claims.workspaceID == UTF8Text(Guide.workspace))
        #expect(settings.claims.name == Template([.literal("charts_token")]))
        #expect(settings.tokenLifetime == 172_800)
        #expect(Environment(variables: Guide.variables).threads == 4)
        #expect(
            settings.claims.scopes == [
                try Scope(resource: Template(UTF8Text(Guide.pipe)), access: .readPipe(fixedParameters: []))
            ])
        #expect(settings.claims.requestsPerSecond == nil)
        #expect(try AllowedOrigins(Environment(variables: Guide.variables)) == nil)
        #expect(settings.renewalWindow == nil)
        #expect(!settings.claims.hasIssuedAt)
        #expect(settings.warnings.isEmpty)
    }

    @Test("everything that is missing is named at once")
    func missing() {
        let expected = [
            "TINYBIRD_SIGNING_KEY is not set: set it to the workspace admin token, or TINYBIRD_SIGNING_KEY_FILE to a "
                + "file that holds it",
            "TINYBIRD_PIPES is not set: set it to the names or ids of the pipes, separated by commas",
        ]
        #expect(problems(of: [:]) == expected)
    }

    @Test("an empty value counts as unset", arguments: Guide.variables.keys)
    func empty(name: String) {
        #expect(problem(of: [name: ""])?.hasPrefix("\(name) is not set: ") == true)
    }

    @Test(
        "white space around the key is trimmed",
        arguments: [
            (" \t\r\n\u{0b}\u{0c}k-y\n", "k-y"), ("k", "k"), ("a+b/c==\r", "a+b/c=="),
        ])
    func keyIsTrimmed(value: String, key: String) throws {
        let settings = try settings(Guide.variables + ["TINYBIRD_SIGNING_KEY": value, "TINYBIRD_WORKSPACE_ID": "w"])
            .get()
        #expect(settings.signingKey.bytes == Array(key.utf8))
    }

    @Test(
        "a key that can't be meant is refused",
        arguments: [
            (" \n", "TINYBIRD_SIGNING_KEY holds no key: set it to the workspace admin token"),
            (
                "${KEY}",
                "TINYBIRD_SIGNING_KEY contains \"${\", a variable that the web server didn't replace: define it where "
                    + "the server starts"
            ),
        ])
    func badKey(value: String, problem expected: String) {
        #expect(problem(of: ["TINYBIRD_SIGNING_KEY": value]) == expected)
    }

    @Test("a key and a file of one contradict each other")
    func twoKeys() {
        #expect(
            problem(of: ["TINYBIRD_SIGNING_KEY_FILE": "/etc/key"])
                == "TINYBIRD_SIGNING_KEY is set and TINYBIRD_SIGNING_KEY_FILE too: unset one of them")
    }

    @Test(
        "text that is not UTF-8 is refused, not repaired",
        arguments: [Setting.workspaceID, .pipes, .tokenName, .tokenLifetime, .threads, .signingKeyFile])
    func notText(setting: Setting) {
        var variables = Guide.variables
        variables[setting.rawValue] = nil
        if setting == .signingKeyFile { variables[Setting.signingKey.rawValue] = nil }
        let bytes = variables.flatMap { Array("\($0)=\($1)\u{0}".utf8) } + Array("\(setting.rawValue)=".utf8) + [0xC3]
        let error = #expect(throws: SettingsError.self) { try Settings(Environment(bytes), now: 0) }
        #expect(error?.problems.map(\.description) == ["\(setting.rawValue) is not valid UTF-8: write it in UTF-8"])
    }

    @Test("the workspace is the key's own unless one is set")
    func workspace() throws {
        #expect(try settings(Guide.variables + ["TINYBIRD_WORKSPACE_ID": " w \n"]).get().claims.workspaceID == "w")
        #expect(try settings(Guide.variables).get().claims.workspaceID == UTF8Text(Guide.workspace))
    }

    @Test("a key that names no workspace needs one set")
    func noWorkspace() {
        #expect(
            problem(of: ["TINYBIRD_SIGNING_KEY": "some-key"])
                == "TINYBIRD_WORKSPACE_ID is not set, and the signing key doesn't name its workspace: set it to the "
                + "workspace's id")
    }

    @Test(
        "pipes are separated by commas or white space, in order",
        arguments: [
            ("a", ["a"]), ("a,b", ["a", "b"]), (" b\ta\n", ["b", "a"]), (",a,, ,b,", ["a", "b"]), ("a a", ["a", "a"]),
        ])
    func pipes(value: String, pipes: [UTF8Text]) throws {
        #expect(
            try settings(Guide.variables + ["TINYBIRD_PIPES": value]).get().claims.scopes.map(\.resource)
                == pipes.map { try Template($0) })
    }

    @Test(
        "pipes that name none are refused",
        arguments: [
            (", ,", "names no pipe: set it to the names or ids of the pipes, separated by commas"),
            (
                "${PIPE}",
                "contains \"${\", a variable that the web server didn't replace: define it where the server starts"
            ),
            ("%{REMOTE_USER}", "has a placeholder: write pipes' names here, and placeholders in TINYBIRD_SCOPES"),
        ])
    func badPipes(value: String, reason: String) {
        #expect(problem(of: ["TINYBIRD_PIPES": value]) == "TINYBIRD_PIPES \(reason)")
    }

    @Test(
        "a lifetime is seconds, or a number with s, m, h or d",
        arguments: [("1", 1), ("90s", 90), ("5m", 300), ("48h", 172_800), ("7d", 604_800), (" 60\n", 60), ("007", 7)])
    func lifetime(value: String, seconds: Int) throws {
        #expect(try settings(Guide.variables + ["TINYBIRD_TOKEN_TTL": value]).get().tokenLifetime == seconds)
    }

    @Test(
        "anything else is no lifetime",
        arguments: ["h", "-1", "+1", "1.5h", "1 h", "48H", "48hh", "1e3", "0x10", "٣", "1w"])
    func badLifetime(value: String) {
        #expect(
            problem(of: ["TINYBIRD_TOKEN_TTL": value])
                == "TINYBIRD_TOKEN_TTL is not a duration: set it to a number of seconds, or a number with s, m, h or d, such "
                + "as 48h")
    }

    @Test("a lifetime of nothing is refused", arguments: ["0", "0h"])
    func noLifetime(value: String) {
        #expect(
            problem(of: ["TINYBIRD_TOKEN_TTL": value])
                == "TINYBIRD_TOKEN_TTL is 0: set it to 1s or more")
    }

    @Test("a lifetime ends by the year 9999", arguments: ["251502473600", "3000000d", "9223372036854775808d"])
    func endlessLifetime(value: String) throws {
        #expect(
            problem(of: ["TINYBIRD_TOKEN_TTL": value])
                == "TINYBIRD_TOKEN_TTL ends after the year 9999: set it to a shorter time, such as 48h")
        let last = 253_402_300_799 - Guide.now
        #expect(try settings(Guide.variables + ["TINYBIRD_TOKEN_TTL": "\(last)"]).get().tokenLifetime == last)
    }

    @Test("threads are 1 to 256", arguments: ["1", "256"])
    func threads(value: String) throws {
        #expect(Environment(variables: ["TINYBIRD_THREADS": value]).threads == Int(value))
    }

    @Test("other numbers of threads are refused", arguments: ["0", "257", "-1", "four", "4.0", "99999999999999999999"])
    func badThreads(value: String) {
        #expect(
            problem(of: ["TINYBIRD_THREADS": value])
                == "TINYBIRD_THREADS is not a whole number from 1 to 256: correct it, or unset it for 4")
    }

    @Test("a key shorter than 32 bytes is signed with, and warned about")
    func shortKey() throws {
        let short = String(repeating: "k", count: 31)
        let variables = Guide.variables + ["TINYBIRD_WORKSPACE_ID": "w", "TINYBIRD_SIGNING_KEY": short]
        #expect(
            try settings(variables).get().warnings.map(\.description) == [
                "TINYBIRD_SIGNING_KEY holds 31 bytes, fewer than the 32 of RFC 7518 §3.2: is it the whole workspace "
                    + "admin token?"
            ])
        #expect(
            try settings(variables + ["TINYBIRD_SIGNING_KEY": short + "k"]).get().warnings.map(\.description) == [
                "TINYBIRD_SIGNING_KEY doesn't have the form p.….… of an admin token, and Tinybird will refuse the tokens: is "
                    + "it the whole workspace admin token?"
            ])
    }

    @Test("a key of another workspace is signed with, and warned about")
    func otherWorkspace() throws {
        #expect(
            try settings(Guide.variables + ["TINYBIRD_WORKSPACE_ID": "w"]).get().warnings.map(\.description) == [
                "TINYBIRD_WORKSPACE_ID differs from the id inside the signing key, and Tinybird will refuse the tokens: "
                    + "use the admin token of that workspace, not a personal one"
            ])
    }

    @Test(
        "a key in a setting that tokens show is refused, alone or as a part",
        arguments: [
            ["TINYBIRD_PIPES": "a,\(Guide.key)"], ["TINYBIRD_TOKEN_NAME": "x-\(Guide.key)"],
            ["TINYBIRD_WORKSPACE_ID": Guide.key], ["TINYBIRD_FIXED_PARAMS": "a=\(Guide.key)"],
            ["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES": #"[{"type":"PIPES:READ","resource":"\#(Guide.key)"}]"#],
            // Another workspace's.
            ["TINYBIRD_TOKEN_NAME": "id=p.eyJ1IjoiYSJ9.signature"],
            ["TINYBIRD_PIPES": "salesp.eyJ1IjoiYSJ9.signature.json"],
            // One of another form.
            ["TINYBIRD_SIGNING_KEY": "0123456789abcdef", "TINYBIRD_WORKSPACE_ID": "w0123456789abcdef"],
            // Where something else is wrong too, that would be said with a part of the value.
            ["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES": #"[{"type":"\#(Guide.key)","resource":"p"}]"#],
            ["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES": #"[{"type":"PIPES:READ","resource":"p","\#(Guide.key)":1}]"#],
            ["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES": #"[{"\#(Guide.key)":1,"\#(Guide.key)":1}]"#],
            ["TINYBIRD_FIXED_PARAMS": "\(Guide.key)="],
        ])
    func shownKey(changes: [String: String]) {
        let problems = problems(of: Guide.variables + changes)
        #expect(problems?.count == 1)
        #expect(problems?[0].contains(" holds a signing key, which every token would show: ") == true)
        #expect(problems?[0].contains("p.ey") == false)
    }

    @Test(
        "no problem quotes the key, where it is set for the pipes instead", arguments: ["", "sales", "https://a/v0/"])
    func keyForPipes(prefix: String) {
        let problems = problems(of: ["TINYBIRD_PIPES": prefix + Guide.key])
        #expect(problems?.isEmpty == false && problems?.contains { $0.contains("p.ey") } == false)
    }

    @Test("a key in the scopes' file is refused")
    func shownKeyInFile() throws {
        let file = try TemporaryFile(#"[{"type":"PIPES:READ","resource":"\#(Guide.key)"}]"#)
        let changes = ["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES_FILE": file.path]
        #expect(problem(of: changes)?.hasPrefix("TINYBIRD_SCOPES_FILE holds a signing key") == true)
        try file.write(#"[{"type":"\#(Guide.key)","resource":"p"}]"#)
        #expect(problem(of: changes)?.hasPrefix("TINYBIRD_SCOPES_FILE holds a signing key") == true)
    }

    @Test("printing settings prints no key")
    func secret() throws {
        let settings = try settings(Guide.variables).get()
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("not-a-real-signature"))
            #expect(!text.contains("110, 111, 116"))
        }
    }

    private func problems(of variables: [String: String]) -> [String]? {
        guard case .failure(let error) = settings(variables) else { return nil }
        return error.problems.map(\.description)
    }

    /// The one problem of the guide's settings with some changed.
    private func problem(of changes: [String: String]) -> String? {
        let problems = problems(of: Guide.variables + changes)
        return problems?.count == 1 ? problems?[0] : problems?.description
    }
}

func + (left: [String: String], right: [String: String]) -> [String: String] {
    left.merging(right) { $1 }
}
