"""What repeats in a sound, how fast, and in which bands together: a Fourier tempogram at any frequencies.

Band onsets, shape (frames, BANDS), are cut into windows of 12 s with half of each overlapping the next; the
transform of each window at each wanted frequency is kept complex: where one band lags half a period behind
another, kick and snare take turns. Averages over the windows let the phase drift from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taggers.onsets import BANDS, FRAMES_PER_SECOND

WINDOW = 12 * FRAMES_PER_SECOND
MAX_WINDOWS = 24
"""Of a long file evenly spaced ones: more say the same again."""
PAIRS = ((0, 1), (0, 2), (1, 2))
"""Of three groups of bands: below 310 Hz, to 1,500 Hz, above."""

Floats = NDArray[np.float64]
Onsets = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Windows:
    """seen: shape (windows, frames of one, BANDS + 1), the last of all bands together, each band's mean removed.
    weight: shape (windows, BANDS + 1), what the transform of each may reach at most."""

    seen: Onsets
    weight: Onsets


def windows(bands: Onsets) -> Windows:
    every = np.concatenate((bands, bands.sum(axis=1, keepdims=True)), axis=1)
    size = min(len(every), WINDOW)
    cut = np.lib.stride_tricks.sliding_window_view(every, size, axis=0)[:: max(1, size // 2)]
    if len(cut) > MAX_WINDOWS:
        cut = cut[np.linspace(0, len(cut) - 1, MAX_WINDOWS).astype(int)]
    shape = np.hanning(size).astype(np.float32)
    seen = (cut - cut.mean(axis=2, keepdims=True)) * shape
    weight = (cut * shape).sum(axis=2) + np.float32(1e-6)
    return Windows(np.ascontiguousarray(seen.transpose(0, 2, 1)), np.asarray(weight))


def transform(heard: Windows, frequencies: Floats) -> NDArray[np.complex64]:
    """Shape (windows, BANDS + 1, frequencies)."""
    count, size, bands = heard.seen.shape
    angle = np.outer(frequencies, np.arange(size) * (2 * np.pi / FRAMES_PER_SECOND)).astype(np.float32)
    rows = heard.seen.transpose(1, 0, 2).reshape(size, count * bands)
    found = np.cos(angle) @ rows - 1j * (np.sin(angle) @ rows)
    return np.asarray(found.reshape(len(frequencies), count, bands).transpose(1, 2, 0), np.complex64)


def strengths(heard: Windows, found: NDArray[np.complex64]) -> Floats:
    """How much of each band's onsets repeat at each frequency, shape (BANDS + 1, frequencies), 0 to 1."""
    return np.asarray(np.abs(found).sum(axis=0) / heard.weight.sum(axis=0)[:, None], np.float64)


def relations(found: NDArray[np.complex64]) -> Floats:
    """How PAIRS of band groups go together at each frequency: cosine and sine of their lag weighed by how
    steady it is, shape (2 × len(PAIRS), frequencies), -1 to 1."""
    groups = [found[:, low : low + 2].sum(axis=1) for low in range(0, BANDS, 2)]
    rows = []
    for one, other in PAIRS:
        both = groups[one] * groups[other].conj()
        together = both.sum(axis=0) / (np.abs(both).sum(axis=0) + 1e-9)
        rows += [together.real, together.imag]
    return np.asarray(np.stack(rows), np.float64)
