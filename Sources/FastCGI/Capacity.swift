import CLinux
import Glibc
import Synchronization

/// How many connections the workers may keep, and for how many bytes. Where that is not enough, those go that have waited
/// longest for their peers: of slow and of silent ones there may be any number.
final class Capacity: Sendable {
    /// A connection that is kept: since when it has waited for its peer, if it does, and what it holds for it.
    private struct Kept {
        let since: Int?
        let pendingBytes: Int
    }

    /// By their sockets.
    private let connections = Mutex<[Int32: Kept]>([:])
    private let connectionLimit: Int
    private let workers: Int
    private let nextWarning = Atomic<Int>(0)

    /// How many descriptors a worker needs beside those of its kept connections: for its ``Epoll``, its ``Codec``, a
    /// file with settings, a connection that it has just accepted, and one that another worker is about to close.
    private static let reserve = 5
    /// How much may be pending on connections that have more than `little`, in bytes.
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

    /// Takes note of a connection that is kept, and of what has changed about it.
    func keep(_ connection: Connection) {
        let kept = Kept(since: connection.waitingSince, pendingBytes: connection.pendingBytes)
        connections.withLock { connections in
            connections[connection.socket] = kept
            guard kept.pendingBytes > Self.little else { return }
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

    /// Ends the connection that has waited longest; its worker closes it.
    private static func endLongestWaiting(of connections: inout [Int32: Kept], where condition: (Kept) -> Bool) {
        var longest: (socket: Int32, since: Int)?
        for (socket, kept) in connections where condition(kept) {
            if let since = kept.since, since < longest?.since ?? .max { longest = (socket, since) }
        }
        guard let longest else { return }
        shutdown(longest.socket, Int32(SHUT_RDWR))
        connections[longest.socket] = Kept(since: nil, pendingBytes: 0)
    }
}
