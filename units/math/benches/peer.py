#!/usr/bin/env python3
"""What others do with the same numbers: products by numpy (OpenBLAS) and transforms by FFTW, planned by measuring. Needs
numpy and pyfftw. Reads lines of a task, a size, threads and rounds; answers each with the seconds of every round.
`math.rs` asks it, one process for each number of threads, as OpenBLAS wants to know that when it starts.

What FFTW transforms lies in its own buffers: nothing is copied in or out, which a job has to do."""

import sys
import time

import numpy as np
import pyfftw

plans = {}


def numbers(count):
    return (((np.arange(count) * 7919) % 10_007) / 5000 - 1).astype(np.float32)


def product(n, threads):
    a = numbers(n * n).reshape(n, n)
    c = np.empty_like(a)
    return lambda: np.matmul(a, a, out=c)


def transforms(n, rows, threads):
    samples = pyfftw.empty_aligned((rows, n), dtype="float32")
    spectra = pyfftw.empty_aligned((rows, n // 2 + 1), dtype="complex64")
    plan = pyfftw.FFTW(samples, spectra, axes=(1,), flags=("FFTW_MEASURE",), threads=threads)
    samples[:] = numbers(rows * n).reshape(rows, n)
    return plan.execute


def again(n, rows, threads):
    one = transforms(n, 1, threads)

    def run():
        for _ in range(rows):
            one()

    return run


def task(name, n, threads):
    match name:
        case "product":
            return product(n, threads)
        case "transforms":
            return transforms(n, 64, threads)
        case "again":
            return again(n, 64, threads)
        case "transform":
            return transforms(n, 1, threads)


for line in sys.stdin:
    name, n, threads, rounds = line.split()
    key = (name, n, threads)
    if key not in plans:
        plans[key] = task(name, int(n), int(threads))
        plans[key]()
    seconds = []
    for _ in range(int(rounds)):
        begun = time.perf_counter()
        plans[key]()
        seconds.append(time.perf_counter() - begun)
    print(*seconds, flush=True)
