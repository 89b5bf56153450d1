import JOSE

/// A pipe as Tinybird's API describes it: `GET /v0/pipes/NAME`
/// ([Pipes API](https://www.tinybird.co/docs/api-reference/pipe-api)).
public struct PipeDescription: Sendable {
    /// The nodes that the endpoint reads, itself among them; empty where the pipe has none.
    public let nodes: [PipeSQL]
    /// Whether one of them is published as an endpoint.
    public var isPublished: Bool { !nodes.isEmpty }
    /// What the nodes select from, apart from each other: data sources, or other pipes.
    public let sources: [UTF8Text]

    /// Reads the API's JSON; nil where it describes no pipe.
    public init?(_ json: JSON) {
        guard case .array(let elements)? = json["nodes"] else { return nil }
        var named: [UTF8Text: PipeSQL] = [:]
        var endpoint: PipeSQL?
        for element in elements {
            guard let name = element["name"]?.string, let sql = element["sql"]?.string else { continue }
            named[name] = PipeSQL(sql)
            if let id = element["id"], json["endpoint"] == id { endpoint = named[name] }
        }
        var nodes = endpoint.map { [$0] } ?? []
        var seen: Set<UTF8Text> = []
        var sources: [UTF8Text] = []
        var next = 0
        while next < nodes.count {
            for source in nodes[next].sources where seen.insert(source).inserted {
                if let node = named[source] { nodes.append(node) } else { sources.append(source) }
            }
            next += 1
        }
        self.nodes = nodes
        self.sources = sources
    }
}
