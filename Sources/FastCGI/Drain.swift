import CFastCGI
import Glibc
import Synchronization

/// Tells the workers to end, once what waits is answered.
final class Drain: Sendable {
    /// A descriptor that has input from then on.
    let wakeUp: Int32
    /// Monotonic time in seconds after which a worker ends even with requests waiting; 0 while serving.
    private let deadline = Atomic<Int>(0)

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw SystemError("eventfd") }
    }

    deinit {
        close(wakeUp)
    }

    /// Until when, in ``monotonicSeconds``, requests are still answered; nil before ``begin(for:)``.
    var end: Int? {
        let end = deadline.load(ordering: .acquiring)
        return end == 0 ? nil : end
    }

    /// Gives the workers some seconds.
    func begin(for seconds: Int) {
        deadline.store(monotonicSeconds + seconds, ordering: .releasing)
        eventfd_write(wakeUp, 1)
    }
}

/// Seconds of a clock that nobody sets.
var monotonicSeconds: Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
}
