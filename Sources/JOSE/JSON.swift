/// A JSON value as it is written in its text ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)).
///
/// Read here, and not by a decoder into Swift types, because claims are signed as they were written: members keep
/// their order, numbers their digits, a name that comes twice is an error (it means one thing to one reader and
/// another to the next), and a member's range in the text is known, so that `exp` alone can be replaced.
public enum JSON: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, in the digits of its text.
    case number(String)
    /// A string, its escapes resolved.
    case string(UTF8Text)
    /// An array.
    case array([JSON])
    /// An object, its members in order, each name once.
    case object([Member])

    /// A member of an object.
    public struct Member: Sendable, Equatable {
        /// The name, its escapes resolved.
        public let name: UTF8Text
        /// The value.
        public let value: JSON
        /// Where the value is in the text that was read, in bytes.
        public let range: Range<Int>
    }

    /// Why a text is not accepted as JSON; completes a sentence that names the text.
    public struct SyntaxError: Error, Equatable {
        /// What is wrong.
        public let reason: String
        /// Where, in bytes from the start of the text.
        public let offset: Int
    }

    /// Reads a whole text.
    ///
    /// - Parameter text: UTF-8.
    /// - Throws: ``SyntaxError`` for anything that RFC 8259 doesn't allow, a name that appears twice in an object, or
    ///   more than 32 levels.
    public init(_ text: [UInt8]) throws(SyntaxError) {
        var reader = JSONReader(text)
        self = try reader.read()
    }

    /// The value of the member `name`; nil where there is none, or this is no object.
    public subscript(name: UTF8Text) -> JSON? {
        member(name)?.value
    }

    /// The member `name`; nil where there is none, or this is no object.
    public func member(_ name: UTF8Text) -> Member? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }
    }

    /// The number, if it is a whole one that fits.
    public var integer: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    /// The string, if it is one.
    public var string: UTF8Text? {
        guard case .string(let string) = self else { return nil }
        return string
    }
}
