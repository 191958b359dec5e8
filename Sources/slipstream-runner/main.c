// The program that loads compiled DAG files. It is small on purpose: all it does is in libDAGKit.so, which a DAG file links too, so
// that both see the same DAGKit.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// Describing a DAG shifts the clock, to find a body() that depends on it: the same symbols as libc's, found first. Only the calendar
// clocks are shifted.
static time_t clock_offset;

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += clock_offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

// libDAGKit.so lies beside this program (a build) or in ../../lib/slipstream (an installation), unless SLIPSTREAM_DAGKIT names it.
static void *open_dagkit(void) {
    const char *named = getenv("SLIPSTREAM_DAGKIT");
    if (named) return dlopen(named, RTLD_NOW | RTLD_GLOBAL);
    char program[PATH_MAX] = {0}, library[PATH_MAX + 64];
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) return NULL;
    const char *folder = dirname(program);
    const char *places[] = {"%s/libDAGKit.so", "%s/../../lib/slipstream/libDAGKit.so"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(library, sizeof library, places[i], folder);
        if (access(library, R_OK) == 0) return dlopen(library, RTLD_NOW | RTLD_GLOBAL);
    }
    return NULL;
}

// `exec PARENT ADJUSTMENT PROGRAM ARGUMENTS…` becomes PROGRAM, which dies with the process PARENT (which has to be the one that starts
// this) and is so much more likely to be chosen when memory runs out. 127: there is no such program; 126: it cannot be run.
static int become(char **arguments) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != atoi(arguments[0])) return 0;
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) {
        ssize_t ignored = write(score, arguments[1], strlen(arguments[1]));
        (void)ignored;
        close(score);
    }
    execvp(arguments[2], arguments + 2);
    fprintf(stderr, "%s: %s\n", arguments[2], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}

int main(int argc, char **argv) {
    if (argc >= 5 && strcmp(argv[1], "exec") == 0) return become(argv + 2);
    const char *offset = getenv("SLIPSTREAM_CLOCK_OFFSET");
    if (offset) clock_offset = strtol(offset, NULL, 10);
    void *dagkit = open_dagkit();
    int (*run)(int, char **) = dagkit ? (int (*)(int, char **))dlsym(dagkit, "slipstream_runner_main") : NULL;
    if (!run) {
        const char *reason = dlerror();
        fprintf(stderr, "slipstream-runner: libDAGKit.so cannot be loaded: %s\n", reason ? reason : "it is not where it should be");
        return 69;
    }
    return run(argc, argv);
}
