import Glibc

/// A small file that was read once, and is read again only when it has changed.
final class WatchedFile: Sendable {
    /// Why a file can't be used; completes a sentence that names it.
    struct Unusable: Error, Equatable {
        let reason: String
    }

    /// What changes in a file's metadata with its content, or when the path leads to another file.
    private struct Stamp: Equatable {
        let device: dev_t
        let inode: ino_t
        let size: off_t
        let changed: Int

        init(_ status: stat) {
            device = status.st_dev
            inode = status.st_ino
            size = status.st_size
            changed = status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec
        }
    }

    /// The largest file that is read, in bytes; a wrong path must not fill the memory.
    static let sizeLimit = 1 << 20

    /// How long after a change a second one may leave the same time stamp, in nanoseconds: kernels before 6.13 take
    /// it from the timer's last tick.
    private static let clockGranularity = 20_000_000

    /// The file's bytes.
    let content: [UInt8]
    private let path: String
    private let stamp: Stamp
    private let isSettled: Bool

    /// Reads the file at `path`.
    init(path: String) throws(Unusable) {
        self.path = path
        // Non-blocking, since opening a fifo would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Unusable(reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Unusable(reason: String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Unusable(reason: "it is not a regular file") }
        guard status.st_size <= Self.sizeLimit else { throw Unusable(reason: "it is larger than 1 MiB") }
        content = try Self.read(descriptor)
        stamp = Stamp(status)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        isSettled = now.tv_sec * 1_000_000_000 + now.tv_nsec - stamp.changed > Self.clockGranularity
    }

    /// Reads the file that a setting names.
    ///
    /// - Parameter content: What the file is to hold, in words.
    /// - Throws: ``Problem`` when it can't be read.
    convenience init(named setting: Setting, in environment: Environment, holding content: String) throws(Problem) {
        let path = try environment.text(setting)?.description ?? ""
        do throws(Unusable) {
            try self.init(path: path)
        } catch {
            throw Problem(
                setting,
                "can't be read (\(error.reason)): set it to the path of a file with \(content), "
                    + "readable by this program")
        }
    }

    /// Whether the file at the path is still the one that was read.
    var isUnchanged: Bool {
        var status = stat()
        return isSettled && stat(path, &status) == 0 && Stamp(status) == stamp
    }

    private static func read(_ descriptor: Int32) throws(Unusable) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while content.count <= sizeLimit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return content }
            if count > 0 {
                content.append(contentsOf: buffer[..<count])
            } else if errno != EINTR {
                throw Unusable(reason: String(cString: strerror(errno)))
            }
        }
        throw Unusable(reason: "it is larger than 1 MiB")
    }
}
