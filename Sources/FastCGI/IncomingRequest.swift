import Glibc

/// A request as its records carried it, without the body, which nobody reads.
struct IncomingRequest: Equatable {
    /// By which the web server knows it; at least 1.
    let id: UInt16
    /// Whether the web server wants to send another request on the connection (FCGI_KEEP_CONN, §5.1).
    let keepsConnection: Bool
    /// The variables, as name-value pairs (§3.4): the lengths of name and value, then both.
    var parameters: [UInt8] = []

    /// Checks the variables, and appends the pairs whose names `isRead` accepts to `output`, as they came.
    ///
    /// - Throws: ``Disconnection`` when a pair is cut off, or has a NUL: of the visitor `alice\0bob` a C program sees
    ///   `alice`.
    func appendPairs(named isRead: (Span<UInt8>) -> Bool, to output: inout [UInt8]) throws(Disconnection) {
        let bytes = parameters.span
        var next = 0
        while next < bytes.count {
            let start = next
            let pair = try Self.pair(at: &next, of: bytes)
            guard !Self.hasNUL(bytes.extracting(pair.name.lowerBound..<next)) else { throw Disconnection() }
            guard isRead(bytes.extracting(pair.name)) else { continue }
            bytes.extracting(start..<next).withUnsafeBufferPointer { output.append(contentsOf: $0) }
        }
    }

    /// The value of the first variable with a name, given by its bytes; nil where there is none.
    func value(of name: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let bytes = parameters.span
        var next = 0
        while next < bytes.count, let pair = try? Self.pair(at: &next, of: bytes) {
            guard pair.name.count == name.count, parameters[pair.name].elementsEqual(name) else { continue }
            return Array(parameters[pair.value])
        }
        return nil
    }

    /// Reads a pair, and moves `next` to the next one.
    private static func pair(
        at next: inout Int, of bytes: Span<UInt8>
    ) throws(Disconnection) -> (name: Range<Int>, value: Range<Int>) {
        let nameLength = try length(at: &next, of: bytes)
        let valueLength = try length(at: &next, of: bytes)
        let name = next..<next + nameLength
        next = name.upperBound + valueLength
        guard next <= bytes.count else { throw Disconnection() }
        return (name, name.upperBound..<next)
    }

    /// Reads a length: one byte up to 127, or four with the highest bit set.
    private static func length(at next: inout Int, of bytes: Span<UInt8>) throws(Disconnection) -> Int {
        guard next < bytes.count else { throw Disconnection() }
        let first = Int(bytes[next])
        next += 1
        guard first >= 0x80 else { return first }
        guard next + 3 <= bytes.count else { throw Disconnection() }
        defer { next += 3 }
        return (first & 0x7f) << 24 | Int(bytes[next]) << 16 | Int(bytes[next + 1]) << 8 | Int(bytes[next + 2])
    }

    private static func hasNUL(_ bytes: Span<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        }
    }
}
