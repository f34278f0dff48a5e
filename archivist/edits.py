"""What a person says: checking it, saying what would change, and handing it to the store as a lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from peewee import chunked

from archivist.details import value_text
from archivist.records import Change, FileRow, ProjectRow
from archivist.store import opinions, verdicts
from archivist.tables import Content, File, Project, Tag, database
from archivist.vocabulary import INSTRUMENTS, KINDS
from taggers.pitch import parse_key

FILE_FIELDS = ("bpm", "key", "instrument", "kind")
PROJECT_FIELDS = ("bpm", "key", "time_signature")
VERDICTS = ("keep", "same", "different")
MOST_JUDGED = 200
"""Files at once: their pairs are 20,000."""
NONE = ("none", "null", "-")

Row = FileRow | ProjectRow


class EditError(Exception):
    """A value that a field cannot take: one line for a person."""


def checked(values: Mapping[str, str], *, projects: bool) -> dict[str, str | float]:
    """Values as the archive keeps them: "8A" is "A minor", "none" is "". Raises EditError."""
    allowed = PROJECT_FIELDS if projects else FILE_FIELDS
    result: dict[str, str | float] = {}
    for field, text in values.items():
        if field not in allowed:
            raise EditError(f"{field} cannot be set; of {_whose(projects)} one can set {', '.join(allowed)}")
        result[field] = "" if text.strip().lower() in NONE else _checked(field, text.strip())
    return result


def _whose(projects: bool) -> str:
    return "a project" if projects else "a file"


def _checked(field: str, text: str) -> str | float:
    if field == "bpm":
        return _tempo(text)
    if field == "key":
        key = parse_key(text)
        if key is None:
            raise EditError(f"{text} is no key; write Am, F#m, C major, 8A, or none")
        return key
    if field == "time_signature":
        above, _, below = text.partition("/")
        if not (above.isdecimal() and below in ("1", "2", "4", "8", "16", "32")):
            raise EditError(f"{text} is no time signature; write 4/4, 7/8, or none")
        return f"{int(above)}/{below}"
    vocabulary = INSTRUMENTS if field == "instrument" else KINDS
    if text not in vocabulary:
        raise EditError(f"{text} is no {field}; there are {', '.join(vocabulary)}, or none")
    return text


def _tempo(text: str) -> float:
    try:
        bpm = float(text.replace(",", "."))
    except ValueError:
        bpm = 0.0
    if not 10 <= bpm <= 1000:
        raise EditError(f"{text} is no tempo; write beats a minute from 10 to 1000, or none")
    return bpm


def plan(rows: Iterable[Row], values: Mapping[str, str | float | None]) -> list[Change]:
    """What would change in these rows; a value of None takes a person's value away again."""
    changes = []
    for row in rows:
        for field, value in values.items():
            before = _now(row, field)
            after = value_text(value) if value is not None else _without_person(row, field)
            locked = _locked(row, field)
            if before != after or (value is not None and not locked) or (value is None and locked):
                changes.append(Change(row.path, field, before, after))
    return changes


def _now(row: Row, field: str) -> str | None:
    value = getattr(row, field)
    return None if value is None else value_text(value)


def apply(rows: Sequence[Row], values: Mapping[str, str | float | None]) -> list[Change]:
    """Write them as a person's; what changed. A file that was never read has no content to say it of."""
    changes = plan(rows, values)
    paths = {change.path for change in changes}
    concerned = [row for row in rows if row.path in paths]
    files = [row.id for row in concerned if isinstance(row, FileRow)]
    projects = [row.id for row in concerned if isinstance(row, ProjectRow)]
    with database.atomic():
        batch = opinions.next_edit()
        opinions.set_values("content", contents_of(files), values, batch)
        opinions.set_values("project", projects, values, batch)
    return changes


def undo() -> list[Change]:
    """Take back the newest edit; what changed by that, one line for each content or project."""
    with database.atomic():
        return [
            Change(_place(edit), _subject(edit), _former(edit.after), _former(edit.before))
            for edit in opinions.undo()
        ]


def label(rows: Sequence[Row], add: Sequence[str], remove: Sequence[str]) -> int:
    """Put labels on these rows or take them off; how many rows."""
    files = [row.id for row in rows if isinstance(row, FileRow)]
    projects = [row.id for row in rows if isinstance(row, ProjectRow)]
    with database.atomic():
        batch = opinions.next_edit()
        opinions.set_labels("content", contents_of(files), add, remove, batch)
        opinions.set_labels("project", projects, add, remove, batch)
    return len(rows)


def judge(file_ids: Sequence[int], verdict: str | None) -> int:
    """Say of each two of these files that both are to be kept, or are the same, or different; None takes what was
    said away. How many pairs changed. Raises EditError."""
    if verdict not in (*VERDICTS, None):
        raise EditError(f"{verdict} is no verdict; there are {', '.join(VERDICTS)}")
    ids = list(dict.fromkeys(file_ids))
    if not 2 <= len(ids) <= MOST_JUDGED:
        raise EditError(f"a verdict is on 2 to {MOST_JUDGED} files; these are {len(ids)}")
    contents = dict(File.select(File.id, File.content).where(File.id << ids).tuples())
    for file_id in ids:
        if contents.get(file_id) is None:
            raise EditError(f"no file that was ever heard has the id {file_id}")
    with database.atomic():
        pairs = combinations((contents[file_id] for file_id in ids), 2)
        return verdicts.judge(pairs, verdict, opinions.next_edit())


def contents_of(file_ids: Sequence[int]) -> list[int]:
    found: dict[int, None] = {}
    for batch in chunked(file_ids, 500):
        rows = File.select(File.content).where(File.id << batch)
        found |= {row[0]: None for row in rows.tuples() if row[0] is not None}
    return list(found)


def _owner(row: Row) -> Any:
    if isinstance(row, ProjectRow):
        return Tag.project == row.id
    return Tag.content == File.select(File.content).where(File.id == row.id)


def _locked(row: Row, field: str) -> bool:
    return bool(Tag.select().where(_owner(row), Tag.field == field, Tag.source == "user").exists())


def _without_person(row: Row, field: str) -> str | None:
    """The value that the others agree on once a person's is gone."""
    tags = Tag.select().where(_owner(row), Tag.field == field, Tag.source != "user")
    winner = opinions.winner(tags)
    return None if winner is None or winner.value is None else value_text(winner.value)


def _former(row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return None
    return value_text(row["number"] if row.get("number") is not None else row.get("text", ""))


def _place(edit: Any) -> str:
    """Where what was edited lies: the project's name, or one of the content's places."""
    if edit.project_id is not None:
        return str(Project.get_by_id(edit.project_id).name)
    return _place_of(edit.content_id)


def _place_of(content_id: int) -> str:
    file = File.get_or_none(File.content == content_id)
    if file is not None:
        return str(file.rel_path)
    content = Content.get_or_none(Content.id == content_id)
    return bytes(content.digest).hex() if content is not None else "a file that is gone"


def _subject(edit: Any) -> str:
    """What was edited: a field, a label, or what was said of this content and another."""
    other = verdicts.other(edit.field)
    if other is None:
        return str(edit.field)
    return "verdict on its copies" if other == edit.content_id else f"verdict on it and {_place_of(other)}"
