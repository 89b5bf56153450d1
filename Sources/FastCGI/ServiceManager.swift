import CLinux
import Glibc

/// The supervisor that has started this process, as systemd's protocols have it.
public enum ServiceManager {
    /// The first socket that the supervisor hands over (sd_listen_fds(3)); nil where it hands over none.
    public static var socket: Int32? {
        guard let process = getenv("LISTEN_PID"), Int32(String(cString: process)) == getpid(),
            let count = getenv("LISTEN_FDS"), let sockets = Int(String(cString: count)), sockets > 0
        else { return nil }
        return Responder.isListening(3) ? 3 : nil
    }

    /// Tells the supervisor, if it wants to know, that the program is ready or stopping (sd_notify(3)).
    ///
    /// - Parameter state: `READY=1` or `STOPPING=1`.
    static func notify(_ state: String) {
        guard let name = getenv("NOTIFY_SOCKET") else { return }
        var path = [UInt8](UnsafeRawBufferPointer(start: name, count: strlen(name)))
        switch path.first {
        case UInt8(ascii: "/"): break
        // A name of the abstract namespace, which starts with a NUL.
        case UInt8(ascii: "@"): path[0] = 0
        default: return
        }
        guard let address = SocketAddress(path: path) else { return }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        let bytes = Array(state.utf8)
        _ = address.withPointer { sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
        close(descriptor)
    }
}
