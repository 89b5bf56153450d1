import JOSE
import SwiftSupport
import Testing

@testable import Tinybird
@testable import TokenEndpoint

@Suite("settings are read by their bytes")
struct BytesTests {
    private func parameters(_ text: String) throws -> [Scope.Parameter] {
        let scopes = try settings(Guide.variables + ["TINYBIRD_FIXED_PARAMS": text]).get().claims.scopes
        guard case .readPipe(let parameters)? = scopes.first?.access else { return [] }
        return parameters
    }

    @Test("a fixed parameter hides behind no character", arguments: joiners)
    func fixedParameters(joiner: Unicode.Scalar) throws {
        #expect(
            try parameters("a=1&\(joiner)b=2\(joiner)&c\(joiner)=\(joiner)3") == [
                .init(name: "a", value: .string(Template([.literal("1")]))),
                .init(name: UTF8Text("\(joiner)b"), value: .string(Template([.literal(UTF8Text("2\(joiner)"))]))),
                .init(name: UTF8Text("c\(joiner)"), value: .string(Template([.literal(UTF8Text("\(joiner)3"))]))),
            ])
    }

    /// What the fuzzer found: `+` followed by U+0336.
    @Test("a parameter's name is decoded byte by byte", arguments: joiners)
    func decoded(joiner: Unicode.Scalar) throws {
        #expect(try parameters("a+\(joiner)b%20\(joiner)=1").map(\.name) == [UTF8Text("a \(joiner)b \(joiner)")])
    }

    @Test("names that differ in their bytes are two names")
    func names() throws {
        #expect(try parameters("\u{E9}=1&e\u{301}=2").count == 2)
        let scopes = #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"\#u{E9}":"1","e\#u{301}":"2"}}]"#
        #expect(throws: Never.self) {
            try settings(["TINYBIRD_SIGNING_KEY": Guide.key, "TINYBIRD_SCOPES": scopes]).get()
        }
    }

    @Test("a placeholder is one, whatever stands beside it", arguments: joiners)
    func placeholders(joiner: Unicode.Scalar) throws {
        let name = try settings(Guide.variables + ["TINYBIRD_TOKEN_NAME": "\(joiner)%{REMOTE_USER}\(joiner)"]).get()
            .claims.name
        #expect(
            name
                == Template([
                    .literal(UTF8Text("\(joiner)")), .variable("REMOTE_USER"), .literal(UTF8Text("\(joiner)")),
                ]))
        #expect(throws: SettingsError.self) {
            try settings(Guide.variables + ["TINYBIRD_TOKEN_NAME": "%{\(joiner)REMOTE_USER}"]).get()
        }
    }

    @Test(
        "a variable that is almost called as a setting is none",
        arguments: ["TINYBIRD_SIGNING_\u{212A}EY", "TINYBIRD_PIPES\u{301}"])
    func settingNames(name: String) {
        #expect(Environment(Array("\(name)=x\u{0}".utf8))[.signingKey] == nil)
        #expect(Environment(Array("\(name)=x\u{0}".utf8))[.pipes] == nil)
    }
}
