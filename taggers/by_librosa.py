"""librosa: the pitch of single notes where there is no essentia."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DIP = 0.15
"""As deep must YIN's difference function be for the shortest period that has a dip to count."""


def fundamentals(frames: NDArray[np.float32], rate: int, low: float, high: float) -> list[tuple[float, float]]:
    """(Hz, aperiodicity 0 to 1) of each of `frames`, shape (n, window), between `low` and `high` Hz: YIN (A. de
    Cheveigné, H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111(4), 2002). Its
    first call in a process takes two seconds more."""
    import librosa

    size = frames.shape[1]
    found = librosa.yin(
        frames.ravel(), fmin=low, fmax=high, sr=rate, frame_length=size, hop_length=size, center=False,
        trough_threshold=_DIP,
    )  # fmt: skip
    still = frames - frames.mean(axis=1, keepdims=True)
    return [(float(hertz), _unlike(frame, round(rate / hertz))) for frame, hertz in zip(still, found, strict=True)]


def _unlike(frame: NDArray[np.float32], period: int) -> float:
    """How far half a frame differs from what sounds a period later, from 0 to 1, as what has nothing in common."""
    half = len(frame) // 2
    one, other = frame[:half], frame[period : period + half]
    power = float(np.square(one).sum() + np.square(other).sum())
    return min(1.0, float(np.square(one - other).sum()) / power) if power > 0 else 1.0
