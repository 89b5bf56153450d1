/// A FastCGI record (specification §3.3).
func record(_ type: UInt8, _ content: [UInt8], id: UInt8 = 1, padding: UInt8 = 0) -> [UInt8] {
    [1, type, 0, id, UInt8(content.count >> 8), UInt8(content.count & 0xff), padding, 0] + content
        + [UInt8](repeating: 0xff, count: Int(padding))
}

/// A name-value pair (specification §3.4).
func pair(_ name: String, _ value: [UInt8]) -> [UInt8] {
    func length(_ count: Int) -> [UInt8] {
        count < 128 ? [UInt8(count)] : [24, 16, 8, 0].map { UInt8(count >> $0 & 0xff) | ($0 == 24 ? 0x80 : 0) }
    }
    return length(name.utf8.count) + length(value.count) + Array(name.utf8) + value
}

/// A name-value pair with text as its value.
func pair(_ name: String, _ value: String) -> [UInt8] { pair(name, Array(value.utf8)) }
