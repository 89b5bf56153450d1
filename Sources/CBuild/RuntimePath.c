#include <stdlib.h>
#include <unistd.h>

// Swift's runtime looks for its own path as it is initialized, and aborts where there is no /proc, as in a chroot jail.
// With SWIFT_ROOT it doesn't look. 101: before initializers without a priority, like the runtime's.
__attribute__((constructor(101))) static void spare_runtime_its_search(void) {
    if (access("/proc/self/exe", F_OK) != 0) setenv("SWIFT_ROOT", "/", 0);
}
