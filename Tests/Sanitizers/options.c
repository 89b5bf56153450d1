// The sanitizers' options, linked into the program: web servers start it with an environment of their own.
// -DREPORTS: the prefix of the files that reports go to; -DSANITIZER_…: which one.

#include <sys/epoll.h>

const char *__asan_default_options(void) { return "log_path=" REPORTS ":print_suppressions=0"; }
const char *__lsan_default_options(void) { return "print_suppressions=0"; }
// ThreadSanitizer doesn't know pthread_clockjoin_np, and takes the workers that it joined for leaked ones.
const char *__tsan_default_options(void) { return "log_path=" REPORTS ":print_suppressions=0:report_thread_leaks=0"; }

// A connection that waits at the end of the process is known to the kernel alone, by its epoll set.
const char *__lsan_default_suppressions(void) { return "leak:s7FastCGI10ConnectionV6socket\n"; }

// What these classes hold is only reached inside of a Mutex, as the compiler sees to; ThreadSanitizer doesn't see how
// a contended one is locked, since Swift's library isn't built for it.
const char *__tsan_default_suppressions(void) {
    return "race_top:7FastCGI18UnfinishedRequestsC\nrace_top:7FastCGI6WorkerC\nrace_top:13TokenEndpoint7NoticesC\n";
}

#ifdef SANITIZER_thread
// What a thread did before it armed a descriptor again comes before what is done by the thread that gets the event.
// ThreadSanitizer knows that of EPOLL_CTL_ADD alone; linked with --wrap, these tell it of EPOLL_CTL_MOD.
void __tsan_acquire(void *);
void __tsan_release(void *);
int __real_epoll_ctl(int, int, int, struct epoll_event *);
int __real_epoll_wait(int, struct epoll_event *, int, int);

int __wrap_epoll_ctl(int set, int operation, int descriptor, struct epoll_event *event) {
    // Of the wake-up and the listening socket, which are numbers, nothing is handed over.
    if (event->data.u64 > 1) __tsan_release(event->data.ptr);
    return __real_epoll_ctl(set, operation, descriptor, event);
}

int __wrap_epoll_wait(int set, struct epoll_event *events, int size, int timeout) {
    int count = __real_epoll_wait(set, events, size, timeout);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 > 1) __tsan_acquire(events[i].data.ptr);
    }
    return count;
}
#endif
