import CLinux
import Glibc

/// One thread's work: it accepts connections, and serves those that it has accepted until they end.
///
/// It waits for all of them at once and for none alone, so that a slow peer holds no thread. No other worker serves
/// its connections, which saves a system call and a switch of threads for each request.
struct Worker: ~Copyable {
    private let listeningSocket: Int32
    /// A descriptor that has input from the moment when the program is to end.
    private let stop: Int32
    private let capacity: Capacity
    private let epoll: Epoll
    /// nil when descriptors or memory are used up.
    private var codec = try? Codec()
    /// The connections that this worker has accepted, by their sockets.
    private var connections: [Int32: Connection] = [:]
    /// Whether one of them may be unfinished.
    private var mayBeUnfinished = false
    /// When they were last looked through for that, in ``monotonicTime``.
    private var lastLook = 0
    private var isAccepting = true
    private var isStopping = false
    private var events = [epoll_event](repeating: epoll_event(), count: 16)
    /// Memory for what peers send: as much as one system call reads.
    private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 16 << 10)

    /// How long a peer may take to send a request, and to read a response, in nanoseconds.
    private static let timeLimit = 10 * nanosecondsPerSecond
    /// How often unfinished connections are looked through, in milliseconds.
    private static let lookInterval: Int32 = 1000
    /// How long accepting pauses when descriptors or memory are used up, in milliseconds.
    private static let exhaustedPause: Int32 = 10
    /// How long requests are still served when the program is to end, in nanoseconds.
    private static let drainTime = 2 * nanosecondsPerSecond
    /// How long the request on a new connection is waited for then, in milliseconds.
    private static let lastRequestWait: Int32 = 100

    /// - Parameter epoll: A set of this worker's own.
    init(_ listeningSocket: Int32, _ stop: Int32, _ capacity: Capacity, _ epoll: Epoll) {
        (self.listeningSocket, self.stop, self.capacity, self.epoll) = (listeningSocket, stop, capacity, epoll)
    }

    deinit { buffer.deallocate() }

    /// Serves until the program is to end; then drains what waits, and returns.
    mutating func run(_ handler: inout some RequestHandler & ~Copyable) {
        guard epoll.control(EPOLL_CTL_ADD, stop, EPOLLIN) else { return }
        startAccepting()
        while !isStopping {
            let pause = mayBeUnfinished ? Self.lookInterval : -1
            serve(within: isAccepting ? pause : Self.exhaustedPause, &handler)
        }
        let end = monotonicTime + Self.drainTime
        while monotonicTime < end {
            let isWaiting = connections.values.contains { $0.waitingSince != nil }
            let hasCome = serve(within: isWaiting ? Self.lastRequestWait : 0, &handler)
            guard hasCome || connections.values.contains(where: \.isUnfinished) else { return }
        }
    }

    /// Serves what comes within some milliseconds; if they are negative, what comes next.
    ///
    /// - Returns: Whether something came.
    @discardableResult
    private mutating func serve(within milliseconds: Int32, _ handler: inout some RequestHandler & ~Copyable) -> Bool {
        let count = epoll.wait(milliseconds: milliseconds, &events)
        if !isAccepting { startAccepting() }
        for index in 0..<count {
            let source = events[index].data.fd
            if source == listeningSocket {
                accept(&handler)
            } else if source == stop {
                isStopping = true
                epoll.control(EPOLL_CTL_DEL, stop)
            } else if let connection = connections[source] {
                serve(connection, &handler)
            }
        }
        if mayBeUnfinished { closeOverdue() }
        return count > 0
    }

    private mutating func accept(_ handler: inout some RequestHandler & ~Copyable) {
        guard capacity.makeRoom() else { return pauseAccepting() }
        let socket = accept4(listeningSocket, nil, nil, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
        if socket >= 0 {
            serve(Connection(socket: socket), &handler)
        } else if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
            capacity.endLongestWaiting(for: SystemError("accept"))
            pauseAccepting()
        }
        // Else another worker was faster, or the peer has gone.
    }

    /// Does what can be done on a connection now, and then waits for what comes next on it.
    private mutating func serve(_ connection: Connection, _ handler: inout some RequestHandler & ~Copyable) {
        let isNew = connections[connection.socket] == nil
        let (wasSending, wasWaiting) = (connection.isSending, connection.waitingSince != nil)
        do throws(Disconnection) {
            try connection.sendOutbox()
            if !connection.isSending, let request = try connection.receive(into: buffer) {
                // Before the peer has the response: from then on, nobody may end the connection as one that waits.
                if wasWaiting && !isNew { capacity.update(connection) }
                try connection.send(respond(to: request, &handler), isLast: !request.keepsConnection)
            }
            if isNew || connection.isSending != wasSending {
                let operation = isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
                let interest = connection.isSending ? EPOLLOUT : EPOLLIN
                guard epoll.control(operation, connection.socket, interest) else { throw Disconnection() }
            }
            if isNew || wasWaiting || connection.waitingSince != nil { capacity.update(connection) }
            if connection.isUnfinished { mayBeUnfinished = true }
            guard isNew else { return }
            connections[connection.socket] = connection
            guard isAccepting else { return }
            // Connections are spread over the workers, since the system wakes the one that has waited longest.
            pauseAccepting()
            startAccepting()
        } catch {
            close(connection)
        }
    }

    private mutating func close(_ connection: Connection) {
        if connections.removeValue(forKey: connection.socket) != nil { capacity.remove(connection) }
    }

    /// Closes the connections whose peer takes too long for the rest of a request, or to read a response.
    private mutating func closeOverdue() {
        let now = monotonicTime
        guard now - lastLook >= nanosecondsPerSecond else { return }
        lastLook = now
        for connection in connections.values where connection.isUnfinished {
            if now - (connection.waitingSince ?? now) > Self.timeLimit { close(connection) }
        }
        mayBeUnfinished = connections.values.contains(where: \.isUnfinished)
    }

    private mutating func respond(
        to request: IncomingRequest, _ handler: inout some RequestHandler & ~Copyable
    ) throws(Disconnection) -> [UInt8] {
        if codec == nil {
            do throws(SystemError) { codec = try Codec() } catch { capacity.endLongestWaiting(for: error) }
        }
        if let response = try codec?.respond(to: request, with: &handler) { return response }
        codec = nil
        throw Disconnection()
    }

    /// Leaves new connections in the backlog for a moment, or to other workers.
    private mutating func pauseAccepting() {
        isAccepting = false
        epoll.control(EPOLL_CTL_DEL, listeningSocket)
    }

    private mutating func startAccepting() {
        isAccepting = epoll.control(EPOLL_CTL_ADD, listeningSocket, EPOLLIN, EPOLLEXCLUSIVE)
    }
}
