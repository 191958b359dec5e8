#define _GNU_SOURCE
#include "servers.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// posix_spawn can neither change the user nor set a parent-death signal.

static void forget_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become(const struct cposix_server *server, pid_t parent) {
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(server->output, 1) < 0 || dup2(server->output, 2) < 0) return errno;
    int folder = dup2(server->folder, CPOSIX_SERVER_FOLDER);
    if (folder < 0 || fcntl(folder, F_SETFD, 0) < 0 || chdir("/") < 0) return errno;
    close_range(CPOSIX_SERVER_FOLDER + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (server->changes_user) {
        if (setgroups(0, NULL) < 0 || setgid(server->group) < 0 || setuid(server->user) < 0) return errno;
    }
    umask(077);
    // After setuid, which clears it; and if the parent died before, nobody would send it.
    if (prctl(PR_SET_PDEATHSIG, server->death_signal) < 0) return errno;
    if (getppid() != parent) return ESRCH;
    return 0;
}

pid_t cposix_start_server(const char *path, char *const arguments[], char *const environment[],
                          const struct cposix_server *server) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    // Out of the way of the descriptors that the server gets.
    int upper = fcntl(report[1], F_DUPFD_CLOEXEC, CPOSIX_SERVER_FOLDER + 1);
    close(report[1]);
    report[1] = upper;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t process = fork();
    if (process == 0) {
        forget_signals();
        int failure = become(server, parent);
        if (failure == 0) {
            execve(path, arguments, environment);
            failure = errno;
        }
        while (write(report[1], &failure, sizeof failure) < 0 && errno == EINTR) {}
        _exit(127);
    }
    int failure = process < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (process > 0) {
        ssize_t count;
        do count = read(report[0], &failure, sizeof failure);
        while (count < 0 && errno == EINTR);
        if (count > 0) waitpid(process, NULL, 0);
    }
    close(report[0]);
    return failure ? -failure : process;
}

int cposix_sync_file_system(int descriptor) { return syncfs(descriptor) < 0 ? errno : 0; }
