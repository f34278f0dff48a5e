"""Values written by hand, one row at a time, and how they are told. Runs in worker threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePath
from typing import TYPE_CHECKING

from archivist.records import Change

if TYPE_CHECKING:
    from archivist.archive import Archive

_one_at_a_time = threading.Lock()
"""A tempo is read and then written: a second key must not read before the first has written."""


def assign(archive: Archive, row_id: int, projects: bool, field: str, value: str) -> Sequence[Change]:
    """Set one value of one row; an empty one takes a person's value back."""
    with _one_at_a_time:
        if value:
            return archive.set_values("", {field: value}, projects=projects, ids=[row_id])
        return archive.unset_values("", [field], projects=projects, ids=[row_id])


def scale_tempo(archive: Archive, row_id: int, projects: bool, factor: Fraction) -> Sequence[Change]:
    """Multiply one row's tempo; a row without one stays as it is."""
    with _one_at_a_time:
        row = (archive.show_project(row_id) if projects else archive.show_file(row_id)).row
        if row.bpm is None:
            return ()
        value = format(round(row.bpm * factor, 3), "g")
        return archive.set_values("", {"bpm": value}, projects=projects, ids=[row_id])


def undo(archive: Archive) -> Sequence[Change]:
    with _one_at_a_time:
        return archive.undo()


def told(changes: Sequence[Change], undone: bool) -> str:
    """Changes in one line."""
    if not changes:
        return "There is nothing to take back." if undone else "Nothing to change here."
    change = changes[0]
    more = f" and {len(changes) - 1:,} more" if len(changes) > 1 else ""
    what = f"{change.field} {change.before or '–'} → {change.after or '–'}  {PurePath(change.path).name}{more}"
    return f"Taken back: {what}" if undone else f"{what} · u takes it back"
