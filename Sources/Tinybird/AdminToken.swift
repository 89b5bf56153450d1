import FoundationEssentials

/// What a Tinybird token says of itself: `p.<base64 of JSON>.<signature>`, as Tinybird's own CLI reads it.
public struct AdminToken: Sendable, Equatable {
    /// The member `u`: the workspace's UUID in a workspace admin token, a user's in a personal one, whose JWTs
    /// Tinybird refuses.
    public let workspaceID: String

    /// Reads the inside of `token`.
    ///
    /// - Parameter token: The token's bytes. The base64 may use either alphabet, and needs no padding.
    /// - Returns: nil where the token has another form, or no `u`.
    public init?(_ token: [UInt8]) {
        guard let json = Self.content(of: token),
            let members = try? JSONDecoder().decode(Members.self, from: json), !members.u.isEmpty
        else { return nil }
        workspaceID = members.u
    }

    /// Whether `token` says that it belongs to `workspaceID`; nil where it says nothing of a workspace.
    public static func belongs(_ token: [UInt8], to workspaceID: String) -> Bool? {
        // A plain CGI program asks this for each request, and finding the text is much cheaper than a JSON decoder.
        if let json = content(of: token), json.firstRange(of: Data("\"\(workspaceID)\"".utf8)) != nil { return true }
        return AdminToken(token).map { $0.workspaceID == workspaceID }
    }

    private struct Members: Decodable {
        let u: String
    }

    private static func content(of token: [UInt8]) -> Data? {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("p".utf8) else { return nil }
        var base64 = parts[1].compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        while !base64.count.isMultiple(of: 4) { base64.append(UInt8(ascii: "=")) }
        return Data(base64Encoded: Data(base64))
    }
}
