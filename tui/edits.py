"""Values written by hand, of one row or of many, and how they are told. Runs in worker threads."""

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


def assign(archive: Archive, ids: Sequence[int], projects: bool, field: str, value: str) -> Sequence[Change]:
    """Set one value of these rows; an empty one takes a person's value back."""
    with _one_at_a_time:
        if value:
            return archive.set_values("", {field: value}, projects=projects, ids=ids)
        return archive.unset_values("", [field], projects=projects, ids=ids)


def scale_tempo(archive: Archive, ids: Sequence[int], projects: bool, factor: Fraction) -> Sequence[Change]:
    """Multiply the tempo of these rows; one without stays as it is."""
    step = f"x{factor.numerator}/{factor.denominator}"
    with _one_at_a_time:
        return archive.set_values("", {"bpm": step}, projects=projects, ids=ids)


def accept(archive: Archive, ids: Sequence[int]) -> Sequence[Change]:
    """Make what is in doubt of these files a person's, as it is."""
    with _one_at_a_time:
        return archive.accept(ids)


def undo(archive: Archive) -> Sequence[Change]:
    with _one_at_a_time:
        return archive.undo()


def told(changes: Sequence[Change], undone: bool) -> str:
    """Changes in one line."""
    if not changes:
        return "There is nothing to take back." if undone else "Nothing to change here."
    change = changes[0]
    if change.before == change.after:
        return f"{change.field} {change.after} is yours now  {PurePath(change.path).name}{_more(changes)}"
    name = f"{PurePath(change.path).name}{_more(changes)}"
    what = f"{change.field} {change.before or '–'} → {change.after or '–'}  {name}"
    return f"Taken back: {what}" if undone else f"{what} · u takes it back"


def _more(changes: Sequence[Change]) -> str:
    return f" and {len(changes) - 1:,} more" if len(changes) > 1 else ""
