/// The classes of ASCII characters that protocols and settings name. No byte of a multi-byte UTF-8 character is in one.
extension UInt8 {
    /// Whether it is white space: a space, or one of U+0009 to U+000D.
    public var isWhiteSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

    /// Whether it is a decimal digit.
    public var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// Whether it is a letter or a decimal digit.
    public var isLetterOrDigit: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased)
    }

    /// The value of a hexadecimal digit, 0 to 15; nil for other characters.
    public var hexadecimalValue: UInt8? {
        switch lowercased {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): lowercased - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// A capital letter as a small one; everything else as it is.
    public var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self + 0x20 : self
    }
}
