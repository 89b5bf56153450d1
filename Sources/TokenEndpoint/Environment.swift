import FastCGI

/// The values of the settings' variables, before anything is made of them.
public struct Environment: Sendable {
    private struct Entry {
        let setting: Setting
        let value: [UInt8]
    }

    /// Few, and looked up rarely: a dictionary would cost a CGI process more to instantiate than all its look-ups, and
    /// an array of tuples more than one of a type with a name.
    private var entries: [Entry] = []

    /// This process's environment.
    public static var process: Environment {
        var variables: [UInt8] = []
        Request.processEnvironment.append(variablesNamed: Setting.prefix, to: &variables)
        return Environment(variables)
    }

    /// An environment of `variables`: `NAME=value`, each followed by a NUL. Of a name that comes twice the first
    /// counts, as for getenv(3).
    public init(_ variables: [UInt8]) {
        for variable in variables.split(separator: 0) {
            guard let equals = variable.firstIndex(of: UInt8(ascii: "=")),
                let setting = Setting(name: variable[..<equals])
            else { continue }
            entries.append(Entry(setting: setting, value: Array(variable[(equals + 1)...])))
        }
    }

    /// A setting's value; nil where the variable isn't set or is empty.
    public subscript(setting: Setting) -> [UInt8]? {
        guard let value = entries.first(where: { $0.setting == setting })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// This environment over `other`: a variable that is set here, even an empty one, hides the other's.
    public func over(_ other: Environment) -> Environment {
        var environment = self
        environment.entries.removeAll { Setting.ofProcess.contains($0.setting) }
        environment.entries += other.entries
        return environment
    }
}
