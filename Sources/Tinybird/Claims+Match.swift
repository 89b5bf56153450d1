import JOSE

extension Claims {
    /// Whether `payload` is what a token of these claims has, apart from its times: with some value for each variable, the
    /// same wherever it occurs.
    public func match(_ payload: JSON) -> Bool {
        var names: Set<UTF8Text> = ["workspace_id", "name", "exp", "scopes"]
        if requestsPerSecond != nil { names.insert("limits") }
        if hasIssuedAt { names.insert("iat") }
        guard case .object(let members) = payload, Set(members.map(\.name)) == names,
            payload["workspace_id"] == .string(workspaceID),
            payload["limits"]?["rps"] == requestsPerSecond.map(JSON.number),
            case .array(let scopes)? = payload["scopes"], scopes.count == self.scopes.count
        else { return false }
        var match = TemplateMatch()
        match.expect(name, is: payload["name"])
        for (scope, json) in zip(self.scopes, scopes) {
            guard match.expect(scope, is: json) else { return false }
        }
        return match.succeeds()
    }
}

extension TemplateMatch {
    fileprivate mutating func expect(_ scope: Scope, is json: JSON) -> Bool {
        expect(scope.resource, is: json["resource"])
        switch scope.access {
        case .readPipe(let parameters):
            guard json["type"] == .string("PIPES:READ"), json["filter"] == nil else { return false }
            guard !parameters.isEmpty else { return json["fixed_params"] == nil }
            guard case .object(let members)? = json["fixed_params"], members.count == parameters.count
            else { return false }
            return parameters.allSatisfy { parameter in
                members.first { $0.name == parameter.name }.map { expect(parameter.value, is: $0.value) } ?? false
            }
        case .readDataSource(let filter):
            guard json["type"] == .string("DATASOURCES:READ"), json["fixed_params"] == nil else { return false }
            guard let filter else { return json["filter"] == nil }
            expect(filter, is: json["filter"], isFilter: true)
            return true
        }
    }

    private mutating func expect(_ value: Scope.Parameter.Value, is json: JSON) -> Bool {
        switch (value, json) {
        case (.string(let template), _):
            expect(template, is: json)
            return true
        case (.number(let digits), _): return json == .number(digits)
        case (.bool(let bool), _): return json == .bool(bool)
        case (.list(let values), .array(let elements)):
            return values.count == elements.count && zip(values, elements).allSatisfy { expect($0, is: $1) }
        case (.list, _): return false
        }
    }
}
