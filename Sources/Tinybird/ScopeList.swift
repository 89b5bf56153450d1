import JOSE

/// Scopes in Tinybird's own form: the JSON of the claim `scopes`.
public enum ScopeList {
    /// Reads a JSON array of scopes.
    ///
    /// - Parameter text: UTF-8.
    /// - Throws: ``ScopeError`` for anything that Tinybird doesn't document.
    public static func read(_ text: [UInt8]) throws(ScopeError) -> [Scope] {
        let json: JSON
        do throws(JSON.SyntaxError) {
            json = try JSON(text)
        } catch {
            throw ScopeError("is not valid JSON (\(error.reason), at byte \(error.offset)): correct it")
        }
        guard case .array(let elements) = json else {
            throw ScopeError("is not a JSON array: write [{\"type\": …, \"resource\": …}]")
        }
        guard !elements.isEmpty else { throw ScopeError("has no scope: a token without one opens nothing") }
        var scopes: [Scope] = []
        for element in elements { scopes.append(try scope(element)) }
        return scopes
    }

    private static func scope(_ json: JSON) throws(ScopeError) -> Scope {
        guard case .object(let members) = json else {
            throw ScopeError("has an element that is not an object: write {\"type\": …, \"resource\": …}")
        }
        guard let type = json["type"]?.string else {
            throw ScopeError("has a scope without a type: write PIPES:READ or DATASOURCES:READ")
        }
        guard let resource = json["resource"]?.string else {
            throw ScopeError("has a scope without a resource: name the pipe or data source")
        }
        let access: Scope.Access
        let restriction: UTF8Text
        switch type {
        case "PIPES:READ":
            restriction = "fixed_params"
            access = .readPipe(fixedParameters: try fixedParameters(json["fixed_params"]))
        case "DATASOURCES:READ":
            restriction = "filter"
            access = .readDataSource(filter: try filter(json["filter"]))
        default:
            throw ScopeError("has the scope type \(type), but a chart only reads: use PIPES:READ or DATASOURCES:READ")
        }
        for member in members where !["type", "resource", restriction].contains(member.name) {
            throw ScopeError(
                "has the member \"\(member.name)\" in a \(type) scope, where it restricts nothing: remove it")
        }
        return try Scope(resource: template(resource), access: access)
    }

    private static func fixedParameters(_ json: JSON?) throws(ScopeError) -> [Scope.Parameter] {
        guard let json else { return [] }
        guard case .object(let members) = json else {
            throw ScopeError("has fixed_params that are not an object: write {\"name\": value}")
        }
        var parameters: [Scope.Parameter] = []
        for member in members {
            try ParameterName.check(member.name, besides: parameters.map(\.name))
            parameters.append(Scope.Parameter(name: member.name, value: try value(member.value, of: member.name)))
        }
        return parameters
    }

    private static func value(_ json: JSON, of name: UTF8Text) throws(ScopeError) -> Scope.Parameter.Value {
        switch json {
        case .string(let text): return .string(try template(text))
        case .number(let digits): return .number(digits)
        case .bool(let bool): return .bool(bool)
        case .array(let elements):
            var values: [Scope.Parameter.Value] = []
            for element in elements {
                if case .array = element { throw notAllowed(name) }
                values.append(try value(element, of: name))
            }
            return .list(values)
        case .null, .object: throw notAllowed(name)
        }
    }

    private static func notAllowed(_ name: UTF8Text) -> ScopeError {
        ScopeError("has a value of \"\(name)\" that is not a string, number, boolean or list of them: change it")
    }

    private static func filter(_ json: JSON?) throws(ScopeError) -> Template? {
        guard let json else { return nil }
        guard let text = json.string, !text.trimmed.isEmpty else {
            throw ScopeError("has a filter that is not a string: write a SQL condition, or remove it")
        }
        return try template(text)
    }

    private static func template(_ text: UTF8Text) throws(ScopeError) -> Template {
        do throws(TemplateError) {
            return try Template(text)
        } catch {
            throw ScopeError("\(error)")
        }
    }
}
