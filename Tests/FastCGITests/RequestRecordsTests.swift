import Testing

@testable import FastCGI

@Suite("The records of one request (FastCGI specification §3)")
struct RequestRecordsTests {
    private static let begin = record(1, [0, 1, 1, 0, 0, 0, 0, 0])
    private static let parameters = record(4, [1, 1] + Array("AB".utf8) + [1, 0x80, 0, 0, 2] + Array("CDE".utf8))
    private static let end = record(4, []) + record(5, [])

    private static func record(_ type: UInt8, _ content: [UInt8], id: UInt8 = 1, padding: UInt8 = 0) -> [UInt8] {
        [1, type, 0, id, UInt8(content.count >> 8), UInt8(content.count & 0xff), padding, 0] + content
            + [UInt8](repeating: 0xff, count: Int(padding))
    }

    /// What becomes of `bytes`, read in pieces of a length.
    private func read(_ bytes: [UInt8], by length: Int = .max) -> (RequestRecords.Progress, RequestRecords) {
        var records = RequestRecords()
        var rest = bytes[...]
        var progress = RequestRecords.Progress.incomplete
        while !rest.isEmpty && progress == .incomplete {
            progress = records.read(Array(rest.prefix(length)).span)
            rest = rest.dropFirst(length)
        }
        return (rest.isEmpty ? progress : .broken, records)
    }

    @Test("a request is complete with the end of its body, and not before", arguments: [1, 2, 7, 8, 9, 1000])
    func completeness(length: Int) {
        let request = Self.begin + Self.parameters + Self.end
        let (progress, records) = read(request, by: length)
        #expect(progress == .complete)
        #expect(records.collected == request)
        #expect(records.managementReply == [])
        for count in 0..<request.count {
            let (progress, _) = read(Array(request.prefix(count)), by: length)
            #expect(progress == .incomplete)
        }
    }

    @Test("the body and all padding are left out", arguments: [1, 3, 1000])
    func body(length: Int) {
        let request =
            Self.record(1, [0, 1, 0, 0, 0, 0, 0, 0], padding: 9)
            + Self.record(4, [1, 0, 0x41], padding: 255) + Self.record(4, [], padding: 3)
            + Self.record(5, [1, 2, 3], padding: 5) + Self.record(5, [4]) + Self.record(5, [], padding: 1)
        let (progress, records) = read(request, by: length)
        #expect(progress == .complete)
        #expect(
            records.collected == Self.record(1, [0, 1, 0, 0, 0, 0, 0, 0]) + Self.record(4, [1, 0, 0x41]) + Self.end)
    }

    @Test("management records are answered beside the request", arguments: [1, 5, 1000])
    func management(length: Int) {
        let (progress, records) = read(
            Self.record(9, [1, 2, 3], id: 0) + Self.begin + Self.record(99, [], id: 0) + Self.end, by: length)
        #expect(progress == .complete)
        #expect(records.collected == Self.begin + Self.end)
        #expect(
            records.managementReply
                == Self.record(10, [15, 1] + Array("FCGI_MPXS_CONNS0".utf8), id: 0)
                + Self.record(11, [99, 0, 0, 0, 0, 0, 0, 0], id: 0))
    }

    @Test(
        "what breaks the protocol is told",
        arguments: [
            [2] + begin.dropFirst(),
            record(4, [1, 0, 0x41]),
            record(1, [0, 1, 1]),
            record(1, [0, 2, 0, 0, 0, 0, 0, 0]) + record(4, []),
            record(1, [1, 1, 0, 0, 0, 0, 0, 0]) + record(4, []),
            begin + begin,
            begin + record(4, [], id: 2),
            begin + record(5, []),
            begin + record(2, []),
            begin + record(4, [1]) + record(4, []),
            begin + record(4, [1, 1, 0x41]) + record(4, []),
            begin + record(4, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            begin + record(4, [4, 0x80, 0x40, 0, 0]),
            begin + end + [1],
        ] as [[UInt8]])
    func breaches(bytes: [UInt8]) {
        for length in [1, 1000] {
            let (progress, _) = read(bytes, by: length)
            #expect(progress == .broken)
        }
    }
}
