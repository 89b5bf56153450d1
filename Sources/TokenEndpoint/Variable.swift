import FastCGI
import JOSE
import Tinybird

/// A variable that a token needs has no value that may be signed.
public struct MissingVariable: Error, Equatable, CustomStringConvertible {
    /// The variable's name.
    public let name: UTF8Text
    /// What is wrong with it; completes a sentence that starts with the name.
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
    /// Whether it is a field of a client certificate.
    private let isOfCertificate: Bool
    /// Whether it is a claim of OpenID Connect.
    private let isOfOpenID: Bool
    /// For a variable in the names of resources: which characters each of them may have.
    private let nameCharacters: [@Sendable (UInt8) -> Bool]

    /// A variable that the claims with `scopes` need.
    init(_ name: UTF8Text, in scopes: [Scope]) {
        self.name = name
        isOfCertificate = name.starts(with: "SSL_CLIENT_")
        isOfOpenID = Self.original(name).name.starts(with: "OIDC_CLAIM_")
        nameCharacters = scopes.filter { $0.resource.variables.contains(name) }.map(\.isNameCharacter)
        lookupName = name.description
        let redirects = Self.original(name).redirects
        statuses = (0..<redirects).map { String(repeating: Self.redirect.description, count: $0 + 1) + "STATUS" }
    }

    /// The variable's value in `request`: at least one byte, UTF-8, and nothing that stands for lost characters.
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
        // With `SSLVerifyClient optional_no_ca` anyone may send a certificate of their own making.
        guard !isOfCertificate || request.bytes(of: "SSL_CLIENT_VERIFY")?.elementsEqual("SUCCESS".utf8) ?? true else {
            throw MissingVariable(name: name, reason: "is of a certificate that was not verified in this request")
        }
        guard let value = request.bytes(of: lookupName), !value.isEmpty else {
            throw MissingVariable(name: name, reason: "is not set or empty in this request")
        }
        guard let text = UTF8Text(value) else {
            throw MissingVariable(name: name, reason: "is not valid UTF-8 in this request")
        }
        // What stands for characters that were lost would make one name of two.
        guard !text.contains("\u{FFFD}") else {
            throw MissingVariable(name: name, reason: "has the replacement character U+FFFD in this request")
        }
        guard !isOfOpenID || !text.contains("?") else {
            throw MissingVariable(
                name: name,
                reason: "has a \"?\" in this request, which may stand for another character (mod_auth_openidc 2.4.15 "
                    + "and newer need \"OIDCPassClaimsAs environment none\")")
        }
        guard nameCharacters.allSatisfy({ value.allSatisfy($0) }) else {
            throw MissingVariable(
                name: name, reason: "has a value in this request that can't be the name of a pipe or data source")
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

    /// Whether the variable has a value in `request`, whatever it is.
    func isSet(in request: borrowing Request) -> Bool { request.isSet(lookupName) }

    /// Refuses variables by which CGI and the web server describe a request (RFC 3875 §4.1): a client chooses most of
    /// them, somewhere. What a login sets remains, such as REMOTE_USER, a client certificate's fields (SSL_CLIENT_…) and
    /// names of the administrator's own. Settings, one of which is the key, are refused, too.
    ///
    /// - Throws: ``Problem`` that names the variable.
    static func check(_ template: Template, in setting: Setting) throws(Problem) {
        for name in template.variables {
            let original = original(name).name
            if original.starts(with: "TINYBIRD_") {
                throw Problem(setting, "has %{\(name)}, a setting: name a variable that the server's login sets")
            }
            let describesRequest =
                descriptions.contains(original) || descriptionPrefixes.contains(where: original.starts)
                || original.starts(with: "SSL_") && !original.starts(with: "SSL_CLIENT_")
            guard !describesRequest else {
                throw Problem(
                    setting,
                    "has %{\(name)}, which a client chooses: name a variable that the server's login sets, such as "
                        + "REMOTE_USER")
            }
        }
    }

    private static let descriptionPrefixes: [UTF8Text] = [
        "CONTENT_", "CONTEXT_", "DOCUMENT_", "GATEWAY_", "HTTP_", "PATH_", "QUERY_", "REQUEST_", "SCRIPT_", "SERVER_",
    ]
    private static let descriptions: [UTF8Text] = [
        "AUTH_TYPE", "HTTPS", "IS_SUBREQ", "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_PORT", "STATUS", "THE_REQUEST",
        "UNIQUE_ID", "URI", "URL",
    ]
}

extension Scope {
    /// Which characters the name of the scope's resource may have.
    fileprivate var isNameCharacter: @Sendable (UInt8) -> Bool {
        switch access {
        case .readPipe: ResourceName.isPipeCharacter
        case .readDataSource: ResourceName.isDataSourceCharacter
        }
    }

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
