import Glibc

extension Span<UInt8> {
    /// Whether these are the bytes of `text`.
    func elementsEqual(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    /// Whether the bytes of `text` come first.
    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { memcmp($0, text.utf8Start, text.utf8CodeUnitCount) == 0 } ?? true
        }
    }
}
