"""Where a song changes its key for good.

The network judges windows of 12 s; the likeliest path through the keys (A. Viterbi, 1967), in which a change
costs much, gives sections; each is then judged as a whole, and unless every one keeps to its key and could hardly
be in its neighbour's, the song is taken as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from taggers.constantq import Floats
    from taggers.keynet import Listener

WINDOW, HOP = 16, 4
"""Moments of taggers.keynet: 12 s, 3 s."""
SHORTEST = 27
"""Moments, 20 s: a bridge that visits another key is not a section."""
CHANGE = 9.0
"""What a change of key costs, in nats."""
SURE = 0.5
STRANGE = 0.1
"""The chance of a section's being in its neighbour's key, beside that of its own."""


@dataclass(frozen=True, slots=True)
class Section:
    """start, stop: moments. key: its place among taggers.keynet.KEYS."""

    start: int
    stop: int
    key: int


def sections(listener: Listener, judge: Callable[[int, int], Floats]) -> tuple[Section, ...]:
    """The sections of a song that modulates, in order; () where it does not, or that is not sure.

    judge: the chance of each key between two moments.
    """
    if listener.moments < 2 * SHORTEST:
        return ()
    starts = range(0, listener.moments - WINDOW + 1, HOP)
    path = _path(listener.stretches(starts, WINDOW))
    changes = [0, *np.flatnonzero(np.diff(path)) + 1, len(path)]
    if len(changes) <= 2:
        return ()
    # A window belongs to its middle
    bounds = [0, *(starts[n] + (WINDOW - HOP) // 2 for n in changes[1:-1]), listener.moments]
    found = [
        Section(start, stop, int(path[first]))
        for start, stop, first in zip(bounds, bounds[1:], changes, strict=False)
    ]
    if any(one.stop - one.start < SHORTEST for one in found):
        return ()
    for number, one in enumerate(found):
        chances = judge(one.start, one.stop)
        beside = [found[n].key for n in (number - 1, number + 1) if 0 <= n < len(found)]
        if chances[one.key] < SURE or max(chances[key] for key in beside) > STRANGE * chances[one.key]:
            return ()
    return tuple(found)


def _path(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The likeliest key in each window; scores are log chances, shape (windows, keys)."""
    best = scores[0].astype(np.float64)
    came = np.zeros(scores.shape, np.int64)
    for n in range(1, len(scores)):
        leap = int(best.argmax())
        moved = best[leap] - CHANGE > best
        came[n] = np.where(moved, leap, np.arange(scores.shape[1]))
        # Windows overlap: each says but a part that is new
        best = np.where(moved, best[leap] - CHANGE, best) + scores[n] * HOP / WINDOW * 2
    path = np.empty(len(scores), np.int64)
    path[-1] = int(best.argmax())
    for n in range(len(scores) - 1, 0, -1):
        path[n - 1] = came[n, path[n]]
    return path
