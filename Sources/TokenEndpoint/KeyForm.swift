import JOSE

/// The forms in which people set a signing key that isn't one, by what their bytes look like.
enum KeyForm {
    /// What is wrong with `key`, and what to change; nil where it has only bytes that an admin token can have.
    ///
    /// The text completes a sentence that names the setting, and has no byte of the key.
    static func problem(of key: [UInt8]) -> String? {
        let assignment = isAssignment(key) ? "has the form NAME=value: leave the bare key, without the name" : nil
        guard let offset = key.firstIndex(where: { !isAllowed($0) }) else { return assignment }
        let line = UTF8Text(key.map(\.lowercased)) ?? ""
        if line.starts(with: "\u{FEFF}") { return "starts with a byte order mark: save the file as UTF-8 without one" }
        for directive in ["define ", "setenv ", "passenv ", "export ", "set "] as [UTF8Text]
        where line.starts(with: directive) {
            return "is a line of a configuration, \"\(directive)…\": leave the bare key"
        }
        if line.starts(with: "bearer ") { return "starts with \"Bearer\": leave the bare key" }
        if line.starts(with: "{") || line.starts(with: "[") { return "is JSON: leave the bare key" }
        if let assignment { return assignment }
        if line.isQuoted { return "is in quotes: remove them" }
        if line.contains("#") { return "has a comment: remove it" }
        if key.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
            return "has more than one line: leave the key alone, in one"
        }
        if key[offset].isWhiteSpace { return "has white space inside: remove it" }
        if key[offset] >= 0x80 || key[offset] < 0x20 {
            return "has a character that no admin token has, perhaps an invisible one, at byte \(offset): copy it again"
        }
        return "has a character that no admin token has, at byte \(offset): copy it again"
    }

    /// Whether `key` has the form `p.….…`, the one that Tinybird's admin tokens have.
    static func isAdminToken(_ key: [UInt8]) -> Bool {
        let parts = key.split(separator: UInt8(ascii: "."))
        return parts.count == 3 && parts[0].elementsEqual("p".utf8)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool { byte.isLetterOrDigit || "+/=_.-".utf8.contains(byte) }

    /// Whether an equals sign follows a name, and isn't the padding of base64.
    private static func isAssignment(_ key: [UInt8]) -> Bool {
        let name = key.prefix { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
        let value = key[name.endIndex...].drop { $0.isWhiteSpace }
        guard !name.isEmpty, value.first == UInt8(ascii: "="), let next = value.dropFirst().first else { return false }
        return next != UInt8(ascii: "=") && next != UInt8(ascii: ".")
    }
}
