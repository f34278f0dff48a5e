"""Excerpts of songs, never the same twice.

A song's parts are mixed anew each time, moved to another key, coloured, distorted, blurred and cut, so that a few
thousand songs sound like a great many.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from taggers.constantq import BINS, BINS_PER_SEMITONE
from taggers.training.key.songs import Example, Pool

ALONE = {"bass": 0.05, "lead": 0.05, "chords": 0.06}
"""How often a part is all there is."""
KEPT = {"chords": 0.93, "bass": 0.9, "lead": 0.85}
"""How often a part is there, else always."""
GAINS = {
    "chords": (0.0, 5.0),
    "more": (-1.0, 5.0),
    "bass": (0.0, 6.0),
    "lead": (0.0, 6.0),
    "talk": (0.0, 6.0),
    "drums": (3.0, 7.0),
    "all": (0.0, 0.0),
}
"""Decibels: mean, deviation."""
LENT = {"drums": 0.25, "talk": 0.12}
"""How often a real song gets such a part of one that was made up."""
LENT_GAIN = (-3.0, 5.0)
DRUMMED = 0.5
"""How often a made-up song without drums gets some."""
UNTUNED = 0.15

Floats = NDArray[np.float32]


class Cutter:
    """Cuts excerpts, and lends them parts of the made-up songs of a pool."""

    def __init__(self, lenders: Pool, chance: np.random.Generator) -> None:
        self._lenders, self._chance = lenders, chance
        self._having = {part: [one for one in lenders.examples if part in one.parts] for part in LENT}

    def cut(self, pool: Pool, example: Example, count: int) -> tuple[Floats, int]:
        """(rows of shape (count, BINS), the semitones that they were moved by)."""
        chance, parts = self._chance, list(example.parts)
        length = min(example.parts[part][1] for part in parts)
        first = int(chance.integers(0, max(1, length - count + 1)))
        power = np.zeros((count, BINS), np.float32)
        chosen = _chosen(parts, chance)
        for part in chosen:
            sound = pool.part(example, part, first, count)
            power[: len(sound)] += _levelled(sound, GAINS[part], chance)
        if chosen == ["all"]:
            for part, share in LENT.items():
                if chance.random() < share:
                    power += self._lent(part, count, LENT_GAIN)
        elif len(chosen) > 1 and "drums" not in chosen and chance.random() < DRUMMED:
            power += self._lent("drums", count, GAINS["drums"])
        semitones = int(chance.integers(-6, 6))
        off = chance.uniform(-1.2, 1.2) if chance.random() < UNTUNED else chance.uniform(-0.45, 0.45)
        heard = _shifted(np.sqrt(power), BINS_PER_SEMITONE * semitones + float(off))
        return _worn(heard, chance), semitones

    def _lent(self, part: str, count: int, gain: tuple[float, float]) -> Floats:
        having = self._having[part]
        power = np.zeros((count, BINS), np.float32)
        if having:
            sound = self._lenders.part(having[int(self._chance.integers(len(having)))], part, 0, count)
            power[: len(sound)] = _levelled(sound, gain, self._chance)
        return power


def _chosen(parts: Sequence[str], chance: np.random.Generator) -> list[str]:
    dice = chance.random()
    for part, share in ALONE.items():
        dice -= share
        if dice < 0 and part in parts:
            return [part]
    left = [part for part in parts if chance.random() < KEPT.get(part, 1.0)]
    return left if set(left) - {"drums", "talk"} else list(parts)


def _levelled(sound: Floats, gain: tuple[float, float], chance: np.random.Generator) -> Floats:
    power = np.square(sound)
    return power * np.float32(10 ** (chance.normal(*gain) / 10) / (power.mean() + 1e-9))


def _shifted(rows: Floats, bins: float) -> Floats:
    whole = math.floor(bins)
    part = np.float32(bins - whole)
    padded = np.pad(rows, ((0, 0), (BINS, BINS)))
    lower = padded[:, BINS - whole : 2 * BINS - whole]
    upper = padded[:, BINS - whole - 1 : 2 * BINS - whole - 1]
    return np.asarray((1 - part) * lower + part * upper, np.float32)


def _worn(rows: Floats, chance: np.random.Generator) -> Floats:
    """Through rooms, equalizers, distortion, cheap codecs and noise."""
    if chance.random() < 0.3:  # overtones of distortion
        for bins, level in ((36, 0.5), (57, 0.35), (72, 0.25)):
            copy = np.zeros_like(rows)
            copy[:, bins:] = rows[:, :-bins]
            rows = rows + np.float32(level * chance.random()) * copy
    if chance.random() < 0.3:  # reverb
        fade = np.float32(chance.uniform(0.1, 0.6))
        rows = rows.copy()
        for n in range(1, len(rows)):
            rows[n] = np.maximum(rows[n], fade * rows[n - 1])
    knots = chance.normal(0, chance.choice([0, 3, 6]), 8)
    gain = np.interp(np.linspace(0, 7, BINS), np.arange(8), knots) + np.linspace(-1, 1, BINS) * chance.normal(0, 6)
    dice = chance.random()
    if dice < 0.12:  # no bass
        gain = gain - 30 / (1 + np.exp((np.arange(BINS) - chance.uniform(30, 80)) / 4))
    elif dice < 0.24:  # no treble
        gain = gain - 40 / (1 + np.exp(-(np.arange(BINS) - chance.uniform(130, 240)) / 4))
    rows = rows * np.float32(10) ** (gain / 20).astype(np.float32)
    if chance.random() < 0.5:
        level = np.sqrt(np.square(rows).mean()) * 10 ** (chance.uniform(-40, -8) / 20)
        noise = np.sqrt(chance.gamma(4, 0.25, rows.shape)).astype(np.float32)
        colour = np.float32(10) ** (np.linspace(-1, 1, BINS) * chance.normal(0, 0.4)).astype(np.float32)
        rows = rows + np.float32(level) * noise * colour
    return np.asarray(rows * 10 ** (chance.normal(0, 1.5, (len(rows), 1)) / 20), np.float32)
