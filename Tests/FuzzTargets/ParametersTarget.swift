import FastCGI
import Foundation
import TokenEndpoint

private let origins = ["https://www.example.com", "http://localhost:8080"]

// libFuzzer calls from one thread.
private nonisolated(unsafe) var endpoint: TokenEndpoint = {
    let scopes = """
        [{"type":"PIPES:READ","resource":"p","fixed_params":{"org":"%{REMOTE_USER}"}},\
        {"type":"DATASOURCES:READ","resource":"d","filter":"org = 'of %{REMOTE_USER}' AND 1"}]
        """
    let environment = Environment(
        Array("TINYBIRD_SIGNING_KEY=".utf8) + Guide.key
            + Array("\0TINYBIRD_TOKEN_NAME=charts of %{REMOTE_USER}\0TINYBIRD_SCOPES=\(scopes)\0".utf8)
            + Array("TINYBIRD_ALLOWED_ORIGINS=\(origins.joined(separator: " "))\0".utf8))
    return TokenEndpoint(process: environment, serverSecret: nil, notices: Notices(), clock: { Guide.now })
}()

/// The visitor's name stands whole in the claims that name it, and nothing else of a request gets into a token.
///
/// The input is a request's parameters.
func fuzzParameters(_ input: [UInt8]) throws {
    // Settings are the web server's own; the target `settings` changes them.
    let variables = input.variables.filter { !$0.name.hasPrefix("TINYBIRD_") }
    let request = Request(variables: variables)
    let response = endpoint.respond(to: request)
    requireMessage(response, method: request.method)

    let names = variables.filter { $0.name.hasSuffix("REMOTE_USER") }.map(\.value)
    switch response.status {
    case .ok:
        require(["GET", "HEAD"].contains(request.method), "only GET and HEAD get a token")
        try requireClaims(of: response, visitors: names)
    case .forbidden:
        let own = variables.first { $0.name == "REMOTE_USER" }?.value ?? []
        let isWhole = String(validating: own, as: UTF8.self).map { !$0.unicodeScalars.contains("\u{FFFD}") } ?? false
        require(own.isEmpty || !isWhole, "who is signed in gets a token")
    case .noContent: require(request.method == "OPTIONS", "204 answers OPTIONS")
    case .methodNotAllowed:
        require(!["GET", "HEAD", "OPTIONS"].contains(request.method), "405 answers other methods")
    case .unauthorized, .serviceUnavailable: fatalError("broken rule: no request changes the settings")
    }
    require(try response.status == .ok || response.claims() == nil, "an error has no token")
}

private func requireClaims(of response: Response, visitors: [[UInt8]]) throws {
    guard let text = try response.claims(),
        let claims = (try? JSONSerialization.jsonObject(with: Data(text))) as? [String: Any],
        let name = claims["name"] as? String, let scopes = claims["scopes"] as? [[String: Any]], scopes.count == 2
    else { fatalError("broken rule: claims are JSON of the known shape") }
    require(Set(claims.keys) == ["workspace_id", "name", "exp", "scopes"], "no claim is added")
    require(claims["workspace_id"] as? String == Guide.workspace, "the workspace is the key's")
    require(name.hasPrefix("charts of "), "the name is as set")
    let visitor = Array(name.utf8.dropFirst("charts of ".utf8.count))
    require(visitors.contains(visitor), "the name holds the visitor's whole")

    require(Set(scopes[0].keys) == ["type", "resource", "fixed_params"], "no member is added to a scope")
    let parameters = scopes[0]["fixed_params"] as? [String: String]
    require(parameters?.count == 1 && parameters?["org"].map { Array($0.utf8) } == visitor, "org is the visitor's name")
    require(Set(scopes[1].keys) == ["type", "resource", "filter"], "no member is added to a scope")
    let filter = Array((scopes[1]["filter"] as? String ?? "").utf8)
    let literal = readLiteral(in: filter, after: "org = ", before: " AND 1")
    require(literal == Array("of ".utf8) + visitor, "the filter compares with the visitor's name")
}

/// What ClickHouse reads in the one string literal between `before` and `after`; nil where there is more than that.
private func readLiteral(in sql: [UInt8], after: String, before: String) -> [UInt8]? {
    guard sql.starts(with: Array("\(after)'".utf8)) else { return nil }
    var value: [UInt8] = []
    var rest = sql.dropFirst(after.utf8.count + 1)
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "'") { return rest.elementsEqual(before.utf8) ? value : nil }
        // Of its escapes only these two are ever written.
        if byte == UInt8(ascii: "\\") {
            guard let escaped = rest.popFirst(), escaped == byte || escaped == UInt8(ascii: "'") else { return nil }
            value.append(escaped)
        } else {
            value.append(byte)
        }
    }
    return nil
}

/// The message is one status line, known header fields with nothing of the request but an allowed origin, and a body
/// of the length that they say.
private func requireMessage(_ response: Response, method: String) {
    let message = String(decoding: response.message(for: method), as: UTF8.self)
    guard let end = message.range(of: "\r\n\r\n") else { fatalError("broken rule: a message has a head") }
    let lines = message[..<end.lowerBound].components(separatedBy: "\r\n")
    require(lines.count == response.fields.count + (response.status == .noContent ? 1 : 2), "a field is one line")
    for field in response.fields where field.name.description == "Access-Control-Allow-Origin" {
        require(origins.contains(field.value), "only allowed origins are echoed")
    }
    let length = method == "HEAD" || response.status == .noContent ? 0 : response.body.count
    require(message[end.upperBound...].utf8.count == length, "the body is as long as the message says")
}
