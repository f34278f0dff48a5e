"""The picture of sound that every network here sees: log power in mel bands.

Sound at 44,100 Hz, windows of 2,048 samples (46 ms) every 512 (11.6 ms), 80 bands from 30 Hz to 16 kHz evenly
spaced on the mel scale (O'Shaughnessy 1987: 2595 log10(1 + f / 700)), natural logarithm. A full-scale sine is
near 0; FLOOR is 70 dB below the loudest thing in the same patch, and whatever is fainter counts as silence.

A patch is FRAMES columns: 1.1 s. It is shown relative to its own loudest point, so that level says nothing.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
WINDOW = 2_048
HOP = 512
BANDS = 80
FRAMES = 96
PATCH = (FRAMES - 1) * HOP + WINDOW
"""Samples that one patch is made from."""

FLOOR = -16.0
LOW, HIGH = 30.0, 16_000.0
_BATCH = 1_024

Samples = NDArray[np.float32]


def log_mel(mono: Samples) -> Samples:
    """`mono` at RATE, shape (n,) → shape (1 + (n - WINDOW) // HOP, BANDS); n below WINDOW is padded with
    silence."""
    from scipy import fft

    if len(mono) < WINDOW:
        mono = np.pad(mono, (0, WINDOW - len(mono)))
    frames = np.lib.stride_tricks.sliding_window_view(mono, WINDOW)[::HOP]
    window, bands = _window(), _filterbank()
    power = np.empty((len(frames), BANDS), np.float32)
    for start in range(0, len(frames), _BATCH):
        spectrum = fft.rfft(frames[start : start + _BATCH] * window)[:, : len(bands)]
        power[start : start + _BATCH] = (spectrum.real**2 + spectrum.imag**2) @ bands
    return np.asarray(np.log(power + 1e-10), np.float32)


def patch(mono: Samples) -> Samples:
    """The patch that begins with `mono`, shape (FRAMES, BANDS), relative to its loudest point: FLOOR to 0."""
    part = mono[:PATCH]
    return relative(log_mel(np.pad(part, (0, PATCH - len(part)))))


def relative(levels: Samples) -> Samples:
    """Levels (…, FRAMES, BANDS) relative to the loudest point of each patch, none below FLOOR."""
    loudest = levels.max(axis=(-2, -1), keepdims=True)
    return np.asarray(np.maximum(levels - loudest, FLOOR), np.float32)


@lru_cache(maxsize=1)
def _window() -> Samples:
    window = np.hanning(WINDOW).astype(np.float32)
    return np.asarray(window * (2 / window.sum()), np.float32)  # a full-scale sine has magnitude 1


@lru_cache(maxsize=1)
def _filterbank() -> NDArray[np.float32]:
    """Triangles, shape (bins up to HIGH, BANDS), each of sum 1 and at least two bins wide."""
    bin_hz = RATE / WINDOW
    mel = np.linspace(_mel(LOW), _mel(HIGH), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1) / bin_hz
    for i in range(1, len(edges)):  # low bands would fall between two bins
        edges[i] = max(edges[i], edges[i - 1] + 1)
    bins = np.arange(math.ceil(edges[-1]))[:, None]
    low, peak, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.maximum(0.0, np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak)))
    return np.asarray(triangles / triangles.sum(axis=0), np.float32)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
