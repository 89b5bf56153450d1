import JOSE

/// The claims of a Tinybird token
/// ([JWTs](https://www.tinybird.co/docs/forward/administration/tokens/jwt), "JWT payload"), all but the times.
public struct Claims: Sendable, Equatable {
    /// `workspace_id`: the workspace's UUID.
    public var workspaceID: UTF8Text
    /// `name`: shows in `tinybird.pipe_stats_rt`; tokens of one name share a rate limit.
    public var name: Template
    /// `scopes`: what the token allows.
    public var scopes: [Scope]
    /// `limits.rps`: requests per second that Tinybird serves, in the digits of a positive JSON number; nil for no
    /// limit.
    public var requestsPerSecond: String?
    /// Whether the token carries `iat`, the time of its first signing.
    public var hasIssuedAt: Bool

    /// The claims of a token.
    public init(
        workspaceID: UTF8Text, name: Template, scopes: [Scope], requestsPerSecond: String? = nil,
        hasIssuedAt: Bool = false
    ) {
        self.workspaceID = workspaceID
        self.name = name
        self.scopes = scopes
        self.requestsPerSecond = requestsPerSecond
        self.hasIssuedAt = hasIssuedAt
    }

    /// The latest `exp` that is signed: the last second of the year 9999, in seconds since 1970. Later ones are
    /// beyond what common date types hold, and a sign of a wrong unit.
    public static let latestExpiration = 253_402_300_799
}
