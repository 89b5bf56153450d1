/// The SQL of a scope's `filter`, in which a variable's value must stay inside the string literal that holds it.
enum FilterText {
    /// Checks that every placeholder is inside a string literal, where ``escaped(_:)`` keeps it.
    ///
    /// - Throws: ``ScopeError`` for a placeholder elsewhere, or where ClickHouse's syntax makes that hard to tell.
    static func check(_ filter: Template) throws(ScopeError) {
        guard !filter.variables.isEmpty else { return }
        var isInLiteral = false
        var isEscaped = false
        for part in filter.parts {
            switch part {
            case .variable(let name):
                guard isInLiteral, !isEscaped else {
                    throw ScopeError(
                        "has %{\(name)} in a filter outside of quotes, where its value would be SQL: "
                            + "write '%{\(name)}', in single quotes")
                }
            case .literal(let text):
                for byte in text.bytes {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "'") {
                        isInLiteral.toggle()
                    } else if isInLiteral {
                        isEscaped = byte == UInt8(ascii: "\\")
                    } else if "\"`$#\\".utf8.contains(byte) {
                        throw ScopeError(
                            "has a filter with a placeholder and \(Unicode.Scalar(byte)) outside of single quotes: "
                                + "quote only text there, and with single quotes")
                    }
                }
                // Between literals; a quote within a comment would turn literal and code around.
                guard !text.contains("--"), !text.contains("/*") else {
                    throw ScopeError("has a filter with a placeholder and a comment: remove the comment")
                }
            }
        }
        guard !isInLiteral else { throw ScopeError("has a filter with a single quote that is not closed: close it") }
    }

    /// `value` as the inside of a ClickHouse string literal
    /// ([Syntax](https://clickhouse.com/docs/sql-reference/syntax#string)): a backslash before each backslash and
    /// single quote. No byte of a multi-byte UTF-8 character is either.
    static func escaped(_ value: [UInt8]) -> [UInt8] {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(value.count)
        for byte in value {
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "'") { escaped.append(UInt8(ascii: "\\")) }
            escaped.append(byte)
        }
        return escaped
    }

    /// The value that ``escaped(_:)`` makes `text` of; nil where there is none.
    static func unescaped(_ text: [UInt8]) -> [UInt8]? {
        var value: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let next = rest.popFirst() { value.append(next) } else { value.append(byte) }
        }
        return escaped(value) == text ? value : nil
    }
}
