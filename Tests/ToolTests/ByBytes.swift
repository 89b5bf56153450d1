// Shadows what the standard library does by `Character` or by canonical equivalence. test_bytes.py compiles this file into
// each module of Sources: there it hides the library's own declarations, and the compiler, which knows the types, warns of
// each use.

extension String {
    @available(*, deprecated, message: "by bytes") static func == (one: String, other: String) -> Bool { false }
    @available(*, deprecated, message: "by bytes") static func != (one: String, other: String) -> Bool { false }
    @available(*, deprecated, message: "by bytes") static func < (one: String, other: String) -> Bool { false }
    @available(*, deprecated, message: "by bytes") func hasPrefix(_ prefix: String) -> Bool { false }
    @available(*, deprecated, message: "by bytes") func hasSuffix(_ suffix: String) -> Bool { false }
    @available(*, deprecated, message: "by bytes") func lowercased() -> String { "" }
    @available(*, deprecated, message: "by bytes") func uppercased() -> String { "" }
    @available(*, deprecated, message: "by bytes") var count: Int { 0 }
    @available(*, deprecated, message: "by bytes") var first: Character? { nil }
    @available(*, deprecated, message: "by bytes") var last: Character? { nil }
    @available(*, deprecated, message: "by bytes") func contains(_ other: some StringProtocol) -> Bool { false }
    @available(*, deprecated, message: "by bytes") func dropFirst(_ k: Int = 1) -> Substring { "" }
    @available(*, deprecated, message: "by bytes") func dropLast(_ k: Int = 1) -> Substring { "" }
}
extension StringProtocol {
    @available(*, deprecated, message: "by bytes") static func == <R: StringProtocol>(one: Self, other: R) -> Bool {
        false
    }
    @available(*, deprecated, message: "by bytes") static func != <R: StringProtocol>(one: Self, other: R) -> Bool {
        false
    }
    @available(*, deprecated, message: "by bytes") func hasPrefix<P: StringProtocol>(_ prefix: P) -> Bool { false }
    @available(*, deprecated, message: "by bytes") func hasSuffix<P: StringProtocol>(_ prefix: P) -> Bool { false }
}
extension Character {
    @available(*, deprecated, message: "by bytes") static func == (one: Character, other: Character) -> Bool { false }
    @available(*, deprecated, message: "by bytes") static func != (one: Character, other: Character) -> Bool { false }
    @available(*, deprecated, message: "by bytes") var isWhitespace: Bool { false }
    @available(*, deprecated, message: "by bytes") var isNewline: Bool { false }
    @available(*, deprecated, message: "by bytes") var isLetter: Bool { false }
    @available(*, deprecated, message: "by bytes") var isNumber: Bool { false }
    @available(*, deprecated, message: "by bytes") var isHexDigit: Bool { false }
}
@available(*, deprecated, message: "by bytes") func ~= (pattern: String, value: String) -> Bool { false }
extension Sequence where Element == Character {
    @available(*, deprecated, message: "by bytes") func contains(_ element: Character) -> Bool { false }
    @available(*, deprecated, message: "by bytes") func contains(where p: (Character) throws -> Bool) rethrows -> Bool {
        false
    }
    @available(*, deprecated, message: "by bytes") func allSatisfy(_ p: (Character) throws -> Bool) rethrows -> Bool {
        false
    }
    @available(*, deprecated, message: "by bytes") func map<T>(_ p: (Character) throws -> T) rethrows -> [T] { [] }
    @available(*, deprecated, message: "by bytes") func starts<P: Sequence>(with p: P) -> Bool
    where P.Element == Character { false }
}
extension Collection where Element == Character {
    @available(*, deprecated, message: "by bytes") func prefix(while p: (Character) throws -> Bool) rethrows
        -> SubSequence
    { self[startIndex...] }
    @available(*, deprecated, message: "by bytes") func drop(while p: (Character) throws -> Bool) rethrows
        -> SubSequence
    { self[startIndex...] }
    @available(*, deprecated, message: "by bytes") func trimmingPrefix<P: Sequence>(_ p: P) -> SubSequence
    where P.Element == Character { self[startIndex...] }
    @available(*, deprecated, message: "by bytes")
    func split(separator: Character, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true) -> [SubSequence] {
        []
    }
    @available(*, deprecated, message: "by bytes")
    func split(
        maxSplits: Int = .max, omittingEmptySubsequences: Bool = true, whereSeparator: (Character) throws -> Bool
    ) rethrows -> [SubSequence] { [] }
    @available(*, deprecated, message: "by bytes") func firstIndex(of element: Character) -> Index? { nil }
    @available(*, deprecated, message: "by bytes") func firstIndex(where p: (Character) throws -> Bool) rethrows
        -> Index?
    { nil }
    @available(*, deprecated, message: "by bytes") func firstRange<C: Collection>(of other: C) -> Range<Index>?
    where C.Element == Character { nil }
    @available(*, deprecated, message: "by bytes") func ranges<C: Collection>(of other: C) -> [Range<Index>]
    where C.Element == Character { [] }
}
extension BidirectionalCollection where Element == Character {
    @available(*, deprecated, message: "by bytes") func lastIndex(of element: Character) -> Index? { nil }
    @available(*, deprecated, message: "by bytes") func lastIndex(where p: (Character) throws -> Bool) rethrows
        -> Index?
    { nil }
}
extension Sequence where Element == String {
    @available(*, deprecated, message: "by bytes") func contains(_ element: String) -> Bool { false }
}
extension Collection where Element == String {
    @available(*, deprecated, message: "by bytes") func firstIndex(of element: String) -> Index? { nil }
}
extension RangeReplaceableCollection where Element == Character {
    @available(*, deprecated, message: "by bytes")
    func filter(_ p: (Character) throws -> Bool) rethrows -> Self { self }
}
