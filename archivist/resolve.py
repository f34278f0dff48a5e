"""Which opinion on a field is in force: user > project > embedded > name > machine.

A person's value is a lock: nothing outranks it, and an empty one says "there is none". Among equals the
surer wins, then the newer. Rejected opinions never win.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archivist.records import Source
from archivist.vocabulary import FAMILY_OF

RANK: dict[Source, int] = {"user": 0, "project": 1, "embedded": 2, "name": 3, "machine": 4}


@dataclass(frozen=True, slots=True)
class Opinion:
    """A tag row as far as it matters here; `id` is the row's."""

    id: int
    field: str
    text: str
    number: float | None
    source: Source
    confidence: float
    set_at: float
    rejected: bool = False

    @property
    def value(self) -> float | str | None:
        """What the field becomes when this opinion wins; None where a person says that there is none."""
        return self.number if self.number is not None else self.text or None


def effective(opinions: Iterable[Opinion]) -> dict[str, Opinion]:
    """The winner of each field.

    >>> heard = Opinion(1, "key", "C major", None, "machine", 0.9, 10.0)
    >>> said = Opinion(2, "key", "A minor", None, "user", 1.0, 5.0)
    >>> effective([heard, said])["key"].value
    'A minor'
    """
    opinions = tuple(opinions)
    winners: dict[str, Opinion] = {}
    for opinion in opinions:
        if opinion.rejected:
            continue
        holder = winners.get(opinion.field)
        if holder is None or _order(opinion) < _order(holder):
            winners[opinion.field] = opinion
    if "instrument" in winners:
        winners["instrument"] = _specific(winners["instrument"], opinions)
    return winners


def _specific(winner: Opinion, opinions: Iterable[Opinion]) -> Opinion:
    """Of a family the one member that the same source names: a kick rather than drums. A whole kit is drums, and
    so is a kick in the company of other instruments."""
    if winner.source == "user":
        return winner
    named = {
        one.text: one
        for one in opinions
        if one.field == "instrument" and one.source == winner.source and not one.rejected
    }
    family = FAMILY_OF.get(winner.text, winner.text)
    alone = all(FAMILY_OF.get(text, text) == family for text in named)
    members = [text for text in named if text != family]
    return named[members[0]] if alone and len(members) == 1 else named.get(family, winner)


def _order(opinion: Opinion) -> tuple[int, float, float]:
    return (RANK[opinion.source], -opinion.confidence, -opinion.set_at)
