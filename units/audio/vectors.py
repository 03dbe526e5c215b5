"""Makes vectors.json: cases of the unit whose answers whole-number arithmetic gives. `python3 vectors.py`"""

import json
import struct


def wav(rows, rate=8000):
    """A plain WAV file of 16 bits."""
    frames = [struct.pack(f"<{len(rows)}h", *frame) for frame in zip(*rows)]
    data, width = b"".join(frames), 2 * len(rows)
    head = struct.pack("<IHHIIHH", 16, 1, len(rows), rate, rate * width, width, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + head + b"data" + struct.pack("<I", len(data)) + data


ONE = [100, -200, 300, -400, 500, -600, 32767, -32768]
TWO = [8, 16, 24, 32, 40, 48, 56, 64]


def case(name, method, params, inputs, **output):
    return {"name": name, "method": method, "params": params, "inputs": [data.hex() for data in inputs], "output": output}


def gives(name, method, params, inputs, rows, rate=8000):
    return case(name, method, params, inputs, hex=wav(rows, rate).hex())


CASES = [
    gives("the same", "convert", {}, [wav([ONE])], [ONE]),
    gives("a part", "trim", {"start_s": 0.00025, "end_s": 0.000625}, [wav([ONE])], [ONE[2:5]]),
    gives("backwards", "reverse", {}, [wav([ONE, TWO])], [ONE[::-1], TWO[::-1]]),
    gives("exchanged", "channels", {"to": "swap"}, [wav([ONE, TWO])], [TWO, ONE]),
    gives("picked", "channels", {"pick": [1]}, [wav([ONE, TWO])], [TWO]),
    gives("halves", "channels", {"matrix": [[0.5]]}, [wav([TWO])], [[sample // 2 for sample in TWO]]),
    gives("as loud", "gain", {"db": 0}, [wav([TWO])], [TWO]),
    gives("joined", "crossfade", {"duration_s": 0}, [wav([ONE]), wav([TWO])], [ONE + TWO]),
    gives("added", "mix", {}, [wav([TWO]), wav([TWO[:4]])], [[2 * s for s in TWO[:4]] + TWO[4:]]),
    gives("later", "mix", {"at_s": [0, 0.0005]}, [wav([TWO]), wav([TWO])],
          [TWO[:4] + [a + b for a, b in zip(TWO[4:], TWO)] + TWO[4:]]),
    gives("steps", "pipeline", {"steps": [{"step": "reverse"}, {"step": "trim", "end_s": 0.00025}]}, [wav([ONE])], [ONE[:-3:-1]]),
    case("a head", "info", {}, [wav([ONE, TWO])], json={
        "bits": 16, "bytes": 76, "channels": 2, "codec": "pcm_s16le", "duration_s": 0.001, "format": "wave", "frames": 8,
        "is_counted": False, "rate_hz": 8000, "sample": "whole", "tags": {}}),
    case("silence", "silence", {"min_s": 0, "threshold_db": -60}, [wav([[0, 0, 9000, 0]])], json={
        "duration_s": 0.0005, "not_told": 0, "silences": [
            {"start_frame": 0, "end_frame": 2, "start_s": 0.0, "end_s": 0.00025},
            {"start_frame": 3, "end_frame": 4, "start_s": 0.000375, "end_s": 0.0005}]}),
    case("no sound", "convert", {}, [b"this is no sound"], fault="/inputs/0"),
    case("cut off", "convert", {}, [wav([ONE])[:-3]], fault="/inputs/0"),
    case("an end before its beginning", "trim", {"start_s": 1, "end_s": 0.5}, [wav([ONE])], fault="/params/end_s"),
    case("a channel that is not there", "channels", {"pick": [1]}, [wav([ONE])], fault="/params/pick/0"),
    case("beyond half of the rate", "filter", {"kind": "notch", "frequency_hz": 4000}, [wav([ONE])], fault="/params/frequency_hz"),
    case("an input that is not there", "pipeline", {"steps": [{"step": "mix", "input": 1}]}, [wav([ONE])], fault="/params/steps/0/input"),
    case("no samples to transform", "fft", {"length": 0}, [wav([ONE])], fault="/params/length"),
]

ABOUT = "Cases of the unit audio, made by vectors.py. inputs: files as hexadecimal digits. output: one of these, JSON, or fault with pointer."
with open("vectors.json", "w") as file:
    lines = ",\n    ".join(json.dumps(case) for case in CASES)
    file.write(f'{{\n  "about": "{ABOUT}",\n  "cases": [\n    {lines}\n  ]\n}}\n')
