"""Times Pillow and scipy on one thread, for benches/image.rs: seconds and bytes of each for each turn, in the order of its tasks."""

import io
import os
import sys
import time

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"

import numpy as np
import scipy.ndimage as ndimage
from PIL import Image, ImageFilter

photograph, large, small = (
    open(os.path.join(sys.argv[1], name), "rb").read() for name in ["photograph.jpg", "large.tiff", "small.tiff"]
)
numbers = np.asarray(Image.open(io.BytesIO(small))).astype(np.float32)


def opened(data):
    return Image.open(io.BytesIO(data))


def saved(image, **how):
    file = io.BytesIO()
    image.save(file, **how)
    return file.getbuffer().nbytes


def resized():
    small = opened(photograph).resize((400, 300), Image.Resampling.LANCZOS)
    return saved(small, format="JPEG", quality=85)


def thumbnail():
    image = opened(photograph)
    image.thumbnail((400, 400), Image.Resampling.LANCZOS)
    return saved(image, format="JPEG", quality=85)


def blurred():
    return saved(opened(small).filter(ImageFilter.GaussianBlur(3)), format="TIFF")


def exactly_blurred():
    return ndimage.gaussian_filter(numbers, sigma=(3, 3, 0), truncate=3).nbytes


def smaller():
    return saved(opened(large).resize((1000, 750), Image.Resampling.LANCZOS), format="TIFF")


def packed():
    return saved(opened(small), format="PNG", compress_level=6)


for _ in sys.stdin:
    taken = []
    for work in [resized, thumbnail, blurred, exactly_blurred, smaller, packed]:
        begun = time.perf_counter()
        size = work()
        taken += [time.perf_counter() - begun, size]
    print(*taken, flush=True)
