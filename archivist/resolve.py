"""Which opinion on a field is in force: user > project > embedded > name > machine.

A person's value is a lock: nothing outranks it, and an empty one says "there is none". Among equals the
surer wins, then the newer. Rejected opinions never win.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archivist.records import Source

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
    winners: dict[str, Opinion] = {}
    for opinion in opinions:
        if opinion.rejected:
            continue
        holder = winners.get(opinion.field)
        if holder is None or _order(opinion) < _order(holder):
            winners[opinion.field] = opinion
    return winners


def _order(opinion: Opinion) -> tuple[int, float, float]:
    return (RANK[opinion.source], -opinion.confidence, -opinion.set_at)
