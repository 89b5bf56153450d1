import Glibc

/// Plain CGI: one request in the process's environment and on standard input, one response on standard output
/// ([RFC 3875](https://www.rfc-editor.org/rfc/rfc3875)).
public enum CGI {
    /// Whether a web server started this process as a CGI program: `GATEWAY_INTERFACE` is set
    /// ([RFC 3875 §4.1.4](https://www.rfc-editor.org/rfc/rfc3875#section-4.1.4)).
    public static var isRequested: Bool { getenv("GATEWAY_INTERFACE") != nil }

    /// Responds to the request that this process was started for.
    public static func run(_ handler: consuming some RequestHandler & ~Copyable) {
        var handler = handler
        let request = Request.processEnvironment
        drainBody(of: request)
        let response = handler.respond(to: request)
        for line in response.log { line.writeToStandardError() }
        write(all: response.message(for: request.method), to: STDOUT_FILENO)
    }

    /// Reads the body to its end: mod_cgid waits 5 s for a program that exits without having read it.
    private static func drainBody(of request: borrowing Request) {
        // A chunked body has no length; it ends where the server closes the pipe.
        var rest = request.bytes(of: "HTTP_TRANSFER_ENCODING") == nil ? 0 : Int.max
        if let length = request.bytes(of: "CONTENT_LENGTH"), !length.isEmpty {
            rest = Int(String(decoding: length, as: UTF8.self)) ?? 0
        }
        guard rest > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while rest > 0, case let count = read(STDIN_FILENO, &buffer, min(rest, buffer.count)), count > 0 {
            rest -= count
        }
    }
}
