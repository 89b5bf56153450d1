import CLinux
import Glibc

/// One connection from the web server: a socket, an inbox, and an outbox of what the socket has no room for yet.
///
/// Nothing here waits for the peer. The socket is closed when nothing refers to the connection any more.
final class Connection {
    /// The connection's descriptor, which doesn't block.
    let socket: Int32
    /// Since when the connection has waited for its peer, in ``monotonicTime``: for the first request, for the rest of
    /// one, or for room to send. nil for a persistent connection between two requests.
    private(set) var waitingSince: Int? = monotonicTime

    private var inbox = Inbox()
    private var outbox: ArraySlice<UInt8> = []
    private var hasResponded = false
    private var isLastResponse = false

    /// Takes over an accepted socket.
    init(socket: Int32) { self.socket = socket }

    deinit { close(socket) }

    /// Whether something waits for room to be sent. Until then, nothing is read.
    var isSending: Bool { !outbox.isEmpty }
    /// Whether a part of a request has come, or a part of a response has been sent.
    var isUnfinished: Bool { isSending || !inbox.isEmpty }
    /// What is held for the peer, in bytes.
    var pendingBytes: Int { inbox.count + outbox.count }

    /// Reads what the peer has sent.
    ///
    /// - Parameter buffer: Memory to work in.
    /// - Returns: A whole request; nil if more is to come.
    func receive(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(Disconnection) -> IncomingRequest? {
        let count = recv(socket, buffer.baseAddress, buffer.count, 0)
        if count < 0 && errno == EAGAIN { return nil }
        guard count > 0 else { throw Disconnection() }
        let request = try inbox.read(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
        if !inbox.managementReply.isEmpty {
            outbox += inbox.managementReply
            inbox.managementReply = []
        }
        try sendOutbox()
        if request != nil { waitingSince = nil }
        return request
    }

    /// Sends the response to the request that was received.
    ///
    /// - Parameter isLast: Whether the connection ends with it.
    func send(_ response: [UInt8], isLast: Bool) throws(Disconnection) {
        hasResponded = true
        isLastResponse = isLast
        outbox = isSending ? outbox + response : response[...]
        try sendOutbox()
    }

    /// Sends what there is room for, and ends the connection after the last response.
    func sendOutbox() throws(Disconnection) {
        while isSending {
            let count = outbox.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EAGAIN { break }
            guard count >= 0 else { throw Disconnection() }
            outbox = outbox.dropFirst(count)
        }
        guard isSending || !isLastResponse else { throw Disconnection() }
        waitingSince = isUnfinished || !hasResponded ? waitingSince ?? monotonicTime : nil
    }
}

/// The connection ends: the peer has gone, breaks the protocol or wants what isn't offered, or has got what it wanted.
struct Disconnection: Error {}
