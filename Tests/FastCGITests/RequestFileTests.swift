import Glibc
import Testing

@testable import FastCGI

@Suite("The file that holds a request for libfcgi")
struct RequestFileTests {
    private static let mapped = 16 << 10

    /// All that can be read from a descriptor.
    private func content(_ descriptor: Int32) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
        return content
    }

    @Test(
        "a request is read as it was, and behind it no record of an earlier one",
        arguments: [0, 1, 59, 8192, mapped - 9, mapped - 8, mapped - 7, mapped, mapped + 1, 4 << 20])
    func holding(length: Int) throws {
        let file = try RequestFile()
        for (byte, count) in [(1, Self.mapped - 8), (2, 1 << 20), (3, length), (4, 100)] as [(UInt8, Int)] {
            let request = [UInt8](repeating: byte, count: count)
            let read = try #require(file.holding(request) { content($0.descriptor) })
            #expect(read.starts(with: request))
            let rest = read.dropFirst(count)
            #expect(rest.count < 8 || rest.prefix(8).allSatisfy { $0 == 0 })
        }
    }

    @Test("a long request takes no memory once it is answered")
    func memory() throws {
        let file = try RequestFile()
        _ = file.holding([UInt8](repeating: 1, count: 4 << 20)) { _ in }
        var status = stat()
        #expect(fstat(file.descriptor, &status) == 0)
        #expect(status.st_size == Self.mapped)
    }
}
