#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The CMSG macros do not exist in Swift.

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * CPOSIX_MAXIMUM_DESCRIPTORS)];
};

ssize_t cposix_send(int socket, const struct iovec *parts, size_t part_count, const int *descriptors,
                    size_t descriptor_count) {
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = part_count};
    union control control;
    if (descriptor_count > CPOSIX_MAXIMUM_DESCRIPTORS) return -EMSGSIZE;
    if (descriptor_count > 0) {
        size_t size = sizeof(int) * descriptor_count;
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(header), descriptors, size);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

static void take_descriptors(struct msghdr *message, int *descriptors, size_t *count) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors + *count, CMSG_DATA(header), received * sizeof(int));
        *count += received;
    }
}

ssize_t cposix_receive(int socket, void *buffer, size_t capacity, int *descriptors, size_t *descriptor_count) {
    struct iovec part = {.iov_base = buffer, .iov_len = capacity};
    union control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *descriptor_count = 0;
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    take_descriptors(&message, descriptors, descriptor_count);
    if (message.msg_flags & MSG_CTRUNC) {
        for (size_t i = 0; i < *descriptor_count; i++) close(descriptors[i]);
        *descriptor_count = 0;
        return -EBADMSG;
    }
    return received;
}

int cposix_accept(int socket) {
    int accepted;
    do accepted = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (accepted < 0 && errno == EINTR);
    return accepted < 0 ? -errno : accepted;
}
