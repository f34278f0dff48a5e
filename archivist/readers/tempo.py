"""Tempo over beats, as Live and DAWproject store it: points joined by straight lines.

A point is (beat, beats a minute); two points on one beat make a step. What lies before the song's
start holds until its first point.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from archivist.records import TempoChange

SLOWEST, FASTEST = 1.0, 2000.0
"""Beats a minute beyond which a value is damage. Live goes from 20 to 999, REAPER to 960, Bitwig to 666."""

Point = tuple[float, float]


def start_bpm(points: Sequence[Point]) -> float | None:
    """The tempo at beat 0.

    >>> start_bpm([(-1000.0, 120.0), (0.0, 90.0), (8.0, 100.0)])
    90.0
    """
    before = [bpm for beat, bpm in points if beat <= 0]
    return before[-1] if before else points[0][1] if points else None


def changes(points: Sequence[Point]) -> tuple[TempoChange, ...]:
    """Where the tempo becomes another after the start. A ramp counts at its end.

    Of several tempi at one place the last counts.

    >>> changes([(0.0, 120.0), (16.0, 120.0), (16.0, 130.0), (16.0, 140.0)])
    (TempoChange(at=16.0, unit='beats', bpm=140.0),)
    """
    found = []
    current = start_bpm(points)
    for beat, bpm in dict(points).items():
        if beat > 0 and bpm != current:
            found.append(TempoChange(beat, "beats", bpm))
            current = bpm
    return tuple(found)


def seconds_at(beat: float, points: Sequence[Point]) -> float | None:
    """The time from the start to `beat`; None without any tempo.

    >>> seconds_at(8.0, [(0.0, 120.0), (4.0, 120.0), (4.0, 60.0)])
    6.0
    """
    bpm = start_bpm(points)
    if bpm is None:
        return None
    seconds = 0.0
    here = 0.0
    for there, next_bpm in points:
        if there <= 0:
            continue
        if there >= beat:
            bpm_at_end = bpm + (next_bpm - bpm) * (beat - here) / (there - here) if there > here else bpm
            return seconds + _stretch(beat - here, bpm, bpm_at_end)
        seconds += _stretch(there - here, bpm, next_bpm)
        here, bpm = there, next_bpm
    return seconds + _stretch(beat - here, bpm, bpm)


def _stretch(beats: float, first: float, last: float) -> float:
    """Seconds that `beats` take while the tempo goes from `first` to `last`: the integral of 60 / bpm."""
    if abs(last - first) < 1e-9:
        return beats * 60 / first
    return beats * 60 * math.log(last / first) / (last - first)


def in_order(points: Iterable[Point]) -> list[Point]:
    """The plausible ones of `points` by beat, those on one beat as they were stored."""
    return sorted((p for p in points if SLOWEST <= p[1] <= FASTEST), key=lambda p: p[0])


def steps(points: Sequence[Point]) -> list[Point]:
    """`points`, in order, with each tempo held up to the next: for what changes it at once.

    >>> steps([(0.0, 120.0), (4.0, 60.0)])
    [(0.0, 120.0), (4.0, 120.0), (4.0, 60.0)]
    """
    held = list(points[:1])
    for before, after in pairwise(points):
        held += [(after[0], before[1]), after]
    return held
