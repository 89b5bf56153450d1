import FastCGI
import JOSE

/// The token endpoint: a function from a request, the time and the settings to a response, with what one worker
/// remembers to serve the next request faster.
public struct TokenEndpoint: RequestHandler, ~Copyable {
    private let process: Environment
    private let notices: Notices
    private let clock: @Sendable () -> Int
    private var serverSecret: ServerSecret?
    private var cache: [CachedSettings] = []
    /// The request's own settings, in the order of its environment; kept to reuse its memory.
    private var variables: [UInt8] = []

    /// How many different settings are cached; beyond that, all are made again.
    static let cacheLimit = 64

    var cachedCount: Int { cache.count }

    /// An endpoint for one worker.
    ///
    /// - Parameters:
    ///   - process: The process's environment, whose settings those of a request hide.
    ///   - serverSecret: What a request must know; nil for plain CGI, where the web server starts the program.
    ///   - notices: What the error log was told already; shared by the workers.
    ///   - clock: The time, in seconds since 1970.
    public init(
        process: Environment, serverSecret: ServerSecret?, notices: Notices, clock: @escaping @Sendable () -> Int
    ) {
        self.process = process
        self.serverSecret = serverSecret
        self.notices = notices
        self.clock = clock
    }

    /// Whether a variable is read of most requests: the settings, and what a client says of its request.
    public func reads(_ name: Span<UInt8>) -> Bool {
        name.starts(with: Setting.prefix) || Self.variables.contains { name.elementsEqual($0) }
    }

    private static let variables: [StaticString] = [
        "REQUEST_METHOD", "HTTP_ORIGIN", "HTTP_AUTHORIZATION", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "REMOTE_USER",
    ]

    /// Responds to one request.
    public mutating func respond(to request: borrowing Request) -> Response {
        if let refusal = refusal(of: request) { return refusal }
        let settings = settings(of: request)
        let method = request.bytes(of: "REQUEST_METHOD") ?? []
        var response =
            switch method {
            case Self.get, Self.head: token(for: request, by: settings)
            case Self.options: Response(.noContent, fields: [Self.allow, Self.noStore])
            default: Self.error(.methodNotAllowed, "Method not allowed: use GET", fields: [Self.allow])
            }
        if let origins = settings.allowedOrigins {
            response.fields += origins.fields(for: request, isPreflight: method == Self.options)
        }
        return response
    }

    /// The response to a request that doesn't know the server's secret, of which nothing else is looked at; nil where it
    /// does.
    private mutating func refusal(of request: borrowing Request) -> Response? {
        var refusal: Response
        let line: LogLine
        do throws(Problem) {
            if try serverSecret?.isKnown(to: request) ?? true { return nil }
            line = LogLine(
                .error,
                "\(Setting.serverSecret.rawValue) is missing or wrong in a request: no token is signed; set it in the "
                    + "web server too, at this URL alone. If it is set there, someone else can reach the socket")
            refusal = Self.error(.forbidden, "This request doesn't come from this service's web server")
        } catch {
            line = LogLine(.error, "\(error)")
            refusal = Self.misconfigured
        }
        if notices.isNews(line) { refusal.log.append(line) }
        return refusal
    }

    private func token(for request: borrowing Request, by settings: CachedSettings) -> Response {
        var log: [LogLine] = []
        var response =
            switch settings.outcome(of: request, at: clock(), log: &log) {
            case .token(let token, let lifetime): Self.success(token, lifetime: lifetime)
            case .misconfigured: Self.misconfigured
            case .anonymous:
                Self.error(
                    .forbidden, "Sign in to see this chart: the web server doesn't know who you are")
            case .notRenewable:
                Self.error(
                    .unauthorized, "This token can't be renewed: request a new one without it",
                    fields: [.init("WWW-Authenticate", #"Bearer error="invalid_token""#)])
            }
        response.log = log
        return response
    }

    private mutating func settings(of request: borrowing Request) -> CachedSettings {
        variables.removeAll(keepingCapacity: true)
        request.append(variablesNamed: Setting.prefix, to: &variables)
        if let known = cache.first(where: { $0.variables == variables }) { return known }
        if cache.count >= Self.cacheLimit { cache.removeAll() }
        let settings = CachedSettings(variables, over: process, notices: notices)
        cache.append(settings)
        return settings
    }
}

// What the responses have in common.
extension TokenEndpoint {
    private static let get = Array("GET".utf8)
    private static let head = Array("HEAD".utf8)
    private static let options = Array("OPTIONS".utf8)

    private static let allow = Response.Field("Allow", "GET, HEAD, OPTIONS")
    private static let noStore = Response.Field("Cache-Control", "no-store")
    private static let json = [
        Response.Field("Content-Type", "application/json"), noStore,
        Response.Field("X-Content-Type-Options", "nosniff"),
    ]

    private static func success(_ token: [UInt8], lifetime: Int) -> Response {
        var body: [UInt8] = []
        body.reserveCapacity(token.count + 40)
        body.append(contentsOf: #"{"token":""#.utf8)
        body.append(contentsOf: token)
        body.append(contentsOf: #"","expires_in":"#.utf8)
        body.append(contentsOf: String(lifetime).utf8)
        body.append(UInt8(ascii: "}"))
        return Response(.ok, fields: json, body: body)
    }

    private static let misconfigured = error(
        .serviceUnavailable,
        "The token service is misconfigured: see the web server's error log")

    /// An error in the shape of Tinybird's own API errors.
    private static func error(_ status: Response.Status, _ message: UTF8Text, fields: [Response.Field] = []) -> Response
    {
        var body = Array(#"{"error":"#.utf8)
        body.appendJSON(string: message)
        body.append(UInt8(ascii: "}"))
        return Response(status, fields: json + fields, body: body)
    }
}
