import CFastCGI
import Glibc

/// The descriptors that one worker waits for, for as long as the process lives.
struct EpollSet: Sendable {
    private let descriptor: Int32

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("epoll_create1") }
    }

    /// Waits for input on `source`, or its end, until that is closed.
    ///
    /// - Parameter isShared: Whether others wait for it too, of whom one is enough.
    /// - Returns: false when it can't be waited for.
    func add(_ source: Int32, isShared: Bool = false) -> Bool {
        let events = EPOLLIN.rawValue | (isShared ? EPOLLEXCLUSIVE.rawValue : 0)
        var event = epoll_event(events: events, data: epoll_data_t(fd: source))
        return epoll_ctl(descriptor, EPOLL_CTL_ADD, source, &event) == 0
    }

    /// Waits for `source` no more.
    func remove(_ source: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, source, nil)
    }

    /// Waits for at most some milliseconds, or for ever if they are negative.
    ///
    /// - Returns: How many of `events` tell of a source; none when a signal came; nil when waiting failed.
    func wait(milliseconds: Int32, _ events: inout [epoll_event]) -> Int? {
        let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
        if count >= 0 { return Int(count) }
        return errno == EINTR ? 0 : nil
    }
}
