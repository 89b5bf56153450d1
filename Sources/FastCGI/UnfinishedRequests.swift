import CFastCGI
import Glibc
import Synchronization

/// Requests that have come in part, on connections that wait for the rest and hold no thread.
final class UnfinishedRequests: Sendable {
    private struct Part {
        var records: RequestRecords
        var begin: Int
    }

    /// By the connection's socket, which is open for as long as it is in here.
    private let parts = Mutex<[Int32: Part]>([:])

    var isEmpty: Bool { parts.withLock { $0.isEmpty } }

    /// What has come on `socket`, if the request on it isn't whole, and when it began.
    func take(_ socket: Int32) -> (records: RequestRecords, begin: Int)? {
        parts.withLock { parts in
            guard !parts.isEmpty, let part = parts.removeValue(forKey: socket) else { return nil }
            return (part.records, part.begin)
        }
    }

    /// Keeps what has come on `socket`, until somebody takes it.
    ///
    /// - Parameter begin: When its first byte came, in seconds of ``monotonicSeconds``.
    func put(_ records: RequestRecords, _ socket: Int32, begin: Int) {
        parts.withLock { $0[socket] = Part(records: records, begin: begin) }
    }

    /// Ends the connections whose request takes longer than `limit` seconds; whoever waits for them closes them.
    func interruptOverdue(limit: Int) {
        parts.withLock { parts in
            guard !parts.isEmpty else { return }
            let now = monotonicSeconds
            for (socket, part) in parts where now - part.begin > limit { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }
}
