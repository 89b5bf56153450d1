import CLinux
import Glibc
import Synchronization

/// How many connections the workers may have, and how much may be pending on them. Beyond that, those are ended that
/// have waited longest for their peers, so that slow and silent peers keep nobody out.
final class Capacity: Sendable {
    /// What is known of a connection: since when it has waited for its peer, if it does, and what it holds for it.
    private struct Entry {
        let waitingSince: Int?
        let pendingBytes: Int
    }

    /// By their sockets.
    private let connections = Mutex<[Int32: Entry]>([:])
    private let connectionLimit: Int
    private let workers: Int
    private let nextWarning = Atomic<Int>(0)

    /// How many descriptors a worker needs beside those of its connections: for its ``Epoll``, its ``Codec``, a file with
    /// settings, a connection that it has just accepted, and one that another worker is about to close.
    private static let reserve = 5
    /// How much may be pending in total, in bytes, while any connection has more than `little`.
    private static let pendingLimit = 64 << 20
    /// More than is pending while no peer is slow, in bytes.
    private static let little = 64 << 10
    /// How long after a warning the next one comes, in nanoseconds.
    private static let warningInterval = 60 * nanosecondsPerSecond

    /// - Parameter inUse: How many descriptors the process has open.
    init(workers: Int, inUse: Int) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        self.workers = workers
        connectionLimit = max(1, Int(clamping: limit.rlim_cur) - inUse - workers * Self.reserve)
    }

    /// Takes note of a new connection, or of what has changed about one.
    func update(_ connection: Connection) {
        let entry = Entry(waitingSince: connection.waitingSince, pendingBytes: connection.pendingBytes)
        connections.withLock { connections in
            connections[connection.socket] = entry
            guard entry.pendingBytes > Self.little else { return }
            while connections.reduce(0, { $0 + $1.value.pendingBytes }) > Self.pendingLimit {
                Self.endLongestWaiting(of: &connections) { $0.pendingBytes > Self.little }
            }
        }
    }

    /// Forgets a connection, whose socket may then be closed.
    func remove(_ connection: Connection) { connections.withLock { $0[connection.socket] = nil } }

    /// Makes room for another connection, if need be.
    ///
    /// - Returns: false when those that were ended must be closed first.
    func makeRoom() -> Bool {
        let missing = connections.withLock { $0.count } - connectionLimit
        guard missing >= 0 else { return true }
        endLongestWaiting(for: SystemError("accept", errno: EMFILE))
        return missing < workers
    }

    /// Ends a connection because of an error that says that descriptors or memory are used up; warns once a minute.
    func endLongestWaiting(for error: SystemError) {
        connections.withLock { Self.endLongestWaiting(of: &$0) { _ in true } }
        let now = monotonicTime
        let due = nextWarning.load(ordering: .relaxed)
        guard now >= due,
            nextWarning.compareExchange(expected: due, desired: now + Self.warningInterval, ordering: .relaxed)
                .exchanged
        else { return }
        LogLine(
            .warning,
            "\(error): connections without a request are closed, the oldest first; "
                + "raise the limit (LimitNOFILE=, ulimit -n)"
        ).writeToStandardError()
    }

    /// Ends the connection that has waited longest; its worker sees the end and closes it.
    private static func endLongestWaiting(of connections: inout [Int32: Entry], where condition: (Entry) -> Bool) {
        var longest: (socket: Int32, since: Int)?
        for (socket, entry) in connections where condition(entry) {
            if let since = entry.waitingSince, since < longest?.since ?? .max { longest = (socket, since) }
        }
        guard let longest else { return }
        shutdown(longest.socket, Int32(SHUT_RDWR))
        connections[longest.socket] = Entry(waitingSince: nil, pendingBytes: 0)
    }
}
