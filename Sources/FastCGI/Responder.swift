import CLinux
import Glibc

/// A FastCGI responder: worker threads that serve the connections of one listening socket, until a signal ends it.
public enum Responder {
    /// The descriptor on which a web server or supervisor hands over the listening socket, by the FastCGI
    /// specification §2.2 (FCGI_LISTENSOCK_FILENO).
    public static let inheritedSocket: Int32 = 0

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
    /// - Parameters:
    ///   - threads: The number of workers, at least one.
    ///   - makeHandler: Makes one worker's handler, on that worker's thread.
    /// - Throws: ``SystemError`` when the socket can't be polled or no thread can be made.
    public static func serve<Handler: RequestHandler & ~Copyable>(
        _ listeningSocket: Int32, threads: Int, _ makeHandler: @escaping @Sendable () -> Handler
    ) throws(SystemError) {
        // libfcgi catches some of them, and a caught signal interrupts only one of several threads: so none is
        // delivered, and this thread waits for them.
        let stopSignals = SignalSet(blocking: [SIGTERM, SIGINT, SIGUSR1, SIGHUP])
        signal(SIGPIPE, SIG_IGN)
        Codec.start()
        // Processes that share the socket race for its connections, and the loser must not wait in accept.
        let flags = fcntl(listeningSocket, F_GETFL)
        guard flags >= 0, fcntl(listeningSocket, F_SETFL, flags | O_NONBLOCK) == 0 else { throw SystemError("fcntl") }

        // Has input from the signal on, for all workers.
        let stop = eventfd(0, Int32(EFD_CLOEXEC))
        guard stop >= 0 else { throw SystemError("eventfd") }
        defer { close(stop) }
        // The lowest free number is taken first, so the last one tells how many are in use.
        let capacity = Capacity(workers: threads, inUse: Int(stop) + 1)
        // All sets before any thread, whose connections may take the descriptors.
        var sets: [Epoll] = []
        for _ in 0..<threads { sets.append(try Epoll()) }
        var workers: [pthread_t] = []
        var failure: SystemError?
        for epoll in sets {
            do throws(SystemError) {
                let worker = try startThread {
                    setBatchScheduling()
                    var handler = makeHandler()
                    var worker = Worker(listeningSocket, stop, capacity, epoll)
                    worker.run(&handler)
                }
                workers.append(worker)
            } catch { failure = error }
        }
        if let failure {
            guard !workers.isEmpty else { throw failure }
            LogLine(.warning, "\(failure): serving with \(workers.count) of \(threads) threads").writeToStandardError()
        }

        ServiceManager.notify("READY=1")
        stopSignals.wait()
        ServiceManager.notify("STOPPING=1")
        eventfd_write(stop, 1)
        for worker in workers { pthread_join(worker, nil) }
    }
}
