import FastCGI
import Foundation
import SwiftSupport
import Testing

@testable import TokenEndpoint

@Suite("a token for the server's login")
struct PlaceholderTests {
    private static let perUser =
        Guide.variables + [
            "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}&team=%{OIDC_CLAIM_team}-%{REMOTE_USER}",
            "TINYBIRD_TOKEN_NAME": "charts of %{REMOTE_USER}",
        ]

    @Test("carries its values in name and parameters")
    func values() {
        var endpoint = TokenEndpoint(process: Self.perUser)
        for user in ["alice", "bob", "alice"] {
            let claims = endpoint.answer("GET", ["REMOTE_USER": user, "OIDC_CLAIM_team": "t"]).claims
            #expect(
                claims
                    == #"{"workspace_id":"\#(Guide.workspace)","name":"charts of \#(user)","exp":1900000000,"scopes":"#
                    + #"[{"type":"PIPES:READ","resource":"\#(Guide.pipe)","#
                    + #""fixed_params":{"org_id":"\#(user)","team":"t-\#(user)"}}]}"#)
        }
        #expect(endpoint.cachedCount == 1)
    }

    @Test("is not signed while a variable is missing or empty", arguments: [nil, ""] as [String?])
    func missing(team: String?) {
        var endpoint = TokenEndpoint(process: Self.perUser)
        var variables = ["REMOTE_USER": "alice"]
        variables["OIDC_CLAIM_team"] = team
        let response = endpoint.answer("GET", variables)
        #expect(response.errorStatus == .forbidden)
        #expect(!response.text.contains("OIDC_CLAIM"))
        #expect(
            response.log.map(\.text) == [
                "charts-token: error: OIDC_CLAIM_team is not set or empty in this request: no token is signed; require a "
                    + "login for this URL\n"
            ])
        #expect(endpoint.answer("GET", variables).log.isEmpty)
    }

    @Test("never takes a variable that an internal redirect has renamed: the author of the redirect chooses those")
    func renamed() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}"])
        #expect(endpoint.answer("GET", ["REDIRECT_REMOTE_USER": "alice"]).errorStatus == .forbidden)
        let both = ["REDIRECT_REMOTE_USER": "bob", "REMOTE_USER": "alice"]
        #expect(endpoint.answer("GET", both).claims?.contains(#""u":"alice""#) == true)
    }

    @Test("takes one that is written so, of redirects without an error", arguments: [nil, "200"] as [String?])
    func redirected(status: String?) {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REDIRECT_REMOTE_USER}"])
        var variables = ["REDIRECT_REMOTE_USER": "alice"]
        variables["REDIRECT_STATUS"] = status
        #expect(endpoint.answer("GET", variables).claims?.contains(#""u":"alice""#) == true)
    }

    @Test("doesn't take the name that a failed login claimed, where it answers as the server's error page")
    func failedLogin() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}"])
        let variables = ["REDIRECT_REMOTE_USER": "alice", "REDIRECT_STATUS": "401"]
        #expect(endpoint.answer("GET", variables).status == .forbidden)
    }

    @Test("doesn't take that name either where the settings name the redirected variable itself")
    func failedLoginByItsRedirectedName() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REDIRECT_REMOTE_USER}"])
        for (variables, status) in [
            (["REDIRECT_STATUS": "200"], Response.Status.ok), ([:], .ok), (["REDIRECT_STATUS": "401"], .forbidden),
        ] {
            #expect(endpoint.answer("GET", ["REDIRECT_REMOTE_USER": "a"].merging(variables) { $1 }).status == status)
        }

        endpoint = TokenEndpoint(
            process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REDIRECT_REDIRECT_REMOTE_USER}"])
        for (inner, outer, status) in [
            ("200", "200", Response.Status.ok), ("401", "200", .forbidden), ("200", "401", .forbidden),
        ] {
            let variables = [
                "REDIRECT_REDIRECT_REMOTE_USER": "a", "REDIRECT_REDIRECT_STATUS": inner, "REDIRECT_STATUS": outer,
            ]
            #expect(endpoint.answer("GET", variables).status == status)
        }
    }

    @Test("takes nothing from the process's environment: it is nobody's login")
    func processEnvironment() {
        var endpoint = TokenEndpoint(process: Self.perUser + ["REMOTE_USER": "root", "OIDC_CLAIM_team": "wheel"])
        #expect(endpoint.answer().status == .forbidden)
    }

    @Test("replaces placeholders once: one that comes in a value is text")
    func once() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}"])
        let claims = endpoint.answer("GET", ["REMOTE_USER": "%{SECRET}", "SECRET": "s"]).claims
        #expect(claims?.contains(#""u":"%{SECRET}""#) == true)
    }

    @Test(
        "never names what a client chooses",
        arguments: [
            "HTTP_COOKIE", "HTTP_X_REMOTE_USER", "HTTP_AUTHORIZATION", "QUERY_STRING", "REQUEST_URI", "PATH_INFO",
            "CONTENT_TYPE", "CONTENT_LENGTH", "REDIRECT_QUERY_STRING", "REDIRECT_REDIRECT_HTTP_COOKIE", "SERVER_NAME",
            "REQUEST_METHOD", "PATH_TRANSLATED", "REDIRECT_URL", "SSL_TLS_SNI", "SERVER_PORT", "SERVER_ADDR",
            "AUTH_TYPE",
            "REMOTE_HOST", "REMOTE_PORT", "REMOTE_IDENT", "SCRIPT_URI", "REQUEST_SCHEME", "DOCUMENT_ROOT", "HTTPS",
            "SSL_SESSION_ID", "SSL_SERVER_S_DN_CN", "CONTEXT_PREFIX", "UNIQUE_ID", "GATEWAY_INTERFACE",
        ])
    func clientControlled(name: String) {
        let reason =
            "has %{\(name)}, which a client chooses: name a variable that the server's login sets, such as REMOTE_USER"
        #expect(problem(["TINYBIRD_FIXED_PARAMS": "u=%{\(name)}"]) == "TINYBIRD_FIXED_PARAMS \(reason)")
        #expect(problem(["TINYBIRD_TOKEN_NAME": "%{\(name)}"]) == "TINYBIRD_TOKEN_NAME \(reason)")
        for scope in [
            #"{"type":"PIPES:READ","resource":"%{\#(name)}"}"#,
            #"{"type":"PIPES:READ","resource":"p","fixed_params":{"a":[1,"x%{\#(name)}"]}}"#,
            #"{"type":"DATASOURCES:READ","resource":"p","filter":"a='%{\#(name)}'"}"#,
        ] {
            #expect(
                problem(["TINYBIRD_PIPES": "", "TINYBIRD_SCOPES": "[\(scope)]"]) == "TINYBIRD_SCOPES \(reason)",
                "\(scope)")
        }
    }

    @Test(
        "names what a login sets",
        arguments: [
            "REMOTE_USER", "REMOTE_USER_EMAIL", "REMOTE_ADDR", "REDIRECT_REMOTE_USER", "OIDC_CLAIM_org", "MELLON_uid",
            "SSL_CLIENT_S_DN_CN", "AUTHENTICATE_UID", "CHARTS_USER",
        ])
    func setByLogin(name: String) {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{\(name)}"])
        #expect(endpoint.answer("GET", [name: "alice"]).claims?.contains(#""u":"alice""#) == true)
    }

    @Test("takes a field of a client certificate only where the server has verified that")
    func certificates() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{SSL_CLIENT_S_DN_CN}"])
        for (verify, status) in [
            ("SUCCESS", Response.Status.ok), ("NONE", .forbidden), ("GENEROUS", .forbidden), ("FAILED:x", .forbidden),
        ] {
            let variables = ["SSL_CLIENT_S_DN_CN": "alice", "SSL_CLIENT_VERIFY": verify]
            #expect(endpoint.answer("GET", variables).status == status, "\(verify)")
        }
    }

    @Test("in a resource stands for a name, and for nothing else")
    func resources() {
        var endpoint = TokenEndpoint(process: [
            "TINYBIRD_SIGNING_KEY": Guide.key,
            "TINYBIRD_SCOPES":
                #"[{"type":"PIPES:READ","resource":"sales_%{ORG}"},{"type":"DATASOURCES:READ","resource":"%{DB}"}]"#,
        ])
        for (org, database, status) in [
            ("a1", "shared.orders", Response.Status.ok), ("a.b", "orders", .forbidden), ("a,b", "orders", .forbidden),
            ("a", "o r", .forbidden), ("a", "o\u{301}", .forbidden),
        ] {
            #expect(endpoint.answer("GET", ["ORG": org, "DB": database]).status == status, "\(org) \(database)")
        }
    }

    @Test("without one, a login that names the visitor is warned about once")
    func unusedLogin() {
        var endpoint = TokenEndpoint(process: Guide.variables)
        #expect(endpoint.answer().log.isEmpty)
        let response = endpoint.answer("GET", ["REMOTE_USER": "alice"])
        #expect(response.status == .ok)
        #expect(
            response.log.map(\.text) == [
                "charts-token: warning: the web server's login sets REMOTE_USER, but all visitors get the same token: use "
                    + "%{REMOTE_USER} in TINYBIRD_FIXED_PARAMS; if it does so already, TINYBIRD_FIXED_PARAMS doesn't reach "
                    + "this program (under suEXEC, set it in the wrapper's file)\n"
            ])
        #expect(endpoint.answer("GET", ["REMOTE_USER": "bob"]).log.isEmpty)
    }

    @Test("never carries a setting: one of them is the key")
    func settingInToken() {
        #expect(
            problem(["TINYBIRD_TOKEN_NAME": "%{TINYBIRD_SIGNING_KEY}"])
                == "TINYBIRD_TOKEN_NAME has %{TINYBIRD_SIGNING_KEY}, a setting: name a variable that the server's login "
                + "sets")
    }

    @Test("text that comes in a placeholder comes out of the claims unchanged, and nothing else changes")
    func property() throws {
        var generator = SeededGenerator(seed: 1)
        let scopes =
            #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"a":"%{REMOTE_USER}","b":["x%{OTHER}y",1.50]}},"#
            + #"{"type":"DATASOURCES:READ","resource":"d","filter":"o = '%{REMOTE_USER}'"}]"#
        var endpoint = TokenEndpoint(
            process: [
                "TINYBIRD_SIGNING_KEY": Guide.key, "TINYBIRD_SCOPES": scopes, "TINYBIRD_TOKEN_NAME": "n-%{REMOTE_USER}",
            ])
        for round in 0..<1000 {
            let user = String.random(1...40, using: &generator)
            let other = String.random(1...40, using: &generator)
            let response = endpoint.answer("GET", ["REMOTE_USER": user, "OTHER": other])
            // By scalars: a quote and a combining mark are one Character, and still a quote to ClickHouse.
            let filtered = user.unicodeScalars.map { "\\'".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined()
            let expected: NSDictionary = [
                "workspace_id": Guide.workspace, "name": "n-\(user)", "exp": 1_900_000_000,
                "scopes": [
                    ["type": "PIPES:READ", "resource": "p", "fixed_params": ["a": user, "b": ["x\(other)y", 1.5]]],
                    ["type": "DATASOURCES:READ", "resource": "d", "filter": "o = '\(filtered)'"],
                ],
            ]
            let claims = try JSONSerialization.jsonObject(with: Data((response.claims ?? "").utf8)) as? NSDictionary
            #expect(claims == expected, "round \(round): \(user.debugDescription) \(other.debugDescription)")
        }
        #expect(endpoint.cachedCount == 1)
    }

    private func problem(_ changes: [String: String]) -> String? {
        guard case .failure(let error) = settings(Guide.variables + changes) else { return nil }
        return error.description
    }
}

@Suite("a value that is not UTF-8, or no longer the whole name")
struct InvalidValueTests {
    @Test(
        "is not signed where a character stands for others",
        arguments: [("REMOTE_USER", "a\u{FFFD}"), ("OIDC_CLAIM_org", "??"), ("REDIRECT_OIDC_CLAIM_org", "a?b")])
    func replaced(name: String, value: String) {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{\(name)}"])
        #expect(endpoint.answer("GET", [name: "alice"]).claims != nil)
        let response = endpoint.answer("GET", [name: value])
        #expect(response.errorStatus == .forbidden)
        #expect(response.log.first?.message.hasPrefix("\(name) has ") == true)
    }

    @Test("is signed with a question mark of its own, but for claims of OpenID Connect")
    func questionMark() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}"])
        #expect(endpoint.answer("GET", ["REMOTE_USER": "a?"]).claims?.contains(#""u":"a?""#) == true)
    }

    @Test("is not signed: repaired, it might be somebody else's name")
    func invalidUTF8() {
        var endpoint = TokenEndpoint(process: Guide.variables + ["TINYBIRD_FIXED_PARAMS": "u=%{REMOTE_USER}"])
        let request = Request(variables: [
            ("REQUEST_METHOD", Array("GET".utf8)), ("REMOTE_USER", [0x61, 0xFF]),
        ])
        let response = endpoint.respond(to: request)
        #expect(response.errorStatus == .forbidden)
        #expect(response.log.first?.message.hasPrefix("REMOTE_USER is not valid UTF-8 in this request") == true)
    }
}
