#ifndef CPOSIX_PROCESSES_H
#define CPOSIX_PROCESSES_H

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/resource.h>

/// How a child ended.
struct cposix_exit {
    bool by_signal;
    bool dumped_core;
    /// The exit code, or the signal's number.
    int status;
    struct rusage usage;
};

/// Reaps the child behind `pidfd` if it has ended. Returns 1 when it had, 0 when it runs, -errno on failure.
int cposix_reap(int pidfd, struct cposix_exit *result);

/// `posix_spawn_file_actions_addclosefrom_np`, which Swift does not import.
int cposix_close_from(posix_spawn_file_actions_t *actions, int first);

/// `posix_spawn_file_actions_addchdir_np`, which Swift does not import.
int cposix_change_directory(posix_spawn_file_actions_t *actions, const char *path);

/// `pidfd_open`: a close-on-exec descriptor or -errno.
int cposix_pidfd_open(pid_t process);

#endif
