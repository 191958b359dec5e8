#define _GNU_SOURCE
#include "processes.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc's waitid hides the kernel's fifth argument, the resource usage.
int cposix_reap(int pidfd, struct cposix_exit *result) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    memset(result, 0, sizeof *result);
    long failed;
    do failed = syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, &result->usage);
    while (failed < 0 && errno == EINTR);
    if (failed < 0) return -errno;
    if (info.si_pid == 0) return 0;
    result->by_signal = info.si_code != CLD_EXITED;
    result->dumped_core = info.si_code == CLD_DUMPED;
    result->status = info.si_status;
    return 1;
}

int cposix_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int cposix_change_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int cposix_pidfd_open(pid_t process) {
    int descriptor = pidfd_open(process, 0);
    return descriptor < 0 ? -errno : descriptor;
}
