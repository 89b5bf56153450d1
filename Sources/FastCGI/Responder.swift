import CFastCGI
import Glibc

/// A FastCGI responder: worker threads that serve the connections of one listening socket, until a signal ends it.
///
/// The workers wait together on one epoll set, of the listening socket and every connection that is idle, so that a
/// web server which keeps more connections open than there are threads holds none of them.
public struct Responder: Sendable {
    /// The descriptor on which a web server or supervisor hands over the listening socket, by the FastCGI
    /// specification §2.2 (FCGI_LISTENSOCK_FILENO).
    public static let inheritedSocket: Int32 = 0

    /// How long after the signal requests are still answered, in seconds.
    private static let drainTime = 2

    private let listeningSocket: Int32
    private let threads: Int

    /// A responder on `listeningSocket` with a number of worker threads, at least one.
    public init(listeningSocket: Int32 = inheritedSocket, threads: Int) {
        self.listeningSocket = listeningSocket
        self.threads = threads
    }

    /// Whether `descriptor` is a socket that listens.
    public static func isListening(_ descriptor: Int32) -> Bool {
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0 && isListening != 0
    }

    /// Serves until SIGTERM, SIGINT, SIGUSR1 or SIGHUP; then finishes what is in flight, drains the backlog for at
    /// most 2 s, and returns.
    ///
    /// Called once, from the main thread, before any other thread exists: it blocks those signals for all of them.
    ///
    /// - Parameter makeHandler: Makes one worker's handler, on that worker's thread.
    /// - Throws: ``SystemError`` when the socket can't be polled or no thread can be made.
    public func run<Handler: RequestHandler & ~Copyable>(
        _ makeHandler: @escaping @Sendable () -> Handler
    ) throws(SystemError) {
        let stopSignals = SignalSet([SIGTERM, SIGINT, SIGUSR1, SIGHUP])
        // libfcgi catches some of them, and a caught signal interrupts only one of several threads: so none is
        // delivered, and this thread waits for them.
        stopSignals.block()
        signal(SIGPIPE, SIG_IGN)
        FCGX_Init()
        // Processes that share the socket race for its connections, and the loser must not wait in accept.
        let flags = fcntl(listeningSocket, F_GETFL)
        guard flags >= 0, fcntl(listeningSocket, F_SETFL, flags | O_NONBLOCK) == 0 else { throw SystemError("fcntl") }

        let drain = try Drain()
        var workers: [pthread_t] = []
        var failure: SystemError?
        for _ in 0..<threads {
            do throws(SystemError) {
                let epoll = try EpollSet()
                let worker = try startThread { [listeningSocket] in
                    setBatchScheduling()
                    var handler = makeHandler()
                    var worker = Worker(listeningSocket: listeningSocket, drain: drain, epoll: epoll)
                    worker.run(&handler)
                }
                workers.append(worker)
            } catch {
                failure = error
            }
        }
        if let failure {
            guard !workers.isEmpty else { throw failure }
            LogLine(.warning, "\(failure): serving with \(workers.count) of \(threads) threads").writeToStandardError()
        }

        ServiceManager.notify("READY=1")
        stopSignals.wait()
        ServiceManager.notify("STOPPING=1")
        drain.begin(for: Self.drainTime)
        // A peer that still holds its thread then has said nothing for 2 s, and gets no answer.
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += Self.drainTime
        for worker in workers { _ = pthread_clockjoin_np(worker, nil, CLOCK_MONOTONIC, &deadline) }
    }
}
