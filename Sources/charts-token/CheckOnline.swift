import JOSE
import Tinybird
import TokenEndpoint

/// `charts-token check --online`: what Tinybird's API says of the key and of each scope.
struct CheckOnline {
    private let api: String
    private let key: String
    private let settings: Settings
    private var report = Report()
    private var hasReadPipe = false

    /// - Parameters:
    ///   - settings: Settings that are right by themselves.
    ///   - api: Tinybird's API, without a slash at its end.
    init(_ settings: Settings, api: String) {
        self.settings = settings
        self.api = api
        key = String(decoding: settings.signingKey.bytes, as: UTF8.self)
    }

    /// Asks the API of everything that a token with `claims` opens.
    ///
    /// - Parameter token: A token for one visitor; nil where the settings need a visitor that isn't named.
    /// - Returns: Whether there was no problem.
    mutating func run(token: String?) -> Bool {
        do throws(Curl.Failure) {
            for scope in settings.claims.scopes { try check(scope, token: token) }
        } catch {
            report.fail("Tinybird's API can't be reached: \(error)")
        }
        return !report.hasProblems
    }

    private mutating func check(_ scope: Scope, token: String?) throws(Curl.Failure) {
        guard let name = scope.resource.literal else {
            return report.warn("a scope's resource depends on who asks, so it can't be looked up")
        }
        switch scope.access {
        case .readPipe(let parameters):
            guard try check(pipe: name, with: parameters), let token else { return }
            try request("/v0/pipes/\(name).json", token: token, of: "pipe \(name)")
        case .readDataSource:
            guard let token else { return }
            try request(
                "/v0/sql?q=SELECT%20count()%20FROM%20\(name)%20FORMAT%20JSON", token: token, of: "data source \(name)")
        }
    }

    /// Whether the pipe is an endpoint that uses all of the fixed parameters.
    private mutating func check(pipe name: UTF8Text, with parameters: [Scope.Parameter]) throws(Curl.Failure) -> Bool {
        let response = try ask("/v0/pipes/\(name)", token: key)
        switch response.status {
        case 200: hasReadPipe = true
        case 401, 403:
            report.fail(
                "\(api) refuses the signing key (\(response.status)): it was refreshed or deleted, or belongs to another region "
                    + "(set TINYBIRD_API); copy the workspace admin token again")
            return false
        case 404:
            report.fail(
                "the workspace has no pipe \(name): correct the name, or use the key of the workspace that has it")
            return false
        default:
            report.fail(
                "\(api) responds with \(response.status) when asked for the pipe \(name): \(Self.error(in: response))")
            return false
        }
        guard let pipe = response.json.flatMap(PipeDescription.init) else {
            report.fail(
                "\(api) doesn't describe the pipe \(name) in the form of Tinybird's API: is TINYBIRD_API right?")
            return false
        }
        guard pipe.isPublished else {
            report.fail("the pipe \(name) is not an endpoint: write TYPE ENDPOINT into its file, and deploy")
            return false
        }
        let nodes = try allNodes(of: pipe)
        for parameter in parameters {
            guard nodes.contains(where: { $0.names.contains(parameter.name) }) else {
                report.fail(
                    "the SQL of the pipe \(name) doesn't use \(parameter.name), which therefore restricts nothing: use "
                        + "{{String(\(parameter.name), required=True)}} in its WHERE")
                continue
            }
            report.ok("the pipe \(name) uses \(parameter.name)")
            if case .string(let template) = parameter.value, !template.variables.isEmpty,
                nodes.contains(where: { $0.arrays.contains(parameter.name) })
            {
                report.warn(
                    "the pipe \(name) reads \(parameter.name) by Array(…), which splits a visitor's name at commas: in "
                        + "TINYBIRD_SCOPES, write a list, [\"%{…}\"]")
            }
        }
        return true
    }

    /// The nodes of a pipe, and of the pipes that it selects from.
    private func allNodes(of pipe: PipeDescription) throws(Curl.Failure) -> [PipeSQL] {
        var nodes = pipe.nodes
        var sources = pipe.sources
        var next = 0
        while next < sources.count {
            let name = sources[next]
            next += 1
            guard name.bytes.allSatisfy(ResourceName.isPipeCharacter),
                let other = try ask("/v0/pipes/\(name)", token: key).json.flatMap(PipeDescription.init)
            else { continue }
            nodes += other.nodes
            sources += other.sources.filter { !sources.contains($0) }
        }
        return nodes
    }

    /// Asks for data as a page does.
    private mutating func request(_ path: String, token: String, of what: String) throws(Curl.Failure) {
        let response = try ask(path, token: token)
        switch response.status {
        case 200:
            let rows = response.json?["rows"]?.integer.map { $0 == 1 ? "1 row" : "\($0) rows" } ?? "no count of rows"
            report.ok("a token opens the \(what): \(rows)")
        case 401 where hasReadPipe, 403 where hasReadPipe:
            report.fail(
                "Tinybird refuses the token for the \(what), though it knows the key (\(response.status): "
                    + "\(Self.error(in: response))): is the key a personal token? Use the one named \"workspace admin token\""
            )
        case 401, 403:
            report.fail("Tinybird refuses the token for the \(what) (\(response.status): \(Self.error(in: response)))")
        case 404: report.fail("Tinybird finds no \(what) (404): is it deployed?")
        case 400:
            report.warn(
                "Tinybird responds with 400 to a request for the \(what) without parameters: \(Self.error(in: response)); that "
                    + "is fine if the page sends them")
        case 429:
            report.warn(
                "Tinybird has had too many requests of tokens of this name (429): see TINYBIRD_RPS and TINYBIRD_TOKEN_NAME"
            )
        default: report.fail("Tinybird responds with \(response.status) for the \(what): \(Self.error(in: response))")
        }
    }

    private func ask(_ path: String, token: String) throws(Curl.Failure) -> Curl.Response {
        try Curl.send(to: api + path, fields: ["Authorization: Bearer \(token)", "Accept: application/json"])
    }

    /// What the API says of an error, without the token, which it may repeat.
    private static func error(in response: Curl.Response) -> String {
        guard let text = response.json?["error"]?.string else { return "no reason given" }
        let words = text.split(at: " ").map { $0.contains("eyJ") || $0.contains("p.ey") ? "…" : $0.description }
        return words.joined(separator: " ")
    }
}

extension Template {
    /// The text, where there is no placeholder in it.
    fileprivate var literal: UTF8Text? {
        guard parts.count == 1, case .literal(let text)? = parts.first else { return nil }
        return text
    }
}
