/// The claims of a Tinybird token
/// ([JWTs](https://www.tinybird.co/docs/forward/administration/tokens/jwt), "JWT payload"), all but `exp`.
public struct Claims: Sendable, Equatable {
    /// `workspace_id`: the workspace's UUID.
    public var workspaceID: String
    /// `name`: shows in `tinybird.pipe_stats_rt`; tokens of one name share a rate limit.
    public var name: String
    /// `scopes`: what the token allows.
    public var scopes: [Scope]

    /// The claims of a token.
    public init(workspaceID: String, name: String, scopes: [Scope]) {
        self.workspaceID = workspaceID
        self.name = name
        self.scopes = scopes
    }

    /// The latest `exp` that is signed: the last second of the year 9999, in seconds since 1970. Later ones are
    /// beyond what common date types hold, and a sign of a wrong unit.
    public static let latestExpiration = 253_402_300_799
}

/// Claims as compact JSON, rendered once; a token needs only its `exp` put in between.
public struct Payload: Sendable {
    private let beforeExpiration: [UInt8]
    private let afterExpiration: [UInt8]

    /// Renders `claims` in the order `workspace_id`, `name`, `exp`, `scopes`.
    public init(_ claims: Claims) {
        var json: [UInt8] = Array(#"{"workspace_id":"#.utf8)
        json.appendJSON(string: claims.workspaceID)
        json.append(contentsOf: #","name":"#.utf8)
        json.appendJSON(string: claims.name)
        json.append(contentsOf: #","exp":"#.utf8)
        beforeExpiration = json

        json = Array(#","scopes":"#.utf8)
        json.appendJSON(array: claims.scopes) { json, scope in scope.append(to: &json) }
        json.append(UInt8(ascii: "}"))
        afterExpiration = json
    }

    /// The payload of a token.
    ///
    /// - Parameter expiration: `exp`, in seconds since 1970.
    public func expiring(at expiration: Int) -> [UInt8] {
        var payload: [UInt8] = []
        payload.reserveCapacity(beforeExpiration.count + afterExpiration.count + 20)
        payload.append(contentsOf: beforeExpiration)
        payload.append(contentsOf: String(expiration).utf8)
        payload.append(contentsOf: afterExpiration)
        return payload
    }
}
