/// The connections that one worker waits for.
struct Connections {
    /// Each in the place that its socket's number names.
    private var places: [Connection?] = []
    private let capacity: Capacity
    /// Whether one of them may be unfinished.
    private(set) var mayBeUnfinished = false
    /// When they were last looked through for that, in ``monotonicTime``.
    private var lastLook = 0

    /// How long a peer may take to send a request, and to read a response, in nanoseconds.
    private static let timeLimit = 10 * nanosecondsPerSecond

    init(_ capacity: Capacity) { self.capacity = capacity }

    /// Whether one is unfinished.
    var areUnfinished: Bool { places.contains { $0?.isUnfinished == true } }
    /// Whether one waits for its peer.
    var areWaiting: Bool { places.contains { $0?.waitingSince != nil } }

    /// The connection with a socket.
    subscript(socket: Int32) -> Connection? {
        Int(socket) < places.count ? places[Int(socket)] : nil
    }

    /// Keeps a connection, or takes note of what has changed about one that is kept.
    mutating func keep(_ connection: Connection) {
        while places.count <= Int(connection.socket) { places.append(nil) }
        places[Int(connection.socket)] = connection
        if connection.isUnfinished { mayBeUnfinished = true }
        capacity.keep(connection)
    }

    /// Closes a connection, once nobody uses it.
    mutating func remove(_ connection: Connection) {
        guard self[connection.socket] != nil else { return }
        capacity.remove(connection)
        places[Int(connection.socket)] = nil
    }

    /// Closes those whose peer takes too long for the rest of a request, or to read a response.
    mutating func removeOverdue() {
        let now = monotonicTime
        guard mayBeUnfinished, now - lastLook >= nanosecondsPerSecond else { return }
        lastLook = now
        for case let connection? in places where connection.isUnfinished {
            if now - (connection.waitingSince ?? now) > Self.timeLimit { remove(connection) }
        }
        mayBeUnfinished = areUnfinished
    }
}
