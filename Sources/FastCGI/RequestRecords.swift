import Glibc

/// The records of one request, looked through before libfcgi sees them.
///
/// libfcgi trusts its peer: a parameter that claims to be 2 GiB long, or a query of values that names one 20 times,
/// ends the process, and what comes in pieces holds a thread. So it is given only whole requests, in the order of the
/// [FastCGI specification](https://fastcgi-archives.github.io/FastCGI_Specification.html) §3.3 and §5, of which the
/// body is left out, as nothing here reads it.
struct RequestRecords {
    enum Progress {
        /// More is to come.
        case incomplete
        /// All has come, and nothing behind it.
        case complete
        /// The peer breaks the protocol, or wants what isn't offered: another role, several requests at a time.
        case broken
    }

    /// The longest that a request's parameters may be, in bytes.
    static let maximumParametersLength = 4 << 20

    /// The request without its body, for libfcgi; and without padding, which libfcgi takes for records where it stands
    /// behind one that begins or ends something.
    private(set) var collected: [UInt8] = []

    /// What the management records among them are to be answered with; they are not collected.
    var managementReply: [UInt8] = []

    /// More than most requests take, in bytes.
    private static let usualLength = 2048

    /// The role of a program that makes the response (§6.2); the others are authorizers and filters.
    private static let responder: UInt16 = 1

    private enum Phase: UInt8 {
        case begin, parameters, body, end
    }

    private var phase = Phase.begin
    private var requestID: UInt16 = 0
    private var role: UInt16 = 0
    private var header = RecordHeader()
    private var headerLength = 0
    private var contentLeft = 0
    private var paddingLeft = 0
    private var parameters = NameValuePairs()

    /// Whether nothing of a request has come, or nothing but whole management records.
    var areEmpty: Bool { phase == .begin && headerLength == 0 }

    /// Reads the bytes that have come next.
    mutating func read(_ bytes: Span<UInt8>) -> Progress {
        var next = 0
        while next < bytes.count {
            if headerLength < RecordHeader.length {
                header.append(bytes[next])
                headerLength += 1
                next += 1
                guard headerLength == RecordHeader.length else { continue }
                guard begin() else { return .broken }
            }
            let content = min(contentLeft, bytes.count - next)
            guard read(content: bytes.extracting(next..<next + content)) else { return .broken }
            contentLeft -= content
            next += content
            let padding = min(paddingLeft, bytes.count - next)
            paddingLeft -= padding
            next += padding
            guard contentLeft == 0 && paddingLeft == 0 else { break }
            headerLength = 0
            if phase == .end { return next == bytes.count ? .complete : .broken }
        }
        return .incomplete
    }

    /// A header has come: whether this record may come now.
    private mutating func begin() -> Bool {
        guard header.version == 1 else { return false }
        contentLeft = header.contentLength
        paddingLeft = header.paddingLength
        let isEmpty = contentLeft == 0
        switch (phase, header.type) {
        case (_, _) where header.requestID == 0:
            managementReply += Self.reply(toManagementRecord: header)
            return true
        case (.begin, .beginRequest):
            guard contentLeft == 8 else { return false }
            requestID = header.requestID
            phase = .parameters
            collected.reserveCapacity(Self.usualLength)
        case (.parameters, .parameters) where header.requestID == requestID:
            guard role == Self.responder else { return false }
            guard isEmpty else { break }
            guard parameters.areWhole else { return false }
            phase = .body
        case (.body, .standardInput) where header.requestID == requestID:
            guard isEmpty else { return true }
            phase = .end
        default:
            return false
        }
        header.appendWithoutPadding(to: &collected)
        return true
    }

    /// The answer to a management record (§4), which has the same length whatever was asked: of the variables a
    /// responder may tell, only that a connection carries one request at a time is true here.
    private static func reply(toManagementRecord header: RecordHeader) -> [UInt8] {
        let content: [UInt8]
        let type: RecordHeader.RecordType
        if header.type == .getValues {
            type = .getValuesResult
            content = [15, 1] + Array("FCGI_MPXS_CONNS0".utf8)
        } else {
            type = .unknownType
            content = [header.typeNumber, 0, 0, 0, 0, 0, 0, 0]
        }
        return [1, type.rawValue, 0, 0, 0, UInt8(content.count), 0, 0] + content
    }

    private mutating func read(content: Span<UInt8>) -> Bool {
        guard header.requestID != 0 && header.type != .standardInput else { return true }
        content.withUnsafeBufferPointer { collected.append(contentsOf: $0) }
        if header.type == .parameters { return parameters.read(content) }
        // The role is the first two of the eight bytes of FCGI_BEGIN_REQUEST (§5.1).
        for index in content.indices where contentLeft - index > 6 { role = role << 8 | UInt16(content[index]) }
        return true
    }
}

/// Name-value pairs in their encoding (§3.4), of which only the lengths are looked at.
private struct NameValuePairs {
    private var total = 0
    private var length = 0
    private var lengthBytesLeft = 0
    private var nameLength: Int?
    private var pairBytesLeft = 0

    /// Whether the last pair has come to its end.
    var areWhole: Bool { pairBytesLeft == 0 && lengthBytesLeft == 0 && nameLength == nil }

    /// Whether C would take a part of these bytes for the whole: of the visitor `alice\0bob` it sees `alice`.
    private static func hasNUL(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        }
    }

    /// - Returns: false when they are too long, or no C strings.
    mutating func read(_ bytes: Span<UInt8>) -> Bool {
        total += bytes.count
        guard total <= RequestRecords.maximumParametersLength else { return false }
        var next = 0
        while next < bytes.count {
            if pairBytesLeft > 0 {
                let count = min(pairBytesLeft, bytes.count - next)
                guard !Self.hasNUL(bytes.extracting(next..<next + count)) else { return false }
                pairBytesLeft -= count
                next += count
                continue
            }
            let byte = bytes[next]
            next += 1
            if lengthBytesLeft > 0 {
                length = length << 8 | Int(byte)
                lengthBytesLeft -= 1
            } else if byte < 0x80 {
                length = Int(byte)
            } else {
                length = Int(byte & 0x7f)
                lengthBytesLeft = 3
            }
            guard lengthBytesLeft == 0 else { continue }
            if let name = nameLength {
                pairBytesLeft = name + length
                nameLength = nil
                guard pairBytesLeft <= RequestRecords.maximumParametersLength else { return false }
            } else {
                nameLength = length
            }
        }
        return true
    }
}
