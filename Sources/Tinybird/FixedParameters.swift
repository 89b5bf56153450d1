/// Fixed parameters in form encoding, `name=value&name=value`
/// ([URL §5.1](https://url.spec.whatwg.org/#urlencoded-parsing)), with placeholders in the values.
public enum FixedParameters {
    /// Reads `text`; each value is a string.
    ///
    /// - Throws: ``ScopeError`` for what isn't form encoding, a name that Tinybird reserves or that comes twice, and
    ///   an empty value.
    public static func read(_ text: String) throws(ScopeError) -> [Scope.Parameter] {
        var parameters: [Scope.Parameter] = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            guard let equals = pair.firstIndex(of: "=") else {
                throw ScopeError("has a part without \"=\": write name=value&name=value")
            }
            let written = String(pair[..<equals])
            try ParameterName.check(written, besides: [])
            let name = try decoded(written)
            try ParameterName.check(name, besides: parameters.map(\.name))
            let value = try value(String(pair[pair.index(after: equals)...]))
            guard !value.isEmpty else {
                throw ScopeError("gives the parameter \"\(name)\" no value: give it one, or remove it")
            }
            parameters.append(Scope.Parameter(name: name, value: .string(value)))
        }
        return parameters
    }

    /// The placeholders are found before anything is decoded, so that an encoded one is text.
    private static func value(_ text: String) throws(ScopeError) -> Template {
        let template: Template
        do throws(TemplateError) {
            template = try Template(text)
        } catch {
            throw ScopeError("\(error)")
        }
        var parts: [Template.Part] = []
        for part in template.parts {
            if case .literal(let text) = part {
                parts.append(.literal(try decoded(text)))
            } else {
                parts.append(part)
            }
        }
        return Template(parts)
    }

    private static func decoded(_ text: String) throws(ScopeError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let high = hexadecimal(rest.removeFirst()),
                    let low = hexadecimal(rest.removeFirst())
                else { throw ScopeError("has a \"%\" without two hexadecimal digits: write %25 for a percent sign") }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw ScopeError("decodes to something that is not UTF-8: encode UTF-8 bytes")
        }
        return string
    }

    private static func hexadecimal(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
