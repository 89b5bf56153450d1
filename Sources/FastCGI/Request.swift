import CLinux
import Glibc

/// One request as CGI describes it: its meta-variables
/// ([RFC 3875 §4.1](https://www.rfc-editor.org/rfc/rfc3875#section-4.1)). The message body is drained, never offered.
///
/// It is borrowed by the handler and not copyable, because the variables are the server's own memory, which is gone
/// after the response.
public struct Request: ~Copyable {
    /// `NAME=value` C strings, ended by nil, as `environ` is.
    private let variables: UnsafePointer<UnsafeMutablePointer<CChar>?>
    /// Whether the strings are this request's own, to be freed with it.
    private let owned: Bool
    /// Has the variables that libfcgi did not decode.
    private let source: IncomingRequest?

    /// A request over memory that the caller keeps alive: libfcgi's parameters, or `environ`.
    init(borrowing variables: UnsafePointer<UnsafeMutablePointer<CChar>?>, of source: IncomingRequest? = nil) {
        self.variables = variables
        self.source = source
        owned = false
    }

    /// The process's own environment, as if it were a request's: in plain CGI it is.
    public static var processEnvironment: Request { Request(borrowing: shim_environ()) }

    /// A request made of `variables`, for whoever calls a handler without a server.
    public init(variables: [(name: String, value: [UInt8])]) {
        let strings = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: variables.count + 1)
        for (index, variable) in variables.enumerated() {
            strings[index] = (Array("\(variable.name)=".utf8) + variable.value + [0]).withUnsafeBytes { bytes in
                bytes.baseAddress.map { strdup($0.assumingMemoryBound(to: CChar.self)) } ?? nil
            }
        }
        strings[variables.count] = nil
        self.variables = UnsafePointer(strings)
        owned = true
        source = nil
    }

    /// A request made of `variables`, in UTF-8.
    public init(variables: [(name: String, value: String)]) {
        self.init(variables: variables.map { ($0.name, Array($0.value.utf8)) })
    }

    deinit {
        guard owned else { return }
        var next = variables
        while let string = next.pointee {
            free(string)
            next += 1
        }
        variables.deallocate()
    }

    /// The bytes of a variable's value; nil where it isn't set. CGI says nothing of their encoding.
    public func bytes(of name: String) -> [UInt8]? {
        var name = name
        return name.withUTF8 { name in
            guard let start = name.baseAddress else { return nil }
            var next = variables
            while let string = next.pointee {
                if strncmp(string, start, name.count) == 0, string[name.count] == CChar(UInt8(ascii: "=")) {
                    let value = string + name.count + 1
                    return [UInt8](UnsafeRawBufferPointer(start: value, count: strlen(value)))
                }
                next += 1
            }
            return source?.value(of: name)
        }
    }

    /// `REQUEST_METHOD` ([RFC 3875 §4.1.12](https://www.rfc-editor.org/rfc/rfc3875#section-4.1.12)); empty where the
    /// server sends none.
    public var method: String {
        String(decoding: bytes(of: "REQUEST_METHOD") ?? [], as: UTF8.self)
    }

    /// Appends every variable whose name starts with `prefix` to `output`, as `NAME=value` with a NUL after each: one
    /// pass for a caller that looks for a family of names. Sees only what ``RequestHandler/reads(_:)`` accepts.
    public func append(variablesNamed prefix: StaticString, to output: inout [UInt8]) {
        let prefixLength = prefix.utf8CodeUnitCount
        var next = variables
        while let string = next.pointee {
            if strncmp(string, UnsafeRawPointer(prefix.utf8Start).assumingMemoryBound(to: CChar.self), prefixLength)
                == 0
            {
                let bytes = UnsafeRawBufferPointer(start: string, count: strlen(string) + 1)
                output.append(contentsOf: bytes)
            }
            next += 1
        }
    }
}
