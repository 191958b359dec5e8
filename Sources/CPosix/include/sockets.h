#ifndef CPOSIX_SOCKETS_H
#define CPOSIX_SOCKETS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/// The most descriptors that one message carries.
#define CPOSIX_MAXIMUM_DESCRIPTORS 31

/// Sends without SIGPIPE and without blocking; `descriptors` travel with the first byte. Returns bytes sent or -errno.
ssize_t cposix_send(int socket, const struct iovec *parts, size_t part_count, const int *descriptors,
                    size_t descriptor_count);

/// Receives without blocking. Descriptors arrive close-on-exec in `descriptors`, which has room for
/// CPOSIX_MAXIMUM_DESCRIPTORS. Returns bytes received, 0 at the end, or -errno; -EBADMSG when descriptors were lost.
ssize_t cposix_receive(int socket, void *buffer, size_t capacity, int *descriptors, size_t *descriptor_count);

/// Accepts a connection, non-blocking and close-on-exec. Returns a descriptor or -errno.
int cposix_accept(int socket);

#endif
