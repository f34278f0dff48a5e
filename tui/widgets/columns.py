"""The columns of the result list: for files, projects and similar files, and which of them fit a width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from archivist.records import FileRow, ProjectRow
from tui.likeness import Neighbours
from tui.widgets.cells import Shorten, clock, day, decimal, fit

Tone = Literal["name", "plain", "muted", "key"]
GAP = 2
"""Empty cells between two columns."""
MARKS = {"present": " ", "missing": "×", "offline": "○"}
"""Before a row's name: why it is grey."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int  # the least it takes
    cell: Callable[[Any], str]
    sort: str = ""  # the query's name for this order, where it has one
    tone: Tone = "plain"
    right: bool = False
    from_width: int = 0  # shown where the list is at least this wide
    grow: int = 0  # its share of the width that is left
    shorten: Shorten = "end"

    def text(self, row: FileRow | ProjectRow, width: int) -> str:
        return fit(self.cell(row), width, right=self.right, shorten=self.shorten)


FILE_COLUMNS = (
    Column("Name", 16, lambda row: row.name, "name", "name", grow=4, shorten="middle"),
    Column("Project", 10, lambda row: row.project or "", "", "muted", from_width=70, grow=2),
    Column("Kind", 8, lambda row: row.kind or "", "", "muted", from_width=104),
    Column("Instrument", 11, lambda row: row.instrument or "", from_width=58, shorten="middle"),
    Column("Key", 8, lambda row: row.key or "", "key", "key"),
    Column("BPM", 5, lambda row: decimal(row.bpm), "bpm", right=True),
    Column("Length", 7, lambda row: clock(row.duration), "length", right=True, from_width=48),
    Column("LUFS", 5, lambda row: decimal(row.loudness), "loudness", right=True, from_width=150),
    Column("Date", 10, lambda row: day(row.modified), "date", "muted", from_width=92),
    Column("DAW", 10, lambda row: row.daw or "", "", "muted", from_width=118),
    Column("Path", 24, lambda row: row.path, "", "muted", from_width=150, grow=4, shorten="start"),
)

PROJECT_COLUMNS = (
    Column("Name", 16, lambda row: row.name, "name", "name", grow=4, shorten="middle"),
    Column("DAW", 12, lambda row: row.daw, "", from_width=48),
    Column("Version", 9, lambda row: row.daw_version or "", "", "muted", from_width=104),
    Column("Key", 8, lambda row: row.key or "", "key", "key"),
    Column("BPM", 5, lambda row: decimal(row.bpm), "bpm", right=True),
    Column("Meter", 5, lambda row: row.time_signature or "", "", right=True, from_width=92),
    Column("Tracks", 6, lambda row: f"{row.tracks:,}", "", right=True, from_width=58),
    Column("Saves", 5, lambda row: f"{row.versions:,}", "", right=True, from_width=70),
    Column("Files", 6, lambda row: f"{row.files:,}", "", right=True, from_width=92),
    Column("Date", 10, lambda row: day(row.modified), "date", "muted", from_width=66),
    Column("Path", 24, lambda row: row.path, "", "muted", from_width=118, grow=4, shorten="start"),
)

_BESIDE_LIKENESS = {"Project": 112, "Kind": 124, "Instrument": 84, "Key": 0, "BPM": 0, "Length": 94, "Path": 160}
"""Of FILE_COLUMNS those that similar files show too, from which width of the list on."""


def similar_columns(neighbours: Neighbours) -> tuple[Column, ...]:
    """How like each file is and why, beside what it is. Their order is their likeness: no column sorts them."""
    beside = (
        replace(column, sort="", from_width=_BESIDE_LIKENESS[column.title])
        for column in FILE_COLUMNS
        if column.title in _BESIDE_LIKENESS
    )
    return (
        Column("Name", 16, lambda row: row.name, "", "name", grow=4, shorten="middle"),
        Column("Like", 6, neighbours.score, right=True),
        Column("Why", 24, neighbours.why, "", "muted", from_width=68, grow=3),
        *beside,
    )


def layout(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns that fit a list `width` cells wide, each with its own width; together with the gaps
    between them they fill it."""
    shown = [column for column in columns if width >= column.from_width]
    spare = max(0, width - sum(column.width for column in shown) - GAP * (len(shown) - 1))
    shares = sum(column.grow for column in shown)
    widths = [column.width + spare * column.grow // shares for column in shown]
    widths[0] = max(1, width - sum(widths[1:]) - GAP * (len(shown) - 1))  # the first takes what rounding left
    return list(zip(shown, widths, strict=True))
