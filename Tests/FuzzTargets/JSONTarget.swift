import Foundation
import JOSE

/// What is read as JSON says the same to Foundation, and reads back equal when it is written.
func fuzzJSON(_ input: [UInt8]) throws {
    guard let json = try? JSON(input) else { return }
    let written = json.text
    require(try JSON(written).text == written, "what is written reads back equal")
    try requireRanges(of: json, in: input)
    if let other = try? JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed) {
        require(json.isSame(as: other), "Foundation reads the same: \(other)")
    }
}

/// Each member's range in the text is its value's own, as `exp` is replaced by it.
private func requireRanges(of json: JSON, in text: [UInt8]) throws {
    switch json {
    case .object(let members):
        for member in members {
            require(try JSON(Array(text[member.range])).text == member.value.text, "a member's range holds its value")
            try requireRanges(of: member.value, in: text)
        }
    case .array(let elements): for element in elements { try requireRanges(of: element, in: text) }
    case .null, .bool, .number, .string: break
    }
}

extension JSON {
    /// The value as compact JSON.
    var text: [UInt8] {
        var text: [UInt8] = []
        write(to: &text)
        return text
    }

    private func write(to text: inout [UInt8]) {
        switch self {
        case .null: text += "null".utf8
        case .bool(let bool): text += "\(bool)".utf8
        case .number(let digits): text += digits.utf8
        case .string(let string): text.appendJSON(string: string)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.write(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text.appendJSON(string: member.name)
                text.append(UInt8(ascii: ":"))
                member.value.write(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    fileprivate func isSame(as other: Any) -> Bool {
        switch self {
        case .null: other is NSNull
        case .bool(let bool): other as? Bool == bool
        case .number(let digits):
            // Foundation's last digit isn't always right.
            if let number = (other as? NSNumber)?.doubleValue, let own = Double(digits) {
                abs(number - own) <= abs(own) * 1e-9
            } else {
                false
            }
        case .string(let string): (other as? String)?.utf8.elementsEqual(string.bytes) == true
        case .array(let elements):
            if let others = other as? [Any] {
                others.count == elements.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
            } else {
                false
            }
        case .object(let members):
            if let others = other as? [String: Any] {
                // Names that are canonically equivalent are one to Foundation.
                members.allSatisfy { member in
                    others.contains {
                        $0.key.utf8.elementsEqual(member.name.bytes) && member.value.isSame(as: $0.value)
                    }
                        || members.contains { $0.name != member.name && $0.name.description == member.name.description }
                }
            } else {
                false
            }
        }
    }
}
