import FastCGI

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
    /// The claim `name`.
    case tokenName = "TINYBIRD_TOKEN_NAME"
    /// A token's lifetime.
    case tokenLifetime = "TINYBIRD_TOKEN_TTL"
    /// Worker threads of a FastCGI responder.
    case threads = "TINYBIRD_THREADS"

    /// What the names of all settings begin with.
    static let prefix: StaticString = "TINYBIRD_"
}

/// The values of the settings' variables, before anything is made of them.
public struct Environment: Sendable {
    private var values: [Setting: [UInt8]] = [:]

    /// This process's environment.
    public static var process: Environment {
        var variables: [UInt8] = []
        Request.processEnvironment.append(variablesNamed: Setting.prefix, to: &variables)
        return Environment(variables)
    }

    /// An environment of `variables`: `NAME=value`, each with a NUL behind it. Of a name that comes twice the last
    /// counts.
    public init(_ variables: [UInt8]) {
        for variable in variables.split(separator: 0) {
            guard let equals = variable.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: variable[..<equals], as: UTF8.self)
            guard let setting = Setting(rawValue: name) else { continue }
            values[setting] = Array(variable[(equals + 1)...])
        }
    }

    /// A setting's value; nil where the variable isn't set or is empty.
    public subscript(setting: Setting) -> [UInt8]? {
        guard let value = values[setting], !value.isEmpty else { return nil }
        return value
    }

    /// This environment in front of `other`: a variable that is set here, even an empty one, hides the other's.
    public func over(_ other: Environment) -> Environment {
        var environment = other
        environment.values.merge(values) { _, ours in ours }
        // Read when the process starts, before any request.
        environment.values[.threads] = other.values[.threads]
        return environment
    }
}
