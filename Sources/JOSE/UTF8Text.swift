/// Text of a protocol or a setting: UTF-8 that is compared, searched and split by its bytes, as everyone else who reads
/// it does.
///
/// `String` compares by canonical equivalence and splits into `Character`s, and to it an "&" before a combining mark is
/// no "&": a delimiter could be hidden from this program that the web server, Tinybird or a person sees.
public struct UTF8Text: Sendable, Hashable {
    /// The text's bytes: valid UTF-8.
    public let bytes: [UInt8]

    /// The text of a string.
    public init(_ string: String) {
        bytes = Array(string.utf8)
    }

    /// The text that `bytes` encode; nil where they are not valid UTF-8.
    public init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard (try? UTF8Span(validating: bytes.span)) != nil else { return nil }
        self.bytes = bytes
    }

    /// A part of a text, cut between characters: next to text that was found in it, or to an ASCII character.
    private init(part bytes: ArraySlice<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Whether the text has no bytes.
    public var isEmpty: Bool { bytes.isEmpty }

    /// What comes before and after the first `delimiter`; nil where the text doesn't contain it.
    public func cut(at delimiter: UTF8Text) -> (before: UTF8Text, after: UTF8Text)? {
        let end = bytes.count - delimiter.bytes.count
        guard let start = bytes.indices.first(where: { $0 <= end && bytes[$0...].starts(with: delimiter.bytes) })
        else { return nil }
        return (UTF8Text(part: bytes[..<start]), UTF8Text(part: bytes[(start + delimiter.bytes.count)...]))
    }

    /// Whether `other`, which isn't empty, is a part of the text.
    public func contains(_ other: UTF8Text) -> Bool { cut(at: other) != nil }

    /// Whether the text starts with `other`.
    public func starts(with other: UTF8Text) -> Bool { bytes.starts(with: other.bytes) }

    /// The parts between the `delimiter`s, an ASCII character; empty ones too.
    public func split(at delimiter: Unicode.Scalar) -> [UTF8Text] {
        bytes.split(separator: UInt8(ascii: delimiter), omittingEmptySubsequences: false).map(UTF8Text.init(part:))
    }

    /// The words between commas and white space.
    public var words: [UTF8Text] {
        bytes.split { $0 == UInt8(ascii: ",") || $0.isWhiteSpace }.map(UTF8Text.init(part:))
    }

    /// Whether the text starts and ends with the same kind of quote.
    public var isQuoted: Bool {
        guard bytes.count >= 2, let first = bytes.first, first == bytes.last else { return false }
        return first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") || first == UInt8(ascii: "`")
    }

    /// The text without the white space around it.
    public var trimmed: UTF8Text { UTF8Text(part: bytes.trimmed) }
}

extension UTF8Text: ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text of a literal.
    public init(stringLiteral literal: String) { self.init(literal) }

    /// The text as a string, to show it.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension [UInt8] {
    /// The bytes without the white space around them.
    public var trimmed: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { !$0.isWhiteSpace }), let last = lastIndex(where: { !$0.isWhiteSpace })
        else { return [] }
        return self[first...last]
    }
}
