"""What workers report to the screen. An answer names the request it answers, so that a late one can be told.

Workers only read the archive and post these; the screen alone touches widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from textual.message import Message

from archivist.records import (
    ArchiveCounts,
    Change,
    Facet,
    FileDetails,
    FileRow,
    IndexProgress,
    IndexSummary,
    ProjectDetails,
    ProjectRow,
)
from tui.likeness import Likeness

Row = FileRow | ProjectRow


class Listed(Protocol):
    """What a result list can show: the ids of everything, and the rows of whatever part is looked at."""

    @property
    def ids(self) -> Sequence[int]: ...

    def __len__(self) -> int: ...

    def rows(self, start: int, stop: int) -> Sequence[Row]: ...


@dataclass(frozen=True, slots=True)
class Request:
    """One search. `serial` counts up, so that a repeated query is told from its first time."""

    serial: int
    query: str
    projects: bool
    likeness: Likeness | None = None  # of similar files: what they are like
    keep: int | None = None  # the id of the row to stay on
    counts: bool = False  # the numbers of the whole archive are wanted too


@dataclass(frozen=True, slots=True)
class Misread:
    """Why a query does not parse, and at which character (from 0)."""

    reason: str
    position: int


@dataclass
class ResultsReady(Message):
    request: Request
    results: Listed
    head: Sequence[Row]  # the first page of rows, so that they need no second trip
    whole: bool  # False: only the first window, the rest is on its way
    misread: Misread | None
    selected: int | None  # where the row to stay on is now
    seconds: float


@dataclass
class FacetsReady(Message):
    request: Request
    facets: tuple[Facet, ...]


@dataclass
class PageReady(Message):
    results: Listed
    page: int
    rows: Sequence[Row]


@dataclass
class DetailsReady(Message):
    details: FileDetails | ProjectDetails


@dataclass
class CountsReady(Message):
    counts: ArchiveCounts


@dataclass
class Edited(Message):
    changes: Sequence[Change]
    undone: bool = False


@dataclass
class IndexMoved(Message):
    progress: IndexProgress


@dataclass
class IndexEnded(Message):
    summary: IndexSummary | None  # None: it failed, and Failed says why


@dataclass
class Failed(Message):
    """A worker could not do its task."""

    error: BaseException
