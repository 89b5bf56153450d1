/// The findings of a command, printed as they come.
struct Report {
    /// Whether there was a problem.
    private(set) var hasProblems = false

    /// Something that is as it should be.
    func ok(_ finding: String) { print("ok: \(finding.printable)") }

    /// Something that works, but is probably not meant so.
    func warn(_ finding: String) { print("warning: \(finding.printable)") }

    /// Something that doesn't work, and what to change.
    mutating func fail(_ finding: String) {
        hasProblems = true
        print("problem: \(finding.printable)")
    }
}
