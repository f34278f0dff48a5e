"""How alike two sounds are in what a musician can name: key, tempo, length. Each from 0 to 1; NaN where it is
not known of one of them.

One sound's value against an array of others' (float, NaN for unknown), as `similar` weighs thousands at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taggers.pitch import KEYS, compatible

Likeness = NDArray[np.float64]

COMPATIBLE, RELATED = 0.8, 0.4
"""Of keys that mix, and of keys that both mix with a third."""

TEMPO_REACH = 0.25
"""Octaves: a tempo 19 % off is as unlike as any."""

OCTAVE_PENALTY = 0.9
"""Half and double tempo are one notation for the other, and still a little less alike."""

LENGTH_REACH = 2.0
"""Octaves: four times as long is as unlike as any."""


def of_keys(key: str, others: NDArray[Any]) -> Likeness:
    """others: places in KEYS, -1 for none.

    >>> of_keys("A minor", np.array([KEYS.index("A minor"), KEYS.index("C major"), KEYS.index("D# minor"), -1]))
    array([1. , 0.8, 0. , nan])
    """
    return np.asarray(np.append(_BY_KEY[KEYS.index(key)], np.nan)[others])


def _table() -> Likeness:
    table = np.zeros((len(KEYS), len(KEYS)))
    for row, key in zip(table, KEYS, strict=True):
        near = compatible(key)
        row[[KEYS.index(further) for one in near for further in compatible(one)]] = RELATED
        row[[KEYS.index(one) for one in near]] = COMPATIBLE
        row[KEYS.index(key)] = 1.0
    return table


_BY_KEY = _table()


def of_tempi(bpm: float, others: NDArray[Any]) -> Likeness:
    """
    >>> of_tempi(120.0, np.array([120.0, 60.0, 240.0, 170.0])).round(2)
    array([1. , 0.9, 0.9, 0. ])
    """
    apart = np.log2(others / bpm)
    octaves = np.round(apart)
    beside = np.maximum(0.0, 1 - np.abs(apart - octaves) / TEMPO_REACH)
    return np.asarray(beside * OCTAVE_PENALTY ** np.abs(octaves))


def of_lengths(seconds: float, others: NDArray[Any]) -> Likeness:
    """
    >>> of_lengths(4.0, np.array([4.0, 2.0, 8.0, 60.0]))
    array([1. , 0.5, 0.5, 0. ])
    """
    return np.asarray(np.maximum(0.0, 1 - np.abs(np.log2(others / seconds)) / LENGTH_REACH))


COMPARED: dict[str, Callable[[Any, NDArray[Any]], Likeness]] = {
    "key": of_keys,
    "tempo": of_tempi,
    "length": of_lengths,
}
"""By aspect, what tells how alike one value is to others."""
