import Glibc
import Synchronization

/// What a worker thread is busy with, so that another thread can end what takes too long.
///
/// libfcgi waits for its peer without a limit; timeouts of the socket would cost two system calls for each
/// connection, and would begin again with each byte of a peer that sends one now and then.
final class Worker: Sendable {
    private struct Task {
        var socket: Int32
        var begin: Int
    }

    /// How long a request may take from its first byte until its answer is written, in seconds.
    private static let limit = 10

    private let task = Mutex<Task?>(nil)

    /// The worker begins with a request on `socket`.
    func begin(_ socket: Int32) {
        let task = Task(socket: socket, begin: monotonicSeconds)
        self.task.withLock { $0 = task }
    }

    /// The worker is done with the socket, which is still open.
    func end() {
        task.withLock { $0 = nil }
    }

    /// Ends the connection under a request that takes too long, which makes libfcgi give it up.
    func interruptIfOverdue() {
        task.withLock { task in
            guard let overdue = task, monotonicSeconds - overdue.begin > Self.limit else { return }
            shutdown(overdue.socket, Int32(SHUT_RDWR))
            task = nil
        }
    }
}

/// Seconds of a clock that nobody sets.
var monotonicSeconds: Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
}
