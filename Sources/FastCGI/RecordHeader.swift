/// The eight bytes with which each FastCGI record starts
/// ([specification](https://fastcgi-archives.github.io/FastCGI_Specification.html) §3.3).
struct RecordHeader {
    /// The types of records that matter here (§8).
    enum RecordType: UInt8 {
        case beginRequest = 1
        case parameters = 4
        case standardInput = 5
        case getValues = 9
        case getValuesResult = 10
        case unknownType = 11
    }

    /// In bytes.
    static let length = 8
    /// The most that one record holds, in bytes.
    static let maximumContentLength = 0xffff

    /// Version, type, request's id (2 bytes), content's length (2), padding's length, a reserved byte: big-endian.
    private var bits: UInt64 = 0

    /// Reads the header at an offset of `bytes`.
    init(_ bytes: Span<UInt8>, at offset: Int) {
        for index in offset..<offset + Self.length { bits = bits << 8 | UInt64(bytes[index]) }
    }

    /// The header of a record without padding.
    init(_ type: RecordType, requestID: UInt16, contentLength: Int) {
        bits = 1 << 56 | UInt64(type.rawValue) << 48 | UInt64(requestID) << 32 | UInt64(contentLength) << 16
    }

    /// 1, unless it is no FastCGI.
    var version: UInt8 { UInt8(truncatingIfNeeded: bits >> 56) }
    /// See ``RecordType``.
    var type: UInt8 { UInt8(truncatingIfNeeded: bits >> 48) }
    /// 0 for a management record, which concerns the connection.
    var requestID: UInt16 { UInt16(truncatingIfNeeded: bits >> 32) }
    /// In bytes, up to 65,535.
    var contentLength: Int { Int(bits >> 16 & 0xffff) }
    /// Of the whole record, padding included, in bytes.
    var recordLength: Int { Self.length + contentLength + Int(bits >> 8 & 0xff) }

    /// Appends the header's bytes.
    func append(to output: inout [UInt8]) {
        withUnsafeBytes(of: bits.bigEndian) { output.append(contentsOf: $0) }
    }
}
