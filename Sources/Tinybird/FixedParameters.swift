import JOSE

/// Fixed parameters in form encoding, `name=value&name=value`
/// ([URL §5.1](https://url.spec.whatwg.org/#urlencoded-parsing)), with placeholders in the values.
public enum FixedParameters {
    /// Reads `text`; each value is a string.
    ///
    /// - Throws: ``ScopeError`` for what isn't form encoding, a name that Tinybird reserves or that comes twice, and
    ///   a value that is empty or in quotes.
    public static func read(_ text: UTF8Text) throws(ScopeError) -> [Scope.Parameter] {
        var parameters: [Scope.Parameter] = []
        for pair in text.split(at: "&") {
            guard let (written, value) = pair.cut(at: "=") else {
                throw ScopeError("has a part without \"=\": write name=value&name=value")
            }
            try ParameterName.check(written, besides: [])
            let name = try decoded(written)
            try ParameterName.check(name, besides: parameters.map(\.name))
            guard !value.isQuoted else {
                throw ScopeError(
                    "has the value of \"\(name)\" in quotes: remove them, or write %22 and %27 where quotes are meant")
            }
            let template = try template(value)
            guard !template.isEmpty else {
                throw ScopeError("gives the parameter \"\(name)\" no value: give it one, or remove it")
            }
            parameters.append(Scope.Parameter(name: name, value: .string(template)))
        }
        return parameters
    }

    /// The placeholders are found before anything is decoded, so that an encoded one is text.
    private static func template(_ text: UTF8Text) throws(ScopeError) -> Template {
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

    private static func decoded(_ text: UTF8Text) throws(ScopeError) -> UTF8Text {
        var bytes: [UInt8] = []
        var rest = text.bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue
                else { throw ScopeError("has a \"%\" without two hexadecimal digits: write %25 for a percent sign") }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let text = UTF8Text(bytes) else {
            throw ScopeError("decodes to something that is not UTF-8: encode UTF-8 bytes")
        }
        return text
    }
}
