import FastCGI
import Foundation
import JOSE
import Tinybird
import TokenEndpoint

private let renewalWindow = 3600
private let lifetime = 600

// libFuzzer calls from one thread.
private nonisolated(unsafe) var endpoint: TokenEndpoint = {
    let environment = Environment(
        Array("TINYBIRD_SIGNING_KEY=".utf8) + Guide.key
            + Array(
                "\0TINYBIRD_PIPES=p\0TINYBIRD_TOKEN_TTL=\(lifetime)\0TINYBIRD_RENEWAL_WINDOW=\(renewalWindow)\0".utf8))
    return TokenEndpoint(process: environment, serverSecret: nil, notices: Notices(), clock: { Guide.now })
}()

/// A token verifies with the key that signed it, and with no bit changed; a renewed one differs in `exp` alone.
///
/// The input is a header, a NUL and a payload, which are signed here since no fuzzer can; and, as it is, a token.
func fuzzToken(_ input: [UInt8]) throws {
    var ours = try HS256(key: Guide.key.span)
    let otherKey = Guide.key + [0]
    var other = try HS256(key: otherKey.span)

    if let payload = try CompactJWS.verify(input, with: &ours) {
        let signed = try CompactJWS.sign(payload.span, with: &ours)
        require(signed == input, "only what is signed with the key verifies")
    }

    let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return }
    let header = Array(parts[0])
    let payload = Array(parts[1])
    var token = Base64URL.encode(header.span) + [UInt8(ascii: ".")] + Base64URL.encode(payload.span)
    let signature = try ours.sign(token.span)
    token += [UInt8(ascii: ".")] + Base64URL.encode(signature.span)

    let verified = try CompactJWS.verify(token, with: &ours)
    if let verified {
        require(verified == payload, "what verifies is what was signed")
        let fields = (try? JSONSerialization.jsonObject(with: Data(header))) as? [String: Any]
        require(fields?["alg"] as? String == "HS256" && fields?["crit"] == nil, "the header names HS256 alone")
    } else {
        require(header != Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8), "a token under our own header verifies")
    }
    require(try CompactJWS.verify(token, with: &other) == nil, "no token verifies with another key")
    var changed = token
    let place = input.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
    changed[place / 8 % changed.count] ^= 1 << UInt8(place % 8)
    require(try CompactJWS.verify(changed, with: &ours) == nil, "no token verifies with a bit changed")

    try requireRenewal(of: token, payload: verified)
}

private func requireRenewal(of token: [UInt8], payload: [UInt8]?) throws {
    let response = endpoint.respond(
        to: Request(variables: [
            ("REQUEST_METHOD", Array("GET".utf8)), ("HTTP_AUTHORIZATION", Array("Bearer ".utf8) + token),
        ]))
    guard response.status == .ok else {
        return require(response.status == .unauthorized, "a token is renewed or refused")
    }
    guard let payload, case .object(let before)? = try? JSON(payload),
        case .object(let after)? = try response.claims().flatMap({ try? JSON($0) })
    else { fatalError("broken rule: only a token that verifies is renewed") }
    require(before.map(\.name) == after.map(\.name), "a renewed token has the same claims")
    for (before, after) in zip(before, after) {
        switch before.name {
        case "exp":
            require(before.value.integer.map { $0 > Guide.now } == true, "an expired token isn't renewed")
            require(after.value.integer == Guide.now + lifetime, "a renewed token has a new exp")
            continue
        case "iat":
            let age = before.value.integer.map { Guide.now.subtractingReportingOverflow($0).partialValue }
            require(age.map { -60...renewalWindow ~= $0 } == true, "a token is renewed within its window")
        case "workspace_id":
            require(before.value == .string(UTF8Text(Guide.workspace)), "a token is renewed for its workspace")
        default: break
        }
        require(before.value.text == after.value.text, "a renewed token has the same \(before.name)")
    }
}

extension Response {
    /// The claims of a successful answer's token, which must verify; nil where there is no token.
    func claims() throws -> [UInt8]? {
        guard let token = (try? JSON(body))?["token"]?.string else { return nil }
        var algorithm = try HS256(key: Guide.key.span)
        let claims = try CompactJWS.verify(token.bytes, with: &algorithm)
        require(claims != nil, "a token that is answered verifies")
        return claims
    }
}
