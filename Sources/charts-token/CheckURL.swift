import Glibc
import JOSE
import TokenEndpoint

/// `charts-token check --url`: what a page would get from a token endpoint, and whether that is right.
struct CheckURL {
    private let url: String
    private let origin: String?
    private var report = Report()

    /// How far two clocks may differ, in seconds.
    private static let tolerance = 5

    init(_ url: String, origin: String?) {
        self.url = url
        self.origin = origin
    }

    /// Asks for a token, and judges the response.
    ///
    /// - Returns: Whether there was no problem.
    mutating func run() -> Bool {
        do throws(Curl.Failure) {
            let response = try Curl.send(to: url, fields: origin.map { ["Origin: \($0)"] } ?? [])
            if checkStatus(of: response) { checkToken(in: response) }
            checkCaching(of: response)
            if let origin { try checkOrigin(origin, response) }
        } catch {
            report.fail("\(error)")
        }
        return !report.hasProblems
    }

    private mutating func checkStatus(of response: Curl.Response) -> Bool {
        let reason = response.json?["error"]?.string.map { ": \($0)" } ?? ""
        switch response.status {
        case 200:
            report.ok("200")
            return true
        case 300..<400:
            let target = response.field("location").map { " to \($0)" } ?? ""
            report.fail(
                "it redirects\(target) (\(response.status)): is that a login? A page that fetches a token can't follow it; "
                    + "answer 401 or 403 to visitors who aren't signed in")
        case 401: report.fail("401\(reason): the web server requires a login, so a page's visitors must sign in first")
        case 403: report.fail("403\(reason): sign in as a visitor does, or see the web server's error log")
        case 404:
            report.fail("404: nothing is mapped to this URL; include the configuration in the site that serves it")
        case 405: report.fail("405: the URL is not that of the program")
        case 503: report.fail("503\(reason): the web server's error log names the setting to change")
        default: report.fail("\(response.status)\(reason): see the web server's error log")
        }
        return false
    }

    private mutating func checkToken(in response: Curl.Response) {
        guard let json = response.json, let token = json["token"]?.string, let expiresIn = json["expires_in"]?.integer
        else {
            let type = response.field("content-type")?.description ?? "no type"
            return report.fail(
                "the body is not {\"token\": …, \"expires_in\": …} but \(type): is the program run, or its file sent?")
        }
        report.ok("JSON with a token that is valid for \(words(seconds: expiresIn))")
        let parts = token.split(at: ".")
        guard parts.count == 3, let payload = Base64URL.decode(parts[1].bytes[...]), let claims = try? JSON(payload)
        else {
            return report.fail("the token is no JWT")
        }
        print("The claims:")
        print(String(decoding: payload, as: UTF8.self).printableJSON)
        checkTimes(claims, expiresIn: expiresIn, response)
        checkSignature(token)
    }

    private mutating func checkTimes(_ claims: JSON, expiresIn: Int, _ response: Curl.Response) {
        guard let expiration = claims["exp"]?.integer else {
            return report.fail("the token has no exp: Tinybird refuses it")
        }
        guard let date = response.field("date").flatMap(Self.seconds) else {
            return report.warn("the response has no Date, to compare the token's times with")
        }
        let difference = expiration - date - expiresIn
        if abs(difference) > Self.tolerance {
            report.fail(
                "exp is \(expiration - date) s after the response's Date, but expires_in says \(expiresIn) s: the response comes "
                    + "from a cache, or the clocks of the web server and of the program differ")
        } else {
            report.ok("exp, expires_in and Date agree")
        }
        if abs(date - time(nil)) > 60 {
            report.warn("the web server's clock and this machine's differ by \(words(seconds: abs(date - time(nil))))")
        }
    }

    private mutating func checkSignature(_ token: UTF8Text) {
        guard let key = try? SigningKey(.process), var algorithm = try? key.algorithm() else {
            return report.warn("no signing key in this environment, so the signature isn't verified")
        }
        if (try? CompactJWS.verify(token.bytes, with: &algorithm)) ?? nil != nil {
            report.ok("the signature verifies with this environment's key")
        } else {
            report.fail("the token isn't signed with this environment's key: the web server has another one")
        }
    }

    private mutating func checkCaching(of response: Curl.Response) {
        let directives = response.field("cache-control")?.words ?? []
        let others = directives.filter { $0 != "no-store" }
        if !directives.contains("no-store") || !others.isEmpty {
            let value = response.field("cache-control")?.description ?? "missing"
            report.fail(
                "Cache-Control is \(value), not no-store: a cache may give one visitor's token to another; the site's own rules "
                    + "(Header, expires) must spare this URL")
        } else if let age = response.field("age") {
            report.fail("the response comes from a cache (Age: \(age)): that must spare this URL")
        } else {
            report.ok("Cache-Control: no-store")
        }
    }

    private mutating func checkOrigin(_ origin: String, _ response: Curl.Response) throws(Curl.Failure) {
        let allowed = response.field("access-control-allow-origin")
        guard allowed == UTF8Text(origin) || allowed == "*" else {
            return report.fail(
                "a page of \(origin) can't read the response (Access-Control-Allow-Origin is "
                    + "\(allowed?.description ?? "missing")): add it to TINYBIRD_ALLOWED_ORIGINS")
        }
        report.ok("a page of \(origin) can read the response")
        let preflight = try Curl.send(
            "OPTIONS", to: url,
            fields: [
                "Origin: \(origin)", "Access-Control-Request-Method: GET",
                "Access-Control-Request-Headers: authorization",
            ])
        let headers = preflight.field("access-control-allow-headers")?.words ?? []
        if (200..<300).contains(preflight.status), headers.contains(where: { Self.isAuthorization($0) }) {
            report.ok("its preflight is allowed")
        } else {
            report.fail(
                "its preflight isn't allowed (OPTIONS: \(preflight.status)): let the login and the web server pass OPTIONS on"
            )
        }
    }

    private static func isAuthorization(_ name: UTF8Text) -> Bool {
        name.bytes.lazy.map(\.lowercased).elementsEqual("authorization".utf8)
    }

    /// An HTTP date (RFC 9110 §5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`, in seconds since 1970.
    private static func seconds(_ date: UTF8Text) -> Int? {
        let words = date.split(at: " ")
        guard words.count == 6, let month = months.firstIndex(of: words[2]) else { return nil }
        let numbers = ([words[1], words[3]] + words[4].split(at: ":")).compactMap { Int32($0.description) }
        guard numbers.count == 5 else { return nil }
        var parts = tm()
        parts.tm_mday = numbers[0]
        parts.tm_mon = Int32(month)
        parts.tm_year = numbers[1] - 1900
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[2], numbers[3], numbers[4])
        return timegm(&parts)
    }

    private static let months: [UTF8Text] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
