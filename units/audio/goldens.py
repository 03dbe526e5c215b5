"""Makes goldens.json and src/tests/files/golden.wav: what scipy and librosa say of one sound. No test needs this to run.

python3 -m venv venv && venv/bin/pip install numpy scipy librosa soundfile && venv/bin/python goldens.py
"""

import json
import wave

import librosa
import numpy as np
import scipy
import scipy.signal as signal

RATE = 8000
FRAMES = [0, 1, 7, 20]


def rounded(values):
    return [float(f"{value:.7g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def sound():
    random = np.random.default_rng(7)
    time = np.arange(RATE // 2) / RATE
    tones = sum(np.sin(2 * np.pi * hz * time) / (1 + n) for n, hz in enumerate([220, 440, 997, 2500]))
    return np.round((0.25 * tones + 0.05 * random.standard_normal(time.size)) * 32767) / 32768


def main():
    row = sound()
    with wave.open("src/tests/files/golden.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((row * 32768).astype("<i2").tobytes())
    cases = []
    for window in ["hann", "hamming", "blackman", "blackmanharris"]:
        spectra = librosa.stft(row, n_fft=256, hop_length=64, window=window, pad_mode="constant")
        picked = spectra[:, FRAMES].T
        pairs = np.stack([picked.real, picked.imag], axis=-1)
        name = {"blackmanharris": "blackman_harris"}.get(window, window)
        cases.append({"method": "stft", "params": {"length": 256, "hop": 64, "window": name},
                      "shape": [spectra.shape[1], spectra.shape[0]], "rows": [rounded(pair) for pair in pairs], "tolerance": 2e-5})
    mel = librosa.feature.melspectrogram(y=row, sr=RATE, n_fft=512, hop_length=128, n_mels=40, pad_mode="constant")
    cases.append({"method": "mel", "params": {"length": 512, "hop": 128, "bands": 40}, "shape": list(mel.T.shape),
                  "rows": [rounded(mel[:, frame]) for frame in FRAMES], "tolerance": 2e-5})
    decibels = 10 * np.log10(np.maximum(mel, 1e-10))
    cases.append({"method": "mel", "params": {"length": 512, "hop": 128, "bands": 40, "db": True}, "shape": list(mel.T.shape),
                  "rows": [rounded(decibels[:, frame]) for frame in FRAMES], "tolerance": 2e-4})
    mfcc = librosa.feature.mfcc(S=decibels, n_mfcc=13)
    cases.append({"method": "mfcc", "params": {"length": 512, "hop": 128, "bands": 40, "coefficients": 13},
                  "shape": list(mfcc.T.shape), "rows": [rounded(mfcc[:, frame]) for frame in FRAMES], "tolerance": 2e-4})
    filters = []
    for kind, b, a in rbj():
        filters.append({"params": {"kind": kind, "frequency_hz": 700, "q": 1.3, "gain_db": 5},
                        "samples": rounded(signal.lfilter(b, a, row)[1000:1032])})
    step = signal.resample_poly(row, 3, 1, window=("kaiser", 14.0))
    versions = f"numpy {np.__version__}, scipy {scipy.__version__}, librosa {librosa.__version__}"
    json.dump({"about": f"What scipy and librosa say of golden.wav. Made by goldens.py with {versions}.",
               "frames": FRAMES, "spectra": cases, "filters": filters, "resampled": rounded(step[6000:6032])},
              open("goldens.json", "w"))


def rbj():
    """The cookbook's formulas, written out once more."""
    omega, q, lift = 2 * np.pi * 700 / RATE, 1.3, 10 ** (5 / 40)
    c, alpha = np.cos(omega), np.sin(omega) / (2 * q)
    root = 2 * np.sqrt(lift) * alpha
    plain = [1 + alpha, -2 * c, 1 - alpha]
    yield "lowpass", [(1 - c) / 2, 1 - c, (1 - c) / 2], plain
    yield "highpass", [(1 + c) / 2, -(1 + c), (1 + c) / 2], plain
    yield "bandpass", [alpha, 0, -alpha], plain
    yield "notch", [1, -2 * c, 1], plain
    yield "allpass", [1 - alpha, -2 * c, 1 + alpha], plain
    yield "peaking", [1 + alpha * lift, -2 * c, 1 - alpha * lift], [1 + alpha / lift, -2 * c, 1 - alpha / lift]
    yield ("low_shelf", [lift * ((lift + 1) - (lift - 1) * c + root), 2 * lift * ((lift - 1) - (lift + 1) * c),
                         lift * ((lift + 1) - (lift - 1) * c - root)],
           [(lift + 1) + (lift - 1) * c + root, -2 * ((lift - 1) + (lift + 1) * c), (lift + 1) + (lift - 1) * c - root])
    yield ("high_shelf", [lift * ((lift + 1) + (lift - 1) * c + root), -2 * lift * ((lift - 1) + (lift + 1) * c),
                          lift * ((lift + 1) + (lift - 1) * c - root)],
           [(lift + 1) - (lift - 1) * c + root, 2 * ((lift - 1) - (lift + 1) * c), (lift + 1) - (lift - 1) * c - root])


main()
