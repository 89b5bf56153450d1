import Testing

@testable import TokenEndpoint

/// What is wrong with settings that hold `changes`; nil where they are right.
private func problem(_ changes: [String: String]) -> String? {
    guard case .failure(let error) = settings(Guide.variables.merging(changes) { $1 }) else { return nil }
    return error.description
}

@Suite("mistakes that people make have a name")
struct MistakeTests {
    @Test(
        "in a pipe's name",
        arguments: [
            ("sales # but not salaries", "names \"#\", which can't be the name of a pipe: remove the comment"),
            ("'sales',users", "names \"'sales'\", which can't be the name of a pipe: remove the quotes"),
            (
                "sales.json",
                "names \"sales.json\", which can't be the name of a pipe: write the name alone, without a URL or .json"
            ),
            (
                "https://api.tinybird.co/v0/pipes/sales.json",
                "names \"https://api.tinybird.co/v0/pipes/sales.json\", which can't be the name of a pipe: "
                    + "write the name alone, without a URL or .json"
            ),
            ("sales;users", "names \"sales;users\", which can't be the name of a pipe: separate names by commas"),
            (
                "sales-by-city",
                "names \"sales-by-city\", which can't be the name of a pipe: use only letters, digits and underscores"
            ),
            (
                "sal\u{E9}s",
                "names \"sal\u{E9}s\", which can't be the name of a pipe: use only letters, digits and underscores"
            ),
            ("\"sales\"", "is still in quotes, which whatever reads the configuration left there: remove them"),
        ])
    func pipes(value: String, reason: String) {
        #expect(problem(["TINYBIRD_PIPES": value]) == "TINYBIRD_PIPES \(reason)")
    }

    @Test("in the resource of a scope, where data sources may have a period")
    func resources() {
        let key = ["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES": ""]
        func scope(_ type: String, _ name: String) -> [String: String] {
            key.merging(["TINYBIRD_SCOPES": #"[{"type":"\#(type)","resource":"\#(name)"}]"#]) { $1 }
        }
        #expect(problem(scope("DATASOURCES:READ", "other.orders")) == nil)
        #expect(problem(scope("PIPES:READ", "other.orders")) != nil)
        #expect(problem(scope("DATASOURCES:READ", "orders;")) != nil)
        #expect(problem(scope("PIPES:READ", "sales_%{ORG}")) == nil)
        #expect(problem(scope("PIPES:READ", "sales/%{ORG}")) != nil)
    }

    @Test(
        "quotes and a carriage return that the configuration's reader has left",
        arguments: [
            "TINYBIRD_FIXED_PARAMS", "TINYBIRD_TOKEN_NAME", "TINYBIRD_TOKEN_TTL", "TINYBIRD_WORKSPACE_ID",
            "TINYBIRD_RPS",
            "TINYBIRD_ALLOWED_ORIGINS", "TINYBIRD_RENEWAL_WINDOW",
        ])
    func quotes(name: String) throws {
        let right = [
            "TINYBIRD_FIXED_PARAMS": "org_id=7", "TINYBIRD_TOKEN_NAME": "n", "TINYBIRD_TOKEN_TTL": "1h",
            "TINYBIRD_WORKSPACE_ID": Guide.workspace, "TINYBIRD_RPS": "5",
            "TINYBIRD_ALLOWED_ORIGINS": "https://a.example",
            "TINYBIRD_RENEWAL_WINDOW": "1d",
        ]
        let value = try #require(right[name])
        for quote in ["\"", "'", "`"] {
            #expect(
                problem([name: quote + value + quote])
                    == "\(name) is still in quotes, which whatever reads the configuration left there: remove them")
        }
        #expect(
            try settings(Guide.variables + [name: " \t\(value)\r\n"]).get().claims
                == settings(Guide.variables + [name: value]).get().claims)
        #expect(problem([name: " \r"]) == "\(name) holds nothing but white space: set it to a value, or unset it")
    }

    @Test("quotes around a fixed parameter's value")
    func quotedParameter() {
        #expect(
            problem(["TINYBIRD_FIXED_PARAMS": "a=1&org_id='%{REMOTE_USER}'"])
                == "TINYBIRD_FIXED_PARAMS has the value of \"org_id\" in quotes: remove them, or write %22 and %27 where "
                + "quotes are meant")
        #expect(problem(["TINYBIRD_FIXED_PARAMS": "a=%27x%27&b='x"]) == nil)
    }

    @Test(
        "a signing key that is none, and no byte of which is shown",
        arguments: [
            ("\"§\"", "is in quotes: remove them"), ("'§'", "is in quotes: remove them"),
            ("\u{FEFF}§", "starts with a byte order mark: save the file as UTF-8 without one"),
            ("TINYBIRD_SIGNING_KEY=§", "has the form NAME=value: leave the bare key, without the name"),
            ("TINYBIRD_SIGNING_KEY='§'", "has the form NAME=value: leave the bare key, without the name"),
            ("key = §", "has the form NAME=value: leave the bare key, without the name"),
            ("export TINYBIRD_SIGNING_KEY=§", "is a line of a configuration, \"export …\": leave the bare key"),
            ("Define CHARTS_TOKEN_KEY \"§\"", "is a line of a configuration, \"define …\": leave the bare key"),
            ("SetEnv TINYBIRD_SIGNING_KEY §", "is a line of a configuration, \"setenv …\": leave the bare key"),
            ("Bearer §", "starts with \"Bearer\": leave the bare key"),
            ("{\"token\": \"§\"}", "is JSON: leave the bare key"),
            ("§ # production", "has a comment: remove it"),
            ("§\n§", "has more than one line: leave the key alone, in one"),
            ("§ §", "has white space inside: remove it"),
            (
                "§\u{A0}",
                "has a character that no admin token has, perhaps an invisible one, at byte 107: copy it again"
            ),
            (
                "§\u{200B}",
                "has a character that no admin token has, perhaps an invisible one, at byte 107: copy it again"
            ),
            ("§*", "has a character that no admin token has, at byte 107: copy it again"),
        ])
    func key(value: String, reason: String) {
        let value = value.replacing("§", with: Guide.key)
        #expect(problem(["TINYBIRD_SIGNING_KEY": value]) == "TINYBIRD_SIGNING_KEY \(reason)")
    }

    @Test(
        "a signing key that was cut off is signed with, and warned about",
        arguments: ["p.eyJ1IjogIjFmNDg0YTMyLTY5NjYtNGY2My05MzEyLWFhZGFkNj"])
    func cutOff(key: String) throws {
        let settings = try settings(Guide.variables + ["TINYBIRD_SIGNING_KEY": key, "TINYBIRD_WORKSPACE_ID": "w"]).get()
        #expect(settings.warnings.map(\.setting) == [.signingKey])
    }
}
