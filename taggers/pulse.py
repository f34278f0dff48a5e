"""Which of several possible tempi a producer would have set, judged from onset strength.

Periodicity alone leaves the octave open: half, double and two thirds of a tempo are periods too. So every
guess of a beat tracker is joined by its simple multiples, each is described by FEATURES, and a linear
model with a softmax picks one. Its weights were fitted by `python -m taggers.training.tempo`.

Onsets: shape (n,), FRAMES_PER_SECOND values a second, see taggers.onsets. Tempi in beats a minute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from taggers.onsets import FRAMES_PER_SECOND

MIN_BPM, MAX_BPM = 45.0, 220.0
RATIOS = (1, 2, 1 / 2, 3 / 2, 2 / 3, 4 / 3, 3 / 4, 3, 1 / 3)
LOOP_BEATS = (2, 4, 8, 16, 32, 64)
LONGEST_LOOP = 16.5
"""Seconds: eight bars at 116. A longer file's length says nothing of its tempo."""

PRIOR_CENTRE, PRIOR_OCTAVES = 129.0, 0.406
"""Log-normal: of 113 pieces with their makers' tempo, a tenth lies below 90 and a tenth above 185."""

SAME = 0.025
_WINDOW = 12 * FRAMES_PER_SECOND

FEATURES: dict[str, float] = {
    "first guess": 0.860,
    "second guess": 1.135,
    "octave of the first": 0.369,
    "half of the second": 1.595,
    "double of the second": 0.553,
    "length is whole bars": 0.614,
    "length is 4, 8, 16, 32 beats": 0.948,
    "onsets a beat": 0.627,
    "pulse at 2/3": -1.364,
    "pulse": 0.670,
    "pulse at 3/2": 1.683,
    "pulse at 2": 2.357,
    "pulse at 3": -0.344,
    "pulse at 4": 5.217,
}
"""What describes a choice, and how much it weighs. "pulse at 2": of the onsets, at twice the tempo."""

_PULSES = (2 / 3, 1.0, 3 / 2, 2.0, 3.0, 4.0)

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


def describe(onsets: Onsets, duration: float, guesses: Sequence[float]) -> tuple[Floats, Floats]:
    """(tempi, shape (n,); features, shape (n, len(FEATURES))) of every tempo worth a thought.

    guesses: the engine's, the steadier one first.
    """
    tempi = _worth_a_thought(duration, guesses)
    nearby = np.linspace(0.985, 1.015, 7)
    grid = tempi[:, None] / 60 * nearby
    best = (pulse(onsets, grid.ravel()) + pulse(onsets, 2 * grid.ravel())).reshape(grid.shape).argmax(axis=1)
    tempi = tempi * nearby[best]
    pulses = pulse(onsets, np.outer(tempi / 60, _PULSES).ravel()).reshape(len(tempi), -1)
    pulses = np.sqrt(pulses / (pulses.max() + 1e-9))
    first, second = guesses[0], guesses[-1]
    beats = duration * tempi / 60 if duration <= LONGEST_LOOP else np.zeros(len(tempi))
    bars = np.round(beats / 4)
    columns = [
        _is(tempi, first),
        _is(tempi, second),
        _is(tempi, 2 * first) + _is(tempi, first / 2),
        _is(tempi, second / 2),
        _is(tempi, 2 * second),
        ((bars > 0) & (np.abs(beats / 4 - bars) < 0.02 * beats / 4)).astype(float),
        np.max([np.abs(beats / count - 1) < 0.015 for count in (4, 8, 16, 32)], axis=0).astype(float),
        np.log2(onset_count(onsets) / max(duration, 1e-3) * 60 / tempi + 0.1),
        *pulses.T,
    ]
    return tempi, np.stack(columns, axis=1)


def weigh(tempi: Floats, features: Floats) -> Floats:
    """The chance of each tempo, shape (n,), sum 1."""
    score = prior(tempi) + features @ np.array(list(FEATURES.values()))
    chance = np.exp(score - score.max())
    return np.asarray(chance / chance.sum())


def prior(tempi: Floats) -> Floats:
    """Log density, up to a constant."""
    return np.asarray(-((np.log2(tempi / PRIOR_CENTRE) / PRIOR_OCTAVES) ** 2) / 2)


def _worth_a_thought(duration: float, guesses: Sequence[float]) -> Floats:
    found = [guess * ratio for guess in guesses for ratio in RATIOS]
    if duration <= LONGEST_LOOP:
        found += [60 * beats / duration for beats in LOOP_BEATS]
    distinct: list[float] = []
    for bpm in sorted(bpm for bpm in found if MIN_BPM <= bpm <= MAX_BPM):
        if not distinct or bpm / distinct[-1] > 1.02:
            distinct.append(bpm)
    return np.array(distinct)


def _is(tempi: Floats, bpm: float) -> Floats:
    return (np.abs(tempi / max(bpm, 1e-9) - 1) < SAME).astype(float)


def refine(onsets: Onsets, bpm: float, duration: float) -> float:
    """`bpm` on the grid that fits the whole file: to about 0.05 in half a minute of steady material.

    First the windows' average within 3 %, then the phase over the whole file where it holds together; at
    the end a loop's length, where it is a whole number of beats and the onsets do not object.
    """
    near = bpm / 60 * np.linspace(0.97, 1.03, 61)
    bpm = 60 * float(near[(pulse(onsets, near) + pulse(onsets, 2 * near) + pulse(onsets, 4 * near)).argmax()])
    if len(onsets) > _WINDOW:
        bpm = _coherent(onsets, bpm)
    if duration <= LONGEST_LOOP:
        bpm = _by_length(onsets, bpm, duration)
    whole = round(bpm)  # where producers set it, unless the grid is finer than that
    return float(whole) if abs(bpm - whole) < min(0.3, 3.0 / duration) else bpm


def _coherent(onsets: Onsets, bpm: float) -> float:
    """`bpm` moved within a window's resolution to where the phase holds over the whole file, or as it was
    where no one grid fits: the tempo moves."""
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
    return bpm + 60 * float(fine[strength(fine).argmax()])


def _by_length(onsets: Onsets, bpm: float, duration: float) -> float:
    beats = round(duration * bpm / 60)
    exact = 60 * beats / duration
    if beats not in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32) or abs(exact / bpm - 1) > SAME:
        return bpm
    here, there = pulse(onsets, np.array([bpm, exact]) / 60)
    return exact if there >= 0.9 * here else bpm
