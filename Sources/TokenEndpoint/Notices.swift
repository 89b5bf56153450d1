import FastCGI
import Synchronization

/// What the error log has been told already, so that a fault is one line and not one for every request. Shared by
/// all workers of a process.
public final class Notices: Sendable {
    private let told = Mutex<[String]>([])

    /// How many messages are remembered; beyond it all are forgotten, and told again.
    private static let limit = 100

    /// An empty memory.
    public init() {}

    /// Whether `line` is news; it isn't afterwards.
    func isNews(_ line: LogLine) -> Bool {
        told.withLock { told in
            if told.contains(line.message) { return false }
            if told.count >= Self.limit { told.removeAll() }
            told.append(line.message)
            return true
        }
    }

    /// Forgets `line`, whose fault has been mended: it is news again when it comes back.
    func forget(_ line: LogLine) {
        told.withLock { $0.removeAll { $0 == line.message } }
    }
}
