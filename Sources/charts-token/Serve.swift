import ArgumentParser
import FastCGI
import Glibc
import TokenEndpoint

/// `charts-token serve`
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve FastCGI on a socket, in the foreground, until SIGTERM.",
        discussion: """
            For a web server that doesn't start programs (nginx, HAProxy, Caddy, Apache's mod_proxy_fcgi), under a \
            supervisor such as systemd. Without --listen the supervisor hands the socket over (LISTEN_FDS).
            """)

    @Option(help: "A unix socket's PATH, or a numeric HOST:PORT of TCP.")
    var listen: String?

    @Option(help: "Worker threads, 1 to 256, instead of TINYBIRD_THREADS.")
    var threads: Int?

    @Option(help: "Who may connect to the unix socket, as chmod takes it.")
    var mode = "0660"

    func validate() throws {
        guard (1...256).contains(threads ?? 1) else { throw ValidationError("--threads takes 1 to 256.") }
        guard modeBits != nil else { throw ValidationError("--mode takes an octal number, such as 0660.") }
        if let listen, ListeningSocket.Address(listen) == nil {
            throw ValidationError(
                "--listen takes a PATH with a slash, or HOST:PORT with a numeric address, such as 127.0.0.1:9000.")
        }
    }

    private var modeBits: mode_t? {
        mode_t(mode, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
    }

    func run() throws {
        let environment = Environment.process
        let threads = threads ?? environment.threads
        guard let listen, let address = ListeningSocket.Address(listen) else {
            guard let socket = ServiceManager.socket else {
                throw ValidationError("No socket to serve on: pass --listen PATH or --listen HOST:PORT.")
            }
            Program.serve(socket, threads: threads, environment)
            return
        }
        if address.isRemote {
            LogLine(
                .warning,
                "\(listen) is open to other machines, and anyone who connects chooses what is signed: "
                    + "let a firewall admit only the web server"
            ).writeToStandardError()
        }
        do throws(ListeningSocket.Failure) {
            let socket = try ListeningSocket(address, mode: modeBits ?? 0o660)
            Program.serve(socket.descriptor, threads: threads, environment)
            _ = consume socket
        } catch {
            LogLine(.error, "\(error)").writeToStandardError()
            throw ExitCode(EX_UNAVAILABLE)
        }
    }
}
