#ifndef SLIPSTREAM_CGIT_H
#define SLIPSTREAM_CGIT_H

#include <git2.h>
#include <git2/sys/stream.h>

// git_libgit2_opts is variadic, which Swift cannot call.
static inline int cgit_set_certificate_file(const char *file) {
    return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL);
}

static inline int cgit_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int cgit_set_owner_validation(int on) {
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, on);
}

// The layout that libgit2's ssh transport expects of every plain stream (it reads the descriptor from it).
typedef struct {
    git_stream parent;
    char *host;
    char *port;
    int descriptor;
} cgit_socket_stream;

#endif
