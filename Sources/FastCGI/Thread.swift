import CFastCGI
import Glibc

/// Starts a thread that runs `body`.
///
/// - Throws: ``SystemError`` when the system's limits allow no further thread.
func startThread(_ body: @escaping @Sendable () -> Void) throws(SystemError) -> pthread_t {
    final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let context = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let error = pthread_create(
        &thread, nil,
        { context in
            if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context.toOpaque())
    guard error == 0 else {
        context.release()
        throw SystemError("pthread_create", errno: error)
    }
    return thread
}

/// Lets this thread not interrupt others when it wakes up, where no processor is idle.
///
/// A web server sends a request in several writes, and goes on to the next one; a thread that interrupted it at the
/// first would find a part of a request, and be woken up for each of the others.
func setBatchScheduling() {
    var parameters = sched_param()
    // Where that isn't allowed, it only costs time.
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameters)
}

/// A set of signals that no thread receives, for one to wait for.
struct SignalSet {
    private var set = sigset_t()

    init(_ signals: [Int32]) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
    }

    /// Blocks the signals for this thread, and for those that it starts from now on.
    func block() {
        withUnsafePointer(to: set) { _ = pthread_sigmask(SIG_BLOCK, $0, nil) }
    }

    /// Waits for one of the signals, which must be blocked.
    func wait() {
        var signal: Int32 = 0
        while withUnsafePointer(to: set, { sigwait($0, &signal) }) != 0 {}
    }
}
