import CFastCGI
import Glibc
import Synchronization

/// What a worker thread is busy with, so that another thread can end what takes too long.
///
/// libfcgi waits without a limit for a peer that doesn't read its answer; timeouts of the socket would cost two system
/// calls for each connection.
final class Worker: Sendable {
    private struct Task {
        var socket: Int32
        var begin: Int
    }

    /// How long a request may take to come, and its answer to be written, in seconds.
    static let limit = 10

    /// How much of the file stays allocated, in bytes.
    private static let keptFileLength = 64 << 10

    private let task = Mutex<Task?>(nil)
    /// A file in memory, for requests that had to be collected: libfcgi reads from a descriptor.
    private let file: Int32
    /// Memory for what connections send, 16 KiB. Only the worker's own thread uses it, which the compiler can't see.
    nonisolated(unsafe) let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16 << 10)

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        file = memfd_create("request", UInt32(MFD_CLOEXEC))
        guard file >= 0 else { throw SystemError("memfd_create") }
    }

    deinit {
        close(file)
        buffer.deallocate()
    }

    /// Calls `body` with a descriptor from which `bytes` can be read.
    ///
    /// - Returns: nil when there is no memory for them.
    func withFile<Result>(of bytes: [UInt8], _ body: (Int32) -> Result) -> Result? {
        defer {
            // What a small request leaves there is overwritten by the next one, and not read any more.
            if bytes.count > Self.keptFileLength { ftruncate(file, 0) }
            lseek(file, 0, SEEK_SET)
        }
        return pwrite(file, bytes, bytes.count, 0) == bytes.count ? body(file) : nil
    }

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
