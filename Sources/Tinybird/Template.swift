/// Text with placeholders, `%{NAME}`, for variables of the request.
public struct Template: Sendable, Equatable {
    /// A piece of a template.
    public enum Part: Sendable, Equatable {
        /// Text that stands for itself.
        case literal(String)
        /// The value of a variable.
        case variable(String)
    }

    /// The pieces, in order.
    public let parts: [Part]

    /// A template of `parts`.
    public init(_ parts: [Part]) {
        self.parts = parts
    }

    /// Reads `text`, in which `%{NAME}` is a placeholder; NAME has letters, digits, underscores and hyphens.
    ///
    /// - Throws: ``TemplateError`` for a `%{` that begins no placeholder.
    public init(_ text: String) throws(TemplateError) {
        var parts: [Part] = []
        var rest = text[...]
        while let opening = rest.firstRange(of: "%{") {
            if opening.lowerBound > rest.startIndex { parts.append(.literal(String(rest[..<opening.lowerBound]))) }
            let inside = rest[opening.upperBound...]
            guard let closing = inside.firstIndex(of: "}"), closing > inside.startIndex,
                inside[..<closing].utf8.allSatisfy(Self.isNameCharacter)
            else { throw TemplateError() }
            parts.append(.variable(String(inside[..<closing])))
            rest = inside[inside.index(after: closing)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    /// The names of the variables, in order; one that stands twice comes twice.
    public var variables: [String] {
        parts.compactMap { part in
            if case .variable(let name) = part { name } else { nil }
        }
    }

    /// Whether there is neither text nor a placeholder.
    public var isEmpty: Bool { parts.isEmpty }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// A `%{` that begins no placeholder.
public struct TemplateError: Error, Equatable, CustomStringConvertible {
    /// What to change; completes a sentence that names the setting.
    public var description: String {
        "has a \"%{\" that begins no placeholder: write %{NAME}, NAME of letters, digits, _ and -"
    }
}
