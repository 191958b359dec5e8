#ifndef CPOSIX_TASKS_H
#define CPOSIX_TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// `fork`, which Swift does not import. Only for processes with a single thread.
pid_t cposix_fork(void);

/// As `cposix_reap`, in numbers: whether a signal ended the child, the signal or exit code, CPU time in microseconds, and the
/// largest resident set in KiB.
int cposix_reap_numbers(int pidfd, int64_t *numbers);

/// Asks the kernel to kill this process when the thread that started it ends. Returns false when `parent` is gone already.
bool cposix_die_with(pid_t parent);

/// Orphans below this process become its children, not init's. Returns 0 or -errno.
int cposix_become_subreaper(void);

/// Gives every signal its usual effect and blocks none.
void cposix_reset_signals(void);

/// From now on SIGTERM only sets a flag and makes `event`, an eventfd, readable.
void cposix_catch_stop(int event);

/// Whether SIGTERM came since `cposix_catch_stop`.
bool cposix_stop_requested(void);

/// A close-on-exec eventfd or -errno.
int cposix_eventfd(void);
void cposix_event_set(int event);
void cposix_event_clear(int event);

/// What becomes readable when Dispatch's main queue has work, -1 when there is none. Belongs to Dispatch.
int cposix_main_queue_event(void);
/// Runs what waits on Dispatch's main queue.
void cposix_main_queue_drain(void);

/// A descriptor that reads nothing and swallows what is written, close-on-exec, or -errno.
int cposix_open_null(void);

/// Nanoseconds that also count while the machine is suspended: the clock of leases, the same in all processes.
int64_t cposix_boot_nanoseconds(void);

/// Buffers standard output line by line, also into a pipe.
void cposix_buffer_lines(void);

/// Writes what the C library holds back, on all streams.
void cposix_flush_streams(void);

/// Ends the process at once: no exit handlers, no destructors.
_Noreturn void cposix_exit_now(int code);

#endif
