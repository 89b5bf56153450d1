import CFastCGI
import Glibc

/// One connection from the web server, with libfcgi's state for the request on it; it is closed with its last use.
///
/// libfcgi reads and writes the records; but it gets only whole requests (``RequestRecords``), and accepting, waiting
/// and closing are done here, because libfcgi's own pin a thread: its accept waits up to 2 s for the first byte (TCP:
/// for ever), its close up to 2 s for the peer's.
final class Connection {
    /// What is there when a connection is looked at.
    enum Arrival {
        /// A whole request, as its records.
        case request([UInt8])
        /// Nothing, or a part of a request: more is to come.
        case incomplete
        /// The peer has gone, or breaks the protocol.
        case end
    }

    /// The connection's descriptor.
    let socket: Int32
    /// When the first byte of a request came whose rest hasn't come, in ``monotonicSeconds``.
    private(set) var unfinishedSince: Int?

    private var unfinished: RequestRecords?
    /// On the heap and never moved, since libfcgi's streams point back at it.
    private let state: UnsafeMutablePointer<FCGX_Request>

    /// How many buffers of a long request are read before other connections have their turn.
    private static let chunksInARow = 64
    /// As long as it always has room on its way, if the peer has read what came before, in bytes.
    private static let shortAnswer = 8 << 10
    /// How long a part of a longer answer may wait for the peer to read, in seconds.
    private static let limit = 10

    /// Takes over an accepted socket, which doesn't block.
    init(socket: Int32) {
        self.socket = socket
        state = .allocate(capacity: 1)
        // Without a listening socket of its own, libfcgi can't accept another connection when this one fails.
        FCGX_InitRequest(state, -1, 0)
        // FCGX_Accept_r finishes the request before it, and would close a socket that isn't to be kept.
        state.pointee.keepConnection = 1
    }

    deinit {
        FCGX_Free(state, 0)
        state.deallocate()
        close(socket)
    }

    /// Whether a request has come on it: libfcgi remembers its id, which isn't 0.
    var hasServed: Bool { state.pointee.requestId != 0 }

    /// Whether a failed system call may succeed later.
    private static func isTemporary(_ error: Int32) -> Bool { error == EAGAIN || error == EINTR }

    /// Looks what the peer has sent.
    ///
    /// - Parameter buffer: Memory to work in.
    func receive(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Arrival {
        var records = unfinished.take() ?? RequestRecords()
        for _ in 0..<Self.chunksInARow {
            let count = recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else {
                guard count < 0 && Self.isTemporary(errno) else { return .end }
                break
            }
            let progress = records.read(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
            guard progress != .broken && send(&records.managementReply) else { return .end }
            if progress == .complete {
                unfinishedSince = nil
                return .request(records.collected)
            }
            if count < buffer.count { break }
        }
        unfinishedSince = records.areEmpty ? nil : unfinishedSince ?? monotonicSeconds
        unfinished = records
        return .incomplete
    }

    /// Answers a request.
    ///
    /// - Parameter file: Holds the request.
    /// - Returns: Whether the web server wants to keep the connection, for another request.
    func serve(with handler: inout some RequestHandler & ~Copyable, from file: RequestFile) -> Bool {
        state.pointee.ipcFd = file.descriptor
        guard FCGX_Accept_r(state) == 0 else {
            file.descriptor = state.pointee.ipcFd
            return false
        }
        drainStandardInput()
        state.pointee.ipcFd = socket

        let log, message: [UInt8]
        do {
            let request = Request(borrowing: UnsafePointer(state.pointee.envp))
            let response = handler.respond(to: request)
            log = response.log.flatMap { Array($0.text.utf8) }
            message = response.message(for: request.method)
        }
        if log.count + message.count > Self.shortAnswer { waitForPeer() }
        // Where one fails the others aren't tried, as they would wait for the peer again.
        let isWritten =
            put(log, into: state.pointee.err) && put(message, into: state.pointee.out)
            && FCGX_FClose(state.pointee.err) == 0 && FCGX_FClose(state.pointee.out) == 0
        // Everything has been read, so that closing loses nothing of the answer; libfcgi's own close would linger.
        FCGX_Free(state, 0)
        return state.pointee.keepConnection != 0 && isWritten
    }

    /// Reads FCGI_STDIN to its end, for GET too, as libfcgi wants it.
    private func drainStandardInput() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            while FCGX_GetStr(buffer.baseAddress, Int32(buffer.count), state.pointee.in) == Int32(buffer.count) {}
        }
    }

    /// From now on, what is sent waits until there is room for it.
    private func waitForPeer() {
        var limit = timeval(tv_sec: Self.limit, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK)
    }

    /// Sends what no request has to wait for. A peer that doesn't read it is not waited for either.
    private func send(_ reply: inout [UInt8]) -> Bool {
        guard !reply.isEmpty else { return true }
        defer { reply.removeAll() }
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        return Glibc.send(socket, reply, reply.count, flags) == reply.count
    }

    private func put(_ bytes: [UInt8], into stream: UnsafeMutablePointer<FCGX_Stream>?) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return true }
            return FCGX_PutStr(start.assumingMemoryBound(to: CChar.self), Int32(bytes.count), stream) == bytes.count
        }
    }
}
