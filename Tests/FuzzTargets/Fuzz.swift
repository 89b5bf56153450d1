import Glibc

/// The targets, by the name of their corpus. Each takes any bytes, and throws or ends the process where something
/// doesn't hold.
private let targets: [String: @Sendable ([UInt8]) throws -> Void] = [
    "json": fuzzJSON, "parameters": fuzzParameters, "records": fuzzRecords, "scopes": fuzzScopes,
    "settings": fuzzSettings, "token": fuzzToken,
]

private let target: @Sendable ([UInt8]) throws -> Void = {
    guard let name = getenv("FUZZ_TARGET"), let target = targets[String(cString: name)] else {
        fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted())")
    }
    return target
}()

/// What libFuzzer calls with each input ([libFuzzer](https://llvm.org/docs/LibFuzzer.html#fuzz-target)).
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    do {
        try target(Array(UnsafeBufferPointer(start: data, count: size)))
    } catch {
        fatalError("broken rule: this never throws: \(error)")
    }
    return 0
}

/// Ends the process, which libFuzzer reports with the input, where `condition` doesn't hold.
func require(_ condition: Bool, _ rule: @autoclosure () -> String) {
    if !condition { fatalError("broken rule: \(rule())") }
}

/// What the targets sign with, and when.
enum Guide {
    static let key = Array(
        "p.eyJ1IjogIjFmNDg0YTMyLTY5NjYtNGY2My05MzEyLWFhZGFkNjRkM2UxMiIsICJpZCI6ICJ0ZXN0LWtleSJ9.not-a-real-signature"
            .utf8)
    static let workspace = "1f484a32-6966-4f63-9312-aadad64d3e12"
    static let now = 1_900_000_000
}

extension [UInt8] {
    /// Whether `other` stands somewhere in these bytes.
    func contains(bytes other: [UInt8]) -> Bool {
        guard let first = other.first else { return true }
        return indices.contains { self[$0] == first && self[$0...].starts(with: other) }
    }

    /// `NAME=value` pairs with a NUL between them, as an input writes an environment.
    var variables: [(name: String, value: [UInt8])] {
        split(separator: 0).compactMap { variable in
            guard let equals = variable.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return (String(decoding: variable[..<equals], as: UTF8.self), Array(variable[(equals + 1)...]))
        }
    }
}
