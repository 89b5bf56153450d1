import FastCGI
import JOSE

/// The token endpoint: a function from a request, the time and the settings to a response, with what one worker
/// remembers to answer the next request faster.
public struct TokenEndpoint: RequestHandler, ~Copyable {
    private let process: Environment
    private let notices: Notices
    private let clock: @Sendable () -> Int
    private var locations: [Location] = []
    /// The request's own settings, as they stand in its environment; kept to reuse its memory.
    private var variables: [UInt8] = []

    /// How many places with settings of their own are remembered; beyond it all are made anew.
    static let locationLimit = 64

    var locationCount: Int { locations.count }

    /// An endpoint for one worker.
    ///
    /// - Parameters:
    ///   - process: The process's environment, behind each request's.
    ///   - notices: What the error log was told already; shared by the workers.
    ///   - clock: The time, in seconds since 1970.
    public init(process: Environment, notices: Notices, clock: @escaping @Sendable () -> Int) {
        self.process = process
        self.notices = notices
        self.clock = clock
    }

    /// Answers one request.
    public mutating func respond(to request: borrowing Request) -> Response {
        let location = location(of: request)
        let method = request.bytes(of: "REQUEST_METHOD") ?? []
        var response =
            switch method {
            case Self.get, Self.head: token(for: request, at: location)
            case Self.options: Response(.noContent, fields: [Self.allow, Self.noStore])
            default: Self.error(.methodNotAllowed, "Method not allowed: use GET", fields: [Self.allow])
            }
        if let origins = location.allowedOrigins {
            response.fields += origins.fields(
                for: request.bytes(of: "HTTP_ORIGIN"), isPreflight: method == Self.options)
        }
        return response
    }

    private func token(for request: borrowing Request, at location: Location) -> Response {
        var log: [LogLine] = []
        var response =
            switch location.answer(request, at: clock(), log: &log) {
            case .token(let token, let lifetime): Self.success(token, lifetime: lifetime)
            case .misconfigured:
                Self.error(
                    .serviceUnavailable,
                    "The token service is not configured correctly: its administrator finds the reason in the error log"
                )
            case .anonymous:
                Self.error(
                    .forbidden, "This chart is for signed-in visitors, and the web server doesn't know you: sign in")
            case .notRenewable:
                Self.error(
                    .unauthorized, "The token can't be renewed: ask for a new one without it",
                    fields: [.init("WWW-Authenticate", #"Bearer error="invalid_token""#)])
            }
        response.log = log
        return response
    }

    private mutating func location(of request: borrowing Request) -> Location {
        variables.removeAll(keepingCapacity: true)
        request.append(variablesNamed: Setting.prefix, to: &variables)
        if let known = locations.first(where: { $0.variables == variables }) { return known }
        if locations.count >= Self.locationLimit { locations.removeAll() }
        let location = Location(variables, over: process, notices: notices)
        locations.append(location)
        return location
    }
}

// What the answers have in common.
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

    /// An error in the shape of Tinybird's own API errors.
    private static func error(_ status: Response.Status, _ message: UTF8Text, fields: [Response.Field] = []) -> Response
    {
        var body = Array(#"{"error":"#.utf8)
        body.appendJSON(string: message)
        body.append(UInt8(ascii: "}"))
        return Response(status, fields: json + fields, body: body)
    }
}
