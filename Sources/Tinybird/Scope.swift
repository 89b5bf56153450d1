/// What a token allows: one element of the claim `scopes`
/// ([JWTs](https://www.tinybird.co/docs/forward/administration/tokens/jwt), "JWT scopes").
public struct Scope: Sendable, Equatable {
    /// The name or id of the pipe that may be read.
    public let resource: String

    /// `PIPES:READ`: the endpoint of one pipe may be read.
    public static func readPipe(_ resource: String) -> Scope {
        Scope(resource: resource)
    }

    func append(to json: inout [UInt8]) {
        json.append(contentsOf: #"{"type":"PIPES:READ","resource":"#.utf8)
        json.appendJSON(string: resource)
        json.append(UInt8(ascii: "}"))
    }
}
