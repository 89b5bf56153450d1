import CLinux
import Glibc
import Synchronization

/// Tells the workers to end, once what waits is answered.
final class Drain: Sendable {
    /// A descriptor that has input from then on.
    let wakeUp: Int32
    private let endTime = Atomic<Int>(0)

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw SystemError("eventfd") }
    }

    deinit { close(wakeUp) }

    /// Until when, in ``monotonicTime``, requests are still answered; nil before ``start(seconds:)``.
    var end: Int? {
        let end = endTime.load(ordering: .acquiring)
        return end == 0 ? nil : end
    }

    /// Gives the workers some seconds.
    func start(seconds: Int) {
        endTime.store(monotonicTime + seconds * nanosecondsPerSecond, ordering: .releasing)
        eventfd_write(wakeUp, 1)
    }
}
