import JOSE

/// The SQL of a pipe's node: which parameters its template uses, and what it selects from
/// ([Template language](https://www.tinybird.co/docs/forward/work-with-data/query/template-functions)).
public struct PipeSQL: Sendable, Equatable {
    /// The names in its template expressions: parameters, and the functions around them.
    public private(set) var names: Set<UTF8Text> = []
    /// The parameters that it reads by `Array(…)`, which splits a string at commas.
    public private(set) var arrays: Set<UTF8Text> = []
    /// The names that follow FROM or JOIN: of nodes, pipes and data sources.
    public private(set) var sources: [UTF8Text] = []

    /// Reads `sql`, which is a template if it starts with `%`. Comments don't count.
    public init(_ sql: UTF8Text) {
        let isTemplate = sql.trimmed.starts(with: "%")
        var rest = Self.withoutComments(sql.bytes)[...]
        var previous: UTF8Text?
        while let byte = rest.first {
            if isTemplate, let end = Self.endOfExpression(rest) {
                readExpression(rest[..<end].dropFirst(2))
                rest = rest[end...].dropFirst(2)
            } else if Self.isNameStart(byte) {
                let word = rest.prefix { Self.isNameCharacter($0) || $0 == UInt8(ascii: ".") }
                rest = rest[word.endIndex...]
                // A table function isn't one.
                if previous == "from" || previous == "join", let source = UTF8Text(word),
                    rest.drop(while: \.isWhiteSpace).first != UInt8(ascii: "(")
                {
                    sources.append(source)
                }
                previous = UTF8Text(word.map(\.lowercased))
            } else {
                rest.removeFirst()
                if !byte.isWhiteSpace { previous = nil }
            }
        }
    }

    /// The names in one expression, apart from those of keyword arguments.
    private mutating func readExpression(_ expression: ArraySlice<UInt8>) {
        var rest = expression
        var isInArray = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                rest = Self.afterString(rest)
                isInArray = false
            } else if Self.isNameStart(byte) {
                let word = rest.prefix(while: Self.isNameCharacter)
                rest = rest[word.endIndex...]
                let next = rest.drop(while: \.isWhiteSpace)
                let isKeyword = next.starts(with: "=".utf8) && !next.starts(with: "==".utf8)
                guard let name = UTF8Text(word), !isKeyword else { continue }
                names.insert(name)
                if isInArray { arrays.insert(name) }
                isInArray = name == "Array" && next.starts(with: "(".utf8)
            } else {
                rest.removeFirst()
                if !byte.isWhiteSpace && byte != UInt8(ascii: "(") { isInArray = false }
            }
        }
    }

    /// Where an expression ends that starts with `text`: `{{…}}` or `{%…%}`; nil where none starts.
    private static func endOfExpression(_ text: ArraySlice<UInt8>) -> Int? {
        for (start, end) in [("{{", "}}"), ("{%", "%}")] where text.starts(with: start.utf8) {
            return text.indices.first { text[$0...].starts(with: end.utf8) } ?? text.endIndex
        }
        return nil
    }

    /// The SQL without its comments: `--`, `/* */` and the template's `{# #}`.
    private static func withoutComments(_ sql: [UInt8]) -> [UInt8] {
        var code: [UInt8] = []
        var rest = sql[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`") {
                let after = afterString(rest)
                code += rest[..<after.startIndex]
                rest = after
                continue
            }
            let comment = [("--", "\n"), ("/*", "*/"), ("{#", "#}")].first { rest.starts(with: $0.0.utf8) }
            guard let comment else {
                code.append(rest.removeFirst())
                continue
            }
            let end = rest.indices.first { rest[$0...].starts(with: comment.1.utf8) } ?? rest.endIndex
            rest = rest[end...].dropFirst(comment.1.utf8.count)
            code.append(UInt8(ascii: " "))
        }
        return code
    }

    /// What follows a string in quotes, in which a backslash escapes the next character.
    private static func afterString(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = text
        let quote = rest.popFirst()
        while let byte = rest.popFirst(), byte != quote {
            if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
        }
        return rest
    }

    private static func isNameStart(_ byte: UInt8) -> Bool { isNameCharacter(byte) && !byte.isDigit }
    private static func isNameCharacter(_ byte: UInt8) -> Bool { byte.isLetterOrDigit || byte == UInt8(ascii: "_") }
}
