import Glibc

/// Signals that are delivered to no thread, so that one can wait for them.
struct SignalSet {
    private var set = sigset_t()

    /// Blocks the signals for this thread, and for those that it starts from now on.
    init(blocking signals: [Int32]) {
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for one of the signals.
    func wait() {
        var signal: Int32 = 0
        while withUnsafePointer(to: set, { sigwait($0, &signal) }) != 0 {}
    }
}
