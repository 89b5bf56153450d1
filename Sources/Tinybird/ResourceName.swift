import JOSE

/// The names of pipes and data sources.
public enum ResourceName {
    /// Whether a pipe's name or id can have the character: a letter, a digit or `_`.
    @Sendable public static func isPipeCharacter(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "_")
    }

    /// Whether a data source's name can have the character: a pipe's, or the `.` after another workspace's name, which
    /// shares it.
    @Sendable public static func isDataSourceCharacter(_ byte: UInt8) -> Bool {
        isPipeCharacter(byte) || byte == UInt8(ascii: ".")
    }

    /// Checks the text of a name, apart from its placeholders.
    ///
    /// - Throws: ``ScopeError`` with the likely cause where nothing can have such a name.
    static func check(_ name: Template, of access: Scope.Access) throws(ScopeError) {
        let isCharacter: (UInt8) -> Bool
        let resource: String
        switch access {
        case .readPipe: (isCharacter, resource) = (isPipeCharacter, "pipe")
        case .readDataSource: (isCharacter, resource) = (isDataSourceCharacter, "data source")
        }
        for case .literal(let text) in name.parts where !text.bytes.allSatisfy(isCharacter) {
            throw ScopeError("names \"\(text)\", which can't be the name of a \(resource): \(advice(on: text))")
        }
    }

    private static func advice(on name: UTF8Text) -> String {
        if name.contains("\"") || name.contains("'") { return "remove the quotes" }
        if name.contains("#") { return "remove the comment" }
        if name.contains("/") || name.contains(".json") { return "write the name alone, without a URL or .json" }
        if name.contains(";") { return "separate names by commas" }
        return "use only letters, digits and underscores"
    }
}
