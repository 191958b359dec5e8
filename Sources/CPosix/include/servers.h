#ifndef CPOSIX_SERVERS_H
#define CPOSIX_SERVERS_H

#include <stdbool.h>
#include <sys/types.h>

/// The number under which a server sees its folder open.
#define CPOSIX_SERVER_FOLDER 3

/// How a server of ours starts: where, as whom, and what becomes of it when we die.
struct cposix_server {
    /// An open folder, which it sees as CPOSIX_SERVER_FOLDER; its working directory is `/`.
    int folder;
    /// Where standard output and standard error go.
    int output;
    /// Whether it runs as `user` and `group` instead of ours.
    bool changes_user;
    uid_t user;
    gid_t group;
    /// The signal that it gets when the *thread* that started it ends, by whatever cause.
    int death_signal;
};

/// Starts the program. Returns its process id, or -errno of what failed, also of the program's own start.
pid_t cposix_start_server(const char *path, char *const arguments[], char *const environment[],
                          const struct cposix_server *server);

/// Writes what is cached of the descriptor's file system to the disk. Returns 0 or an error code.
int cposix_sync_file_system(int descriptor);

#endif
