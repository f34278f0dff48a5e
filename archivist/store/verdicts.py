"""What a person says of two contents that seem to be the same sound: "keep" both, "same", "different".

A pair is kept with the smaller id first. A content with itself stands for its copies of the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from archivist.tables import Content, Edit, Verdict

FIELD = "verdict:"
"""Of an edit, before the id of the other content."""


def judge(pairs: Iterable[tuple[int, int]], verdict: str | None, batch: int) -> int:
    """Write this verdict on each pair, as one edit; None takes it away. How many changed."""
    changed = 0
    for left, right in sorted({(min(pair), max(pair)) for pair in pairs}):
        before = Verdict.get_or_none(Verdict.left == left, Verdict.right == right)
        if (before.verdict if before else None) == verdict:
            continue
        write(left, right, verdict)
        Edit.create(
            batch=batch,
            content=left,
            field=f"{FIELD}{right}",
            before={"text": before.verdict} if before else None,
            after={"text": verdict} if verdict else None,
            at=time.time(),
        )
        changed += 1
    return changed


def other(field: str) -> int | None:
    """The content that an edit of this field says something of besides its own; None of other fields."""
    return int(field.removeprefix(FIELD)) if field.startswith(FIELD) else None


def write(left: int, right: int, verdict: str | None) -> None:
    """None takes it away. Of a content that has gone since nothing is said."""
    Verdict.delete().where(Verdict.left == left, Verdict.right == right).execute()
    if verdict and Content.select().where(Content.id << (left, right)).count() == len({left, right}):
        Verdict.create(left=left, right=right, verdict=verdict, set_at=time.time())


def follow(old: int, new: int) -> None:
    """What was said of one content is said of another, which is the same sound with other tags. The edits come
    along, so that `undo` takes it back."""

    def moved(left: int, right: int) -> tuple[int, int]:
        left, right = (new if content == old else content for content in (left, right))
        return min(left, right), max(left, right)

    said = every()
    for pair, verdict in said.items():
        if old in pair:
            write(*pair, None)
            if moved(*pair) not in said:  # what was said of the new one itself stands
                write(*moved(*pair), verdict)
    of_old = (Edit.content == old) | (Edit.field == f"{FIELD}{old}")
    for edit in list(Edit.select().where(Edit.field.startswith(FIELD), of_old)):
        left, right = moved(edit.content_id, int(edit.field.removeprefix(FIELD)))
        Edit.update(content=left, field=f"{FIELD}{right}").where(Edit.id == edit.id).execute()


def every() -> dict[tuple[int, int], str]:
    """(left, right) → verdict."""
    rows = Verdict.select(Verdict.left, Verdict.right, Verdict.verdict).tuples()
    return {(left, right): verdict for left, right, verdict in rows}
