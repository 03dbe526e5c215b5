"""Makes goldens.json and the pictures src/tests/files/golden-*.png: what ImageMagick, libvips, Chromium, scikit-image, Pillow and
imagehash make and say of two small pictures. No test needs this to run.

python3 -m venv venv && venv/bin/pip install numpy pillow scikit-image imagehash blurhash-python thumbhash
venv/bin/python goldens.py
"""

import base64
import io
import itertools
import json
import pathlib
import re
import subprocess
import tempfile

import blurhash
import imagehash
import numpy as np
import PIL
import scipy
import skimage
import thumbhash
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.filters import sobel
from skimage.metrics import structural_similarity

FILES = pathlib.Path("src/tests/files")
ROOM = pathlib.Path(tempfile.mkdtemp())


def sources():
    """A picture with slopes, edges and noise, and one to lie over it that is transparent in parts."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[0:30, 0:40]
    red = 255 * x / 39
    green = 255 * y / 29
    blue = 127 + 127 * np.sin(x / 3) * np.cos(y / 4)
    picture = np.stack([red, green, blue], axis=-1)
    picture[8:20, 10:24] = [240, 200, 20]
    picture[12:16, 14:30] = [10, 30, 120]
    picture += random.normal(0, 6, picture.shape)
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(FILES / "golden-source.png")
    y, x = np.mgrid[0:20, 0:24]
    top = np.stack([200 - 5 * x, 40 + 10 * y, 120 + 5 * x - 3 * y, 12 * y], axis=-1)
    top[5:10, 5:10, 3] = 255
    Image.fromarray(np.clip(top, 0, 255).astype(np.uint8)).save(FILES / "golden-top.png")


def program(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout


def pixels(path):
    picture = Image.open(path)
    if picture.mode in ("I;16", "I"):
        picture = picture.convert("L")
    array = np.asarray(picture)
    return array.reshape(array.shape[0], array.shape[1], -1)


def case(by, method, params, array, mean, most):
    """`mean` and `most` are how far samples may be apart, of 255."""
    array = np.asarray(array).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array).save(file, "PNG", optimize=True)
    png = base64.b64encode(file.getvalue()).decode()
    return {"by": by, "method": method, "params": params, "png": png, "mean": mean, "most": most}


def magick():
    """ImageMagick 6 cuts off what is between two levels of eight bits, which is half a level on the mean."""
    by = re.search(r"ImageMagick [\d.-]+", program("convert", "-version")).group()
    source, made = FILES / "golden-source.png", ROOM / "made.png"
    rows = [
        ("resize", {"width": 20, "height": 15, "mode": "exact", "filter": "lanczos3"}, ["-filter", "Lanczos", "-resize", "20x15!"], 1, 5),
        ("resize", {"width": 97, "height": 61, "mode": "exact", "filter": "lanczos3"}, ["-filter", "Lanczos", "-resize", "97x61!"], 1, 20),
        ("resize", {"width": 20, "height": 15, "mode": "exact", "filter": "box"}, ["-filter", "Box", "-resize", "20x15!"], 1, 1),
        ("resize", {"width": 27, "height": 19, "mode": "exact", "filter": "bilinear"}, ["-filter", "Triangle", "-resize", "27x19!"], 0.6, 2),
        ("resize", {"width": 55, "height": 50, "mode": "exact", "filter": "catmull_rom"}, ["-filter", "Catrom", "-resize", "55x50!"], 0.6, 2),
        ("resize", {"width": 13, "height": 50, "mode": "exact", "filter": "mitchell"}, ["-filter", "Mitchell", "-resize", "13x50!"], 0.6, 2),
        ("crop", {"x": 7, "y": 5, "width": 20, "height": 16}, ["-crop", "20x16+7+5", "+repage"], 0, 0),
        ("rotate", {"degrees": 90}, ["-rotate", "90"], 0, 0),
        ("rotate", {"degrees": -90}, ["-rotate", "-90"], 0, 0),
        ("rotate", {"degrees": 180}, ["-rotate", "180"], 0, 0),
        ("flip", {"axis": "horizontal"}, ["-flop"], 0, 0),
        ("flip", {"axis": "vertical"}, ["-flip"], 0, 0),
        ("grayscale", {}, ["-grayscale", "Rec709Luma"], 0.5, 1),
        ("invert", {}, ["-negate"], 0, 0),
        ("levels", {"black": 0.1, "white": 0.9, "gamma": 1.5}, ["-level", "10%,90%,1.5"], 0.5, 1),
        ("blur", {"sigma": 2.0}, ["-gaussian-blur", "6x2"], 0.5, 1),
        ("blur", {"sigma": 0.6}, ["-gaussian-blur", "2x0.6"], 0.5, 1),
        ("unsharp", {"sigma": 1.5, "amount": 0.8}, ["-unsharp", "5x1.5+0.8+0"], 0.6, 3),
        ("median", {"radius": 1}, ["-statistic", "Median", "3x3"], 0, 0),
        ("median", {"radius": 3}, ["-statistic", "Median", "7x7"], 0, 0),
    ]
    for method, params, words, mean, most in rows:
        program("convert", source, *words, "-depth", "8", made)
        yield case(by, method, params, pixels(made), mean, most)
    program("convert", "-size", "80x90", f"tile:{source}", made)
    yield case(by, "tile", {"columns": 2, "rows": 3}, pixels(made), 0, 0)
    psnr = subprocess.run(["compare", "-metric", "PSNR", str(source), str(soft()), "null:"], capture_output=True, text=True)
    yield {"by": by, "method": "compare", "name": "psnr_db", "number": float(psnr.stderr), "most": 0.001}


def soft():
    path = FILES / "golden-soft.png"
    program("convert", FILES / "golden-source.png", "-gaussian-blur", "6x1.2", "-depth", "8", path)
    return path


def vips():
    by = re.search(r"vips-[\d.]+", program("vips", "--version")).group()
    made = ROOM / "turned.png"
    program("vips", "similarity", FILES / "golden-source.png", made, "--angle", "30", "--interpolate", "bilinear", "--background", "0 0 0")
    yield case(by, "rotate", {"degrees": 30, "background": "#000000"}, pixels(made), 3, 255)


def chromium():
    """What a canvas makes of filters and of blend modes."""
    by = re.search(r"Chromium [\d.]+", program("chromium", "--version")).group()
    filters = [
        ({"brightness": 1.4}, "brightness(1.4)"),
        ({"contrast": 1.6}, "contrast(1.6)"),
        ({"saturation": 0.4}, "saturate(0.4)"),
        ({"saturation": 2.0}, "saturate(2)"),
        ({"hue_deg": 75.0}, "hue-rotate(75deg)"),
        ({"brightness": 0.8, "contrast": 1.2, "saturation": 1.5, "hue_deg": -40.0}, "brightness(0.8) contrast(1.2) saturate(1.5) hue-rotate(-40deg)"),
    ]
    blends = {
        "normal": "source-over", "multiply": "multiply", "screen": "screen", "overlay": "overlay", "darken": "darken",
        "lighten": "lighten", "color_dodge": "color-dodge", "color_burn": "color-burn", "hard_light": "hard-light",
        "soft_light": "soft-light", "difference": "difference", "exclusion": "exclusion",
    }
    url = {name: base64.b64encode((FILES / f"golden-{name}.png").read_bytes()).decode() for name in ("source", "top")}
    page = ROOM / "page.html"
    page.write_text("""<pre id=said></pre><script>
const load = async name => { const image = new Image(); image.src = 'data:image/png;base64,' + URLS[name]; await image.decode(); return image }
const URLS = %s, FILTERS = %s, BLENDS = %s
const drawn = draw => { const canvas = new OffscreenCanvas(40, 30), room = canvas.getContext('2d', { willReadFrequently: true })
  draw(room); return [...room.getImageData(0, 0, 40, 30).data] }
Promise.all(['source', 'top'].map(load)).then(([source, top]) => {
  const filters = FILTERS.map(filter => drawn(room => { room.filter = filter; room.drawImage(source, 0, 0) }))
  const blends = BLENDS.map(blend => drawn(room => { room.drawImage(source, 0, 0); room.globalCompositeOperation = blend
    room.globalAlpha = 0.75; room.drawImage(top, 9, 13) }))
  document.getElementById('said').textContent = JSON.stringify({ filters, blends })
})</script>""" % (json.dumps(url), json.dumps([text for _, text in filters]), json.dumps(list(blends.values()))))
    dumped = program("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", page.as_uri())
    said = json.loads(re.search(r"<pre id=\"said\">(.*?)</pre>", dumped, re.S).group(1))
    picture = lambda samples: np.array(samples, dtype=np.uint8).reshape(30, 40, 4)[:, :, :3]
    for (params, _), samples in zip(filters, said["filters"]):
        # Between two functions Chromium rounds to bytes.
        yield case(by, "adjust", params, picture(samples), 1.5, 4)
    for blend, samples in zip(blends, said["blends"]):
        params = {"x": 9, "y": 13, "opacity": 0.75, "blend": blend}
        yield case(by, "overlay", params, picture(samples), 0.8, 3)


def pillow():
    picture, by = Image.open(FILES / "golden-source.png"), f"Pillow {PIL.__version__}"
    filters = {"lanczos3": "LANCZOS", "box": "BOX", "bilinear": "BILINEAR", "catmull_rom": "BICUBIC"}
    # Both keep eight bits between the two ways, theirs after the rows and ours after the columns: what goes beyond full light there
    # is cut off at other places.
    for (width, height), (ours, theirs) in itertools.product([(20, 15), (97, 61), (13, 50)], filters.items()):
        params = {"width": width, "height": height, "mode": "exact", "filter": ours}
        made = np.asarray(picture.resize((width, height), Image.Resampling[theirs]))
        yield case(by, "resize", params, made, 0.3, 1 if height == 15 else 20)
    turned = np.asarray(picture.rotate(-30, Image.Resampling.BILINEAR, expand=True))
    yield case(by, "rotate", {"degrees": 30, "background": "#000000"}, turned, 3, 255)


def science():
    picture = pixels(FILES / "golden-source.png").astype(float)
    for sigma in (2.0, 3.3):
        soft = gaussian_filter(picture, (sigma, sigma, 0), mode="nearest", radius=int(np.ceil(3 * sigma)))
        yield case(f"scipy {scipy.__version__}", "blur", {"sigma": sigma}, np.round(soft), 0.01, 1)
    source, other = pixels(FILES / "golden-source.png"), pixels(FILES / "golden-soft.png")
    weights = np.array([0.2126, 0.7152, 0.0722])
    one, two = source / 255 @ weights, other / 255 @ weights
    by = f"scikit-image {skimage.__version__}"
    number = structural_similarity(one, two, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    yield {"by": by, "method": "compare", "name": "ssim", "number": float(number), "most": 1e-5}
    # Theirs divides by the square root of two more, and leaves the outermost pixels dark.
    edges = sobel(np.round(255 * one) / 255, mode="nearest") * np.sqrt(2)
    yield case(by, "edges", {}, np.round(255 * np.clip(edges, 0, 1))[:, :, None], 0.5, 2)
    for name in ("source", "soft"):
        hashed = str(imagehash.phash(Image.open(FILES / f"golden-{name}.png")))
        yield {"by": f"imagehash {imagehash.__version__}", "method": "phash", "name": name, "hash": hashed}
    for x, y in [(4, 3), (1, 1), (9, 9), (3, 7)]:
        with open(FILES / "golden-source.png", "rb") as file:
            hashed = blurhash.encode(file, x_components=x, y_components=y)
        yield {"by": "the C program of blurhash-python", "method": "blurhash", "params": {"x": x, "y": y}, "hash": hashed}
    samples = list(Image.open(FILES / "golden-source.png").convert("RGBA").tobytes())
    hashed = base64.b64encode(bytes(thumbhash.rgba_to_thumb_hash(40, 30, samples))).decode()
    yield {"by": "thumbhash", "method": "thumbhash", "params": {}, "hash": hashed}


def reads():
    """Files as other programs write them, each with what Pillow sees in it."""
    source = Image.open(FILES / "golden-source.png").crop((4, 4, 28, 22))
    clear = Image.open(FILES / "golden-top.png")
    gray = source.convert("L")
    deep = Image.fromarray((np.asarray(gray).astype(np.uint16) * 257))
    other = Image.eval(source, lambda light: 255 - light)
    few = source.quantize(8)
    animated = {"save_all": True, "append_images": [other], "duration": 100}
    # What is seen, by how much it may differ on the mean and at most: where there is a loss, decoders differ a little.
    rows = [
        ("lossy.webp", source, {"quality": 70}, 0.7, 8),
        ("lossy-clear.webp", clear, {"quality": 70}, 1.5, 24),
        ("lossless.webp", clear, {"lossless": True, "exact": True}, 0, 0),
        ("animated.webp", source, {"lossless": True, **animated}, 0, 0),
        ("animated.gif", few, {"save_all": True, "append_images": [other.quantize(8)], "duration": 100}, 0, 0),
        ("quarter.jpg", source, {"quality": 80, "subsampling": "4:2:0"}, 1.5, 16),
        ("progressive.jpg", source, {"quality": 90, "progressive": True, "subsampling": "4:4:4"}, 0.7, 4),
        ("gray.jpg", gray, {"quality": 90}, 0.5, 2),
        ("inks.jpg", source.convert("CMYK"), {"quality": 95}, 1.5, 12),
        ("palette.png", few, {"bits": 4}, 0, 0),
        ("palette-clear.png", few, {"transparency": 0}, 0, 0),
        ("one-bit.png", source.convert("1"), {}, 0, 0),
        ("deep.png", deep, {}, 0, 0),
        ("lzw.tif", source, {"compression": "tiff_lzw"}, 0, 0),
        ("deflate.tif", clear, {"compression": "tiff_adobe_deflate"}, 0, 0),
        ("jpeg.tif", gray, {"compression": "jpeg", "quality": 95}, 1, 4),
        ("deep.tif", deep, {}, 0, 0),
        ("palette.bmp", few, {}, 0, 0),
        ("clear.bmp", clear, {}, 0, 0),
    ]
    for name, picture, options, mean, most in rows:
        path = FILES / f"read-{name}"
        picture.save(path, **options)
        opened = Image.open(path)
        wanted = np.asarray(opened)
        if opened.mode in ("I;16", "I"):
            wanted = (wanted.astype(np.uint32) // 257).astype(np.uint8)[:, :, None]
        elif opened.mode in ("L",):
            wanted = wanted[:, :, None]
        elif opened.mode not in ("RGB", "RGBA"):
            wanted = np.asarray(opened.convert("RGBA"))
        yield case(f"Pillow {PIL.__version__}", "convert", {"file": name}, wanted, mean, most)


def main():
    sources()
    cases = [*magick(), *vips(), *chromium(), *pillow(), *reads(), *science()]
    pathlib.Path("goldens.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


main()
