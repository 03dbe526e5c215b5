/* events SOCKET KEY COUNT: says COUNT events of the key's account, one JSON object a line, from the server's memory.
 * Begins with those that the server remembers. Ends with 4 where the server ends it first. */
#include "inos_ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static int receive(int socket, int fds[2]) {
    char line[4096], space[CMSG_SPACE(2 * sizeof(int))];
    struct iovec part = {line, sizeof line};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t len = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *rights = len > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!rights || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
        fprintf(stderr, "%.*s", len > 0 ? (int)len : 0, line);
        return 0;
    }
    memcpy(fds, CMSG_DATA(rights), 2 * sizeof(int));
    return 1;
}

/* Whether the server still holds its end of the socket; one that was killed ends nothing by itself. */
static int is_connected(int socket) {
    char byte;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int fds[2], socket = connect_to(words[1]);
    if (socket < 0) return 3;
    dprintf(socket, "{\"key\":\"%s\",\"ring\":\"events\"}\n", words[2]);
    if (!receive(socket, fds)) return 1;
    struct stat about;
    if (fstat(fds[0], &about) != 0) return 1;
    struct inos_ring ring = {.map_len = (size_t)about.st_size};
    ring.map = mmap(NULL, ring.map_len, PROT_READ, MAP_SHARED, fds[0], 0);
    ring.control = mmap(NULL, INOS_RING_CONTROL_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
    if (ring.map == MAP_FAILED || ring.control == MAP_FAILED || !inos_ring_begin(&ring)) return 1;
    struct inos_record record;
    for (long said = 0; said < atol(words[3]);) {
        inos_ring_wait(&ring, &record, 1000);
        if (record.missed) {
            printf("{\"missed\":%llu}\n", (unsigned long long)record.missed);
        } else if (record.is_there) {
            printf("%.*s\n", (int)record.len, (const char *)record.bytes);
            said++;
        } else if (inos_ring_has_ended(&ring) || !is_connected(socket)) {
            return 4;
        }
        fflush(stdout);
    }
    return 0;
}
