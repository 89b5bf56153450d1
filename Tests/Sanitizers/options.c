// The sanitizers' options, linked into the program: web servers start it with an environment of their own.
// -DREPORTS: the prefix of the files that reports go to.

// Only what is reported counts; no test looks at the exit status for it.
const char *__asan_default_options(void) { return "log_path=" REPORTS ":detect_leaks=1:handle_segv=1"; }
const char *__tsan_default_options(void) { return "log_path=" REPORTS; }
