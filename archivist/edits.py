"""What a person says: checking it, saying what would change, and handing it to the store as a lock.

A value is written as it is ("140", "Am", "none"), as a step from the tempo in force ("x2", "/2", "x3/2", "x2/3"),
or as "keep": what is in force now, from now on a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

from peewee import chunked

from archivist.agreement import Value
from archivist.details import value_text
from archivist.records import Change, FileRow, ProjectRow
from archivist.resolve import Opinion, doubtful, effective, heard_of
from archivist.store import people, resolving, verdicts
from archivist.tables import Content, File, Project, Tag, database
from archivist.vocabulary import INSTRUMENTS, KINDS, joined
from taggers.pitch import parse_key

FILE_FIELDS = ("bpm", "key", "instrument", "kind")
PROJECT_FIELDS = ("bpm", "key", "time_signature")
VERDICTS = ("keep", "same", "different")
MOST_JUDGED = 200
"""Files at once: their pairs are 20,000."""
NONE = ("none", "null", "-")
KEEP = "keep"
_STEP = re.compile(
    r"(?:[x*×]\s*(?P<times>\d{1,2})\s*(?:[/:]\s*(?P<by>\d{1,2}))?|[/÷:]\s*(?P<part>\d{1,2}))", re.IGNORECASE
)

SLOWEST, FASTEST = 10, 1000
"""Beats a minute."""

Row = FileRow | ProjectRow
_ROWS = 500


class EditError(Exception):
    """A value that a field cannot take: one line for a person."""


@dataclass(frozen=True, slots=True)
class Times:
    """As many times the tempo in force; what has none stays as it is."""

    factor: Fraction


@dataclass(frozen=True, slots=True)
class Keep:
    """What is in force, or what was heard and is withheld; what has neither stays as it is."""


Wish: TypeAlias = Value | Times | Keep | None
"""What becomes of a field: a value, "" for none, None to take a person's value away."""


def checked(values: Mapping[str, str], *, projects: bool) -> dict[str, Wish]:
    """Values as the archive keeps them: "8A" is "A minor", "none" is "". Raises EditError."""
    allowed = PROJECT_FIELDS if projects else FILE_FIELDS
    result: dict[str, Wish] = {}
    for field, text in values.items():
        if field not in allowed:
            raise EditError(f"{field} cannot be set; of {_whose(projects)} one can set {', '.join(allowed)}")
        word = text.strip().lower()
        result[field] = "" if word in NONE else Keep() if word == KEEP else _checked(field, text.strip())
    return result


def _whose(projects: bool) -> str:
    return "a project" if projects else "a file"


def _checked(field: str, text: str) -> Value | Times:
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
    for word in vocabulary:
        if joined(word) == joined(text):
            return word
    raise EditError(f"{text} is no {field}; there are {', '.join(vocabulary)}, or none")


def _tempo(text: str) -> float | Times:
    """
    >>> _tempo("92,5"), _tempo("x3/2"), _tempo("/2").factor
    (92.5, Times(factor=Fraction(3, 2)), Fraction(1, 2))
    """
    if step := _STEP.fullmatch(text):
        above, below = int(step["times"] or 1), int(step["by"] or step["part"] or 1)
        if above and below:
            return Times(Fraction(above, below))
    try:
        bpm = float(text.replace(",", "."))
    except ValueError:
        bpm = 0.0
    if not SLOWEST <= bpm <= FASTEST:
        raise EditError(
            f"{text} is no tempo; write beats a minute from {SLOWEST} to {FASTEST}, x2, /2, x3/2, x2/3, or none"
        )
    return bpm


def plan(rows: Iterable[Row], wishes: Mapping[str, Wish]) -> list[Change]:
    """What would change in these rows. Raises EditError on a step to where no tempo is."""
    return [change for *_what, change in _planned(rows, wishes)]


def apply(rows: Iterable[Row], wishes: Mapping[str, Wish]) -> list[Change]:
    """Write them as a person's; what changed. A file that was never read has no content to say it of."""
    with database.atomic():
        return _write(_planned(rows, wishes))


def accept(rows: Iterable[Row]) -> list[Change]:
    """Make what is in force a person's, in those fields of these files that are in doubt."""
    with database.atomic():
        return _write(_planned(rows, dict.fromkeys(FILE_FIELDS, Keep()), only_doubtful=True))


_Planned = tuple[tuple[str, int], int, Value | None, Change]
"""("content" or "project", its id), the id of the row it was asked of, the value to write, and how it is told."""


def _write(planned: Iterable[_Planned]) -> list[Change]:
    values: dict[str, dict[int, dict[str, Value | None]]] = {"content": {}, "project": {}}
    changes = []
    places: dict[int, int] = {}
    for (owner, id_), row_id, value, change in planned:
        values[owner].setdefault(id_, {})[change.field] = value
        if owner == "content":
            places.setdefault(id_, row_id)
        changes.append(change)
    batch = people.next_edit()
    people.set_values("content", values["content"], batch, places)
    people.set_values("project", values["project"], batch)
    return changes


def _planned(
    rows: Iterable[Row], wishes: Mapping[str, Wish], *, only_doubtful: bool = False
) -> Iterator[_Planned]:
    limits = resolving.limits()
    for batch in chunked(rows, _ROWS):
        owners = _owners(batch)
        said = {
            owner: resolving.opinions_of(
                getattr(Tag, owner), [id_ for kind, id_ in owners.values() if kind == owner]
            )
            for owner in ("content", "project")
        }
        for row in batch:
            if row.id not in owners:
                continue
            kind, id_ = owners[row.id]
            opinions = said[kind][id_]
            asked = limits if kind == "content" else {}
            open_to = doubtful(opinions, effective(opinions, asked)) if only_doubtful else wishes
            for field in (field for field in wishes if field in open_to):
                if change := _changed(row, field, wishes[field], opinions, asked):
                    yield (kind, id_), row.id, *change


def _owners(rows: Sequence[Row]) -> dict[int, tuple[str, int]]:
    """What each row, by its id, says a value of: all are files, or all are projects."""
    owners = {row.id: ("project", row.id) for row in rows if isinstance(row, ProjectRow)}
    files = [row.id for row in rows if isinstance(row, FileRow)]
    contents = File.select(File.id, File.content).where(File.id << files, File.content.is_null(False))
    return owners | {file_id: ("content", content_id) for file_id, content_id in contents.tuples()}


def _changed(
    row: Row, field: str, wish: Wish, opinions: Sequence[Opinion], limits: Mapping[str, float]
) -> tuple[Value | None, Change] | None:
    """The value to write and how it is told; None where nothing changes."""
    before: Value | None = getattr(row, field)
    locked = any(one.field == field and one.source == "user" for one in opinions)
    told = None if before is None else value_text(before)
    match wish:
        case None:
            return (None, Change(row.path, field, told, _own(field, opinions, limits))) if locked else None
        case Keep():
            heard = heard_of(field, opinions)
            value = before if before is not None else heard[0][0] if heard else None
        case Times(factor):
            value = None if before is None else _stepped(row, float(before), factor)
        case _:
            value = wish
    if value is None or (locked and value == (before if before is not None else "")):
        return None
    return value, Change(row.path, field, told, value_text(value))


def _stepped(row: Row, bpm: float, factor: Fraction) -> float:
    tempo = round(bpm * factor, 3)
    if not SLOWEST <= tempo <= FASTEST:
        raise EditError(f"{row.path}: {factor} times {value_text(bpm)} is no tempo")
    return tempo


def undo() -> list[Change]:
    """Take back the newest edit; what changed by that, one line for each content or project."""
    with database.atomic():
        edits = people.undo()
        own = _own_of(edits)
        return [
            Change(_place(edit), _subject(edit), _former(edit, edit.after, own), _former(edit, edit.before, own))
            for edit in edits
        ]


def label(rows: Sequence[Row], add: Sequence[str], remove: Sequence[str]) -> int:
    """Put labels on these rows or take them off; how many rows. A file that was never read has no content to carry
    one."""
    owners = {row_id: owner for batch in chunked(rows, _ROWS) for row_id, owner in _owners(batch).items()}
    ids: dict[str, dict[int, int]] = {"content": {}, "project": {}}
    for row_id, (kind, id_) in owners.items():
        ids[kind].setdefault(id_, row_id)
    with database.atomic():
        edit = people.next_edit()
        people.set_labels("content", list(ids["content"]), add, remove, edit, ids["content"])
        people.set_labels("project", list(ids["project"]), add, remove, edit)
    return len(owners)


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
        return verdicts.judge(pairs, verdict, people.next_edit())


def _former(edit: Any, row: Mapping[str, Any] | None, own: Mapping[int, str | None]) -> str | None:
    """A value as it was before or after an edit, the archive's `own` where no person's stood there; of a label its
    name, where it was on."""
    if row is None:
        return own.get(edit.id)
    if edit.field.startswith(people.LABEL):
        return str(edit.field.removeprefix(people.LABEL))
    return value_text(row["number"] if row.get("number") is not None else row.get("text", ""))


def _own_of(edits: Sequence[Any]) -> dict[int, str | None]:
    """Edit's id → the archive's own value of what was edited; not of labels and verdicts, which are a person's
    alone."""
    found: dict[int, str | None] = {}
    for owner, fields, limits in (
        ("content", FILE_FIELDS, resolving.limits()),
        ("project", PROJECT_FIELDS, dict[str, float]()),
    ):
        of = {one.id: one for one in edits if one.field in fields and getattr(one, f"{owner}_id") is not None}
        for batch in chunked(of.values(), _ROWS):
            ids = {one.id: getattr(one, f"{owner}_id") for one in batch}
            opinions = resolving.opinions_of(getattr(Tag, owner), list(set(ids.values())))
            found |= {one.id: _own(one.field, opinions[ids[one.id]], limits) for one in batch}
    return found


def _own(field: str, opinions: Iterable[Opinion], limits: Mapping[str, float]) -> str | None:
    """What is in force of a field without a person's value, as it is told."""
    others = effective((one for one in opinions if one.source != "user"), limits)
    value = others[field].value if field in others else None
    return None if value is None else value_text(value)


def _place(edit: Any) -> str:
    """Where what was edited lies: the project's name, or the content's place that it was said of."""
    if edit.project_id is not None:
        return str(Project.get_by_id(edit.project_id).name)
    return _place_of(edit.content_id, edit.file_id)


def _place_of(content_id: int, file_id: int | None = None) -> str:
    """Of the content's places this one; where that holds something else by now, one that is there."""
    first = ((File.id == file_id).desc(), File.missing_since.is_null().desc(), File.id)
    file = File.select().where(File.content == content_id).order_by(*first).first()
    if file is not None:
        return str(Path(file.volume.last_path, file.rel_path))
    content = Content.get_or_none(Content.id == content_id)
    return bytes(content.digest).hex() if content is not None else "a file that is gone"


def _subject(edit: Any) -> str:
    """What was edited: a field, a label, or what was said of this content and another."""
    if edit.field.startswith(people.LABEL):
        return "label"
    other = verdicts.other(edit.field)
    if other is None:
        return str(edit.field)
    return "verdict on its copies" if other == edit.content_id else f"verdict on it and {_place_of(other)}"
