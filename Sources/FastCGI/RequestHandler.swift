/// A function from requests to responses, with the state that one worker keeps for itself.
public protocol RequestHandler: ~Copyable, SendableMetatype {
    /// Whether a variable of a FastCGI request is to be decoded before ``respond(to:)``. Others take no time (a web
    /// server sends about 30), and are found by ``Request/bytes(of:)`` all the same.
    ///
    /// - Parameter name: The name's bytes.
    func reads(_ name: Span<UInt8>) -> Bool

    /// Answers one request.
    mutating func respond(to request: borrowing Request) -> Response
}

extension RequestHandler where Self: ~Copyable {
    /// All variables are, unless a handler says otherwise.
    public func reads(_ name: Span<UInt8>) -> Bool { true }
}
