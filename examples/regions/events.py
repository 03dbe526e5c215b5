"""events.py SOCKET KEY COUNT: says COUNT events of the key's account, one JSON object a line, from the server's memory.

Begins with those that the server remembers. Reads a ring: copy a slot, then look whether it still bears the number of the
record that was copied. Needs nothing but Python's own library. Ends with 4 where the server ends it first.
"""

import json
import mmap
import os
import select
import socket
import struct
import sys

# Of protocols/schemas/system/v1/arena_layout.capnp; a test holds them equal.
MAGIC, VERSION = 0x474E4952534F4E49, 1
VERSION_OFFSET, SLOT_COUNT_OFFSET, TAIL_OFFSET = 8, 16, 128
SLOTS_OFFSET, SLOT_LEN, RECORD_LEN_MAX = 4096, 512, 496
ENDED_OFFSET, CONTROL_LEN = 16, 4096


class Ring:
    """The events of an account, for as long as its socket is open."""

    def __init__(self, path, key):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.sendall(json.dumps({"key": key, "ring": "events"}).encode() + b"\n")
        line, fds, _, _ = socket.recv_fds(self.socket, 4096, 2)
        if len(fds) != 2:
            sys.exit(line.decode().strip())
        self.map = mmap.mmap(fds[0], os.fstat(fds[0]).st_size, mmap.MAP_SHARED, mmap.PROT_READ)
        self.control = mmap.mmap(fds[1], CONTROL_LEN)
        self.slots = self.word(SLOT_COUNT_OFFSET)
        version = struct.unpack_from("=I", self.map, VERSION_OFFSET)[0]
        if self.word(0) != MAGIC or version != VERSION or self.slots != (len(self.map) - SLOTS_OFFSET) // SLOT_LEN:
            sys.exit("this is no ring that this program can read")
        self.next = max(self.word(TAIL_OFFSET) - self.slots, 0)

    def word(self, offset):
        return struct.unpack_from("=Q", self.map, offset)[0]

    def has_ended(self, patience):
        """Whether the server has ended this, by its word or by its socket; waits so many seconds for that."""
        readable, _, _ = select.select([self.socket], [], [], patience)
        return bool(readable) or self.control[ENDED_OFFSET] != 0

    def read(self):
        """The next record; None where there is none yet; a number where so many were written over before."""
        tail = self.word(TAIL_OFFSET)
        if self.next < tail - self.slots:
            missed = tail - self.slots - self.next
            self.next += missed
            return missed
        if self.next >= tail:
            return None
        at, whole = SLOTS_OFFSET + self.next % self.slots * SLOT_LEN, 2 * self.next + 2
        if self.word(at) != whole:
            return None
        copy = self.map[at + 16 : at + 16 + min(self.word(at + 8), RECORD_LEN_MAX)]
        if self.word(at) != whole:
            return None
        self.next += 1
        return copy


def main():
    path, key, count = sys.argv[1:]
    ring, said = Ring(path, key), 0
    while said < int(count):
        record = ring.read()
        if record is None:
            if ring.has_ended(0.001):
                sys.exit(4)
        elif isinstance(record, int):
            print(json.dumps({"missed": record}), flush=True)
        else:
            print(record.decode(), flush=True)
            said += 1


main()
