import JOSE

/// What a Tinybird token says of itself: `p.<base64 of JSON>.<signature>`, as Tinybird's own CLI reads it.
public struct AdminToken: Sendable, Equatable {
    /// The member `u`: the workspace's UUID in a workspace admin token, a user's in a personal one, whose JWTs
    /// Tinybird refuses.
    public let workspaceID: UTF8Text
    /// The member `host`: the workspace's region; nil where the token names none.
    public let region: UTF8Text?

    /// Reads the inside of `token`.
    ///
    /// - Parameter token: The token's bytes. The base64 may use either alphabet, and needs no padding.
    /// - Returns: nil where the token has another form, or no `u`.
    public init?(_ token: [UInt8]) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("p".utf8) else { return nil }
        self.init(payload: parts[1])
    }

    /// Reads the part between the dots.
    private init?(payload: ArraySlice<UInt8>) {
        let base64url = payload.compactMap { character -> UInt8? in
            switch character {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: character
            }
        }
        guard let text = Base64URL.decode(base64url[...]), let json = try? JSON(text),
            let workspaceID = json["u"]?.string, !workspaceID.isEmpty
        else { return nil }
        self.workspaceID = workspaceID
        region = json["host"]?.string
    }

    /// Whether an admin token stands somewhere in `text`, whatever is before and after it.
    public static func isContained(in text: [UInt8]) -> Bool {
        text.indices.contains { start in
            let rest = text[start...]
            guard rest.starts(with: "p.".utf8) else { return false }
            return AdminToken(payload: rest.dropFirst(2).prefix { $0 != UInt8(ascii: ".") }) != nil
        }
    }
}
