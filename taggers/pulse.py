"""How strongly and how exactly onsets repeat: pulse, its clarity, and the decimals of a tempo.

Onsets: shape (n,), FRAMES_PER_SECOND values a second, see taggers.onsets. Tempi in beats a minute.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from taggers.onsets import FRAMES_PER_SECOND

LONGEST_LOOP = 24.0
"""Seconds: twelve bars at 120. A longer file's length says nothing of its tempo."""
SAME = 0.025
NEAR_WHOLE, AS_WELL = 0.4, 0.99
"""Beats a minute; share of the best grid's strength."""
_WINDOW = 12 * FRAMES_PER_SECOND

Onsets = NDArray[np.float32]
Floats = NDArray[np.float64]


def pulse(onsets: Onsets, frequencies: Floats) -> Floats:
    """How strongly the onsets repeat at each frequency (Hz), as a share of all of them: 0 to about 0.3.

    Magnitudes of a Fourier tempogram in windows of 12 s, averaged: phase may drift from one to the next.
    """
    around = onsets - onsets.mean()
    size = min(len(onsets), _WINDOW)
    angle = np.outer(np.arange(size) * (2 * np.pi / FRAMES_PER_SECOND), frequencies).astype(np.float32)
    window = np.hanning(size).astype(np.float32)[:, None]
    windows = np.lib.stride_tricks.sliding_window_view(around, size)[:: max(1, size // 2)]
    total = np.abs(around).sum() * size / len(around)
    real, imaginary = windows @ (window * np.cos(angle)), windows @ (window * np.sin(angle))
    return np.asarray(np.hypot(real, imaginary).mean(axis=0) / (total + 1e-9), np.float64)


def clarity(onsets: Onsets) -> tuple[float, float, float]:
    """(contrast, steadiness, share): how far onsets stand out of what lies between them (noise 2, music
    3 to 50), how far the strongest pulse stands out of the others (noise 3, music 4 to 12), and its share."""
    frequencies = np.arange(0.6, 8, 0.02 if len(onsets) >= _WINDOW else 25.0 / len(onsets))
    pulses = pulse(onsets, frequencies)
    contrast = np.percentile(onsets, 99) / (np.median(onsets) + 0.1)
    return float(contrast), float(pulses.max() / (np.median(pulses) + 1e-9)), float(pulses.max())


def onset_count(onsets: Onsets) -> int:
    """Local peaks that stand out of their surroundings; about one for each drum hit or note."""
    middle = onsets[1:-1]
    peaks = (middle > onsets[:-2]) & (middle >= onsets[2:])
    return int((peaks & (middle > max(2.0, 1.5 * float(onsets.mean())))).sum())


def refine(onsets: Onsets, bpm: float, duration: float) -> float:
    """`bpm` on the grid that fits the whole file: to about 0.05 in half a minute of steady material.

    First the windows' average within 3 %, then the phase over the whole file where it holds together; at
    the end a loop's length, where it is a whole number of beats and the onsets do not object.
    """
    near = bpm / 60 * np.linspace(0.97, 1.03, 61)
    bpm = 60 * float(near[(pulse(onsets, near) + pulse(onsets, 2 * near) + pulse(onsets, 4 * near)).argmax()])
    if len(onsets) > _WINDOW:
        bpm = _coherent(onsets, bpm)
    finest = min(0.3, 3.0 / duration)
    if duration <= LONGEST_LOOP and (exact := _by_length(onsets, bpm, duration)) != bpm:
        bpm, finest = exact, 0.1
    whole = round(bpm)  # where producers set it, unless the grid is finer than that
    return float(whole) if abs(bpm - whole) < finest else bpm


def _coherent(onsets: Onsets, bpm: float) -> float:
    """`bpm` moved within a window's resolution to where the phase holds over the whole file, or as it was
    where no one grid fits: the tempo moves. A whole number that holds as well is preferred."""
    seconds = len(onsets) / FRAMES_PER_SECOND
    around = (onsets - onsets.mean()) * np.hanning(len(onsets))
    time = np.arange(len(onsets)) / FRAMES_PER_SECOND
    step = FRAMES_PER_SECOND // 4
    at = (np.arange(len(onsets) // step) + 0.5) * step / FRAMES_PER_SECOND
    slow = {}
    for multiple in (1, 2, 4):
        # The multiple of the tempo moves to 0 Hz; what is left turns slowly: 4 values a second will do
        base = around * np.exp(-2j * np.pi * multiple * bpm / 60 * time)
        slow[multiple] = base[: len(at) * step].reshape(-1, step).sum(axis=1)

    def strength(offsets: NDArray[np.floating]) -> Floats:
        turns = (np.exp(-2j * np.pi * multiple * np.outer(offsets, at)) @ slow[multiple] for multiple in slow)
        return np.asarray(sum(np.abs(turn) for turn in turns))

    half = int(5 * seconds / (_WINDOW / FRAMES_PER_SECOND))
    coarse = np.arange(-half, half + 1) * 0.1 / seconds
    strengths = strength(coarse)
    best = int(strengths.argmax())
    if best in (0, len(coarse) - 1) or strengths[best] < 3 * np.median(strengths):
        return bpm
    fine = coarse[best] + np.arange(-20, 21) * 0.005 / seconds
    exact = strength(fine)
    found = bpm + 60 * float(fine[exact.argmax()])
    whole = np.array([(round(found) - bpm) / 60])
    if abs(found - round(found)) < NEAR_WHOLE and strength(whole)[0] > AS_WELL * exact.max():
        return float(round(found))
    return found


def _by_length(onsets: Onsets, bpm: float, duration: float) -> float:
    beats = round(duration * bpm / 60)
    exact = 60 * beats / duration
    close = SAME / max(1.0, duration / 12)
    if beats < 1 or (beats > 4 and beats % 4 and beats != 6) or abs(exact / bpm - 1) > close:
        return bpm
    here, there = pulse(onsets, np.array([bpm, exact]) / 60)
    return exact if there >= 0.9 * here else bpm
