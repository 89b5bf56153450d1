import FastCGI
import JOSE
import Synchronization

/// What the error log has been told already, so that a fault is one line and not one for every request. Shared by
/// all workers of a process.
public final class Notices: Sendable {
    private struct Memory {
        var told: [UTF8Text] = []
        /// What is wrong now, by the variables that hold the settings.
        var faults: [(variables: [UInt8], message: UTF8Text)] = []
    }

    private let memory = Mutex(Memory())

    /// How many messages of each kind are remembered; beyond it all are forgotten, and told again.
    private static let limit = 100

    /// An empty memory.
    public init() {}

    /// Whether `line` is news; it isn't afterwards.
    func isNews(_ line: LogLine) -> Bool {
        let message = UTF8Text(line.message)
        return memory.withLock { memory in
            if memory.told.contains(message) { return false }
            if memory.told.count >= Self.limit { memory.told.removeAll() }
            memory.told.append(message)
            return true
        }
    }

    /// Whether it is news that `fault` is what is wrong with settings; afterwards it isn't, for these and for others, until
    /// it is fixed in all of them.
    func isNews(_ fault: LogLine, in variables: [UInt8]) -> Bool {
        let message = UTF8Text(fault.message)
        return memory.withLock { memory in
            let isKnown = memory.faults.contains { $0.message == message }
            memory.faults.removeAll { $0.variables == variables }
            if memory.faults.count >= Self.limit { memory.faults.removeAll() }
            memory.faults.append((variables, message))
            return !isKnown
        }
    }

    /// Nothing is wrong with settings any more. Any worker may be the first to see that, not only the one that saw the
    /// fault.
    func fixed(in variables: [UInt8]) {
        memory.withLock { memory in
            if !memory.faults.isEmpty { memory.faults.removeAll { $0.variables == variables } }
        }
    }
}
