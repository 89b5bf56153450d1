import Foundation
import Testing

@testable import TokenEndpoint

@Suite("a file that holds the key")
struct SigningKeyFileTests {
    private static func variables(_ path: String) -> [String: String] {
        ["TINYBIRD_SIGNING_KEY_FILE": path, "TINYBIRD_PIPES": Guide.pipe]
    }

    @Test("is read, white space around the key trimmed")
    func reads() throws {
        let file = try TemporaryFile(Guide.key + "\n")
        #expect(try settings(Self.variables(file.path)).get().signingKey.bytes == Array(Guide.key.utf8))
    }

    @Test(
        "that can't be one is refused",
        arguments: [
            ("/nonexistent", "can't be read (No such file or directory)"),
            ("/", "can't be read (it is not a regular file)"),
            ("/dev/zero", "can't be read (it is not a regular file)"),
        ])
    func unusable(path: String, reason: String) {
        #expect(
            problem(path)
                == "TINYBIRD_SIGNING_KEY_FILE \(reason): set it to the path of a file with the key, readable by this program"
        )
    }

    @Test("that is a fifo is refused without waiting for its writer")
    func fifo() throws {
        let file = try TemporaryFile()
        #expect(mkfifo(file.path, 0o600) == 0)
        #expect(problem(file.path)?.contains("(it is not a regular file)") == true)
    }

    @Test("that is too large is refused")
    func large() throws {
        let file = try TemporaryFile(String(repeating: "k", count: 1 << 20 + 1))
        #expect(problem(file.path)?.contains("(it is larger than 1 MiB)") == true)
    }

    @Test("that is empty or not filled in is refused", arguments: ["", " \n", "${KEY}"])
    func noKey(content: String) throws {
        let file = try TemporaryFile(content)
        #expect(problem(file.path)?.hasPrefix("TINYBIRD_SIGNING_KEY_FILE ") == true)
    }

    @Test("is read anew when it changes, in place or replaced, to a key of the same length", arguments: [false, true])
    func rotation(atomically: Bool) throws {
        let file = try TemporaryFile(Guide.key)
        var endpoint = TokenEndpoint(process: Self.variables(file.path))
        #expect(endpoint.answer().text.contains(Guide.token))
        for _ in 0..<20 {
            try file.write(String(Guide.key.dropLast()) + "X", atomically: atomically)
            #expect(endpoint.answer().status == .ok)
            #expect(!endpoint.answer().text.contains(Guide.token))
            try file.write(Guide.key, atomically: atomically)
            #expect(endpoint.answer().text.contains(Guide.token))
        }
    }

    @Test("may come later, or go: tokens follow, without a restart")
    func comesAndGoes() throws {
        let file = try TemporaryFile()
        var endpoint = TokenEndpoint(process: Self.variables(file.path))
        #expect(endpoint.answer().status == .serviceUnavailable)
        try file.write(Guide.key)
        #expect(endpoint.answer().text.contains(Guide.token))
        try FileManager.default.removeItem(at: file.url)
        #expect(endpoint.answer().status == .serviceUnavailable)
    }

    private func problem(_ path: String) -> String? {
        guard case .failure(let error) = settings(Self.variables(path)) else { return nil }
        return error.description
    }
}
