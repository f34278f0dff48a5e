"""What a query means, free of how it was written and of how it is answered.

Numbers are beats a minute, seconds, LUFS and, for dates, UTC seconds since 1970. Keys are written
"C# minor". A `Span` is half-open: low <= x < high, None where it has no end.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeAlias


class QueryError(Exception):
    """A query that cannot be read, in one line for a person. `position` counts characters from 0, and is None
    where what is wrong was said beside the query."""

    def __init__(self, message: str, position: int | None) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Span:
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Text:
    """Words that stand side by side somewhere in a name, a folder, a note…; `prefix`: the last may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A field of free text that holds these words; `exact` (quoted) ones are whole, others may go on."""

    field: str
    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """A number in any of the spans."""

    field: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Age:
    """A date this many seconds before the moment of asking."""

    field: str
    span: Span


@dataclass(frozen=True, slots=True)
class Chords:
    """Chords (codes of taggers.chordnames) in a row, beginning with any of them; `transposed`: in any key."""

    chords: tuple[int, ...]
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    term: Node


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Node, ...]


Node: TypeAlias = Text | Match | OneOf | Within | Age | Chords | Not | And | Or

EVERYTHING = And(())


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False
    position: int | None = dataclasses.field(default=0, compare=False)


NEWEST_FIRST = Sort("added", descending=True)
MOST_DOUBTFUL = Sort("doubt", descending=True)
"""The order of is:doubtful, where no other is named: what is most worth a person's ear comes first."""


@dataclass(frozen=True, slots=True)
class Query:
    where: Node = EVERYTHING
    sort: Sort = NEWEST_FIRST
