import JOSE

/// Text with placeholders, `%{NAME}`, for variables of the request.
public struct Template: Sendable, Equatable {
    /// A piece of a template.
    public enum Part: Sendable, Equatable {
        /// Literal text.
        case literal(UTF8Text)
        /// The value of a variable, by its name.
        case variable(UTF8Text)
    }

    /// The pieces, in order.
    public let parts: [Part]

    /// A template of `parts`.
    public init(_ parts: [Part]) {
        self.parts = parts
    }

    /// Reads `text`, in which `%{NAME}` is a placeholder; NAME has letters, digits, underscores and hyphens.
    ///
    /// - Throws: ``TemplateError`` for a `%{` that starts no placeholder.
    public init(_ text: UTF8Text) throws(TemplateError) {
        var parts: [Part] = []
        var rest = text
        while let (literal, placeholder) = rest.cut(at: "%{") {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            guard let (name, after) = placeholder.cut(at: "}"), !name.isEmpty,
                name.bytes.allSatisfy(Self.isNameCharacter)
            else { throw TemplateError() }
            parts.append(.variable(name))
            rest = after
        }
        if !rest.isEmpty { parts.append(.literal(rest)) }
        self.parts = parts
    }

    /// The names of the variables, in order; one that occurs twice comes twice.
    public var variables: [UTF8Text] {
        parts.compactMap { part in
            if case .variable(let name) = part { name } else { nil }
        }
    }

    /// Whether there is neither text nor a placeholder.
    public var isEmpty: Bool { parts.isEmpty }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}

/// A `%{` that starts no placeholder.
public struct TemplateError: Error, Equatable, CustomStringConvertible {
    /// What to change; completes a sentence that names the setting.
    public var description: String {
        "has a \"%{\" that starts no placeholder: write %{NAME}, NAME of letters, digits, _ and -"
    }
}
