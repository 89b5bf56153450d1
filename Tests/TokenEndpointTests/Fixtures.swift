import FastCGI
import Foundation
import Synchronization
import TokenEndpoint

/// The guide's values, and the key of the golden vector.
enum Guide {
    static let key =
        "p.eyJ1IjogIjFmNDg0YTMyLTY5NjYtNGY2My05MzEyLWFhZGFkNjRkM2UxMiIsICJpZCI6ICJ0ZXN0LWtleSJ9.not-a-real-signature"
    static let workspace = "1f484a32-6966-4f63-9312-aadad64d3e12"
    static let pipe = "t_b9427fe2bcd543d1a8923d18c094e8c1"
    static let variables = ["TINYBIRD_SIGNING_KEY": key, "TINYBIRD_PIPES": pipe]
    /// 48 h before the golden vector's `exp`.
    static let now = 1_900_000_000 - 172_800
    static let token =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ3b3Jrc3BhY2VfaWQiOiIxZjQ4NGEzMi02OTY2LTRmNjMtOTMxMi1hYWRhZDY0ZDNlMTIi"
        + "LCJuYW1lIjoiY2hhcnRzX3Rva2VuIiwiZXhwIjoxOTAwMDAwMDAwLCJzY29wZXMiOlt7InR5cGUiOiJQSVBFUzpSRUFEIiwicmVzb3VyY2Ui"
        + "OiJ0X2I5NDI3ZmUyYmNkNTQzZDFhODkyM2QxOGMwOTRlOGMxIn1dfQ.j6TkhIBYfYSn2AHetT-WKD3uPuNlOsSD0U0fat5M20Q"
}

/// Settings of variables, or what is wrong with them.
func settings(_ variables: [String: String]) -> Result<Settings, SettingsError> {
    Result { () throws(SettingsError) in try Settings(Environment(variables: variables), now: Guide.now) }
}

extension Environment {
    init(variables: [String: String]) {
        self.init(variables.flatMap { Array("\($0)=\($1)\u{0}".utf8) })
    }
}

extension TokenEndpoint {
    /// An endpoint at the golden vector's time.
    init(process: [String: String], notices: Notices = Notices()) {
        let process = Environment(variables: process)
        self.init(
            process: process, serverSecret: ServerSecret(process), notices: notices, clock: { Guide.now })
    }

    mutating func answer(_ method: String = "GET", _ variables: [String: String] = [:]) -> Response {
        let request = Request(variables: [("REQUEST_METHOD", method)] + variables.map { ($0, $1) })
        return respond(to: request)
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The status, if it is an error in the contract's shape.
    var errorStatus: Status? {
        let json = try? JSONDecoder().decode([String: String].self, from: Data(body))
        return json.map(\.keys).map(Array.init) == ["error"] ? status : nil
    }

    /// The token of a successful answer; empty where there is none.
    var token: String {
        text.hasPrefix(#"{"token":""#) ? String(text.split(separator: "\"")[3]) : ""
    }

    /// The claims of a successful answer's token.
    var claims: String? {
        guard !token.isEmpty else { return nil }
        var payload = token.split(separator: ".")[1].replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        while !payload.count.isMultiple(of: 4) { payload += "=" }
        return Data(base64Encoded: payload).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A file in a directory of its own, gone with it.
final class TemporaryFile {
    let url: URL
    private let directory: URL

    init(_ content: String? = nil) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("charts-token-\(UUID())")
        url = directory.appendingPathComponent("key")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if let content { try write(content) }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var path: String { url.path }

    func write(_ content: String, atomically: Bool = false) throws {
        try content.write(to: url, atomically: atomically, encoding: .utf8)
    }
}
