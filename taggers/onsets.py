"""Where something starts to sound, and how high: onset strength, 100 values a second.

Spectral flux: the rise of log-compressed energy, over 40 filters a third of an octave and wider, summed in BANDS
(S. Böck, F. Krebs, M. Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR 2012).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FRAMES_PER_SECOND = 100
_HOP = 441
_WINDOW = 1024
_FILTERS = 40
_FIRST_FILTERS = (0, 2, 6, 15, 25, 32)
"""Of each band: up to 140, 310, 700, 1,500, 4,400 and 16,000 Hz."""
BANDS = len(_FIRST_FILTERS)
_BATCH = 2_000

Samples = NDArray[np.float32]


def band_onsets(mono: Samples) -> Samples:
    """`mono` at 44,100 Hz, shape (n,) → shape (n // 441 + 1, BANDS), ≥ 0, lowest band first.

    Row i stands for the moment i / 100 s.
    """
    from scipy import fft

    count = len(mono) // _HOP + 1
    padded = np.pad(mono, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    window, filters = _window(), _filterbank()
    flux = np.zeros((count, BANDS), np.float32)
    before = np.zeros((1, _FILTERS), np.float32)
    for start in range(0, count, _BATCH):
        spectrum = np.abs(fft.rfft(frames[start : start + _BATCH] * window)[:, : len(filters)])
        level = np.log1p(spectrum @ filters)
        rise = np.maximum(np.diff(level, axis=0, prepend=before), 0.0)
        flux[start : start + _BATCH] = np.add.reduceat(rise, _FIRST_FILTERS, axis=1)
        before = level[-1:]
    return flux


def onset_strength(mono: Samples) -> Samples:
    """All bands together, shape (n // 441 + 1,); silence is 0, a drum hit 10 to 40."""
    return np.asarray(band_onsets(mono).sum(axis=1))


@lru_cache(maxsize=1)
def _window() -> Samples:
    return np.hanning(_WINDOW).astype(np.float32)


@lru_cache(maxsize=1)
def _filterbank() -> NDArray[np.float32]:
    """Shape (bins up to 16 kHz, _FILTERS): triangles from 30 Hz up, evenly spaced in log frequency, each at least
    two bins wide."""
    bin_hz = 44_100 / _WINDOW
    edges = np.geomspace(30.0, 16_000.0, _FILTERS + 2) / bin_hz
    for i in range(1, len(edges)):  # low bands would fall between two bins
        edges[i] = max(edges[i], edges[i - 1] + 1)
    edges *= min(1.0, (16_000.0 / bin_hz) / edges[-1])
    bins = np.arange(math.ceil(edges[-1]))[:, None]
    low, peak, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - low) / (peak - low), (high - bins) / (high - peak)
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
