"""Writes the values in force to `content` and `project`, in the transaction that changes an opinion.

How sure a machine has to be belongs to the archive: `ask_for` takes it from the settings of whoever indexes.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from peewee import chunked, fn

from archivist.resolve import HEARD, Decision, Opinion, doubtful, effective
from archivist.store import many
from archivist.tables import Content, File, Project, SampleUse, Setting, Tag, database
from archivist.vocabulary import mask

COLUMNS = ("kind", "bpm", "key", "instrument", "loudness")
"""The fields that content carries resolved; project carries bpm, key and time_signature."""

RULES = 1
"""Raised when `resolve` decides otherwise than before: the next run then resolves everything anew."""

EPOCH, HALVES = 946_684_800.0, 4 * 365.25 * 86_400.0
"""What is older by so many seconds is worth half a person's time. From 2000 on, so that time changes no order."""

_PROJECT_COLUMNS = ("bpm", "key", "time_signature")
_ROWS = 500
_ASKED, _DONE = "confidence", "confidence resolved"
"""Settings: what is asked of machines, and by what all contents are resolved; without the second, not all are."""


def limits() -> dict[str, float]:
    """How sure a machine has to be, by field, for its value to be in force in this archive."""
    asked = Setting.get_or_none(Setting.key == _ASKED)
    return dict(json.loads(asked.value)["limits"]) if asked else {}


def resolve_contents(content_ids: Iterable[int]) -> None:
    """In the caller's transaction."""
    asked = limits()
    for batch in chunked(content_ids, _ROWS):
        opinions = opinions_of(Tag.content, batch)
        rows = {content_id: _in_force(opinions[content_id], asked) for content_id in batch}
        weights = _weights([content_id for content_id, row in rows.items() if row["doubt"]])
        for content_id, weight in weights.items():
            rows[content_id]["doubt"] *= weight
        many.update(Content.id, rows)


def _in_force(opinions: Sequence[Opinion], asked: Mapping[str, float]) -> dict[str, Any]:
    """As columns of `content`; the doubt not yet weighed."""
    decided = effective(opinions, asked)
    values: dict[str, Any] = {name: decided[name].value if name in decided else None for name in COLUMNS}
    return values | {
        "instruments": _playing(opinions, decided.get("instrument")),
        "conflict": " ".join(field for field, decision in sorted(decided.items()) if decision.conflict) or None,
        "doubt": sum(doubtful(opinions, decided).values()) or None,
    }


def _playing(opinions: Iterable[Opinion], decision: Decision | None) -> int:
    """The instrument in force and every other that likely plays; once a person has said what plays, that alone."""
    if decision is None:
        return 0
    if decision.opinion.source == "user":
        return mask([decision.text])
    sure = (
        one.text for one in opinions if one.field == "instrument" and one.confidence >= 0.5 and not one.rejected
    )
    return mask((decision.text, *sure))


def _weights(content_ids: Sequence[int]) -> dict[int, float]:
    """What a person's time is worth on each of these: twice as much where a project has it or uses it, and the
    more the newer it is."""
    if not content_ids:
        return {}
    newest = dict(
        File.select(File.content, fn.MAX(File.mtime_ns))
        .where(File.content << content_ids)
        .group_by(File.content)
        .tuples()
    )
    owned = File.select(File.content).where(File.content << content_ids, File.project.is_null(False))
    used = SampleUse.select(SampleUse.content).where(SampleUse.content << content_ids)
    matters = {row[0] for query in (owned, used) for row in query.distinct().tuples()}
    return {
        id_: (2.0 if id_ in matters else 1.0) * 2 ** ((newest.get(id_, 0) / 1e9 - EPOCH) / HALVES)
        for id_ in content_ids
    }


def resolve_projects(project_ids: Iterable[int]) -> None:
    """In the caller's transaction."""
    for batch in chunked(project_ids, _ROWS):
        opinions = opinions_of(Tag.project, batch)
        for project_id in batch:
            decided = effective(opinions[project_id])
            values = {name: decided[name].value if name in decided else None for name in _PROJECT_COLUMNS}
            Project.update(**values).where(Project.id == project_id).execute()


def opinions_of(owner: Any, ids: Sequence[int], fields: Sequence[str] = ()) -> dict[int, list[Opinion]]:
    """What everybody says of these contents or projects, of these fields or of all; `owner` is Tag.content or
    Tag.project."""
    rows = Tag.select(
        owner, Tag.id, Tag.field, Tag.text, Tag.number, Tag.source, Tag.confidence, Tag.set_at, Tag.rejected,
        Tag.candidates, Tag.engine,
    ).where(owner << ids)  # fmt: skip
    if fields:
        rows = rows.where(Tag.field << fields)
    opinions: dict[int, list[Opinion]] = defaultdict(list)
    # Plain rows: peewee's own conversion would triple the time.
    for owner_id, id_, field, text, number, source, sure, at, rejected, candidates, engine in database.execute_sql(
        *rows.sql()
    ):
        if isinstance(candidates, str):  # as SQLite keeps it
            candidates = json.loads(candidates) if candidates != "[]" else ()
        opinions[owner_id].append(
            Opinion(id_, field, text, number, source, sure, at, bool(rejected), candidates, engine)
        )
    return opinions


# ---------------------------------------------------------------- when more or less is asked of machines


def ask_for(asked: Mapping[str, float], stop: threading.Event) -> Iterable[list[int]]:
    """From now on machines have to be so sure, by field. The contents that this concerns, in batches for the
    caller to resolve, each in a transaction: none where nothing has changed, and all where the rules are others
    than before, or where a run was cut short here."""
    wanted = {"rules": RULES, "limits": dict(sorted(asked.items()))}
    done = Setting.get_or_none(Setting.key == _DONE)
    before = json.loads(done.value) if done else None
    if before == wanted:
        return
    with database.atomic():
        _write(_ASKED, wanted)
        Setting.delete().where(Setting.key == _DONE).execute()
    for batch in chunked(_concerned(before, wanted), _ROWS):
        if stop.is_set():
            return
        yield batch
    with database.atomic():
        _write(_DONE, wanted)


def _concerned(before: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> list[int]:
    if before is None or before["rules"] != wanted["rules"]:
        return [row[0] for row in Content.select(Content.id).order_by(Content.id).tuples()]
    found: set[int] = set()
    for field in before["limits"].keys() | wanted["limits"].keys():
        low, high = sorted((before["limits"].get(field, 0.0), wanted["limits"].get(field, 0.0)))
        between = Tag.select(Tag.content).where(
            Tag.field == field,
            Tag.source << HEARD,
            Tag.confidence >= low,
            Tag.confidence < high,
            Tag.content.is_null(False),
        )
        found |= {row[0] for row in between.tuples()}
    return sorted(found)


def _write(key: str, value: Mapping[str, Any]) -> None:
    Setting.insert(key=key, value=json.dumps(value)).on_conflict(
        conflict_target=[Setting.key], preserve=[Setting.value]
    ).execute()
