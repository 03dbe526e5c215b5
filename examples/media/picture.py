"""Writes a small picture as a PNG file: hills in the evening, 320 by 240 pixels. `python3 picture.py evening.png`

`python3 picture.py --badge badge.png` writes a flower of 64 by 64 pixels on nothing, to be laid over it."""

import functools
import math
import struct
import sys
import zlib

WIDTH, HEIGHT, SIDE = 320, 240, 64
SUN = (214, 112)
# How high the sky's colours lie, as parts of the picture from its top, and these.
SKY = [(0.0, (38, 52, 110)), (0.28, (126, 88, 148)), (0.46, (236, 130, 108)), (0.62, (255, 206, 138))]
# Ridges from the farthest to the nearest: how high, how rough, where their waves begin, and of what colour.
RIDGES = [
    (140, 11, 0.4, (203, 130, 128)),
    (160, 15, 2.1, (146, 92, 122)),
    (184, 17, 4.0, (84, 62, 98)),
    (212, 15, 5.3, (38, 36, 62)),
]


def mixed(one, other, part):
    """What lies between two colours."""
    if part <= 0 or part >= 1:
        return other if part >= 1 else one
    return tuple(a + (b - a) * part for a, b in zip(one, other))


def sky(x, y):
    """Colours from above to below, with the sun and its glow before them."""
    height = y / HEIGHT
    above, below = max(p for p in SKY[:-1] if p[0] <= height), next((p for p in SKY if p[0] > height), SKY[-1])
    colour = mixed(above[1], below[1], (height - above[0]) / max(below[0] - above[0], 0.01))
    away = math.dist((x, y), SUN)
    colour = mixed(colour, (255, 226, 160), 0.75 * math.exp(-away / 34))
    return mixed(colour, (255, 246, 214), 21.5 - away)


@functools.cache
def ridge(x, high, rough, phase):
    """How far down a ridge begins: waves, the smaller the shorter."""
    return high - rough * sum(math.sin(x * 0.021 * 2.1**n + phase * (n + 1)) / 1.9**n for n in range(5))


def evening(x, y):
    """The sky, and each ridge before what is behind it, with the mist that lies at its foot."""
    colour = sky(x, y)
    for at, (high, rough, phase, own) in enumerate(RIDGES):
        depth = y - ridge(x, high, rough, phase)
        if depth > -0.5:
            mist = mixed(own, (255, 190, 150), (0.42 - 0.12 * at) * min(1, depth / 46))
            colour = mixed(colour, mist, depth + 0.5)
    return (*colour, 255)


def flower(x, y):
    """Petals around a middle, white in a disc. What lies outside of it is transparent."""
    right, down = x - SIDE / 2 + 0.5, y - SIDE / 2 + 0.5
    away, angle = math.hypot(right, down), math.atan2(down, right)
    petals = 9 + 13 * abs(math.cos(2.5 * angle + math.pi / 4)) ** 0.7
    colour = mixed((22, 128, 120), (14, 92, 104), away / 30)
    colour = mixed(colour, (255, 252, 240), petals - away)
    colour = mixed(colour, (246, 178, 60), 6.5 - away)
    colour = mixed(colour, (255, 252, 240), 1.5 - abs(away - 27))
    return (*colour, 255 * min(1, max(0, 31 - away)))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, channels, pixel):
    """A file of what `pixel` gives for each place, row by row, each as its distance to the pixel at its left."""
    rows = b""
    for y in range(height):
        row = [round(part) for x in range(width) for part in pixel(x, y)[:channels]]
        rows += b"\1" + bytes((part - left) % 256 for part, left in zip(row, [0] * channels + row))
    head = struct.pack(">IIBBBBB", width, height, 8, 6 if channels == 4 else 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


if sys.argv[1] == "--badge":
    path, made = sys.argv[2], png(SIDE, SIDE, 4, flower)
else:
    path, made = sys.argv[1], png(WIDTH, HEIGHT, 3, evening)
with open(path, "wb") as file:
    file.write(made)
