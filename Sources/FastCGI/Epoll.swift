import CLinux
import Glibc

/// The descriptors that one worker waits for (epoll(7)), for as long as the process lives.
struct Epoll: Sendable {
    private let descriptor: Int32

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("epoll_create1") }
    }

    /// Adds (`EPOLL_CTL_ADD`), changes (`EPOLL_CTL_MOD`) or removes (`EPOLL_CTL_DEL`) what is waited for: `events` of
    /// `source`, or its end. A descriptor that is closed is removed by that.
    ///
    /// - Returns: false when memory is used up.
    @discardableResult
    func control(_ operation: Int32, _ source: Int32, _ events: EPOLL_EVENTS...) -> Bool {
        var event = epoll_event(events: events.reduce(0) { $0 | $1.rawValue }, data: epoll_data_t(fd: source))
        return epoll_ctl(descriptor, operation, source, &event) == 0
    }

    /// Waits for at most some milliseconds, or without end if they are negative.
    ///
    /// - Returns: How many of `events` were set; 0 when the time is over or the process was stopped.
    func wait(milliseconds: Int32, _ events: inout [epoll_event]) -> Int {
        Int(max(0, epoll_wait(descriptor, &events, Int32(events.count), milliseconds)))
    }
}
