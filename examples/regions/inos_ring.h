/* Reading a ring of an INOS server from another process: records of what happens, mapped, followed by futex, each whole.
 *
 * Connect to regions.sock in the server's data directory, send one line of JSON, {"key": "inos_...", "ring": "events"},
 * and receive one line with two descriptors: the ring, to be mapped read-only, and a page of your own, to be mapped for
 * reading and writing. Keep the socket open for as long as you read, and look at it now and then: when the other end
 * closes, nothing new comes.
 *
 * Nobody takes anything out of a ring. Whoever reads too slowly is told how many records were written over.
 *
 * The numbers below are those of protocols/schemas/system/v1/arena_layout.capnp; a test holds them equal. */
#ifndef INOS_RING_H
#define INOS_RING_H

#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define INOS_RING_MAGIC 0x474e4952534f4e49ULL
#define INOS_RING_VERSION 1
#define INOS_RING_VERSION_OFFSET 8
#define INOS_RING_SLOT_COUNT_OFFSET 16
#define INOS_RING_HEAD_OFFSET 64
#define INOS_RING_TAIL_OFFSET 128
#define INOS_RING_DROPPED_OFFSET 192
#define INOS_RING_SLOTS_OFFSET 4096
#define INOS_RING_SLOT_LEN 512
#define INOS_RING_RECORD_LEN_MAX 496
#define INOS_RING_CONTROL_WAITING_OFFSET 4
#define INOS_RING_CONTROL_ENDED_OFFSET 16
#define INOS_RING_CONTROL_LEN 4096

/* A ring as it is mapped: `map` of `map_len` bytes read-only, `control` of INOS_RING_CONTROL_LEN bytes for both. */
struct inos_ring {
    const unsigned char *map;
    size_t map_len;
    unsigned char *control;
    uint64_t next; /* the number of the record that is read next */
};

/* A record, or what became of it. */
struct inos_record {
    uint64_t missed; /* so many were written over before they were read; nothing was read now */
    int is_there;    /* 1: `bytes` holds a record of `len` bytes; 0, and nothing missed: there is none yet */
    size_t len;
    unsigned char bytes[INOS_RING_RECORD_LEN_MAX];
};

static inline uint64_t inos_ring_word(const struct inos_ring *ring, size_t offset) {
    return __atomic_load_n((const uint64_t *)(ring->map + offset), __ATOMIC_ACQUIRE);
}

static inline uint64_t inos_ring_slots(const struct inos_ring *ring) {
    return inos_ring_word(ring, INOS_RING_SLOT_COUNT_OFFSET);
}

/* How many records could not be written, since a writer that all others have overtaken still wrote their slot. */
static inline uint64_t inos_ring_dropped(const struct inos_ring *ring) {
    return inos_ring_word(ring, INOS_RING_DROPPED_OFFSET);
}

/* Whether this is a ring that this header can read; it is read from the oldest record on then. */
static inline int inos_ring_begin(struct inos_ring *ring) {
    if (ring->map_len < INOS_RING_SLOTS_OFFSET || inos_ring_word(ring, 0) != INOS_RING_MAGIC
        || (uint32_t)inos_ring_word(ring, INOS_RING_VERSION_OFFSET) != INOS_RING_VERSION)
        return 0;
    uint64_t slots = inos_ring_slots(ring), tail = inos_ring_word(ring, INOS_RING_TAIL_OFFSET);
    if (slots == 0 || slots != (ring->map_len - INOS_RING_SLOTS_OFFSET) / INOS_RING_SLOT_LEN) return 0;
    ring->next = tail > slots ? tail - slots : 0;
    return 1;
}

/* Whether the server has ended this: the key or the server is no more. */
static inline int inos_ring_has_ended(const struct inos_ring *ring) {
    return __atomic_load_n((const uint32_t *)(ring->control + INOS_RING_CONTROL_ENDED_OFFSET), __ATOMIC_SEQ_CST) != 0;
}

/* Reads the next record, or tells what became of it. Never waits. */
static inline void inos_ring_read(struct inos_ring *ring, struct inos_record *record) {
    record->missed = 0, record->is_there = 0, record->len = 0;
    for (uint64_t slots = inos_ring_slots(ring);;) {
        uint64_t tail = inos_ring_word(ring, INOS_RING_TAIL_OFFSET);
        if (ring->next >= tail) return;
        if (tail > slots && ring->next < tail - slots) {
            record->missed = tail - slots - ring->next;
            ring->next += record->missed;
            return;
        }
        size_t at = INOS_RING_SLOTS_OFFSET + (size_t)(ring->next % slots) * INOS_RING_SLOT_LEN;
        uint64_t whole = 2 * ring->next + 2, mark = inos_ring_word(ring, at);
        if (mark < whole) return; /* it is being written, and its writer wakes us */
        if (mark > whole) continue; /* it was written over, as the tail says by now */
        uint64_t len = inos_ring_word(ring, at + 8);
        if (len > INOS_RING_RECORD_LEN_MAX) len = INOS_RING_RECORD_LEN_MAX;
        for (size_t done = 0; done < len; done += 8) {
            uint64_t word = __atomic_load_n((const uint64_t *)(ring->map + at + 16 + done), __ATOMIC_RELAXED);
            __builtin_memcpy(record->bytes + done, &word, 8);
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (inos_ring_word(ring, at) != whole) continue;
        record->is_there = 1, record->len = (size_t)len, ring->next++;
        return;
    }
}

static inline void inos_ring_say(const struct inos_ring *ring, uint32_t waits) {
    __atomic_store_n((uint32_t *)(ring->control + INOS_RING_CONTROL_WAITING_OFFSET), waits, __ATOMIC_SEQ_CST);
}

/* The same, once there is something, the server has ended this, or `wait_ms` are over; takes no processor time meanwhile. */
static inline void inos_ring_wait(struct inos_ring *ring, struct inos_record *record, long wait_ms) {
    struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    uint32_t turn = (uint32_t)inos_ring_word(ring, INOS_RING_HEAD_OFFSET);
    inos_ring_say(ring, 1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    inos_ring_read(ring, record);
    if (!record->is_there && record->missed == 0 && !inos_ring_has_ended(ring)) {
        /* Whatever ended the sleep, the ring is looked at again. */
        syscall(SYS_futex, ring->map + INOS_RING_HEAD_OFFSET, FUTEX_WAIT, turn, &wait, NULL, 0);
        inos_ring_read(ring, record);
    }
    inos_ring_say(ring, 0);
}

#endif
