import Glibc

/// Nanoseconds of a clock that nobody sets, for ages and deadlines.
var monotonicTime: Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * nanosecondsPerSecond + now.tv_nsec
}

let nanosecondsPerSecond = 1_000_000_000
