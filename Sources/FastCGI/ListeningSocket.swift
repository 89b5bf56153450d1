import CFastCGI
import Glibc

/// A socket that the program opens by itself, where no web server or supervisor hands one over.
///
/// libfcgi's own FCGX_OpenSocket deletes whatever lies at the path, ends the process on errors, leaves the mode to
/// the umask and listens on all addresses; this one does none of that.
public struct ListeningSocket: ~Copyable {
    /// Where to listen.
    public enum Address: Sendable, Equatable {
        /// A unix socket.
        case path(String)
        /// A TCP port of an IPv4 or IPv6 address, written in numbers.
        case port(host: String, port: UInt16)

        /// Reads `PATH`, which has a slash, or `HOST:PORT`: an IPv4 address, an IPv6 address in brackets, or
        /// `localhost`; nil where it is neither. Without a host it is the loopback address.
        public init?(_ text: String) {
            if text.contains("/") {
                self = .path(text)
                return
            }
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { return nil }
            var host = String(text[..<colon])
            if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            guard SocketAddress(host: host, port: port) != nil else { return nil }
            self = .port(host: host, port: port)
        }

        /// Whether other machines can reach it.
        public var isRemote: Bool {
            guard case .port(let host, _) = self else { return false }
            return !host.hasPrefix("127.") && host != "::1"
        }
    }

    /// Why there is no socket; a sentence that says what to change.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        /// The sentence.
        public let description: String

        init(_ description: String) { self.description = description }

        init(_ address: String, _ call: String) {
            self.init("can't listen on \(address): \(SystemError(call))")
        }
    }

    /// The listening descriptor.
    public let descriptor: Int32
    private let path: String?
    /// The socket's inode, to see at the end whether the path still leads to it.
    private let inode: ino_t

    /// Opens the socket and listens.
    ///
    /// - Parameter mode: Who may connect to a unix socket, as chmod(2) takes it.
    /// - Throws: ``Failure`` when something else is at the path or listens there, or the system refuses.
    public init(_ address: Address, mode: mode_t) throws(Failure) {
        switch address {
        case .path(let path):
            (descriptor, inode) = try Self.listen(at: path, mode: mode)
            self.path = path
        case .port(let host, let port):
            descriptor = try Self.listen(host: host, port: port)
            path = nil
            inode = 0
        }
    }

    deinit {
        close(descriptor)
        var status = stat()
        if let path, lstat(path, &status) == 0, status.st_ino == inode { unlink(path) }
    }

    private static func listen(at path: String, mode: mode_t) throws(Failure) -> (descriptor: Int32, inode: ino_t) {
        guard let address = SocketAddress(path: path) else {
            throw Failure("can't listen on \(path): a unix socket's path has at most 107 bytes")
        }
        // Two of us that start at once must not each take the other's new socket for a stale one.
        let end = path.lastIndex(of: "/") ?? path.startIndex
        let directory = end == path.startIndex ? "/" : String(path[..<end])
        let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw Failure(path, "open \(directory)") }
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw Failure(path, "flock \(directory)") }

        try removeStaleSocket(at: path, address)
        let descriptor = try makeSocket(address, path)
        // Created with its mode at once: for a moment with another, somebody else could connect.
        let umask = Glibc.umask(0o777 & ~mode)
        let bound = address.withPointer { bind(descriptor, $0, $1) }
        Glibc.umask(umask)
        var status = stat()
        guard bound == 0, Glibc.listen(descriptor, SOMAXCONN) == 0, lstat(path, &status) == 0 else {
            let failure = Failure(path, "bind")
            close(descriptor)
            throw failure
        }
        return (descriptor, status.st_ino)
    }

    /// Removes the socket of a process that has gone; anything else stays as it is.
    private static func removeStaleSocket(at path: String, _ address: SocketAddress) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Failure("can't listen on \(path): there is something that isn't a socket; choose another path")
        }
        let probe = try makeSocket(address, path)
        defer { close(probe) }
        // A live owner with a full backlog doesn't refuse: it makes us wait, and that is an answer too.
        _ = fcntl(probe, F_SETFL, O_NONBLOCK)
        guard address.withPointer({ connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED else {
            throw Failure("can't listen on \(path): another process does; stop it, or choose another path")
        }
        guard unlink(path) == 0 else { throw Failure(path, "unlink") }
    }

    private static func listen(host: String, port: UInt16) throws(Failure) -> Int32 {
        let name = "\(host) port \(port)"
        guard let address = SocketAddress(host: host, port: port) else {
            throw Failure("can't listen on \(name): write an address in numbers")
        }
        let descriptor = try makeSocket(address, name)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            let failure = Failure(name, "bind")
            close(descriptor)
            throw failure
        }
        return descriptor
    }

    private static func makeSocket(_ address: SocketAddress, _ name: String) throws(Failure) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(Int32(address.family), type, 0)
        guard descriptor >= 0 else { throw Failure(name, "socket") }
        return descriptor
    }
}
