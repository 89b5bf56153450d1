import FastCGI
import JOSE
import Tinybird

/// A variable that a token needs has no value that may be signed.
public struct MissingVariable: Error, Equatable, CustomStringConvertible {
    /// The variable's name.
    public let name: UTF8Text
    /// What is wrong with it; completes a sentence that begins with the name.
    public let reason: String

    /// The variable's name and the reason.
    public var description: String { "\(name) \(reason)" }
}

/// A variable of the request's environment that a placeholder names.
struct Variable: Sendable {
    private let name: UTF8Text
    private let lookupName: String
    /// For a variable that internal redirects of Apache have renamed (`REDIRECT_REDIRECT_REMOTE_USER`): the variables
    /// with the status of each redirect.
    private let statuses: [String]

    init(_ name: UTF8Text) {
        self.name = name
        lookupName = name.description
        let redirects = Self.original(name).redirects
        statuses = (0..<redirects).map { String(repeating: Self.redirect.description, count: $0 + 1) + "STATUS" }
    }

    /// The variable's value in `request`: at least one byte, and UTF-8.
    ///
    /// - Throws: ``MissingVariable``, so that nothing is signed for nobody.
    func value(in request: borrowing Request) throws(MissingVariable) -> [UInt8] {
        // Where an ErrorDocument answers a failed login, Apache puts the name that the visitor claimed into
        // REDIRECT_REMOTE_USER.
        for status in statuses {
            guard request.bytes(of: status)?.elementsEqual("200".utf8) ?? true else {
                throw MissingVariable(name: name, reason: "was set by a redirect after an error in this request")
            }
        }
        guard let value = request.bytes(of: lookupName), !value.isEmpty else {
            throw MissingVariable(name: name, reason: "is not set or empty in this request")
        }
        guard UTF8Text(value) != nil else {
            throw MissingVariable(name: name, reason: "is not valid UTF-8 in this request")
        }
        return value
    }

    private static let redirect: UTF8Text = "REDIRECT_"

    /// The name without the prefixes of internal redirects, and how many there were.
    private static func original(_ name: UTF8Text) -> (name: UTF8Text, redirects: Int) {
        var original = name
        var redirects = 0
        while original.starts(with: redirect), let rest = original.cut(at: redirect)?.after {
            original = rest
            redirects += 1
        }
        return (original, redirects)
    }

    /// Refuses variables that say what a client has chosen (RFC 3875 §4.1), and settings, one of which is the key.
    ///
    /// - Throws: ``Problem`` that names the variable.
    static func check(_ template: Template, in setting: Setting) throws(Problem) {
        for name in template.variables {
            let original = original(name).name
            if original.starts(with: "TINYBIRD_") {
                throw Problem(setting, "has %{\(name)}, a setting: name a variable that the server's login sets")
            }
            guard !chosenByClient.contains(original), !chosenByClientPrefixes.contains(where: original.starts)
            else {
                throw Problem(
                    setting,
                    "has %{\(name)}, which a client chooses: name a variable that the server's login sets, such as "
                        + "REMOTE_USER")
            }
        }
    }

    private static let chosenByClientPrefixes: [UTF8Text] = ["HTTP_", "CONTENT_"]
    private static let chosenByClient: [UTF8Text] = [
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
