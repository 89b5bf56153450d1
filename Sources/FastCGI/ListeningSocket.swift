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
        /// A TCP port of a numeric IPv4 or IPv6 address.
        case port(host: String, port: UInt16)

        /// Reads `PATH`, which has a slash, or `HOST:PORT`: an IPv4 address, an IPv6 address in brackets, or
        /// `localhost`; nil where it is neither. Without a host it is the loopback address.
        public init?(_ text: String) {
            let bytes = text.utf8
            if bytes.contains(UInt8(ascii: "/")) {
                self = .path(text)
                return
            }
            guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
                let port = UInt16(text[bytes.index(after: colon)...]), port > 0
            else { return nil }
            var host = bytes[..<colon]
            if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
            let isNamed = host.isEmpty || host.elementsEqual("localhost".utf8)
            let address = isNamed ? "127.0.0.1" : String(decoding: host, as: UTF8.self)
            guard SocketAddress(host: address, port: port) != nil else { return nil }
            self = .port(host: address, port: port)
        }

        /// Whether other machines can reach it.
        public var isRemote: Bool {
            guard case .port(let host, _) = self else { return false }
            return !host.utf8.starts(with: "127.".utf8) && !host.utf8.elementsEqual("::1".utf8)
        }
    }

    /// Why there is no socket; a sentence that says what to change.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        /// The sentence.
        public let description: String

        init(_ address: String, _ reason: some CustomStringConvertible) {
            description = "can't listen on \(address): \(reason)"
        }
    }

    /// How long the lock of a directory is waited for, in nanoseconds.
    private static let lockLimit = 5 * nanosecondsPerSecond
    /// How often it is tried, in microseconds.
    private static let lockPause: useconds_t = 10_000

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
            let name = "\(host) port \(port)"
            guard let address = SocketAddress(host: host, port: port) else {
                throw Failure(name, "write a numeric address")
            }
            descriptor = try Self.listen(on: address, name, mode: mode)
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
        guard let address = SocketAddress(path: Array(path.utf8)) else {
            throw Failure(path, "a unix socket's path has at most 107 bytes")
        }
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        let directory = end == path.startIndex ? "/" : String(path[..<end])
        let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw Failure(path, SystemError("open \(directory)")) }
        defer { close(lock) }
        try wait(for: lock, of: directory, path)
        try removeStaleSocket(at: path, address)
        let descriptor = try listen(on: address, path, mode: mode)
        var status = stat()
        lstat(path, &status)
        return (descriptor, status.st_ino)
    }

    /// Waits for the lock of a directory, so that of two that start at once neither takes the other's new socket for a
    /// stale one. Anybody who may read the directory can hold that lock, so it is not waited for without end.
    private static func wait(for lock: Int32, of directory: String, _ path: String) throws(Failure) {
        let deadline = monotonicTime + lockLimit
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else { throw Failure(path, SystemError("flock \(directory)")) }
            guard monotonicTime < deadline else {
                let remedy = "stop it (lslocks(8) shows which), or choose another directory"
                throw Failure(path, "another process holds a lock on \(directory); \(remedy)")
            }
            usleep(lockPause)
        }
    }

    /// Removes the socket of a process that has gone; anything else stays as it is.
    private static func removeStaleSocket(at path: String, _ address: SocketAddress) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Failure(path, "a file that isn't a socket is there; choose another path")
        }
        let probe = try makeSocket(address, path)
        defer { close(probe) }
        // Where a live owner's backlog is full, connect fails with EAGAIN, not with ECONNREFUSED.
        _ = fcntl(probe, F_SETFL, O_NONBLOCK)
        guard address.withPointer({ connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED else {
            throw Failure(path, "another process listens there; stop it, or choose another path")
        }
        guard unlink(path) == 0 else { throw Failure(path, SystemError("unlink")) }
    }

    private static func listen(on address: SocketAddress, _ name: String, mode: mode_t) throws(Failure) -> Int32 {
        let descriptor = try makeSocket(address, name)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        // A unix socket gets its mode at once: for a moment with another, somebody else could connect.
        let umask = Glibc.umask(0o777 & ~mode)
        defer { Glibc.umask(umask) }
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            defer { close(descriptor) }
            throw Failure(name, SystemError("bind"))
        }
        return descriptor
    }

    private static func makeSocket(_ address: SocketAddress, _ name: String) throws(Failure) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(Int32(address.family), type, 0)
        guard descriptor >= 0 else { throw Failure(name, SystemError("socket")) }
        return descriptor
    }
}
