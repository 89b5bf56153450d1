import FastCGI
import Tinybird

/// A variable that a token needs has no value that may be signed.
public struct MissingVariable: Error, Equatable, CustomStringConvertible {
    /// The variable's name.
    public let name: String
    /// What is wrong with it; completes a sentence that begins with the name.
    public let reason: String

    /// The variable's name and the reason.
    public var description: String { "\(name) \(reason)" }
}

/// A variable of the request's environment that a placeholder names.
struct Variable: Sendable {
    private let name: String
    /// An internal redirect of Apache (a rewrite, a directory index) renames each variable so.
    private let redirectedName: String
    /// Whether the settings ask for what an internal redirect has renamed, and for nothing else.
    private let isRedirected: Bool

    init(_ name: String) {
        self.name = name
        redirectedName = "REDIRECT_" + name
        isRedirected = name.hasPrefix("REDIRECT_")
    }

    /// The variable's value in `request`: at least one byte, and UTF-8.
    ///
    /// - Throws: ``MissingVariable``, so that nothing is signed for nobody.
    func value(in request: borrowing Request) throws(MissingVariable) -> [UInt8] {
        let own = isRedirected ? Self.redirected(name, in: request) : request.bytes(of: name)
        guard let value = own ?? Self.redirected(redirectedName, in: request), !value.isEmpty else {
            throw MissingVariable(name: name, reason: "is not set or empty in this request")
        }
        guard String(validating: value, as: UTF8.self) != nil else {
            throw MissingVariable(name: name, reason: "is not valid UTF-8 in this request")
        }
        return value
    }

    /// The value of a variable that an internal redirect has renamed, or several: REDIRECT_REDIRECT_REMOTE_USER.
    ///
    /// Only of those without an error: where an ErrorDocument answers a failed login, Apache puts the name that the
    /// visitor has claimed into REDIRECT_REMOTE_USER.
    static func redirected(_ name: String, in request: borrowing Request) -> [UInt8]? {
        var status = "STATUS"
        var original = name[...]
        while original.hasPrefix("REDIRECT_") {
            original = original.dropFirst("REDIRECT_".count)
            status = "REDIRECT_" + status
            if let value = request.bytes(of: status), value != Array("200".utf8) { return nil }
        }
        return request.bytes(of: name)
    }

    /// Refuses variables that say what a client has chosen (RFC 3875 §4.1), and settings, one of which is the key.
    ///
    /// - Throws: ``Problem`` that names the variable.
    static func check(_ template: Template, in setting: Setting) throws(Problem) {
        for name in template.variables {
            var original = name[...]
            while original.hasPrefix("REDIRECT_") { original = original.dropFirst("REDIRECT_".count) }
            if original.hasPrefix("TINYBIRD_") {
                throw Problem(setting, "has %{\(name)}, a setting: name a variable that the server's login sets")
            }
            guard !chosenByClient.contains(String(original)),
                !chosenByClientPrefixes.contains(where: original.hasPrefix)
            else {
                throw Problem(
                    setting,
                    "has %{\(name)}, which a client chooses: name a variable that the server's login sets, such as "
                        + "REMOTE_USER")
            }
        }
    }

    private static let chosenByClientPrefixes = ["HTTP_", "CONTENT_"]
    private static let chosenByClient = [
        "QUERY_STRING", "REQUEST_URI", "PATH_INFO", "PATH_TRANSLATED", "REQUEST_METHOD", "REMOTE_IDENT", "SCRIPT_NAME",
        "SCRIPT_FILENAME", "SCRIPT_URL", "SCRIPT_URI", "DOCUMENT_URI", "SERVER_NAME", "SERVER_PROTOCOL", "THE_REQUEST",
        "URL", "URI", "STATUS", "SSL_TLS_SNI",
    ]
}

extension Scope {
    /// All text of the scope that may have placeholders.
    var templates: [Template] {
        switch access {
        case .readPipe(let parameters): [resource] + parameters.flatMap(\.value.templates)
        case .readDataSource(let filter): [resource] + (filter.map { [$0] } ?? [])
        }
    }
}

extension Scope.Parameter.Value {
    /// All text of the value that may have placeholders.
    var templates: [Template] {
        switch self {
        case .string(let template): [template]
        case .list(let values): values.flatMap(\.templates)
        case .number, .bool: []
        }
    }
}
