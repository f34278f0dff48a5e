"""Where the beats of a file lie, once its tempo is known, and whether that tempo moves.

A steady file has a grid: one period, one phase, exact to a millisecond. Where no grid fits, because a person
plays or a tempo map moves, the tempo is followed through windows of 6 s, and dynamic programming finds the row of
beats with the most onset strength that keeps to it (after D. Ellis, "Beat tracking by dynamic programming",
Journal of New Music Research 36:1, 2007).

Onsets: shape (n,), FRAMES_PER_SECOND values a second, see taggers.onsets. Times in seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from taggers.onsets import FRAMES_PER_SECOND

WINDOW, HOP = 6 * FRAMES_PER_SECOND, 2 * FRAMES_PER_SECOND
STRAY = 1.2
"""How far from the file's tempo it is followed, either way, and how early or late a single beat may come."""
STEPS = 61
"""Of tempo within that: 0.6 % each."""
JUMP = 0.012
"""What a step from one window to the next costs, as a share of the strength that could be had."""
TIGHTNESS = 400.0
"""How much a beat that comes early or late costs: so much times the square of the period's log ratio."""
GRID_FITS = 0.9
"""A grid is taken where it meets so much of what followed beats meet."""
MOVES = 0.02
"""A tempo that stays within so much is steady: nobody hears it."""
SURE_SECONDS = 16.0
MET = 1.0
"""Beats that meet less, in deviations of the onsets, are too unsure to say that the tempo moves."""

Onsets = NDArray[np.float32]
Floats = NDArray[np.float64]


def beat_times(onsets: Onsets, bpm: float) -> Floats:
    """Every beat from the first to the last frame, in rising order; through silence too."""
    smooth = _smooth(onsets)
    grid = _gridded(smooth, bpm)
    if len(onsets) < WINDOW:
        return grid
    followed = _followed(smooth, bpm, _periods(onsets, bpm))
    if len(followed) < 3 or _met(smooth, grid) >= GRID_FITS * _met(smooth, followed):
        return grid
    return followed


def moving(onsets: Onsets, bpm: float) -> tuple[float, float] | None:
    """(slowest, fastest) tempo, or None where it is steady or too little is heard of it: of a twentieth of the
    file each may lie beyond."""
    if len(onsets) < SURE_SECONDS * FRAMES_PER_SECOND:
        return None
    smooth = _smooth(onsets)
    periods = _periods(onsets, bpm)
    followed = _met(smooth, _followed(smooth, bpm, periods))
    if followed < MET or _met(smooth, _gridded(smooth, bpm)) >= GRID_FITS * followed:
        return None
    slowest, fastest = np.percentile(60 * FRAMES_PER_SECOND / periods, (5, 95))
    return (float(slowest), float(fastest)) if fastest > slowest * (1 + MOVES) else None


def _smooth(onsets: Onsets) -> Floats:
    """Deviation 1, and blurred by 20 ms: nobody hits the frame."""
    blurred = np.convolve(onsets, np.hanning(7), "same")
    return np.asarray((blurred - blurred.mean()) / (blurred.std() + 1e-9), np.float64)


def _met(smooth: Floats, beats: Floats) -> float:
    """The mean onset strength at the beats."""
    if not len(beats):
        return 0.0
    return float(np.interp(beats * FRAMES_PER_SECOND, np.arange(len(smooth)), smooth).mean())


def _gridded(smooth: Floats, bpm: float) -> Floats:
    """The grid of exactly this tempo that meets the most onsets."""
    period = 60 * FRAMES_PER_SECOND / bpm
    starts = np.arange(0, period, 0.5)
    at = starts[:, None] + period * np.arange(max(1, int((len(smooth) - 1) / period)))
    met = np.interp(at, np.arange(len(smooth)), smooth).sum(axis=1)
    # Between the half frames: the top of the parabola through the best three
    best = int(met.argmax())
    below, top, above = met[best - 1], met[best], met[(best + 1) % len(met)]
    bend = below - 2 * top + above
    start = starts[best] + (0.25 * (below - above) / bend if bend < 0 else 0.0)
    return np.arange(start % period, len(smooth) - 1, period) / FRAMES_PER_SECOND


def _periods(onsets: Onsets, bpm: float) -> Floats:
    """Frames a beat at each frame, shape (n,): the smoothest way through the windows' strongest tempi near bpm."""
    ratios = np.geomspace(1 / STRAY, STRAY, STEPS)
    cut = np.lib.stride_tricks.sliding_window_view(onsets, WINDOW)[::HOP]
    cut = (cut - cut.mean(axis=1, keepdims=True)) * np.hanning(WINDOW).astype(np.float32)
    turns = 2j * np.pi * bpm / 60 / FRAMES_PER_SECOND * np.outer(np.arange(WINDOW), ratios)
    strength = sum(np.abs(cut @ np.exp(multiple * turns).astype(np.complex64)) for multiple in (1, 2, 4))
    strength = strength / (strength.max() + 1e-9)
    cost = JUMP * np.abs(np.arange(STEPS)[:, None] - np.arange(STEPS))
    score, came = strength[0], []
    for row in strength[1:]:
        reach = score[:, None] - cost
        came.append(reach.argmax(axis=0))
        score = reach.max(axis=0) + row
    way = [int(score.argmax())]
    for before in reversed(came):
        way.append(int(before[way[-1]]))
    middles = np.arange(len(strength)) * HOP + WINDOW / 2
    steps = np.convolve(np.pad(way[::-1], 1, "edge"), (0.25, 0.5, 0.25), "valid")
    found = np.interp(steps, np.arange(STEPS), np.log(ratios))
    along = np.interp(np.arange(len(onsets)), middles, found)
    return np.asarray(60 * FRAMES_PER_SECOND / (bpm * np.exp(along)))


def _followed(smooth: Floats, bpm: float, periods: Floats) -> Floats:
    """The row of beats that meets the most onsets and keeps nearly to these periods."""
    period = 60 * FRAMES_PER_SECOND / bpm
    steps = np.arange(max(1, int(period / STRAY**1.5)), int(period * STRAY**1.5) + 2)
    score, before = smooth.copy(), np.full(len(smooth), -1)
    # A beat's predecessor lies at least steps[0] frames back: so many frames can be decided at once
    for start in range(steps[-1], len(smooth), steps[0]):
        here = np.arange(start, min(start + steps[0], len(smooth)))
        cost = TIGHTNESS * np.log2(steps / periods[here, None]) ** 2
        reach = score[here[:, None] - steps] - cost
        best = reach.argmax(axis=1)
        score[here] += reach[np.arange(len(here)), best]
        before[here] = here - steps[best]
    tail = max(0, len(smooth) - int(period) - 1)
    at = tail + int(score[tail:].argmax())
    beats = []
    while at >= 0:
        beats.append(at)
        at = int(before[at])
    return np.array(beats[::-1], np.float64) / FRAMES_PER_SECOND
