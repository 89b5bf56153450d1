import CLinux
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
    guard error != 0 else { return thread }
    context.release()
    throw SystemError("pthread_create", errno: error)
}

/// Uses SCHED_BATCH for this thread, so that waking it does not preempt the web server.
///
/// A web server sends a request in several writes. A thread that preempted it at the first would find a part of a
/// request, and wake again for each of the others.
func setBatchScheduling() {
    var parameters = sched_param()
    // Where that isn't allowed, it only costs time.
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameters)
}
