// The sanitizers' options, linked into the program: web servers start it with an environment of their own.
// -DREPORTS: the prefix of the files that reports go to.

const char *__asan_default_options(void) { return "log_path=" REPORTS; }
const char *__tsan_default_options(void) { return "log_path=" REPORTS; }

// A connection that waits at the end of the process is known to the kernel alone, by its epoll set.
const char *__lsan_default_suppressions(void) { return "leak:s7FastCGI10ConnectionV6socket\n"; }
