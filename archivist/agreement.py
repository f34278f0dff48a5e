"""Whether two opinions on a tempo or a key mean the same, and what several sounds of one song say together. Pure.

A tempo heard at half or double is the pulse heard at another level, and a relative key has the same notes: neither
contradicts. Everything else does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from taggers.pitch import KEYS, relative

Value: TypeAlias = float | str
Candidates: TypeAlias = Sequence[tuple[Value, float]]
"""Values with their chances."""

Relation = Literal["same", "half", "double", "relative"]

TOLERANCE = 0.04
"""Tempi no further apart than this are one, as mir_eval has it."""

COUNTED = 0.1
"""From this chance on a candidate counts as heard."""

_LEVELS: tuple[tuple[Relation, float], ...] = (("same", 1.0), ("half", 0.5), ("double", 2.0))


def relation(heard: Value, said: Value) -> Relation | None:
    """What a value heard is of the one said; None where they contradict each other.

    >>> relation(70.1, 140.0), relation("C major", "A minor"), relation(93.3, 140.0)
    ('half', 'relative', None)
    """
    if not isinstance(heard, float) or not isinstance(said, float):
        if heard == said:
            return "same"
        return "relative" if said in KEYS and heard == relative(str(said)) else None
    return next((name for name, level in _LEVELS if same(heard, said * level)), None)


def same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE * other
    return one == other


def chance(value: Value, candidates: Candidates) -> float:
    """How likely a value is by these candidates."""
    return max((sure for candidate, sure in candidates if same(candidate, value)), default=0.0)


def likeliest(tempi: Sequence[float], heard: Candidates) -> tuple[float, Relation | None]:
    """Of the tempi that a project has or had the one that is heard, best candidate first, and what the best is of
    it; "same" too where it is only counted among others. The first of the tempi, and None, where none is heard.

    >>> likeliest([90.0, 140.0], [(70.2, 0.8), (105.3, 0.1)]), likeliest([90.0, 140.0], [(113.0, 0.9)])
    ((140.0, 'half'), (90.0, None))
    """
    if not heard:
        return tempi[0], None
    best = heard[0][0]
    kin = {tempo: relation(best, tempo) for tempo in tempi}
    if exact := [tempo for tempo in tempi if kin[tempo] == "same" or chance(tempo, heard) >= COUNTED]:
        return max(exact, key=lambda tempo: (kin[tempo] == "same", chance(tempo, heard))), "same"
    return next(((tempo, kin[tempo]) for tempo in tempi if kin[tempo]), (tempi[0], None))


# ---------------------------------------------------------------- voting


@dataclass(frozen=True, slots=True)
class Vote:
    """agreeing: of so many `voices`, those whose first choice is the value."""

    value: Value
    agreeing: int
    voices: int
    confidence: float


LEAST = 0.03
"""What a voice gives a value that it does not name: none can veto."""
FIRST = 4
"""Of each voice only so many candidates are counted."""
FEWEST, MOST = 2, 60
"""Voices that make a vote, and that are counted: the surest."""


def vote(voices: Iterable[Candidates]) -> Vote | None:
    """What the sounds of one song say together, each by its candidates: the chances multiplied, tempered by the
    root of their number, for stems of one song repeat each other's mistakes. None where fewer than half name
    the value first, or only one does.

    >>> vote([[(140.0, 0.6), (70.0, 0.3)], [(70.0, 0.5), (140.0, 0.4)], [(140.2, 0.8)]]).agreeing
    2
    """
    voices = [sorted(voice, key=lambda one: -one[1])[:FIRST] for voice in voices if voice]
    voices = sorted(voices, key=lambda voice: -voice[0][1])[:MOST]
    if len(voices) < FEWEST:
        return None
    named = sorted((candidate for voice in voices for candidate in voice), key=lambda one: -one[1])
    values: list[Value] = []
    for value, _sure in named:
        if not any(same(value, other) for other in values):
            values.append(value)
    weight = 1 / math.sqrt(len(voices))
    scores = [weight * sum(math.log(max(chance(value, voice), LEAST)) for voice in voices) for value in values]
    best = max(range(len(values)), key=lambda index: scores[index])
    total = sum(math.exp(score - scores[best]) for score in scores)
    agreeing = sum(same(voice[0][0], values[best]) for voice in voices)
    if agreeing < FEWEST or 2 * agreeing < len(voices):
        return None
    return Vote(values[best], agreeing, len(voices), 1 / total)
