// What a terminal obeys, or shows in another order, and so never gets from a value that somebody else may have chosen.
extension String {
    /// The text with U+FFFD instead of each such character.
    var printable: String { replacingUnprintable { _ in "\u{FFFD}" } }

    /// JSON with each such character as an escape, which is the same JSON. (Those below U+0020 are white space between
    /// its parts: in strings JSON has escapes for them anyway.)
    var printableJSON: String {
        replacingUnprintable { scalar in
            guard scalar.value >= 0x20 else { return String(scalar) }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }.joined()
        }
    }

    /// How many characters it has, for columns that line up.
    var width: Int { unicodeScalars.count }

    private func replacingUnprintable(_ replacement: (Unicode.Scalar) -> String) -> String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text += replacement(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
