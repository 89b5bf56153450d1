import Foundation
import JOSE
import Tinybird

/// Scopes that are accepted read back equal from the claims that they become; fixed parameters hold what the form
/// encoding says.
func fuzzScopes(_ input: [UInt8]) throws {
    if let scopes = try? ScopeList.read(input) {
        let written = try claim(of: scopes)
        let again = try ScopeList.read(written)
        require(try again == scopes && claim(of: again) == written, "scopes read back equal from claims")
    }
    if let text = UTF8Text(input), let parameters = try? FixedParameters.read(text) {
        let pairs = input.split(separator: UInt8(ascii: "&"))
        require(pairs.count == parameters.count, "each pair is a parameter")
        for (pair, parameter) in zip(pairs, parameters) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            require(formDecoded(parts[0]) == parameter.name.bytes, "a parameter's name is decoded")
            guard case .string(let template) = parameter.value else { fatalError("a form's values are strings") }
            if case .literal(let value)? = template.parts.first, template.parts.count == 1 {
                require(formDecoded(parts[1]) == value.bytes, "a parameter's value is decoded")
            }
        }
    }
}

/// The claim `scopes`, with each placeholder's own text as its variable's value.
private func claim(of scopes: [Scope]) throws -> [UInt8] {
    let payload = Payload(Claims(workspaceID: "", name: Template([]), scopes: scopes))
    let text = payload.text(issuedAt: 0, expiration: 0, values: payload.variables.map { Array("%{\($0)}".utf8) })
    let range = try JSON(text).member("scopes")?.range
    return Array(text[range ?? 0..<0])
}

private func formDecoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return String(decoding: spaced, as: UTF8.self).removingPercentEncoding.map { Array($0.utf8) }
}
