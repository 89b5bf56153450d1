import Glibc

/// One line of the error log: `charts-token: <level>: <message>`.
public struct LogLine: Sendable, Equatable {
    /// How bad it is.
    public enum Level: String, Sendable {
        /// Nothing works until somebody changes something.
        case error
        /// It works, and probably not as meant.
        case warning
    }

    /// How bad it is.
    public let level: Level
    /// What happened and what to change; one line, never a secret.
    public let message: String

    /// A line of the error log.
    public init(_ level: Level, _ message: String) {
        self.level = level
        self.message = message
    }

    /// The line as it is written, its line break included.
    public var text: String { "charts-token: \(level.rawValue): \(message)\n" }

    /// Writes the line to standard error in one piece, so that lines of several threads don't mix.
    public func writeToStandardError() {
        write(all: Array(text.utf8), to: STDERR_FILENO)
    }
}

/// Writes all of `bytes`, or as much as the descriptor takes before it fails.
@discardableResult
func write(all bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
