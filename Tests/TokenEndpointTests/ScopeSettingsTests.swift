import Testing
import Tinybird

@testable import TokenEndpoint

@Suite("scopes, limits and times in the settings")
struct ScopeSettingsTests {
    private static let scopes = #"[{"type":"DATASOURCES:READ","resource":"d","filter":"a = 1"}]"#
    private static let key = ["TINYBIRD_SIGNING_KEY": Guide.key]

    @Test("scopes may be JSON, or a file of it, read anew when it changes")
    func file() throws {
        var endpoint = TokenEndpoint(process: Self.key + ["TINYBIRD_SCOPES": Self.scopes])
        #expect(endpoint.answer().claims?.contains(#""scopes":\#(Self.scopes)"#) == true)
        let file = try TemporaryFile(Self.scopes)
        endpoint = TokenEndpoint(process: Self.key + ["TINYBIRD_SCOPES_FILE": file.path])
        #expect(endpoint.answer().claims?.contains(#""scopes":\#(Self.scopes)"#) == true)
        try file.write("[")
        #expect(endpoint.answer().status == .serviceUnavailable)
        try file.write(Self.scopes.replacing("a = 1", with: "a = 2"))
        #expect(endpoint.answer().claims?.contains("a = 2") == true)
    }

    @Test(
        "two forms of scopes contradict each other",
        arguments: [
            (
                ["TINYBIRD_PIPES": "p", "TINYBIRD_SCOPES": scopes],
                "TINYBIRD_SCOPES is set and TINYBIRD_PIPES too: unset one of them"
            ),
            (
                ["TINYBIRD_PIPES": "p", "TINYBIRD_SCOPES_FILE": "/f"],
                "TINYBIRD_SCOPES_FILE is set and TINYBIRD_PIPES too: unset one of them"
            ),
            (
                ["TINYBIRD_SCOPES": scopes, "TINYBIRD_SCOPES_FILE": "/f"],
                "TINYBIRD_SCOPES_FILE is set and TINYBIRD_SCOPES too: unset one of them"
            ),
            (
                ["TINYBIRD_SCOPES": scopes, "TINYBIRD_FIXED_PARAMS": "a=1"],
                "TINYBIRD_SCOPES is set and TINYBIRD_FIXED_PARAMS too: write fixed_params into the scopes instead"
            ),
            (
                ["TINYBIRD_SCOPES_FILE": "/f", "TINYBIRD_FIXED_PARAMS": "a=1"],
                "TINYBIRD_SCOPES_FILE is set and TINYBIRD_FIXED_PARAMS too: write fixed_params into the scopes instead"
            ),
            (
                ["TINYBIRD_FIXED_PARAMS": "a=1"],
                "TINYBIRD_PIPES is not set: set it to the names or ids of the pipes, separated by commas"
            ),
            (
                ["TINYBIRD_SCOPES_FILE": "/nonexistent"],
                "TINYBIRD_SCOPES_FILE can't be read (No such file or directory): set it to the path of a file with the "
                    + "scopes, readable by this program"
            ),
        ])
    func contradictions(variables: [String: String], problem expected: String) {
        #expect(problem(Self.key + variables) == expected)
    }

    @Test("a limit of requests a second keeps its digits", arguments: ["1", "10", "0.5", "1.50", "1e3"])
    func rps(value: String) {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_RPS": value])
        #expect(endpoint.answer().claims?.hasSuffix(#"],"limits":{"rps":\#(value)}}"#) == true)
    }

    @Test(
        "a limit that limits nothing is refused",
        arguments: ["0", "-1", "0.0", "0e9", "ten", "1,5", "01"])
    func badRPS(value: String) {
        #expect(
            problem(Guide.variables + ["TINYBIRD_RPS": value])
                == "TINYBIRD_RPS is not a positive number: set it to one, such as 10, or unset it")
    }

    @Test("a renewal window is a time like the lifetime")
    func window() throws {
        #expect(try settings(Guide.variables + ["TINYBIRD_RENEWAL_WINDOW": "7d"]).get().renewalWindow == 604_800)
        #expect(
            problem(Guide.variables + ["TINYBIRD_RENEWAL_WINDOW": "0"])
                == "TINYBIRD_RENEWAL_WINDOW is 0: set it to 1s or more")
        #expect(
            problem(Guide.variables + ["TINYBIRD_RENEWAL_WINDOW": "a week"])?.hasPrefix("TINYBIRD_RENEWAL_WINDOW ")
                == true)
    }

    @Test("with everything set, the claims keep the contract's order")
    func order() {
        var endpoint = TokenEndpoint(
            process: Guide.variables + [
                "TINYBIRD_RPS": "5", "TINYBIRD_RENEWAL_WINDOW": "1h", "TINYBIRD_FIXED_PARAMS": "b=2&a=1",
                "TINYBIRD_TOKEN_NAME": "n", "TINYBIRD_WORKSPACE_ID": "w",
            ])
        #expect(
            endpoint.answer().claims
                == #"{"workspace_id":"w","name":"n","exp":1900000000,"scopes":[{"type":"PIPES:READ","resource":"#
                + #""\#(Guide.pipe)","fixed_params":{"b":"2","a":"1"}}],"limits":{"rps":5},"iat":\#(Guide.now)}"#)
    }

    private func problem(_ variables: [String: String]) -> String? {
        guard case .failure(let error) = settings(variables) else { return nil }
        return error.description
    }
}
