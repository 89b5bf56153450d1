import JOSE

/// What a token allows: one element of the claim `scopes`
/// ([JWTs](https://www.tinybird.co/docs/forward/administration/tokens/jwt), "JWT scopes").
public struct Scope: Sendable, Equatable {
    /// What may be done with the resource.
    public enum Access: Sendable, Equatable {
        /// `PIPES:READ`: a pipe's endpoint may be read. The fixed parameters beat those of the request's URL.
        case readPipe(fixedParameters: [Parameter])
        /// `DATASOURCES:READ`: a data source may be queried. The filter is SQL that is appended to each query.
        case readDataSource(filter: Template?)
    }

    /// A parameter of a pipe with its value.
    public struct Parameter: Sendable, Equatable {
        /// The parameter's name.
        public let name: UTF8Text
        /// The parameter's value.
        public let value: Value

        /// The value of a parameter.
        public indirect enum Value: Sendable, Equatable {
            /// A string, its placeholders not yet replaced.
            case string(Template)
            /// A number, in the digits of its text.
            case number(String)
            /// `true` or `false`
            case bool(Bool)
            /// A list of the others.
            case list([Value])
        }
    }

    /// The name or id of the pipe, or the data source's name.
    public let resource: Template
    /// What may be done with it.
    public let access: Access

    /// A scope.
    ///
    /// - Throws: ``ScopeError`` when nothing can have the resource's name, or a filter's placeholder could break out of its literal.
    public init(resource: Template, access: Access) throws(ScopeError) {
        guard !resource.isEmpty else { throw ScopeError("has an empty resource: name the pipe or data source") }
        try ResourceName.check(resource, of: access)
        if case .readDataSource(let filter?) = access { try FilterText.check(filter) }
        self.resource = resource
        self.access = access
    }
}
