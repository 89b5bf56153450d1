import CFastCGI
import Glibc
import Synchronization

/// What the workers share: one epoll set of the listening socket, the connections that nobody serves, and the
/// wake-up for stopping.
///
/// The listening socket and the connections are one-shot: an event goes to one worker, which arms its source again.
final class WorkerLoop: Sendable {
    private let epoll: Int32
    private let wakeUp: Int32
    private let listeningSocket: Int32
    private let unfinished = UnfinishedRequests()
    /// How many connections are open whose first request hasn't been answered.
    private let unserved = Atomic<Int>(0)
    /// Monotonic time in seconds after which a worker ends even with requests waiting; 0 while serving.
    private let deadline = Atomic<Int>(0)
    /// Monotonic time in seconds from which a want of descriptors or memory is logged again.
    private let nextWarning = Atomic<Int>(0)

    /// The events that belong to no connection, whose events are pointers.
    private static let wakeUpEvent: UInt64 = 0
    private static let listeningEvent: UInt64 = 1
    /// How many connections a worker accepts before it looks at the kept ones again.
    private static let acceptsInARow = 16
    /// How long accepting pauses when descriptors or memory are used up, in microseconds.
    private static let exhaustedPause: UInt32 = 50_000
    /// How long after a warning of that the next one comes, in seconds.
    private static let warningInterval = 60
    /// How long a stopping worker waits for the request on a new connection, in milliseconds.
    private static let lastRequestWait: Int32 = 100
    /// How often it looks meanwhile, in milliseconds.
    private static let lastLook: Int32 = 10

    /// - Throws: ``SystemError`` when `listeningSocket` can't be polled.
    init(listeningSocket: Int32) throws(SystemError) {
        self.listeningSocket = listeningSocket
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeUp >= 0 else { throw SystemError("eventfd") }
        // Processes that share the socket race for its connections, and the loser must not wait in accept.
        let flags = fcntl(listeningSocket, F_GETFL)
        guard flags >= 0, fcntl(listeningSocket, F_SETFL, flags | O_NONBLOCK) == 0 else {
            throw SystemError("fcntl")
        }
        guard
            control(EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue, Self.wakeUpEvent),
            arm(listeningSocket, Self.listeningEvent, EPOLL_CTL_ADD)
        else { throw SystemError("epoll_ctl") }
    }

    /// One worker's life: serves what is ready, until ``stop(within:)``.
    func run(_ worker: Worker, _ handler: inout some RequestHandler & ~Copyable) {
        var events = [epoll_event](repeating: epoll_event(), count: 16)
        var quietTime: Int32 = 0
        while true {
            let end = deadline.load(ordering: .acquiring)
            let isStopping = end != 0
            // While serving, a worker takes one event, and leaves the others to the other workers.
            let count = epoll_wait(epoll, &events, isStopping ? Int32(events.count) : 1, isStopping ? 0 : -1)
            if count < 0 && errno != EINTR { return }
            var isIdle = true
            for event in events.prefix(Int(max(count, 0))) where event.data.u64 != Self.wakeUpEvent {
                isIdle = false
                if event.data.u64 == Self.listeningEvent {
                    accept(worker, &handler)
                } else if let request = event.data.ptr?.assumingMemoryBound(to: FCGX_Request.self) {
                    serve(Connection(request: request), worker, &handler, EPOLL_CTL_MOD)
                }
            }
            guard isStopping else { continue }
            if monotonicSeconds >= end { return }
            guard isIdle else {
                quietTime = 0
                continue
            }
            // Who has connected is about to send a request, and who has sent a part of one the rest.
            let isAwaited = unserved.load(ordering: .acquiring) > 0 && quietTime < Self.lastRequestWait
            guard isAwaited || !unfinished.isEmpty else { return }
            usleep(UInt32(Self.lastLook) * 1000)
            quietTime += Self.lastLook
        }
    }

    /// Tells every worker to answer what waits already, for at most `seconds`, and to end.
    func stop(within seconds: Int) {
        deadline.store(monotonicSeconds + seconds, ordering: .releasing)
        eventfd_write(wakeUp, 1)
    }

    /// Ends the connections on which a request takes too long to come.
    func interruptOverdue() {
        unfinished.interruptOverdue(limit: Worker.limit)
    }

    private func accept(_ worker: Worker, _ handler: inout some RequestHandler & ~Copyable) {
        for turn in 0..<Self.acceptsInARow {
            let socket = accept4(listeningSocket, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
            let error = errno
            if socket < 0 && [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error) { pause(for: error) }
            // Armed before the first request is served, so that the other workers take the next ones meanwhile.
            if turn == 0 { _ = arm(listeningSocket, Self.listeningEvent, EPOLL_CTL_MOD) }
            // None waits any more; or another process was faster, or the peer has gone.
            guard socket >= 0 else { return }
            let connection = Connection(socket: socket)
            unserved.add(1, ordering: .relaxed)
            serve(connection, worker, &handler, EPOLL_CTL_ADD)
        }
    }

    /// Answers the request on a connection, if it is whole; else the connection waits for the rest.
    private func serve(
        _ connection: Connection, _ worker: Worker, _ handler: inout some RequestHandler & ~Copyable, _ operation: Int32
    ) {
        let socket = connection.socket
        let isNew = !connection.hasServed
        let part = unfinished.take(socket)
        let isKept: Bool
        switch connection.receive(after: part?.records, into: worker.buffer) {
        case .request:
            worker.begin(socket)
            isKept = connection.serve(with: &handler) { worker.end() }
        case .collected(let records):
            isKept =
                worker.withFile(of: records.collected) { file in
                    worker.begin(socket)
                    return connection.serve(with: &handler, from: file) { worker.end() }
                } ?? false
        case .part(let records):
            unfinished.put(records, socket, begin: part?.begin ?? monotonicSeconds)
            isKept = true
        case .nothing:
            isKept = true
        case .end:
            isKept = false
        }
        if isNew && (!isKept || connection.hasServed) { unserved.subtract(1, ordering: .releasing) }
        if isKept {
            wait(for: connection, operation)
        } else {
            connection.discard(wasWaiting: operation == EPOLL_CTL_MOD)
        }
    }

    /// Puts a connection back into the set until its next request, or its end.
    private func wait(for connection: Connection, _ operation: Int32) {
        let event = UInt64(UInt(bitPattern: connection.request))
        guard !arm(connection.socket, event, operation) else { return }
        // Not for the next connection that gets this descriptor.
        _ = unfinished.take(connection.socket)
        if !connection.hasServed { unserved.subtract(1, ordering: .releasing) }
        connection.discard(wasWaiting: operation == EPOLL_CTL_MOD)
    }

    private func arm(_ descriptor: Int32, _ event: UInt64, _ operation: Int32) -> Bool {
        control(operation, descriptor, EPOLLIN.rawValue | EPOLLONESHOT.rawValue, event)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ event: UInt64) -> Bool {
        var event = epoll_event(events: events, data: epoll_data_t(u64: event))
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }

    /// Nothing can be accepted until descriptors or memory are free again, and the backlog keeps what comes.
    private func pause(for error: Int32) {
        let now = monotonicSeconds
        let due = nextWarning.load(ordering: .relaxed)
        if now >= due,
            nextWarning.compareExchange(expected: due, desired: now + Self.warningInterval, ordering: .relaxed)
                .exchanged
        {
            let reason = SystemError("accept", errno: error)
            LogLine(.warning, "\(reason): requests wait; raise the limit (LimitNOFILE=, ulimit -n)")
                .writeToStandardError()
        }
        usleep(Self.exhaustedPause)
    }
}
