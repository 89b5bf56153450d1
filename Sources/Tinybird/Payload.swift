import JOSE

/// Claims as compact JSON, rendered once; a token needs only its times and its variables' values put in between.
public struct Payload: Sendable {
    private enum Piece {
        case json([UInt8])
        case expiration
        case issuedAt
        /// The value of a variable, by its index in ``Payload/variables``, inside of a JSON string.
        case variable(Int)
        /// The same, inside of a ClickHouse literal in a JSON string.
        case literalVariable(Int)
    }

    /// The variables whose values are needed, each once.
    public private(set) var variables: [UTF8Text] = []
    private var pieces: [Piece] = []

    /// Renders `claims` in the order `workspace_id`, `name`, `exp`, `scopes`, `limits`, `iat`.
    public init(_ claims: borrowing Claims) {
        append(#"{"workspace_id":"#)
        edit { $0.appendJSON(string: claims.workspaceID) }
        append(#","name":"#)
        append(claims.name)
        append(#","exp":"#)
        pieces.append(.expiration)
        append(#","scopes":["#)
        for (index, scope) in claims.scopes.enumerated() {
            if index > 0 { append(",") }
            append(scope)
        }
        append("]")
        if let rps = claims.requestsPerSecond { append(#","limits":{"rps":\#(rps)}"#) }
        if claims.hasIssuedAt {
            append(#","iat":"#)
            pieces.append(.issuedAt)
        }
        append("}")
    }

    /// The payload of a token.
    ///
    /// - Parameters:
    ///   - issuedAt: `iat`, in seconds since 1970.
    ///   - expiration: `exp`, in seconds since 1970.
    ///   - values: One for each of ``variables``, in UTF-8.
    public func text(issuedAt: Int, expiration: Int, values: [[UInt8]] = []) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(512)
        for piece in pieces {
            switch piece {
            case .json(let json): text.append(contentsOf: json)
            case .expiration: text.append(contentsOf: String(expiration).utf8)
            case .issuedAt: text.append(contentsOf: String(issuedAt).utf8)
            case .variable(let index):
                let value = values[index]
                text.appendJSON(characters: value.span)
            case .literalVariable(let index):
                let escaped = FilterText.escaped(values[index])
                text.appendJSON(characters: escaped.span)
            }
        }
        return text
    }

    private mutating func append(_ scope: Scope) {
        switch scope.access {
        case .readPipe(let parameters):
            append(#"{"type":"PIPES:READ","resource":"#)
            append(scope.resource)
            if !parameters.isEmpty {
                append(#","fixed_params":{"#)
                for (index, parameter) in parameters.enumerated() {
                    if index > 0 { append(",") }
                    edit { $0.appendJSON(string: parameter.name) }
                    append(":")
                    append(parameter.value)
                }
                append("}")
            }
        case .readDataSource(let filter):
            append(#"{"type":"DATASOURCES:READ","resource":"#)
            append(scope.resource)
            if let filter {
                append(#","filter":"#)
                append(filter, isFilter: true)
            }
        }
        append("}")
    }

    private mutating func append(_ value: Scope.Parameter.Value) {
        switch value {
        case .string(let template): append(template)
        case .number(let digits): append(digits)
        case .bool(let bool): append(bool ? "true" : "false")
        case .list(let values):
            append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { append(",") }
                append(value)
            }
            append("]")
        }
    }

    private mutating func append(_ template: Template, isFilter: Bool = false) {
        append("\"")
        for part in template.parts {
            switch part {
            case .literal(let text): edit { $0.appendJSON(characters: text.bytes.span) }
            case .variable(let name):
                let index = variables.firstIndex(of: name) ?? variables.count
                if index == variables.count { variables.append(name) }
                pieces.append(isFilter ? .literalVariable(index) : .variable(index))
            }
        }
        append("\"")
    }

    private mutating func append(_ json: String) {
        edit { $0.append(contentsOf: json.utf8) }
    }

    /// Edits the JSON at the end, in the last piece if it is one.
    private mutating func edit(_ body: (inout [UInt8]) -> Void) {
        var json: [UInt8] = []
        if case .json(let last)? = pieces.last {
            json = last
            pieces.removeLast()
        }
        body(&json)
        pieces.append(.json(json))
    }
}
