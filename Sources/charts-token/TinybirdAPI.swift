import Glibc
import JOSE
import Tinybird
import TokenEndpoint

/// Where Tinybird's API is.
enum TinybirdAPI {
    /// Why that isn't known; a sentence that says what to change.
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    /// The URL of the API, without a slash at its end: `TINYBIRD_API`, else that of the key's region.
    static func url(for key: SigningKey) throws(Unknown) -> String {
        if let url = getenv("TINYBIRD_API").map({ String(cString: $0) }), !url.utf8.isEmpty {
            return try checked(UTF8Text(url).trimmed)
        }
        guard let region = key.region else {
            throw Unknown(
                description: "TINYBIRD_API is not set, and the signing key names no region: set it to the URL of "
                    + "your workspace's API, such as https://api.tinybird.co")
        }
        if let host = hosts[region] { return "https://\(host)" }
        if let host = try? regions().first(where: { $0.names.contains(region) })?.url { return try checked(host) }
        throw Unknown(
            description:
                "the signing key's region, \(region.description.printable), is unknown: set TINYBIRD_API to the URL "
                + "of your workspace's API, such as https://api.tinybird.co")
    }

    /// The regions that the keys of older workspaces name otherwise than the list of regions does.
    private static let hosts: [UTF8Text: String] = [
        "eu_shared": "api.tinybird.co", "us_east": "api.us-east.tinybird.co",
    ]

    /// The regions that Tinybird lists, at any of its hosts, to everyone.
    private static func regions() throws(Curl.Failure) -> [(names: [UTF8Text], url: UTF8Text)] {
        guard case .array(let regions)? = try Curl.send(to: "https://api.tinybird.co/v0/regions").json?["regions"]
        else {
            return []
        }
        return regions.compactMap { region in
            region["api_host"]?.string.map { url in
                (["key", "name", "host", "api_host"].compactMap { region[$0]?.string }, url)
            }
        }
    }

    /// The admin token goes there: by TLS, or on this machine.
    private static func checked(_ url: UTF8Text) throws(Unknown) -> String {
        let isLocal = ["http://localhost", "http://127.0.0.1", "http://[::1]"].contains { start in
            url.starts(with: start)
                && [nil, ":", "/"].contains(url.cut(at: start)?.after.bytes.first.map(Unicode.Scalar.init))
        }
        guard isLocal || url.starts(with: "https://") else {
            throw Unknown(
                description:
                    "TINYBIRD_API is not an https URL, and the signing key would be sent in the clear: set it to one, "
                    + "such as https://api.tinybird.co, or to http://localhost:7181 for Tinybird Local")
        }
        return String(
            decoding: url.bytes.last == UInt8(ascii: "/") ? url.bytes.dropLast() : url.bytes[...], as: UTF8.self)
    }
}
