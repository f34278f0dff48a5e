"""How notes between the beats swing, where it is clear.

Onsets: shape (n,), FRAMES_PER_SECOND values a second, see taggers.onsets. Beats: seconds, rising.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from taggers.onsets import FRAMES_PER_SECOND

LEAST_BEATS = 16
PHASES = 48
LEAST_SWING, MOST_SWING = 1.15, 2.4
"""Long to short: 1 is straight, 2 a triplet."""
SETTLED = 0.025
"""Of a pair's length: so much may two halves of a file differ in where the second of a pair comes."""

Onsets = NDArray[np.float32]
Floats = NDArray[np.float64]


def ratio(onsets: Onsets, beats: Floats) -> float | None:
    """Long to short in pairs of eighths, or of sixteenths where the eighths are straight; None where they are
    straight too or not to be told."""
    if len(beats) < LEAST_BEATS:
        return None
    by_beat = _folded(onsets, beats)
    by_half = by_beat.reshape(len(by_beat) * 2, PHASES // 2)
    for pairs in (by_beat, by_half):
        middle = len(pairs) // 2
        late, before, after = _late(pairs), _late(pairs[:middle]), _late(pairs[middle:])
        if late is None or before is None or after is None or abs(before - after) > SETTLED:
            continue
        found = late / (1 - late)
        if LEAST_SWING <= found <= MOST_SWING:
            return float(found)
    return None


def _folded(onsets: Onsets, beats: Floats) -> Floats:
    """The onsets of each beat at PHASES moments of it, shape (beats - 1, PHASES)."""
    moments = beats[:-1, None] + np.diff(beats)[:, None] * (np.arange(PHASES) / PHASES)
    return _at(onsets, moments)


def _at(onsets: Onsets, moments: Floats) -> Floats:
    return np.asarray(np.interp(moments * FRAMES_PER_SECOND, np.arange(len(onsets)), onsets))


def _late(pairs: Floats) -> float | None:
    """Where the second of a pair comes, 0 to 1; None where none stands out, or others do beside it."""
    size = pairs.shape[1]
    profile = np.median(pairs, axis=0) + pairs.mean(axis=0)
    inner = profile[size // 8 : size - size // 10]
    best = int(inner.argmax()) + size // 8
    if not 0.45 * size <= best <= 0.75 * size or profile[best] < 2.5 * np.median(profile):
        return None
    around = np.abs(np.arange(size) - best) > size // 8
    around[: size // 8], around[size - size // 10 :] = False, False
    if profile[around].max(initial=0.0) > 0.5 * profile[best]:
        return None
    below, top, above = profile[best - 1 : best + 2]
    return float((best + 0.5 * (below - above) / (below - 2 * top + above - 1e-9)) / size)
