import FastCGI

/// The origins whose pages may read the answer: Cross-Origin Resource Sharing
/// ([Fetch §3.2](https://fetch.spec.whatwg.org/#http-cors-protocol)).
public struct AllowedOrigins: Sendable, Equatable {
    /// Origins by name, as a browser sends them: `https://www.example.com`, `http://localhost:8080`.
    public let names: [String]
    /// Whether any other page may read it too, without the visitor's login.
    public let isAny: Bool

    /// The origins that `environment` allows; nil where it names none.
    ///
    /// - Throws: ``Problem`` when one has another form.
    init?(_ environment: Environment) throws(Problem) {
        guard let text = try environment.text(.allowedOrigins) else { return nil }
        var names: [String] = []
        var isAny = false
        for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            if word == "*" {
                isAny = true
            } else if let name = Self.serialized(String(word)) {
                names.append(name)
            } else {
                throw Problem(
                    .allowedOrigins,
                    "has something that is not an origin: write scheme, host and, where it is not the scheme's own, port, "
                        + "such as https://www.example.com, without a path")
            }
        }
        guard isAny || !names.isEmpty else {
            throw Problem(.allowedOrigins, "names no origin: write one, such as https://www.example.com, or unset it")
        }
        self.names = names
        self.isAny = isAny
    }

    /// The header fields by which a browser lets a page of `origin` read the answer.
    ///
    /// - Parameters:
    ///   - origin: The request's `Origin`; nil where it has none.
    ///   - isPreflight: Whether the browser asks before it sends the request.
    func fields(for origin: [UInt8]?, isPreflight: Bool) -> [Response.Field] {
        var fields = [Response.Field("Vary", "Origin")]
        if let origin, let name = names.first(where: { $0.utf8.elementsEqual(origin) }) {
            fields.append(.init("Access-Control-Allow-Origin", name))
            fields.append(.init("Access-Control-Allow-Credentials", "true"))
        } else if isAny {
            fields.append(.init("Access-Control-Allow-Origin", "*"))
        } else {
            return fields
        }
        if isPreflight {
            fields.append(.init("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"))
            fields.append(.init("Access-Control-Allow-Headers", "Authorization"))
            fields.append(.init("Access-Control-Max-Age", "600"))
        }
        return fields
    }

    /// `text` as a browser writes an origin (RFC 6454 §6.1): scheme and host in lower case, no port that is the
    /// scheme's own; nil where it is none.
    private static func serialized(_ text: String) -> String? {
        let text = text.lowercased()
        guard let separator = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound]
        var authority = text[separator.upperBound...]
        guard let first = scheme.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            scheme.utf8.allSatisfy({ isLetterOrDigit($0) || "+-.".utf8.contains($0) })
        else { return nil }
        for (name, port) in [("http", ":80"), ("https", ":443")] where scheme == name && authority.hasSuffix(port) {
            authority = authority.dropLast(port.count)
        }
        var host = authority
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            let port = authority[authority.index(after: colon)...]
            guard let number = UInt16(port), number > 0, String(number) == port else { return nil }
            host = authority[..<colon]
        }
        let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
        if isAddress { host = host.dropFirst().dropLast() }
        guard !host.isEmpty,
            host.utf8.allSatisfy({ isLetterOrDigit($0) || (isAddress ? ":." : "-._").utf8.contains($0) })
        else { return nil }
        return "\(scheme)://\(authority)"
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
