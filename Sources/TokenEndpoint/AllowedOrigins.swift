import FastCGI
import JOSE

/// The origins whose pages may read the response: Cross-Origin Resource Sharing
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
        for word in text.words {
            if word == "*" {
                isAny = true
            } else if let name = Self.serialized(word) {
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

    /// The header fields by which a browser lets a page read the response.
    ///
    /// - Parameter isPreflight: Whether the browser asks before it sends the request.
    func fields(for request: borrowing Request, isPreflight: Bool) -> [Response.Field] {
        var fields = [Response.Field("Vary", "Origin")]
        var headers = "Authorization"
        let origin = request.bytes(of: "HTTP_ORIGIN") ?? []
        if let name = names.first(where: { $0.utf8.elementsEqual(origin) }) {
            fields.append(.init("Access-Control-Allow-Origin", name))
            fields.append(.init("Access-Control-Allow-Credentials", "true"))
            // A page that traces its requests adds headers to all of them.
            if isPreflight { headers += Self.otherHeaders(in: request) }
        } else if isAny {
            fields.append(.init("Access-Control-Allow-Origin", "*"))
        } else {
            return fields
        }
        if isPreflight {
            fields.append(.init("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"))
            fields.append(.init("Access-Control-Allow-Headers", headers))
            fields.append(.init("Access-Control-Max-Age", "600"))
        }
        return fields
    }

    /// The headers besides Authorization that a preflight asks for, each after a comma; none where it asks otherwise than
    /// by a list of names
    /// ([Fetch §3.2.2](https://fetch.spec.whatwg.org/#http-access-control-request-headers)).
    private static func otherHeaders(in request: borrowing Request) -> String {
        guard let list = UTF8Text(request.bytes(of: "HTTP_ACCESS_CONTROL_REQUEST_HEADERS") ?? []),
            list.bytes.count <= 1024, list.bytes.allSatisfy({ $0.isLetterOrDigit || "-_, ".utf8.contains($0) })
        else { return "" }
        let others = list.words.filter { !$0.bytes.lazy.map(\.lowercased).elementsEqual("authorization".utf8) }
        return others.map { ", \($0)" }.joined()
    }

    /// `text` as a browser writes an origin (RFC 6454 §6.1): scheme and host in lower case, no port that is the
    /// scheme's own; nil where it is none.
    private static func serialized(_ text: UTF8Text) -> String? {
        guard let lowercase = UTF8Text(text.bytes.map(\.lowercased)),
            let (scheme, authority) = lowercase.cut(at: "://"),
            let first = scheme.bytes.first, first.isLetterOrDigit, !first.isDigit,
            scheme.bytes.allSatisfy({ $0.isLetterOrDigit || "+-.".utf8.contains($0) })
        else { return nil }
        // An IPv6 address has colons of its own, in brackets.
        let end = authority.bytes.lastIndex(of: UInt8(ascii: "]")) ?? authority.bytes.startIndex
        let colon = authority.bytes[end...].firstIndex(of: UInt8(ascii: ":"))
        let host = authority.bytes[..<(colon ?? authority.bytes.endIndex)]
        let isAddress = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
        let name = isAddress ? host.dropFirst().dropLast() : host
        guard !name.isEmpty, name.allSatisfy({ $0.isLetterOrDigit || (isAddress ? ":." : "-._").utf8.contains($0) })
        else { return nil }
        let origin = "\(scheme)://\(String(decoding: host, as: UTF8.self))"
        guard let colon else { return origin }
        let digits = authority.bytes[(colon + 1)...]
        guard digits.allSatisfy(\.isDigit), digits.first != UInt8(ascii: "0"),
            let port = UInt16(String(decoding: digits, as: UTF8.self))
        else { return nil }
        return port == defaultPorts[scheme] ? origin : "\(origin):\(port)"
    }

    private static let defaultPorts: [UTF8Text: UInt16] = ["http": 80, "https": 443]
}
