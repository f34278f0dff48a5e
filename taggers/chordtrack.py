"""A file's chords in the order of time, as the archive keeps them, and the progression that they repeat.

Packed: three bytes for each change, 16 bits of time since the one before in hundredths of a second (little-endian)
and the chord's code.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from taggers.chordnames import CHORDS, NONE

MAX_CHANGES = 1_200
"""3.6 KB: a change a second for as long as a file is heard whole."""
_CHANGE = struct.Struct("<HB")
LOOPS = (2, 3, 4, 5, 6, 8)
"""Chords that a progression may have."""
_REPEATED = 0.4  # of the chords, that a progression has to cover
_AS_GOOD = 0.9  # a longer one has to cover so much more


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on, seconds from the file's start, until the next change `chord` (a code) sounds."""

    at: float
    chord: int


def pack(changes: Sequence[Change]) -> bytes:
    """At most MAX_CHANGES of them."""
    packed, now = bytearray(), 0
    for change in changes[:MAX_CHANGES]:
        step = min(0xFFFF, max(0, round(change.at * 100) - now))
        packed += _CHANGE.pack(step, change.chord)
        now += step
    return bytes(packed)


def unpack(data: bytes) -> tuple[Change, ...]:
    """The reverse of `pack`. What is no chord is left out, a broken end too."""
    changes, now = [], 0
    for step, chord in _CHANGE.iter_unpack(data[: len(data) // _CHANGE.size * _CHANGE.size]):
        now += step
        if chord < CHORDS:
            changes.append(Change(now / 100, chord))
    return tuple(changes)


def chords_of(changes: Sequence[Change]) -> tuple[int, ...]:
    """What follows what: without silences between, and without one chord twice in a row."""
    found: list[int] = []
    for change in changes:
        if change.chord != NONE and (not found or found[-1] != change.chord):
            found.append(change.chord)
    return tuple(found)


def progression(chords: Sequence[int]) -> tuple[int, ...]:
    """The shortest run of chords that repeats through most of these; () where none does.

    >>> progression((10, 6, 1, 8) * 3 + (3, 10))
    (10, 6, 1, 8)
    """
    best: tuple[int, ...] = ()
    covered = _REPEATED * len(chords)
    for length in LOOPS:
        runs = Counter(tuple(chords[start : start + length]) for start in range(len(chords) - length + 1))
        for run, _ in runs.most_common(1):
            count = _times(chords, run)
            if count > 1 and count * length * _AS_GOOD > covered:
                best, covered = run, count * length
    return best


def _times(chords: Sequence[int], run: Sequence[int]) -> int:
    """How often `run` stands in `chords`, never twice in one place."""
    count = at = 0
    while at <= len(chords) - len(run):
        found = tuple(chords[at : at + len(run)]) == tuple(run)
        count += found
        at += len(run) if found else 1
    return count
