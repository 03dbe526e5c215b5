"""Times spectra by scipy and librosa on one thread, for benches/stft.rs: a line of seconds for each turn."""

import os
import sys
import time

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"]:
    os.environ[name] = "1"

import librosa
import numpy as np
import scipy.fft as fft
import scipy.signal as signal

row = np.random.default_rng(1).uniform(-1, 1, 44_100 * 60).astype(np.float32)
window = signal.get_window("hann", 2048).astype(np.float32)
transform = signal.ShortTimeFFT(window, 512, 44_100)

for _ in sys.stdin:
    begun = time.perf_counter()
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(row, 1024), 2048)[::512]
    np.abs(fft.rfft(frames * window, axis=1))
    first = time.perf_counter()
    np.abs(transform.stft(row))
    between = time.perf_counter()
    np.abs(librosa.stft(row, n_fft=2048, hop_length=512))
    print(first - begun, between - first, time.perf_counter() - between, flush=True)
