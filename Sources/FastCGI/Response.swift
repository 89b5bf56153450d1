/// The response to one request, and the lines that it adds to the error log.
public struct Response: Sendable, Equatable {
    /// The status code and its reason phrase ([RFC 9110 §15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
    public enum Status: String, Sendable {
        /// 200
        case ok = "200 OK"
        /// 204: there is no body, and no `Content-Length`.
        case noContent = "204 No Content"
        /// 401
        case unauthorized = "401 Unauthorized"
        /// 403
        case forbidden = "403 Forbidden"
        /// 405
        case methodNotAllowed = "405 Method Not Allowed"
        /// 503
        case serviceUnavailable = "503 Service Unavailable"
    }

    /// A header field.
    public struct Field: Sendable, Equatable {
        /// The field's name.
        public let name: String
        /// The field's value; no line break may be in it.
        public let value: String

        /// A header field.
        public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// The status line.
    public var status: Status
    /// Header fields, in the order in which they are sent. `Content-Length` is added when the response is written.
    public var fields: [Field]
    /// The body; withheld for `HEAD`, whose header fields are the same.
    public var body: [UInt8]
    /// Lines for the error log, in order.
    public var log: [LogLine]

    /// A response.
    public init(_ status: Status, fields: [Field] = [], body: [UInt8] = [], log: [LogLine] = []) {
        self.status = status
        self.fields = fields
        self.body = body
        self.log = log
    }

    /// The response as a CGI program writes it
    /// ([RFC 3875 §6](https://www.rfc-editor.org/rfc/rfc3875#section-6)).
    ///
    /// - Parameter method: The request's method: `HEAD` withholds the body.
    public func message(for method: String) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(512 + body.count)
        message.append(contentsOf: "Status: ".utf8)
        message.append(contentsOf: status.rawValue.utf8)
        for field in fields {
            message.append(contentsOf: "\r\n".utf8)
            message.append(contentsOf: field.name.utf8)
            message.append(contentsOf: ": ".utf8)
            message.append(contentsOf: field.value.utf8)
        }
        if status != .noContent {
            message.append(contentsOf: "\r\nContent-Length: ".utf8)
            message.append(contentsOf: String(body.count).utf8)
        }
        message.append(contentsOf: "\r\n\r\n".utf8)
        if !method.utf8.elementsEqual("HEAD".utf8) { message.append(contentsOf: body) }
        return message
    }
}
