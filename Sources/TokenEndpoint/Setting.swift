/// The environment variables that configure the program.
public enum Setting: String, CaseIterable, Sendable {
    /// The workspace admin token, whose bytes are the HMAC key.
    case signingKey = "TINYBIRD_SIGNING_KEY"
    /// A file that holds the key.
    case signingKeyFile = "TINYBIRD_SIGNING_KEY_FILE"
    /// The claim `workspace_id`.
    case workspaceID = "TINYBIRD_WORKSPACE_ID"
    /// Pipe names or ids, one scope each.
    case pipes = "TINYBIRD_PIPES"
    /// Fixed parameters of each of those scopes, in form encoding.
    case fixedParameters = "TINYBIRD_FIXED_PARAMS"
    /// A JSON array of scopes, instead of pipes and fixed parameters.
    case scopes = "TINYBIRD_SCOPES"
    /// A file that holds the scopes.
    case scopesFile = "TINYBIRD_SCOPES_FILE"
    /// The claim `name`.
    case tokenName = "TINYBIRD_TOKEN_NAME"
    /// A token's lifetime.
    case tokenLifetime = "TINYBIRD_TOKEN_TTL"
    /// `limits.rps`
    case requestsPerSecond = "TINYBIRD_RPS"
    /// Origins whose pages may read the response.
    case allowedOrigins = "TINYBIRD_ALLOWED_ORIGINS"
    /// How long after its first signing a token may be renewed.
    case renewalWindow = "TINYBIRD_RENEWAL_WINDOW"
    /// What a request must have in its environment to count; in the process's environment only.
    case serverSecret = "TINYBIRD_SERVER_SECRET"
    /// A file that holds it; in the process's environment only.
    case serverSecretFile = "TINYBIRD_SERVER_SECRET_FILE"
    /// Worker threads of a FastCGI responder; in the process's environment only.
    case threads = "TINYBIRD_THREADS"

    /// Settings that no request has, as they are needed before one is looked at.
    static let ofProcess: [Setting] = [.serverSecret, .serverSecretFile, .threads]

    /// The setting whose variable has this name.
    init?(name: ArraySlice<UInt8>) {
        guard let setting = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name) }) else { return nil }
        self = setting
    }

    /// What the names of all settings start with.
    static let prefix: StaticString = "TINYBIRD_"
}
