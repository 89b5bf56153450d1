import JOSE
import Testing
import Tinybird

@Suite("claims")
struct ClaimsTests {
    @Test("are compact JSON in the contract's order")
    func order() throws {
        let scopes = try ["a", "b"].map { try Scope(resource: Template($0), access: .readPipe(fixedParameters: [])) }
        let claims = Claims(workspaceID: "w", name: try Template("n"), scopes: scopes)
        let payload = Payload(claims).text(issuedAt: 0, expiration: 1_900_000_000)
        #expect(
            String(decoding: payload, as: UTF8.self)
                == #"{"workspace_id":"w","name":"n","exp":1900000000,"scopes":"#
                + #"[{"type":"PIPES:READ","resource":"a"},{"type":"PIPES:READ","resource":"b"}]}"#)
    }

    @Test(
        "strings are escaped as RFC 8259 §7 says, and only where it must be",
        arguments: [
            ("", #""""#), ("plain", #""plain""#), (#"a"b\c"#, #""a\"b\\c""#), ("a/b", #""a/b""#),
            ("\u{0}\n\u{1f}\u{7f}", "\"\\u0000\\u000a\\u001f\u{7f}\""), ("é€😀", #""é€😀""#),
        ])
    func strings(string: UTF8Text, json: String) {
        var output: [UInt8] = []
        output.appendJSON(string: string)
        #expect(String(decoding: output, as: UTF8.self) == json)
    }
}

@Suite("what an admin token says of itself")
struct AdminTokenTests {
    static let workspace: UTF8Text = "1f484a32-6966-4f63-9312-aadad64d3e12"

    @Test(
        "names its workspace, in either base64 alphabet, padded or not",
        arguments: [
            // {"u": "1f484a32-6966-4f63-9312-aadad64d3e12", "id": "test-key"}
            "p.eyJ1IjogIjFmNDg0YTMyLTY5NjYtNGY2My05MzEyLWFhZGFkNjRkM2UxMiIsICJpZCI6ICJ0ZXN0LWtleSJ9.signature",
            // {"u":"1f484a32-6966-4f63-9312-aadad64d3e12","id":"???>>>"}
            "p.eyJ1IjoiMWY0ODRhMzItNjk2Ni00ZjYzLTkzMTItYWFkYWQ2NGQzZTEyIiwiaWQiOiI/Pz8+Pj4ifQ==.signature",
            "p.eyJ1IjoiMWY0ODRhMzItNjk2Ni00ZjYzLTkzMTItYWFkYWQ2NGQzZTEyIiwiaWQiOiI_Pz8-Pj4ifQ.signature",
        ])
    func workspace(token: String) {
        #expect(AdminToken(Array(token.utf8))?.workspaceID == Self.workspace)
    }

    @Test(
        "anything else says nothing",
        arguments: [
            "", "p", "p..", "p.e30.s", "p.!!!.s", "q.eyJ1IjoiYSJ9.s", "p.eyJ1IjoiYSJ9", "p.eyJ1IjoiYSJ9.s.t",
            "p.eyJ1IjoxfQ.s", "p.eyJ1IjoiIn0.s", "p.WzFd.s",
        ])
    func others(token: String) {
        #expect(AdminToken(Array(token.utf8)) == nil)
    }

    @Test(
        "stands somewhere in a text, whatever is around it",
        arguments: ["", "id=", "sales", "\"", "p.", "p.p.eyJ9.", "https://api.tinybird.co/v0/pipes/"])
    func contained(prefix: String) {
        for suffix in ["", ".json", "\"", ", b", "|"] {
            #expect(AdminToken.isContained(in: Array("\(prefix)p.eyJ1IjoiYSJ9.s\(suffix)".utf8)))
        }
    }

    @Test("doesn't stand in another text", arguments: ["", "p.", "p.p.p", "sales_p.1", "p.e30.s", "q.eyJ1IjoiYSJ9.s"])
    func notContained(text: String) {
        #expect(!AdminToken.isContained(in: Array(text.utf8)))
    }
}
