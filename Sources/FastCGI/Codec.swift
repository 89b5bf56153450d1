import CFastCGI
import CLinux
import Glibc

/// libfcgi, which decodes requests and encodes responses. Nothing else calls it.
///
/// libfcgi reads from a descriptor and writes to it, and blocks while a peer is slow. Here the descriptor is a file in
/// memory: libfcgi reads a whole request from it, and writes the whole response over that, without blocking.
struct Codec: ~Copyable {
    /// On the heap and never moved, since libfcgi's streams point back at it.
    private let state: UnsafeMutablePointer<FCGX_Request>
    /// libfcgi owns it: where it refuses a request, it closes the file and makes this negative.
    private var file: Int32 { state.pointee.ipcFd }

    /// The name-value pairs and the records of the request, kept to reuse their memory.
    private var pairs: [UInt8] = []
    private var records: [UInt8] = []

    /// Beyond this length, in bytes, memory is given back.
    private static let usualLength = 16 << 10
    /// Keeps libfcgi from closing the file after a request (FCGI_KEEP_CONN, §5.1).
    private static let keepConnection: UInt8 = 1

    /// Prepares libfcgi; called before there are threads.
    static func start() {
        // It fails only where there is no memory, and then each request does.
        FCGX_Init()
    }

    /// - Throws: ``SystemError`` when descriptors or memory are used up.
    init() throws(SystemError) {
        let file = memfd_create("request", UInt32(MFD_CLOEXEC))
        guard file >= 0 else { throw SystemError("memfd_create") }
        state = .allocate(capacity: 1)
        // Without a listening socket, libfcgi can't accept a connection when it has refused a request.
        FCGX_InitRequest(state, -1, 0)
        state.pointee.ipcFd = file
        state.pointee.keepConnection = Int32(Self.keepConnection)
    }

    deinit {
        FCGX_Free(state, 1)
        state.deallocate()
    }

    /// Decodes a request, calls the handler, and encodes the response.
    ///
    /// - Returns: The response as records; nil when memory is used up, after which this codec is of no use.
    /// - Throws: ``Disconnection`` when the request's variables are malformed.
    mutating func respond(
        to request: IncomingRequest, with handler: inout some RequestHandler & ~Copyable
    ) throws(Disconnection) -> [UInt8]? {
        pairs.removeAll(keepingCapacity: true)
        try request.appendPairs(named: { handler.reads($0) }, to: &pairs)
        makeRecords(request.id)
        guard pwrite(file, records, records.count, 0) == records.count, rewind(), FCGX_Accept_r(state) == 0, rewind()
        else { return nil }
        do {
            let request = Request(borrowing: UnsafePointer(state.pointee.envp), of: request)
            let response = handler.respond(to: request)
            for line in response.log { put(Array(line.text.utf8), into: state.pointee.err) }
            put(response.message(for: request.method), into: state.pointee.out)
        }
        FCGX_Finish_r(state)
        // Negative where a write failed, as then libfcgi has closed the file.
        let length = lseek(file, 0, SEEK_CUR)
        guard length > 0 else { return nil }
        let response = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, length, 0))
        }
        if max(records.count, length) > Self.usualLength {
            ftruncate(file, 0)
            (pairs, records) = ([], [])
        }
        return response.count == length ? response : nil
    }

    /// Makes `records` of `pairs`, as short as a request can be: no padding, and no body, as nobody reads one.
    private mutating func makeRecords(_ id: UInt16) {
        records.removeAll(keepingCapacity: true)
        RecordHeader(.beginRequest, requestID: id, contentLength: 8).append(to: &records)
        records += [0, 1, Self.keepConnection, 0, 0, 0, 0, 0]
        for start in stride(from: 0, to: pairs.count, by: RecordHeader.maximumContentLength) {
            let part = pairs[start...].prefix(RecordHeader.maximumContentLength)
            RecordHeader(.parameters, requestID: id, contentLength: part.count).append(to: &records)
            records += part
        }
        RecordHeader(.parameters, requestID: id, contentLength: 0).append(to: &records)
    }

    private func rewind() -> Bool { lseek(file, 0, SEEK_SET) == 0 }

    private func put(_ bytes: [UInt8], into stream: UnsafeMutablePointer<FCGX_Stream>?) {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = FCGX_PutStr(start.assumingMemoryBound(to: CChar.self), Int32(bytes.count), stream)
        }
    }
}
