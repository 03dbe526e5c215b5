"""follow.py SOCKET KEY REGION COUNT: says `epoch length first-byte last-byte` of each new epoch, COUNT times.

Reads a region of an INOS server in place of asking for it: copy the bytes, then look whether the buffer still holds the
epoch that was copied. Needs nothing but Python's own library. Ends with 4 where the server ends it first.
"""

import json
import mmap
import os
import select
import socket
import struct
import sys

# Of protocols/schemas/system/v1/arena_layout.capnp; a test holds them equal.
MAGIC, VERSION = 0x4E474552534F4E49, 1
VERSION_OFFSET, CAPACITY_OFFSET, RETIRED_OFFSET = 8, 16, 24
CURRENT_OFFSET, MARKS_OFFSET, MARK_LEN, BUFFERS_OFFSET = 128, 192, 64, 4096
PIN_OFFSET, ENDED_OFFSET, CONTROL_LEN = 0, 16, 4096


class Region:
    """A region, for as long as its socket is open."""

    def __init__(self, path, key, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.sendall(json.dumps({"key": key, "region": name}).encode() + b"\n")
        line, fds, _, _ = socket.recv_fds(self.socket, 4096, 2)
        if len(fds) != 2:
            sys.exit(line.decode().strip())
        self.map = mmap.mmap(fds[0], os.fstat(fds[0]).st_size, mmap.MAP_SHARED, mmap.PROT_READ)
        self.control = mmap.mmap(fds[1], CONTROL_LEN)
        self.capacity = self.word(CAPACITY_OFFSET)
        version = struct.unpack_from("=I", self.map, VERSION_OFFSET)[0]
        if self.word(0) != MAGIC or version != VERSION or self.capacity > (len(self.map) - BUFFERS_OFFSET) // 8:
            sys.exit("this is no region that this program can read")

    def word(self, offset):
        return struct.unpack_from("=Q", self.map, offset)[0]

    def epoch(self):
        return self.word(CURRENT_OFFSET) >> 3

    def is_retired(self):
        return self.map[RETIRED_OFFSET] != 0

    def has_ended(self, patience):
        """Whether the server has ended this, by its word or by its socket; waits so many seconds for that."""
        readable, _, _ = select.select([self.socket], [], [], patience)
        return bool(readable) or self.control[ENDED_OFFSET] != 0

    def read(self):
        """The last epoch and a copy of its bytes; tries again where the buffer was taken meanwhile."""
        while True:
            current = self.word(CURRENT_OFFSET)
            index, epoch = current & 7, current >> 3
            struct.pack_into("=I", self.control, PIN_OFFSET, index + 1)
            mark = MARKS_OFFSET + index * MARK_LEN
            length = min(self.word(mark + 8), self.capacity)
            start = BUFFERS_OFFSET + index * self.capacity
            copy = self.map[start : start + length]
            is_whole = self.word(mark) == epoch
            struct.pack_into("=I", self.control, PIN_OFFSET, 0)
            if is_whole:
                return epoch, copy


def main():
    path, key, name, count = sys.argv[1:]
    region, seen, said = Region(path, key, name), 0, 0
    while said < int(count) and not region.is_retired():
        if region.epoch() == seen:
            if region.has_ended(0.001):
                sys.exit(4)
            continue
        seen, copy = region.read()
        print(seen, len(copy), copy[0] if copy else 0, copy[-1] if copy else 0, flush=True)
        said += 1


main()
