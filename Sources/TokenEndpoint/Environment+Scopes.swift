import Tinybird

extension Environment {
    /// The claim `scopes`, from pipes with fixed parameters or from JSON, and the file that it was read from.
    ///
    /// - Throws: ``Problem`` when there are none, two forms of them, or one that Tinybird would refuse.
    func scopes() throws(Problem) -> (list: [Scope], file: WatchedFile?) {
        let forms = [Setting.pipes, .scopes, .scopesFile].filter { self[$0] != nil }
        if let first = forms.last, forms.count > 1 {
            throw Problem(first, "is set and \(forms[0].rawValue) too: unset one of them")
        }
        switch forms.first {
        case .pipes: return (try pipeScopes(), nil)
        case .scopes:
            try refuseFixedParameters(beside: .scopes)
            return (try Self.read(try text(.scopes)?.bytes ?? [], of: .scopes), nil)
        case .scopesFile:
            try refuseFixedParameters(beside: .scopesFile)
            let file = try WatchedFile(named: .scopesFile, in: self, holding: "the scopes")
            return (try Self.read(file.content, of: .scopesFile), file)
        default:
            throw Problem(.pipes, "is not set: set it to the names or ids of the pipes, separated by commas")
        }
    }

    private func pipeScopes() throws(Problem) -> [Scope] {
        guard let text = try text(.pipes) else { return [] }
        guard !text.contains("${") else { throw Problem(.pipes, Problem.unreplaced) }
        guard !text.contains("%{") else {
            throw Problem(
                .pipes, "has a placeholder: write pipes' names here, and placeholders in \(Setting.scopes.rawValue)")
        }
        let pipes = text.words
        guard !pipes.isEmpty else {
            throw Problem(.pipes, "names no pipe: set it to the names or ids of the pipes, separated by commas")
        }
        var parameters: [Scope.Parameter] = []
        if let text = try self.text(.fixedParameters) {
            parameters = try Self.checked(.fixedParameters) { () throws(ScopeError) in
                let parameters = try FixedParameters.read(text)
                return (parameters, parameters.flatMap(\.value.templates))
            }
        }
        return try Self.checked(.pipes) { () throws(ScopeError) in
            var scopes: [Scope] = []
            for pipe in pipes {
                let resource = Template([.literal(pipe)])
                scopes.append(try Scope(resource: resource, access: .readPipe(fixedParameters: parameters)))
            }
            return (scopes, [])
        }
    }

    private func refuseFixedParameters(beside setting: Setting) throws(Problem) {
        guard self[.fixedParameters] == nil else {
            throw Problem(
                setting,
                "is set and \(Setting.fixedParameters.rawValue) too: write fixed_params into the scopes instead")
        }
    }

    private static func read(_ text: [UInt8], of setting: Setting) throws(Problem) -> [Scope] {
        try checked(setting) { () throws(ScopeError) in
            let scopes = try ScopeList.read(text)
            return (scopes, scopes.flatMap(\.templates))
        }
    }

    /// What `read` returns, unless it throws, or one of the templates that it names has a variable that can't be
    /// trusted.
    private static func checked<Value>(
        _ setting: Setting, _ read: () throws(ScopeError) -> (Value, [Template])
    ) throws(Problem) -> Value {
        let (value, templates): (Value, [Template])
        do throws(ScopeError) {
            (value, templates) = try read()
        } catch {
            throw Problem(setting, "\(error)")
        }
        for template in templates { try Variable.check(template, in: setting) }
        return value
    }
}
