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
        // What libfcgi waits for a failing peer to close, in milliseconds instead of its 2 s.
        setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "20", 0)
        FCGX_Init()

        let loop = try WorkerLoop(listeningSocket: listeningSocket)
        var workers: [(worker: Worker, thread: pthread_t)] = []
        var failure: SystemError?
        for _ in 0..<threads {
            do throws(SystemError) {
                let worker = try Worker()
                let thread = try startThread {
                    var handler = makeHandler()
                    loop.run(worker, &handler)
                }
                workers.append((worker, thread))
            } catch {
                failure = error
            }
        }
        if let failure {
            guard !workers.isEmpty else { throw failure }
            LogLine(.warning, "\(failure): serving with \(workers.count) of \(threads) threads").writeToStandardError()
        }

        ServiceManager.notify("READY=1")
        while !stopSignals.wait(seconds: 1) {
            loop.interruptOverdue()
            for (worker, _) in workers { worker.interruptIfOverdue() }
        }
        ServiceManager.notify("STOPPING=1")
        loop.stop(within: Self.drainTime)
        // A peer that still holds its thread then has said nothing for 2 s, and gets no answer.
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += Self.drainTime
        for (_, thread) in workers { _ = pthread_clockjoin_np(thread, nil, CLOCK_MONOTONIC, &deadline) }
    }
}
