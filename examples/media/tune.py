"""Writes a short tune as a WAV file: two seconds, one channel, 44,100 Hz, 16 bits. `python3 tune.py tune.wav`"""

import math
import struct
import sys
import wave

RATE = 44_100
# Semitones above the A below middle C, half a second each.
NOTES = [0, 4, 7, 12]


def sample(at):
    """Plucked notes: partials that die the faster the higher they are."""
    note, time = divmod(at, RATE // 2)
    seconds, hz = time / RATE, 220 * 2 ** (NOTES[note] / 12)
    partials = (math.sin(2 * math.pi * hz * n * seconds) * math.exp(-4 * n * seconds) / n for n in range(1, 6))
    return sum(partials) * min(1, seconds * 200) * 0.4


with wave.open(sys.argv[1], "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(RATE)
    file.writeframes(b"".join(struct.pack("<h", round(sample(at) * 32_767)) for at in range(2 * RATE)))
