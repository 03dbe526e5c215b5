/* Reading a region of an INOS server from another process: mapped, followed by futex, never torn.
 *
 * Connect to regions.sock in the server's data directory, send one line of JSON, {"key": "inos_...", "region": "name"},
 * and receive one line with two descriptors: the region, to be mapped read-only, and a page of your own, to be mapped
 * for reading and writing. Keep the socket open for as long as you read, and look at it now and then: when the other end
 * closes, nothing new comes and nothing keeps a buffer for you any more.
 *
 * The numbers below are those of protocols/schemas/system/v1/arena_layout.capnp; a test holds them equal. */
#ifndef INOS_REGION_H
#define INOS_REGION_H

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define INOS_REGION_MAGIC 0x4e474552534f4e49ULL
#define INOS_REGION_VERSION 1
#define INOS_REGION_VERSION_OFFSET 8
#define INOS_REGION_CAPACITY_OFFSET 16
#define INOS_REGION_RETIRED_OFFSET 24
#define INOS_REGION_HEAD_OFFSET 64
#define INOS_REGION_CURRENT_OFFSET 128
#define INOS_REGION_MARKS_OFFSET 192
#define INOS_REGION_MARK_LEN 64
#define INOS_REGION_BUFFERS_OFFSET 4096
#define INOS_CONTROL_PIN_OFFSET 0
#define INOS_CONTROL_WAITING_OFFSET 4
#define INOS_CONTROL_ENDED_OFFSET 16
#define INOS_CONTROL_LEN 4096

/* A region as it is mapped: `map` of `map_len` bytes read-only, `control` of INOS_CONTROL_LEN bytes for both. */
struct inos_region {
    const unsigned char *map;
    size_t map_len;
    unsigned char *control;
};

/* What is read: good until inos_finish, and whole only if that says so. */
struct inos_view {
    const unsigned char *bytes;
    uint64_t len, epoch;
    unsigned index;
};

static inline uint64_t inos_word(const struct inos_region *region, size_t offset) {
    return __atomic_load_n((const uint64_t *)(region->map + offset), __ATOMIC_SEQ_CST);
}

static inline uint64_t inos_capacity(const struct inos_region *region) {
    return inos_word(region, INOS_REGION_CAPACITY_OFFSET);
}

/* Whether this is a region that this header can read. */
static inline int inos_is_region(const struct inos_region *region) {
    return region->map_len >= INOS_REGION_BUFFERS_OFFSET && inos_word(region, 0) == INOS_REGION_MAGIC
        && (uint32_t)inos_word(region, INOS_REGION_VERSION_OFFSET) == INOS_REGION_VERSION
        && inos_capacity(region) <= (region->map_len - INOS_REGION_BUFFERS_OFFSET) / 8;
}

/* Whether the region lies elsewhere now, or is no more: attach again. */
static inline int inos_is_retired(const struct inos_region *region) {
    return __atomic_load_n((const uint32_t *)(region->map + INOS_REGION_RETIRED_OFFSET), __ATOMIC_SEQ_CST) != 0;
}

/* Whether the server has ended this: the key, the region or the server is no more. */
static inline int inos_has_ended(const struct inos_region *region) {
    return __atomic_load_n((const uint32_t *)(region->control + INOS_CONTROL_ENDED_OFFSET), __ATOMIC_SEQ_CST) != 0;
}

/* Whether the server still holds its end of the socket; one that was killed ends nothing by itself. */
static inline int inos_is_connected(int socket) {
    char byte;
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

/* The last epoch. */
static inline uint64_t inos_epoch(const struct inos_region *region) {
    return inos_word(region, INOS_REGION_CURRENT_OFFSET) >> 3;
}

static inline void inos_say(const struct inos_region *region, size_t offset, uint32_t value) {
    __atomic_store_n((uint32_t *)(region->control + offset), value, __ATOMIC_SEQ_CST);
}

/* Begins to read the last epoch in place. Never waits. */
static inline struct inos_view inos_begin(const struct inos_region *region) {
    struct inos_view view;
    uint64_t word, capacity = inos_capacity(region);
    do {
        word = inos_word(region, INOS_REGION_CURRENT_OFFSET);
        inos_say(region, INOS_CONTROL_PIN_OFFSET, (uint32_t)(word & 7) + 1);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    } while (inos_word(region, INOS_REGION_CURRENT_OFFSET) != word);
    view.index = (unsigned)(word & 7);
    view.epoch = word >> 3;
    view.len = inos_word(region, INOS_REGION_MARKS_OFFSET + view.index * INOS_REGION_MARK_LEN + 8);
    if (view.len > capacity) view.len = capacity;
    view.bytes = region->map + INOS_REGION_BUFFERS_OFFSET + view.index * capacity;
    return view;
}

/* Ends reading. 1: what was read was one whole epoch; 0: the buffer was taken meanwhile, read again. */
static inline int inos_finish(const struct inos_region *region, struct inos_view view) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    int is_whole = inos_word(region, INOS_REGION_MARKS_OFFSET + view.index * INOS_REGION_MARK_LEN) == view.epoch;
    inos_say(region, INOS_CONTROL_PIN_OFFSET, 0);
    return is_whole;
}

/* Sleeps until the epoch is another than `seen`, the region is retired or ended, or `wait_ms` are over; takes no
 * processor time meanwhile. */
static inline uint64_t inos_wait(const struct inos_region *region, uint64_t seen, long wait_ms) {
    struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    for (int is_late = 0;;) {
        uint32_t turn = (uint32_t)inos_word(region, INOS_REGION_HEAD_OFFSET);
        inos_say(region, INOS_CONTROL_WAITING_OFFSET, 1);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        uint64_t epoch = inos_epoch(region);
        if (epoch != seen || is_late || inos_is_retired(region) || inos_has_ended(region)) {
            inos_say(region, INOS_CONTROL_WAITING_OFFSET, 0);
            return epoch;
        }
        is_late = syscall(SYS_futex, region->map + INOS_REGION_HEAD_OFFSET, FUTEX_WAIT, turn, &wait, NULL, 0) != 0
            && errno == ETIMEDOUT;
    }
}

#endif
