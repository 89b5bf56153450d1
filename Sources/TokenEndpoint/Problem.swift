/// A setting that is missing or wrong: which one, and what to change. It never holds the value, which may be a
/// secret in the wrong variable.
public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The setting to change.
    public let setting: Setting
    /// What is wrong with it, and what to change; completes a sentence that starts with the setting's name.
    public let reason: String

    init(_ setting: Setting, _ reason: String) {
        self.setting = setting
        self.reason = reason
    }

    /// The variable's name and the reason.
    public var description: String { "\(setting.rawValue) \(reason)" }

    static let white = "holds nothing but white space: set it to a value, or unset it"

    /// Apache passes on a variable that it doesn't know unchanged.
    static let unreplaced =
        "contains \"${\", a variable that the web server didn't replace: define it where the server starts"
}

/// Everything that is wrong with the settings: at least one problem.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems, in the order of the settings.
    public let problems: [Problem]

    /// All problems in one line.
    public var description: String { problems.map(\.description).joined(separator: "; ") }
}
