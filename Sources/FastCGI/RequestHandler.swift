/// A function from requests to responses, with the state that one worker keeps for itself.
public protocol RequestHandler: ~Copyable, SendableMetatype {
    /// Whether libfcgi is to decode a variable of a FastCGI request. The others, most of the 30 that a web server sends,
    /// cost nothing, and ``Request/bytes(of:)`` finds them all the same.
    ///
    /// - Parameter name: The name's bytes.
    func reads(_ name: Span<UInt8>) -> Bool

    /// Responds to one request.
    mutating func respond(to request: borrowing Request) -> Response
}
