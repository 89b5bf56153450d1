// The sanitizers' options, linked into the program: web servers start it with an environment of their own.
// -DREPORTS: the prefix of the files that reports go to. -DSYMBOLIZER: what finds the names in them, which suppressions
// need; web servers start programs without a PATH to it.

#define OPTIONS "log_path=" REPORTS ":external_symbolizer_path=" SYMBOLIZER ":print_suppressions=0"
const char *__asan_default_options(void) { return OPTIONS; }
const char *__tsan_default_options(void) { return OPTIONS; }

// What these classes hold is only reached inside of a Mutex, as the compiler sees to; ThreadSanitizer doesn't see how a
// contended one is locked, since Swift's library isn't built for it.
const char *__tsan_default_suppressions(void) { return "race_top:13TokenEndpoint7NoticesC\nrace_top:7FastCGI8CapacityC\n"; }
