/// Makes whole requests of the bytes that come on a connection, in pieces of any length.
///
/// libfcgi trusts its peer: a parameter that claims to be 2 GiB long, or a query of values that names one 20 times,
/// ends the process. So the records are read here, in the order of the
/// [FastCGI specification](https://fastcgi-archives.github.io/FastCGI_Specification.html) §3.3 and §5, and libfcgi gets
/// others, made of what was read (``Codec``).
struct Inbox {
    /// The longest that a request's parameters may be, in bytes.
    static let maximumParametersLength = 4 << 20

    /// Replies to the management records that were read.
    var managementReply: [UInt8] = []

    /// The start of a record whose rest hasn't come.
    private var unread: [UInt8] = []
    /// The request whose records are coming.
    private var request: IncomingRequest?
    /// Whether its parameters are all there, and its body is coming.
    private var isInBody = false

    /// The role of a program that makes the response (§6.2); the others are authorizers and filters.
    private static let responder = 1

    /// What is held, in bytes.
    var count: Int { unread.count + (request?.parameters.count ?? 0) }
    /// Whether nothing of a request has come.
    var isEmpty: Bool { unread.isEmpty && request == nil }

    /// Reads the bytes that have come next.
    ///
    /// - Returns: A request, if they end one; nil if more is to come.
    /// - Throws: ``Disconnection``, after which nothing can be read.
    mutating func read(_ bytes: Span<UInt8>) throws(Disconnection) -> IncomingRequest? {
        guard !unread.isEmpty else { return try readRecords(bytes) }
        var received = unread
        unread = []
        bytes.withUnsafeBufferPointer { received.append(contentsOf: $0) }
        return try readRecords(received.span)
    }

    private mutating func readRecords(_ bytes: Span<UInt8>) throws(Disconnection) -> IncomingRequest? {
        var next = 0
        while bytes.count - next >= RecordHeader.length {
            let header = RecordHeader(bytes, at: next)
            guard header.version == 1 else { throw Disconnection() }
            guard bytes.count - next >= header.recordLength else { break }
            let content = next + RecordHeader.length
            next += header.recordLength
            guard try read(header, bytes.extracting(content..<content + header.contentLength)) else { continue }
            // A connection carries one request at a time: nothing follows before the response.
            guard next == bytes.count else { throw Disconnection() }
            isInBody = false
            return request.take()
        }
        bytes.extracting(next..<bytes.count).withUnsafeBufferPointer { unread.append(contentsOf: $0) }
        return nil
    }

    /// Reads a record.
    ///
    /// - Returns: Whether it is the last one of a request.
    private mutating func read(_ header: RecordHeader, _ content: Span<UInt8>) throws(Disconnection) -> Bool {
        switch RecordHeader.RecordType(rawValue: header.type) {
        case _ where header.requestID == 0:
            reply(toManagementRecord: header)
        case .beginRequest where request == nil:
            guard content.count == 8, Int(content[0]) << 8 | Int(content[1]) == Self.responder
            else { throw Disconnection() }
            request = IncomingRequest(id: header.requestID, keepsConnection: content[2] & 1 != 0)
        case .parameters where header.requestID == request?.id && !isInBody:
            isInBody = content.isEmpty
            content.withUnsafeBufferPointer { request?.parameters.append(contentsOf: $0) }
            guard count <= Self.maximumParametersLength else { throw Disconnection() }
        case .standardInput where header.requestID == request?.id && isInBody:
            return content.isEmpty
        default:
            throw Disconnection()
        }
        return false
    }

    /// Replies to a management record (§4), always in the same length: of the variables a responder may tell, only that
    /// a connection carries one request at a time is true here.
    private mutating func reply(toManagementRecord header: RecordHeader) {
        let isQuery = header.type == RecordHeader.RecordType.getValues.rawValue
        let content = isQuery ? [15, 1] + Array("FCGI_MPXS_CONNS0".utf8) : [header.type, 0, 0, 0, 0, 0, 0, 0]
        RecordHeader(isQuery ? .getValuesResult : .unknownType, requestID: 0, contentLength: content.count)
            .append(to: &managementReply)
        managementReply += content
    }
}
