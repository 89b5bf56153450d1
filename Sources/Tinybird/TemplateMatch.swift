import JOSE

/// Finds out whether templates become given strings with some value for each variable, the same in all of them.
struct TemplateMatch {
    private struct Expectation {
        let template: Template
        let text: UTF8Text?
        let isFilter: Bool
    }

    private var expectations: [Expectation] = []
    private var values: [UTF8Text: [UInt8]] = [:]

    /// Notes that `template` must become `json`, a string.
    mutating func expect(_ template: Template, is json: JSON?, isFilter: Bool = false) {
        expectations.append(Expectation(template: template, text: json?.string, isFilter: isFilter))
    }

    /// Whether all that was noted is possible.
    mutating func succeeds() -> Bool {
        // Those with one variable tell its value for certain; where two meet, one must end where the other starts.
        expectations.sort { $0.template.variables.count < $1.template.variables.count }
        for expectation in expectations {
            guard let text = expectation.text, become(text, expectation) else { return false }
        }
        return true
    }

    private mutating func become(_ text: UTF8Text, _ expectation: Expectation) -> Bool {
        let parts = expectation.template.parts
        var rest = text.bytes[...]
        var unknown: UTF8Text?
        for (index, part) in parts.enumerated() {
            let known: [UInt8]
            switch part {
            case .literal(let literal): known = literal.bytes
            case .variable(let name):
                guard let value = values[name] else {
                    guard unknown == nil else { return false }
                    unknown = name
                    continue
                }
                known = expectation.isFilter ? FilterText.escaped(value) : value
            }
            // An unknown value has at least one byte, and ends where the text first continues as expected.
            let isLast = index == parts.count - 1
            let starts = unknown == nil ? [rest.startIndex] : Array(rest.indices.dropFirst())
            let start = starts.first { start in
                rest[start...].starts(with: known) && (!isLast || start + known.count == rest.endIndex)
            }
            guard let start, learn(unknown, Array(rest[..<start]), expectation) else { return false }
            rest = rest[(start + known.count)...]
            unknown = nil
        }
        guard unknown != nil else { return rest.isEmpty }
        return !rest.isEmpty && learn(unknown, Array(rest), expectation)
    }

    private mutating func learn(_ name: UTF8Text?, _ text: [UInt8], _ expectation: Expectation) -> Bool {
        guard let name else { return true }
        guard let value = expectation.isFilter ? FilterText.unescaped(text) : text else { return false }
        values[name] = value
        return true
    }
}
