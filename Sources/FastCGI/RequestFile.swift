import CFastCGI
import Glibc

/// A file in memory that holds one request, since libfcgi reads from a descriptor.
final class RequestFile {
    /// At the request's begin; negative once libfcgi has closed it, as it does where it refuses what it reads.
    var descriptor: Int32

    /// The file's begin: writing there takes no system call.
    private let mapped: UnsafeMutableRawBufferPointer

    /// How much of it that is, in bytes: a web server's request takes about 1 KiB.
    private static let mappedLength = 16 << 10

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        descriptor = memfd_create("request", UInt32(MFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("memfd_create") }
        guard ftruncate(descriptor, Self.mappedLength) == 0,
            // Populated, as memory that isn't there later would end the process.
            let memory = mmap(
                nil, Self.mappedLength, PROT_READ | PROT_WRITE, Int32(MAP_SHARED) | Int32(MAP_POPULATE), descriptor, 0),
            memory != MAP_FAILED
        else {
            let error = SystemError("mmap")
            close(descriptor)
            throw error
        }
        mapped = UnsafeMutableRawBufferPointer(start: memory, count: Self.mappedLength)
    }

    deinit {
        munmap(mapped.baseAddress, mapped.count)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Calls `body` while the file holds `request`, and nothing valid behind it.
    ///
    /// - Returns: nil when there is no memory for it.
    func holding<Result>(_ request: [UInt8], _ body: (RequestFile) -> Result) -> Result? {
        lseek(descriptor, 0, SEEK_SET)
        guard request.count + RecordHeader.length > mapped.count else {
            mapped.copyBytes(from: request)
            // Behind it may lie a rest of an earlier one. No record has the version 0.
            mapped.storeBytes(of: 0, toByteOffset: request.count, as: UInt64.self)
            return body(self)
        }
        defer { ftruncate(descriptor, mapped.count) }
        return pwrite(descriptor, request, request.count, 0) == request.count ? body(self) : nil
    }
}
