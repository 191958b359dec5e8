#define _GNU_SOURCE
#include "tasks.h"
#include "processes.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

pid_t cposix_fork(void) { return fork(); }

int cposix_reap_numbers(int pidfd, int64_t *numbers) {
    struct cposix_exit result;
    int reaped = cposix_reap(pidfd, &result);
    struct timeval user = result.usage.ru_utime, system = result.usage.ru_stime;
    numbers[0] = result.by_signal;
    numbers[1] = result.status;
    numbers[2] = (int64_t)(user.tv_sec + system.tv_sec) * 1000000 + user.tv_usec + system.tv_usec;
    numbers[3] = result.usage.ru_maxrss;
    return reaped;
}

bool cposix_die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

int cposix_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0; }

void cposix_reset_signals(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) sigaction(number, &usual, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static volatile sig_atomic_t stop_requested;
static volatile int stop_event = -1;

static void on_stop(int number) {
    (void)number;
    int kept = errno;
    stop_requested = 1;
    cposix_event_set(stop_event);
    errno = kept;
}

void cposix_catch_stop(int event) {
    stop_event = event;
    struct sigaction caught = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &caught, NULL);
}

bool cposix_stop_requested(void) { return stop_requested; }

int cposix_eventfd(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void cposix_event_set(int event) {
    uint64_t one = 1;
    ssize_t ignored = write(event, &one, sizeof one);
    (void)ignored;
}

void cposix_event_clear(int event) {
    uint64_t count;
    ssize_t ignored = read(event, &count, sizeof count);
    (void)ignored;
}

// Looked up when needed: these two are what CoreFoundation uses, and no header of Dispatch declares them.
int cposix_main_queue_event(void) {
    int (*handle)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "_dispatch_get_main_queue_handle_4CF");
    return handle ? handle() : -1;
}

void cposix_main_queue_drain(void) {
    static void (*drain)(void *);
    if (!drain) drain = (void (*)(void *))dlsym(RTLD_DEFAULT, "_dispatch_main_queue_callback_4CF");
    if (drain) drain(NULL);
}

int cposix_open_null(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    return null < 0 ? -errno : null;
}

int64_t cposix_boot_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void cposix_buffer_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

void cposix_flush_streams(void) { fflush(NULL); }

void cposix_exit_now(int code) { _exit(code); }
