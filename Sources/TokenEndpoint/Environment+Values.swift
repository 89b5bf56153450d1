import JOSE
import Tinybird

// Each setting's own rule.
extension Environment {
    private static let threadLimits = 1...256

    /// The number of worker threads of a FastCGI responder, 1 to 256. A wrong setting is answered and logged with each
    /// request, so until it is right the default serves.
    public var threads: Int { (try? validThreads()) ?? Settings.defaultThreads }

    func validThreads() throws(Problem) -> Int {
        guard let text = try text(.threads) else { return Settings.defaultThreads }
        guard let threads = text.bytes.wholeNumber, Self.threadLimits.contains(threads) else {
            throw Problem(
                .threads, "is not a whole number from 1 to 256: correct it, or unset it for \(Settings.defaultThreads)")
        }
        return threads
    }

    /// The workspace's id: the one that is set, else the key's own. Without a key, its problem is the one to solve.
    func workspaceID(key: SigningKey?) throws(Problem) -> UTF8Text {
        if let id = try text(.workspaceID) {
            guard !id.contains("${") else { throw Problem(.workspaceID, Problem.unreplaced) }
            return id
        }
        guard let id = key?.workspaceID else {
            if key == nil { return "" }
            throw Problem(
                .workspaceID,
                "is not set, and the signing key doesn't name its workspace: set it to the workspace's id")
        }
        return id
    }

    func tokenName() throws(Problem) -> Template {
        guard let text = try text(.tokenName) else { return Template([.literal(UTF8Text(Settings.defaultTokenName))]) }
        let template: Template
        do throws(TemplateError) { template = try Template(text) } catch { throw Problem(.tokenName, "\(error)") }
        try Variable.check(template, in: .tokenName)
        return template
    }

    func tokenLifetime(now: Int) throws(Problem) -> Int {
        guard let seconds = try duration(.tokenLifetime) else { return Settings.defaultTokenLifetime }
        guard seconds <= Claims.latestExpiration - now else {
            throw Problem(.tokenLifetime, "ends after the year 9999: set it to a shorter time, such as 48h")
        }
        return seconds
    }

    func renewalWindow() throws(Problem) -> Int? {
        try duration(.renewalWindow)
    }

    /// A positive number in JSON's own form, its digits kept.
    func requestsPerSecond() throws(Problem) -> String? {
        guard let text = try text(.requestsPerSecond)?.bytes else { return nil }
        let significand = text.prefix { $0.lowercased != UInt8(ascii: "e") }
        guard case .number(let digits)? = try? JSON(text), text.first != UInt8(ascii: "-"),
            significand.contains(where: { $0.isDigit && $0 != UInt8(ascii: "0") })
        else { throw Problem(.requestsPerSecond, "is not a positive number: set it to one, such as 10, or unset it") }
        return digits
    }

    /// A number of seconds, or a number with a unit; at least 1 s, nil where it isn't set.
    private func duration(_ setting: Setting) throws(Problem) -> Int? {
        guard let text = try text(setting)?.bytes else { return nil }
        let units: [(name: Unicode.Scalar, seconds: Int)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]
        let unit = units.first { UInt8(ascii: $0.name) == text.last }
        guard let number = (unit == nil ? text : text.dropLast()).wholeNumber else {
            throw Problem(
                setting, "is not a duration: set it to a number of seconds, or a number with s, m, h or d, such as 48h")
        }
        guard number > 0 else { throw Problem(setting, "is 0: set it to 1s or more") }
        let (seconds, overflows) = number.multipliedReportingOverflow(by: unit?.seconds ?? 1)
        return overflows ? Int.max : seconds
    }

    /// A setting's value as text, without the white space around it; nil where it isn't set.
    ///
    /// - Throws: ``Problem`` when it isn't UTF-8, which repaired would be another value, or is certainly not meant so.
    func text(_ setting: Setting) throws(Problem) -> UTF8Text? {
        guard let bytes = self[setting] else { return nil }
        guard let text = UTF8Text(bytes)?.trimmed else {
            throw Problem(setting, "is not valid UTF-8: write it in UTF-8")
        }
        guard !text.isEmpty else { throw Problem(setting, Problem.white) }
        guard !text.isQuoted else {
            throw Problem(setting, "is still in quotes, which whatever reads the configuration left there: remove them")
        }
        return text
    }
}

extension [UInt8] {
    /// The number, if the text is decimal digits alone; `Int.max` where it is greater.
    fileprivate var wholeNumber: Int? {
        guard !isEmpty, allSatisfy(\.isDigit) else { return nil }
        return Int(String(decoding: self, as: UTF8.self)) ?? Int.max
    }
}
