/// A scope that Tinybird would refuse, or that would not restrict what it seems to.
public struct ScopeError: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what to change; completes a sentence that names the setting.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
