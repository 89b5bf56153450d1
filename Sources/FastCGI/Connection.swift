import CFastCGI
import Glibc

/// One connection from the web server, with libfcgi's state for the request on it.
///
/// libfcgi reads and writes the records; but it gets only whole requests (``RequestRecords``), and accepting, waiting
/// and closing are done here, because libfcgi's own pin a thread: its accept waits up to 2 s for the first byte (TCP:
/// for ever), its close up to 2 s for the peer's.
/// The state lives on the heap and is never moved, since libfcgi's streams point back at it; a connection is a
/// pointer to it, so that it fits into an epoll event.
struct Connection {
    let request: UnsafeMutablePointer<FCGX_Request>

    /// How often the rest of a request is waited for before the thread does something else: Apache sends one in four
    /// writes, and makes them in a row.
    private static let waitsForRest = 4
    /// How many buffers of a long request are read before other connections have their turn.
    private static let chunksInARow = 64

    /// What is there when a connection is looked at.
    enum Arrival {
        /// A whole request, still in the socket.
        case request
        /// A whole request, which had come in pieces.
        case collected(RequestRecords)
        /// Nothing.
        case nothing
        /// A part of a request, and more is to come.
        case part(RequestRecords)
        /// The peer has gone, or breaks the protocol.
        case end
    }

    /// Takes over an accepted socket.
    init(socket: Int32) {
        request = .allocate(capacity: 1)
        // Without a listening socket of its own, libfcgi can't accept another connection when this one fails.
        FCGX_InitRequest(request, -1, 0)
        request.pointee.ipcFd = socket
        // FCGX_Accept_r finishes the request before it, and would close a socket that isn't to be kept.
        request.pointee.keepConnection = 1
    }

    /// The connection behind an epoll event.
    init(request: UnsafeMutablePointer<FCGX_Request>) {
        self.request = request
    }

    var socket: Int32 { request.pointee.ipcFd }

    /// Whether a request has come on it: libfcgi remembers its id, which isn't 0.
    var hasServed: Bool { request.pointee.requestId != 0 }

    /// Whether a failed system call may succeed later.
    private static func isTemporary(_ error: Int32) -> Bool { error == EAGAIN || error == EINTR }

    /// Looks what the peer has sent, and waits a moment for the rest of a request that has just begun.
    ///
    /// - Parameters:
    ///   - part: What has come of the request before.
    ///   - buffer: Memory to work in: as much as is looked at in one system call. A web server's request takes about
    ///     1 KiB.
    ///   - milliseconds: How long to wait for the next piece of such a request.
    func receive(
        after part: RequestRecords?, into buffer: UnsafeMutableBufferPointer<UInt8>, waiting milliseconds: Int32 = 5
    ) -> Arrival {
        if part == nil {
            // libfcgi itself can read it from the socket.
            let count = recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT | MSG_PEEK))
            guard count > 0 else { return count < 0 && Self.isTemporary(errno) ? .nothing : .end }
            var records = RequestRecords(isCollecting: false)
            let progress = records.read(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
            if progress == .complete && records.arePlain { return .request }
        }
        var records = part ?? RequestRecords(isCollecting: true)
        // Only once for a request, so that who sends one slowly holds the thread no longer.
        var waits = part == nil ? Self.waitsForRest : 0
        for _ in 0..<Self.chunksInARow {
            let count = recv(socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return count < 0 && Self.isTemporary(errno) ? .part(records) : .end }
            let progress = records.read(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
            guard progress != .broken && send(&records.managementReply) else { return .end }
            if progress == .complete { return .collected(records) }
            if count < buffer.count && waits > 0 {
                waits -= 1
                var poll = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                if Glibc.poll(&poll, 1, milliseconds) == 0 { waits = 0 }
            }
        }
        return .part(records)
    }

    /// Answers the request that has come.
    ///
    /// - Parameters:
    ///   - file: A file that holds the request, where the socket doesn't any more.
    ///   - ending: Called when the peer isn't waited for any more, and before the socket is closed.
    /// - Returns: Whether the web server wants to keep the connection, for another request.
    func serve(
        with handler: inout some RequestHandler & ~Copyable, from file: Int32? = nil, ending: () -> Void
    ) -> Bool {
        let socket = self.socket
        if let file { request.pointee.ipcFd = file }
        guard FCGX_Accept_r(request) == 0 else {
            // The peer has reset the connection meanwhile, and libfcgi has closed it.
            ending()
            return false
        }
        drainStandardInput()
        request.pointee.ipcFd = socket

        do {
            let request = Request(borrowing: UnsafePointer(self.request.pointee.envp))
            let response = handler.respond(to: request)
            for line in response.log { put(Array(line.text.utf8), into: self.request.pointee.err) }
            put(response.message(for: request.method), into: self.request.pointee.out)
        }
        let failed = FCGX_FClose(request.pointee.err) != 0 || FCGX_FClose(request.pointee.out) != 0
        ending()
        // Everything has been read, so that closing loses nothing of the answer; libfcgi's own close would linger.
        FCGX_Free(request, 0)
        return request.pointee.keepConnection != 0 && !failed
    }

    /// Closes the socket and frees the state.
    ///
    /// - Parameter wasWaiting: Whether it has been in an epoll set. Another thread that looks through the set at that
    ///   moment may hold the socket open until it wakes up the next time (Linux 6.10 and newer), so that the peer has to
    ///   be told before.
    func discard(wasWaiting: Bool) {
        FCGX_Free(request, 0)
        if wasWaiting { shutdown(socket, Int32(SHUT_RDWR)) }
        if socket >= 0 { close(socket) }
        request.deallocate()
    }

    /// Reads FCGI_STDIN to its end, for GET too: what stays unread on a kept connection is taken for the next
    /// request, and what stays unread on another one makes the kernel reset it.
    private func drainStandardInput() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            while FCGX_GetStr(buffer.baseAddress, Int32(buffer.count), request.pointee.in) == Int32(buffer.count) {}
        }
    }

    /// Sends what no request has to wait for. A peer that doesn't read it is not waited for either.
    private func send(_ reply: inout [UInt8]) -> Bool {
        guard !reply.isEmpty else { return true }
        defer { reply.removeAll() }
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        return Glibc.send(socket, reply, reply.count, flags) == reply.count
    }

    private func put(_ bytes: [UInt8], into stream: UnsafeMutablePointer<FCGX_Stream>?) {
        bytes.withUnsafeBytes { bytes in
            _ = FCGX_PutStr(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), stream)
        }
    }
}
