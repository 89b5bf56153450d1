import CFastCGI
import Glibc
import Synchronization

/// One thread's work: accepts connections, and serves those that it has accepted until they end.
///
/// It waits for all of them at once, so that a connection on which nothing comes, or a part of a request, holds no
/// thread. No other worker touches them: a system call and a switch to another thread less for each request.
struct Worker: ~Copyable {
    private let listeningSocket: Int32
    private let drain: Drain
    private let epoll: EpollSet
    /// The connections that are waited for, each in the place that its socket's number names.
    private var connections: [Connection?] = []
    /// Whether a part of a request may have come on one of them.
    private var mayBeUnfinished = false
    /// When they were last looked through for that, in ``monotonicSeconds``.
    private var lastLook = 0
    private var isAccepting = true
    private var file: RequestFile?
    /// Memory for what connections send: as much as is looked at in one system call.
    private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16 << 10)

    /// How long a request may take to come, in seconds.
    private static let limit = 10
    /// How long accepting pauses when descriptors or memory are used up, in milliseconds.
    private static let exhaustedPause: Int32 = 50
    /// How long after a warning of that the next one comes, in seconds.
    private static let warningInterval = 60
    /// How long a worker that is to end waits for the request on a new connection, in milliseconds.
    private static let lastRequestWait: Int32 = 100
    /// How often it looks meanwhile, in milliseconds.
    private static let drainInterval: Int32 = 10

    /// Monotonic time in seconds from which a want of descriptors or memory is logged again.
    private static let nextWarning = Atomic<Int>(0)

    /// - Parameter epoll: A set of this worker's own.
    init(listeningSocket: Int32, drain: Drain, epoll: EpollSet) {
        self.listeningSocket = listeningSocket
        self.drain = drain
        self.epoll = epoll
    }

    deinit {
        buffer.deallocate()
    }

    /// Serves until the drain has begun, and what waits then is answered.
    mutating func run(_ handler: inout some RequestHandler & ~Copyable) {
        guard epoll.add(drain.wakeUp) else { return }
        resumeAccepting()
        var events = [epoll_event](repeating: epoll_event(), count: 16)
        var quietTime: Int32 = 0
        while true {
            let end = drain.end
            let isAwaited = end != nil && isRequestAwaited(after: quietTime)
            guard let count = epoll.wait(milliseconds: timeout(isDraining: end != nil, isAwaited), &events) else {
                return
            }
            if !isAccepting { resumeAccepting() }
            for event in events.prefix(count) {
                let source = event.data.fd
                if source == listeningSocket {
                    accept(&handler)
                } else if source == drain.wakeUp {
                    epoll.remove(source)
                } else if let connection = connections[Int(source)] {
                    serve(connection, &handler)
                }
            }
            endOverdue()
            guard let end else { continue }
            if monotonicSeconds >= end { return }
            quietTime = count > 0 ? 0 : quietTime + Self.drainInterval
            if count == 0 && !isAwaited { return }
        }
    }

    /// How long to wait, in milliseconds; negative without a limit.
    private func timeout(isDraining: Bool, _ isAwaited: Bool) -> Int32 {
        if isDraining { return isAwaited ? Self.drainInterval : 0 }
        if !isAccepting { return Self.exhaustedPause }
        return mayBeUnfinished ? 1000 : -1
    }

    /// Whether a request is about to come: who has connected sends one, and who has sent a part of one the rest.
    private func isRequestAwaited(after quietTime: Int32) -> Bool {
        let mayBeNew = quietTime < Self.lastRequestWait
        return connections.contains { connection in
            connection.map { $0.unfinishedSince != nil || mayBeNew && !$0.hasServed } ?? false
        }
    }

    private mutating func accept(_ handler: inout some RequestHandler & ~Copyable) {
        let socket = accept4(listeningSocket, nil, nil, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
        guard socket < 0 else { return serve(Connection(socket: socket), &handler) }
        // Else another worker was faster, or the peer has gone.
        if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { pauseAccepting(SystemError("accept")) }
    }

    /// Answers the request on a connection, if it is whole; else the connection waits for the rest.
    private mutating func serve(_ connection: Connection, _ handler: inout some RequestHandler & ~Copyable) {
        switch connection.receive(into: buffer) {
        case .request(let request):
            let isFirst = !connection.hasServed
            guard answer(request, on: connection, &handler) else { return discard(connection) }
            keep(connection)
            if isFirst { goToEndOfQueue() }
        case .incomplete: keep(connection)
        case .end: discard(connection)
        }
    }

    private mutating func answer(
        _ request: [UInt8], on connection: Connection, _ handler: inout some RequestHandler & ~Copyable
    ) -> Bool {
        if file?.descriptor ?? -1 < 0 {
            file = nil
            do throws(SystemError) { file = try RequestFile() } catch { Self.warn(error) }
        }
        return file?.holding(request) { connection.serve(with: &handler, from: $0) } ?? false
    }

    private mutating func keep(_ connection: Connection) {
        let place = Int(connection.socket)
        while connections.count <= place { connections.append(nil) }
        if connections[place] == nil {
            guard epoll.add(connection.socket) else { return }
            connections[place] = connection
        }
        if connection.unfinishedSince != nil { mayBeUnfinished = true }
    }

    private mutating func discard(_ connection: Connection) {
        let place = Int(connection.socket)
        if place < connections.count { connections[place] = nil }
    }

    /// Ends the connections on which a request takes too long to come.
    private mutating func endOverdue() {
        guard mayBeUnfinished else { return }
        let now = monotonicSeconds
        guard now != lastLook else { return }
        lastLook = now
        mayBeUnfinished = false
        for place in connections.indices {
            guard let begin = connections[place]?.unfinishedSince else { continue }
            if now - begin > Self.limit { connections[place] = nil } else { mayBeUnfinished = true }
        }
    }

    /// Nothing can be accepted until descriptors or memory are free again, and the backlog keeps what comes.
    private mutating func pauseAccepting(_ error: SystemError) {
        isAccepting = false
        epoll.remove(listeningSocket)
        Self.warn(error)
    }

    private mutating func resumeAccepting() {
        isAccepting = epoll.add(listeningSocket, isShared: true)
    }

    /// Lets the other workers accept before this one, so that kept connections are spread over them: of those that wait,
    /// the system wakes the one that began first.
    private mutating func goToEndOfQueue() {
        guard isAccepting else { return }
        epoll.remove(listeningSocket)
        resumeAccepting()
    }

    private static func warn(_ error: SystemError) {
        let now = monotonicSeconds
        let due = nextWarning.load(ordering: .relaxed)
        guard now >= due,
            nextWarning.compareExchange(expected: due, desired: now + warningInterval, ordering: .relaxed).exchanged
        else { return }
        LogLine(.warning, "\(error): requests wait; raise the limit (LimitNOFILE=, ulimit -n)").writeToStandardError()
    }
}
