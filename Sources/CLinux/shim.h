// The Linux calls of the responder that Swift's Glibc module leaves out or can't import.
#ifndef CHARTS_TOKEN_CLINUX_SHIM_H
#define CHARTS_TOKEN_CLINUX_SHIM_H

#include <linux/memfd.h>
#include <linux/sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Declared here because the headers do so only under _GNU_SOURCE, with which they contradict Swift's Glibc module.
extern char **environ;
extern int accept4(int, struct sockaddr *_Nullable, socklen_t *_Nullable, int);
extern int memfd_create(const char *_Nonnull, unsigned int);

// A C global is shared mutable state to Swift 6; a function that returns it is not.
static inline char *_Nullable *_Nonnull shim_environ(void) { return environ; }

// prctl is variadic, which Swift can't call.
static inline int shim_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

#endif
