import JOSE
import SwiftSupport
import Testing

@testable import Tinybird

@Suite("scopes in Tinybird's own form")
struct ScopeListTests {
    @Test(
        "come out as they went in",
        arguments: [
            #"[{"type":"PIPES:READ","resource":"p"}]"#,
            #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"s":"é\"","n":1.50,"b":true,"l":["a",2,false]}}]"#,
            #"[{"type":"DATASOURCES:READ","resource":"d","filter":"org = 'a' -- b"}]"#,
            #"[{"type":"PIPES:READ","resource":"p"},{"type":"DATASOURCES:READ","resource":"d"}]"#,
        ])
    func roundTrip(text: String) throws {
        let claims = Claims(workspaceID: "", name: Template([]), scopes: try ScopeList.read(Array(text.utf8)))
        let payload = Payload(claims).text(issuedAt: 0, expiration: 0)
        #expect(String(decoding: payload, as: UTF8.self) == #"{"workspace_id":"","name":"","exp":0,"scopes":\#(text)}"#)
    }

    @Test(
        "are refused where Tinybird or a reader would stumble, with what to change",
        arguments: [
            ("", "is not valid JSON (a value is missing, at byte 0): correct it"),
            ("[", "is not valid JSON (a value is missing, at byte 1): correct it"),
            ("{}", "is not a JSON array: write [{\"type\": …, \"resource\": …}]"),
            ("[]", "has no scope: a token without one opens nothing"),
            ("[1]", "has an element that is not an object: write {\"type\": …, \"resource\": …}"),
            (#"[{"resource":"p"}]"#, "has a scope without a type: write PIPES:READ or DATASOURCES:READ"),
            (#"[{"type":1,"resource":"p"}]"#, "has a scope without a type: write PIPES:READ or DATASOURCES:READ"),
            (#"[{"type":"PIPES:READ"}]"#, "has a scope without a resource: name the pipe or data source"),
            (#"[{"type":"PIPES:READ","resource":""}]"#, "has an empty resource: name the pipe or data source"),
            (
                #"[{"type":"DATASOURCES:APPEND","resource":"d"}]"#,
                "has the scope type DATASOURCES:APPEND, but a chart only reads: use PIPES:READ or DATASOURCES:READ"
            ),
            (
                #"[{"type":"pipes:read","resource":"p"}]"#,
                "has the scope type pipes:read, but a chart only reads: use PIPES:READ or DATASOURCES:READ"
            ),
            (
                #"[{"type":"DATASOURCES:READ","resource":"d","fixed_params":{"a":"b"}}]"#,
                "has the member \"fixed_params\" in a DATASOURCES:READ scope, where it restricts nothing: remove it"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","filter":"a=1"}]"#,
                "has the member \"filter\" in a PIPES:READ scope, where it restricts nothing: remove it"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_parms":{}}]"#,
                "has the member \"fixed_parms\" in a PIPES:READ scope, where it restricts nothing: remove it"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"token":"b"}}]"#,
                "sets the parameter \"token\", a name that Tinybird reserves: rename it, in the pipe too"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"":"b"}}]"#,
                "has a parameter without a name: write name=value"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"%{A}":"b"}}]"#,
                "has a placeholder in a parameter's name: write the name itself"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":["a"]}]"#,
                "has fixed_params that are not an object: write {\"name\": value}"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"a":null}}]"#,
                "has a value of \"a\" that is not a string, number, boolean or list of them: change it"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"a":[[1]]}}]"#,
                "has a value of \"a\" that is not a string, number, boolean or list of them: change it"
            ),
            (
                #"[{"type":"PIPES:READ","resource":"p","fixed_params":{"a":"%{"}}]"#,
                "has a \"%{\" that starts no placeholder: write %{NAME}, NAME of letters, digits, _ and -"
            ),
            (
                #"[{"type":"DATASOURCES:READ","resource":"d","filter":" "}]"#,
                "has a filter that is not a string: write a SQL condition, or remove it"
            ),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: ScopeError.self) { try ScopeList.read(Array(text.utf8)) }
        #expect(error?.description == reason)
    }
}

@Suite("fixed parameters in form encoding")
struct FixedParametersTests {
    @Test(
        "are decoded, in order",
        arguments: [
            ("a=1", #"{"a":"1"}"#), ("b=1&a=2", #"{"b":"1","a":"2"}"#), ("a=x+y%20z%2B", #"{"a":"x y z+"}"#),
            ("a=%C3%A9", #"{"a":"é"}"#), ("a=b=c", #"{"a":"b=c"}"#), ("a%20b=1", #"{"a b":"1"}"#),
            ("a=%25{B}", #"{"a":"%{B}"}"#), ("a=true", #"{"a":"true"}"#),
        ])
    func decoded(text: UTF8Text, json: String) throws {
        let scope = try Scope(
            resource: Template("p"), access: .readPipe(fixedParameters: try FixedParameters.read(text)))
        let payload = Payload(Claims(workspaceID: "", name: Template([]), scopes: [scope]))
        let claims = try JSON(payload.text(issuedAt: 0, expiration: 0))
        guard case .array(let scopes)? = claims["scopes"], case .object? = scopes[0]["fixed_params"] else {
            Issue.record("no fixed_params")
            return
        }
        #expect(String(decoding: payload.text(issuedAt: 0, expiration: 0), as: UTF8.self).contains(json))
    }

    @Test("have placeholders in their values")
    func placeholders() throws {
        let parameters = try FixedParameters.read("org=%{REMOTE_USER}&x=a%20%{B}c")
        #expect(
            parameters == [
                .init(name: "org", value: .string(Template([.variable("REMOTE_USER")]))),
                .init(name: "x", value: .string(Template([.literal("a "), .variable("B"), .literal("c")]))),
            ])
    }

    @Test(
        "are refused with what to change",
        arguments: [
            ("a", "has a part without \"=\": write name=value&name=value"),
            ("a=1&", "has a part without \"=\": write name=value&name=value"),
            ("=1", "has a parameter without a name: write name=value"),
            ("a=", "gives the parameter \"a\" no value: give it one, or remove it"),
            ("a=1&a=2", "sets the parameter \"a\" twice: keep one"),
            ("a=1&%61=2", "sets the parameter \"a\" twice: keep one"),
            ("q=1", "sets the parameter \"q\", a name that Tinybird reserves: rename it, in the pipe too"),
            ("%71=1", "sets the parameter \"q\", a name that Tinybird reserves: rename it, in the pipe too"),
            ("a=100%", "has a \"%\" without two hexadecimal digits: write %25 for a percent sign"),
            ("a=%zz", "has a \"%\" without two hexadecimal digits: write %25 for a percent sign"),
            ("a=%C3", "decodes to something that is not UTF-8: encode UTF-8 bytes"),
            ("a=%{", "has a \"%{\" that starts no placeholder: write %{NAME}, NAME of letters, digits, _ and -"),
            ("a=%{}", "has a \"%{\" that starts no placeholder: write %{NAME}, NAME of letters, digits, _ and -"),
            ("a=%{A B}", "has a \"%{\" that starts no placeholder: write %{NAME}, NAME of letters, digits, _ and -"),
            ("a=%{%{A}}", "has a \"%{\" that starts no placeholder: write %{NAME}, NAME of letters, digits, _ and -"),
            ("%{A}=1", "has a placeholder in a parameter's name: write the name itself"),
        ])
    func refused(text: UTF8Text, reason: String) {
        let error = #expect(throws: ScopeError.self) { try FixedParameters.read(text) }
        #expect(error?.description == reason)
    }
}

@Suite("a placeholder in a filter")
struct FilterTextTests {
    /// What people have broken out of quotes with.
    static let attacks = [
        "'", "''", "' OR 1=1 --", "\\", "\\'", "\\\\'", "'\\", "\\' OR 1=1 /*", "\u{0}'", "\\0'", "\\x27 OR 1", "%27",
        "é'", "\u{bf}'", "\u{bf}\\'", "\u{ff07}", "\u{2019}", "`", "\"", "$$", "*/ ' /*", "-- '", "#", "\n'", "\\n",
        "a\\", "{x:String}", "'||(SELECT 1)||'", "😀'😀\\",
    ]

    @Test("stays inside its literal, whatever comes in it", arguments: attacks)
    func breakOuts(value: String) throws {
        let literal = "'\(String(decoding: FilterText.escaped(Array(value.utf8)), as: UTF8.self))'"
        #expect(clickHouseLiteral(literal)?.utf8.elementsEqual(value.utf8) == true, "\(literal)")
    }

    @Test("stays inside its literal, whatever pseudo-random text comes in it")
    func random() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<5000 {
            let value = String.random(0...12, using: &generator)
            let literal = "'\(String(decoding: FilterText.escaped(Array(value.utf8)), as: UTF8.self))'"
            #expect(clickHouseLiteral(literal)?.utf8.elementsEqual(value.utf8) == true, "\(literal.debugDescription)")
        }
    }

    @Test(
        "must stand inside single quotes",
        arguments: [
            "org = '%{A}'", "a = 'x''%{A}'", #"a = 'it\'s %{A}' AND b = '%{B}'"#, "a IN ('%{A}','%{B}')", "a = '😀%{A}'",
        ])
    func inside(text: UTF8Text) throws {
        _ = try Scope(resource: Template("d"), access: .readDataSource(filter: Template(text)))
    }

    @Test(
        "is refused elsewhere, and where that is hard to tell",
        arguments: [
            "org = %{A}", "%{A}", "org = \"%{A}\"", "`%{A}` = 1", "a = 'x' OR b = %{A}", #"a = '\%{A}'"#, "a = '%{A}",
            "a = '%{A}' -- it's", "a = '%{A}' --\u{301} it's", "/* ' */ a = %{A} /* ' */", "a = 'x' /* %{A} */",
            "a = $$'%{A}'$$", "a = '%{A}' # '",
            #"a = \'%{A}'"#,
        ])
    func outside(text: UTF8Text) throws {
        let filter = try Template(text)
        #expect(throws: ScopeError.self) { try Scope(resource: Template("d"), access: .readDataSource(filter: filter)) }
    }

    @Test("a filter without placeholders is the operator's own affair")
    func plain() throws {
        _ = try Scope(resource: Template("d"), access: .readDataSource(filter: Template("a = \"b\" -- it's")))
    }

    /// What ClickHouse reads of a string literal by its documentation; nil if the literal ends before the text.
    private func clickHouseLiteral(_ text: String) -> String? {
        var bytes = Array(text.utf8)[...]
        guard bytes.popFirst() == UInt8(ascii: "'") else { return nil }
        var value: [UInt8] = []
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "'") {
                guard bytes.first == UInt8(ascii: "'") else {
                    return bytes.isEmpty ? String(decoding: value, as: UTF8.self) : nil
                }
                value.append(bytes.removeFirst())
            } else if byte == UInt8(ascii: "\\") {
                guard let next = bytes.popFirst(), next == UInt8(ascii: "\\") || next == UInt8(ascii: "'") else {
                    return nil
                }
                value.append(next)
            } else {
                value.append(byte)
            }
        }
        return nil
    }
}
