import Glibc

/// A system call failed.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The call, such as `epoll_create1`.
    public let call: String
    /// Its `errno`.
    public let errno: Int32

    init(_ call: String, errno: Int32 = Glibc.errno) {
        self.call = call
        self.errno = errno
    }

    /// The call and the system's text for its error.
    public var description: String { "\(call): \(String(cString: strerror(errno)))" }
}
