"""Makes vectors.json: cases of the unit whose answers whole-number arithmetic gives. `python3 vectors.py`"""

import json
import struct


def bmp(rows):
    """A plain BMP file of 24 bits a pixel, rows from the bottom."""
    height, width = len(rows), len(rows[0])
    gap = b"\0" * (-3 * width % 4)
    data = b"".join(b"".join(bytes(pixel[::-1]) for pixel in row) + gap for row in rows[::-1])
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(data), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + head + data


def each(rows, change):
    return [[tuple(change(light) for light in pixel) for pixel in row] for row in rows]


RED, GREEN, BLUE, DARK, LIGHT = (250, 5, 10), (20, 240, 30), (1, 2, 200), (0, 0, 0), (255, 255, 255)
PICTURE = [[RED, GREEN, BLUE], [LIGHT, DARK, RED]]
SMALL = [[BLUE, LIGHT], [DARK, GREEN]]


def turned(rows):
    return [list(column) for column in zip(*rows[::-1])]


def case(name, method, params, inputs, **output):
    return {"name": name, "method": method, "params": params, "inputs": [data.hex() for data in inputs], "output": output}


def gives(name, method, params, inputs, rows):
    return case(name, method, params, [bmp(rows) for rows in inputs], hex=bmp(rows).hex())


def steps(*steps):
    return {"steps": list(steps)}


def middles(rows):
    """Of nine around each, where the outermost ones are repeated."""
    inside = lambda at, side: min(max(at, 0), side - 1)
    around = lambda x, y: [rows[inside(y + down, len(rows))][inside(x + along, len(rows[0]))] for down in (-1, 0, 1) for along in (-1, 0, 1)]
    middle = lambda x, y: tuple(sorted(lights)[4] for lights in zip(*around(x, y)))
    return [[middle(x, y) for x in range(len(rows[0]))] for y in range(len(rows))]


NUMBERS = [[(n, 2 * n, 9 - n) for n in row] for row in [[5, 1, 9], [3, 7, 2], [8, 4, 6]]]
PALE = [[LIGHT] * 12] * 12

CASES = [
    gives("the same", "convert", {}, [PICTURE], PICTURE),
    gives("a part", "crop", {"x": 1, "width": 2, "height": 2}, [PICTURE], [row[1:] for row in PICTURE]),
    gives("a quarter", "rotate", {"degrees": 90}, [PICTURE], turned(PICTURE)),
    gives("half", "rotate", {"degrees": -180}, [PICTURE], turned(turned(PICTURE))),
    gives("three quarters", "rotate", {"degrees": 270}, [PICTURE], turned(turned(turned(PICTURE)))),
    gives("left and right", "flip", {}, [PICTURE], [row[::-1] for row in PICTURE]),
    gives("top and bottom", "flip", {"axis": "vertical"}, [PICTURE], PICTURE[::-1]),
    gives("six", "tile", {"columns": 3, "rows": 2}, [PICTURE], [3 * row for row in PICTURE] * 2),
    gives("inverted", "invert", {}, [PICTURE], each(PICTURE, lambda light: 255 - light)),
    gives("nearest", "resize", {"width": 6, "height": 4, "mode": "exact", "filter": "nearest"}, [PICTURE],
          [[pixel for pixel in row for _ in (0, 1)] for row in PICTURE for _ in (0, 1)]),
    gives("the mean of an area", "resize", {"width": 1, "filter": "box"}, [[[(10, 20, 30), (30, 40, 90)], [(0, 0, 0), (0, 20, 0)]]],
          [[(10, 20, 30)]]),
    gives("the middle of nine", "median", {"radius": 1}, [NUMBERS], middles(NUMBERS)),
    gives("above", "overlay", {"x": 1}, [PICTURE, SMALL], [[PICTURE[0][0]] + SMALL[0], [PICTURE[1][0]] + SMALL[1]]),
    gives("partly outside", "overlay", {"x": -1, "y": 1}, [PICTURE, SMALL], [PICTURE[0], [SMALL[0][1]] + PICTURE[1][1:]]),
    gives("apart", "overlay", {"blend": "difference", "input": 0}, [PICTURE, SMALL], each(PICTURE, lambda light: 0)),
    gives("added", "overlay", {"blend": "add"}, [[[(100, 200, 3)]], [[(1, 100, 4)]]], [[(101, 255, 7)]]),
    gives("steps", "pipeline", steps({"step": "flip"}, {"step": "crop", "width": 1, "height": 2}), [PICTURE], [[BLUE], [RED]]),
    gives("small as it is", "thumbnail", {}, [PICTURE], PICTURE),
    case("a head", "info", {}, [bmp(PICTURE)], json={
        "format": "bmp", "media_type": "image/bmp", "bytes": 78, "width": 3, "height": 2, "channels": 3, "bits": 8,
        "has_alpha": False, "orientation": 1, "icc_bytes": 0}),
    case("the same picture", "compare", {}, [bmp(PALE), bmp(PALE)], json={
        "width": 12, "height": 12, "same": True, "different_pixels": 0, "different_share": 0.0, "largest_difference": 0.0,
        "mse": 0.0, "psnr_db": None, "ssim": 1.0}),
    case("one colour", "colors", {}, [bmp(PALE)], json={"colors": [{"hex": "#ffffff", "share": 1.0}]}),
    case("no picture", "convert", {}, [b"this is no picture"], fault="/inputs/0"),
    case("cut off", "convert", {}, [bmp(PICTURE)[:-3]], fault="/inputs/0"),
    case("a part that lies outside", "crop", {"x": 2, "width": 2, "height": 1}, [bmp(PICTURE)], fault="/params/width"),
    case("no size", "resize", {}, [bmp(PICTURE)], fault="/params"),
    case("white that is darker than black", "levels", {"black": 0.9, "white": 0.1}, [bmp(PICTURE)], fault="/params/white"),
    case("an input that is not there", "pipeline", steps({"step": "overlay"}), [bmp(PICTURE)], fault="/params/steps/0/input"),
    case("two sizes", "compare", {}, [bmp(PICTURE), bmp(SMALL)], fault="/inputs/1"),
]

ABOUT = "Cases of the unit image, made by vectors.py. inputs: files as hexadecimal digits. output: one of these, JSON, or fault with pointer."
with open("vectors.json", "w") as file:
    lines = ",\n    ".join(json.dumps(case) for case in CASES)
    file.write(f'{{\n  "about": "{ABOUT}",\n  "cases": [\n    {lines}\n  ]\n}}\n')
