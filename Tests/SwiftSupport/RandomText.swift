/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): the same numbers in every run.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator whose numbers follow from `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension String {
    /// Text of `length` scalars, half of which are special to JSON, SQL, URLs or UTF-8, or join to their neighbors.
    public static func random(_ length: ClosedRange<Int>, using generator: inout SeededGenerator) -> String {
        let special = Array("\n\t\u{1}\u{7f}\"'\\/%{}&=+ ;-*#`$éß€😀\u{2028}".unicodeScalars) + joiners
        var string = ""
        for _ in 0..<Int.random(in: length, using: &generator) {
            // NUL ends a variable, so no text has one.
            let any = Unicode.Scalar(UInt32.random(in: 1...0x10FFFF, using: &generator))
            let scalar = Bool.random(using: &generator) ? special.randomElement(using: &generator) : any
            string.unicodeScalars.append(scalar ?? "x")
        }
        return string
    }
}

/// Characters that Swift joins, in one `Character`, to the one before or after them, which they hide.
public let joiners: [Unicode.Scalar] = [
    "\u{301}", "\u{336}", "\u{600}", "\u{110BD}", "\u{200D}", "\u{FE0F}", "\u{20E3}", "\u{1F3FB}", "\u{93E}",
]
