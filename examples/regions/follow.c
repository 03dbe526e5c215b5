/* follow SOCKET KEY REGION COUNT: says `epoch length first-byte last-byte` of each new epoch, COUNT times.
 * Ends with 4 where the server ends it first. */
#include "inos_region.h"

#include <stdio.h>
#include <stdlib.h>
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

int main(int count, char **words) {
    if (count != 5) return 2;
    int fds[2], socket = connect_to(words[1]);
    if (socket < 0) return 3;
    dprintf(socket, "{\"key\":\"%s\",\"region\":\"%s\"}\n", words[2], words[3]);
    if (!receive(socket, fds)) return 1;
    struct stat about;
    if (fstat(fds[0], &about) != 0) return 1;
    struct inos_region region = {.map_len = (size_t)about.st_size};
    region.map = mmap(NULL, region.map_len, PROT_READ, MAP_SHARED, fds[0], 0);
    region.control = mmap(NULL, INOS_CONTROL_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fds[1], 0);
    if (region.map == MAP_FAILED || region.control == MAP_FAILED || !inos_is_region(&region)) return 1;
    uint64_t seen = 0;
    for (long said = 0; said < atol(words[4]) && !inos_is_retired(&region);) {
        if (inos_wait(&region, seen, 1000) == seen) {
            if (inos_has_ended(&region) || !inos_is_connected(socket)) return 4;
            continue;
        }
        struct inos_view view = inos_begin(&region);
        unsigned first = view.len ? view.bytes[0] : 0, last = view.len ? view.bytes[view.len - 1] : 0;
        if (!inos_finish(&region, view) || view.epoch == seen) continue;
        printf("%llu %llu %u %u\n", (unsigned long long)view.epoch, (unsigned long long)view.len, first, last);
        fflush(stdout);
        seen = view.epoch;
        said++;
    }
    return 0;
}
