import CLinux
import Glibc
import Synchronization

/// How many connections the workers may keep, and for how many bytes. Where that is not enough, those go that have waited
/// longest for their peers: of slow and of silent ones there may be any number.
final class Capacity: Sendable {
    /// Connections that wait for their peers, by their sockets.
    private struct Waiting {
        var connections: [Int32: (since: Int, pendingBytes: Int)] = [:]

        /// Ends the connection that has waited longest, of those with more bytes than `bytes`; its worker closes it.
        mutating func endLongest(above bytes: Int = -1) {
            let candidates = connections.lazy.filter { $0.value.pendingBytes > bytes }
            guard let longest = candidates.min(by: { $0.value.since < $1.value.since }) else { return }
            shutdown(longest.key, Int32(SHUT_RDWR))
            connections[longest.key] = nil
        }
    }

    private let waiting = Mutex(Waiting())
    private let connectionLimit: Int
    private let workers: Int
    private let connectionCount = Atomic<Int>(0)
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

    /// Counts a connection that a worker keeps, 1, or no longer, -1.
    func count(_ change: Int) { connectionCount.add(change, ordering: .relaxed) }

    /// Takes note of whether a connection waits for its peer.
    func update(_ connection: Connection) {
        waiting.withLock { waiting in
            let pendingBytes = connection.pendingBytes
            waiting.connections[connection.socket] = connection.waitingSince.map { ($0, pendingBytes) }
            guard pendingBytes > Self.little else { return }
            while waiting.connections.reduce(0, { $0 + $1.value.pendingBytes }) > Self.pendingLimit {
                waiting.endLongest(above: Self.little)
            }
        }
    }

    /// Forgets the connection with a socket, which may then be closed.
    func forget(_ socket: Int32) { waiting.withLock { $0.connections[socket] = nil } }

    /// Makes room for another connection, if need be.
    ///
    /// - Returns: false when those that were ended must be closed first.
    func makeRoom() -> Bool {
        let missing = connectionCount.load(ordering: .relaxed) - connectionLimit
        guard missing >= 0 else { return true }
        endLongestWaiting(for: SystemError("accept", errno: EMFILE))
        return missing < workers
    }

    /// Ends a connection because of an error that says that descriptors or memory are used up; warns once a minute.
    func endLongestWaiting(for error: SystemError) {
        waiting.withLock { $0.endLongest() }
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
}
