import FastCGI
import JOSE
import Tinybird
import TokenEndpoint

/// Where the signing key is put into an input's values.
private let keyMark: UInt8 = 1

/// Settings give a token or say what to change, and show the signing key in neither.
///
/// The input is an environment, in which a byte 1 stands for the key.
func fuzzSettings(_ input: [UInt8]) throws {
    // Files are read whatever they are; which ones is not for a fuzzer to choose.
    let variables = input.variables.filter { !$0.name.hasSuffix("_FILE") }
        .map { (name: $0.name, value: $0.value.flatMap { $0 == keyMark ? Guide.key : [$0] }) }
    // Under another key the mark's text is any text.
    let keys = variables.filter { $0.name == "TINYBIRD_SIGNING_KEY" }.map(\.value)
    guard keys.allSatisfy({ $0 == Guide.key || $0.isEmpty }) else {
        _ = try? Minter(Settings(Environment(variables.flatMap { Array("\($0)=".utf8) + $1 + [0] }), now: Guide.now))
        return
    }
    let process = Environment(Array("TINYBIRD_SIGNING_KEY=".utf8) + Guide.key + [0])
    let environment = Environment(variables.flatMap { Array("\($0)=".utf8) + $1 + [0] }).over(process)

    let settings: Settings
    do throws(SettingsError) {
        settings = try Settings(environment, now: Guide.now)
    } catch {
        require(!error.problems.isEmpty, "what is wrong is said")
        requireNoKey(in: Array("\(error)".utf8), "a problem")
        requireAnswer(.serviceUnavailable, variables, process)
        return
    }
    require(settings.tokenLifetime > 0 && environment.threads > 0, "numbers are positive")
    requireNoKey(in: settings.warnings.flatMap { Array("\($0)".utf8) }, "a warning")

    let names = Payload(settings.claims).variables
    let values = names.map { (name: $0.description, value: Array("v".utf8)) }
    let minter = try Minter(settings)
    let request = Request(variables: values + [("REDIRECT_STATUS", Array("200".utf8))])
    let claims = minter.claims(try minter.values(in: request), at: Guide.now)
    let token = try minter.mint(for: request, at: Guide.now)
    var algorithm = try settings.signingKey.algorithm()
    require(try CompactJWS.verify(token, with: &algorithm) == claims, "a token verifies")
    requireNoKey(in: claims, "a token")
    let json = try JSON(claims)
    require(json["exp"]?.integer == Guide.now + settings.tokenLifetime, "a token ends with its lifetime")
    require(json["workspace_id"]?.string == settings.claims.workspaceID, "a token is for the workspace")
    requireAnswer(names.isEmpty ? .ok : .forbidden, variables, process)
}

/// The endpoint answers the same settings, as the request's, with `status`; its log and answer hide the key.
private func requireAnswer(
    _ status: Response.Status, _ variables: [(name: String, value: [UInt8])], _ process: Environment
) {
    var endpoint = TokenEndpoint(process: process, serverSecret: nil, notices: Notices(), clock: { Guide.now })
    let settings = variables.filter { $0.name.hasPrefix("TINYBIRD_") }
    let response = endpoint.respond(to: Request(variables: [("REQUEST_METHOD", Array("GET".utf8))] + settings))
    require(response.status == status, "the answer is \(status), not \(response.status)")
    requireNoKey(in: response.log.flatMap { Array($0.text.utf8) }, "the log")
    requireNoKey(in: response.message(for: "GET"), "an answer")
}

private func requireNoKey(in text: [UInt8], _ what: String) {
    require(!text.contains(bytes: Guide.key), "\(what) never holds the key: \(String(decoding: text, as: UTF8.self))")
}
