import FastCGI
import Glibc
import TokenEndpoint

/// How the program was started decides what it is; nothing else is decided here.
@main
enum Program {
    static func main() {
        // A core file would hold the signing key, so there is none, whatever the limits and the file's mode.
        Process.forbidCoreFiles()
        // Web servers turn the query `?a+b` into arguments (RFC 3875 §4.4): they count only where no server is.
        if Responder.isListening(Responder.inheritedSocket) {
            let environment = Environment.process
            serve(Responder.inheritedSocket, threads: environment.threads, environment)
        } else if CGI.isRequested {
            CGI.run(endpoint(Environment.process, serverSecret: nil, Notices()))
        } else {
            Command.main()
        }
    }

    /// Serves on a listening socket until a signal ends the program.
    static func serve(_ socket: Int32, threads: Int, _ environment: Environment) {
        let notices = Notices()
        do throws(SystemError) {
            try Responder.serve(socket, threads: threads) {
                endpoint(environment, serverSecret: ServerSecret(environment), notices)
            }
        } catch {
            LogLine(.error, "\(error): can't serve").writeToStandardError()
            exit(EX_OSERR)
        }
    }

    private static func endpoint(
        _ environment: Environment, serverSecret: ServerSecret?, _ notices: Notices
    ) -> TokenEndpoint {
        TokenEndpoint(process: environment, serverSecret: serverSecret, notices: notices, clock: { time(nil) })
    }
}
