"""What taggers say of a content: rows that are replaced per (content, tagger), in one transaction with all that is
made of them. A person's rows are `people`'s alone."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from peewee import chunked, fn

import taggers
from archivist.store import chords, declared, many, said
from archivist.store.said import Said
from archivist.tables import VECTORS_STAMP, Analysis, Content, Embedding, File, Setting, Tag
from archivist.text import clean
from taggers.vectors import CHORD_TRACK

__all__ = [
    "Heard",
    "Said",
    "in_several_places",
    "save_analyses",
    "save_analysis",
    "save_content",
    "save_contents",
    "save_names",
    "stamp_vectors",
]

_ROWS = 500
_NAMES = 100  # of one content: the same silence may lie in thousands of places


@dataclass(frozen=True, slots=True)
class Heard:
    """How one tagger fared with one content, and what it said."""

    tagger: str
    version: int
    status: str  # ok, error, crashed
    said: tuple[Said, ...] = ()
    abstained: Mapping[str, str] | None = None
    vectors: Mapping[str, bytes] | None = None
    error: str | None = None
    seconds: float = 0.0


def save_content(digest: bytes, size: int, facts: Mapping[str, Any]) -> int:
    """The id of these bytes' row, made on first sight; facts are its columns."""
    return save_contents([(digest, size, facts)])[digest]


def save_contents(contents: Iterable[tuple[bytes, int, Mapping[str, Any]]]) -> dict[bytes, int]:
    """As `save_content` for many (digest, size, facts): digest → id."""
    of_columns: dict[tuple[str, ...], dict[bytes, dict[str, Any]]] = defaultdict(dict)
    for digest, size, facts in contents:
        of_columns[tuple(facts)][digest] = {"digest": digest, "size": size, **facts}
    for names, rows in of_columns.items():
        columns = [getattr(Content, name) for name in names]
        many.insert(Content, list(rows.values()), key=[Content.digest], replace=columns or [Content.size])
    found: dict[bytes, int] = {}
    for batch in chunked({digest for rows in of_columns.values() for digest in rows}, _ROWS):
        ids = Content.select(Content.digest, Content.id).where(Content.digest << batch).tuples()
        found |= {bytes(digest): content_id for digest, content_id in ids}
    return found


def save_analysis(content_id: int, heard: Sequence[Heard]) -> None:
    """Replace what these taggers said of a content, let its project and its neighbours speak anew, and bring its
    values in force up to date."""
    save_analyses([(content_id, heard)])


def save_analyses(hearings: Sequence[tuple[int, Sequence[Heard]]]) -> None:
    """As `save_analysis` for many (content id, heard); a content that comes twice counts as heard last."""
    now = time.time()
    heard = {(content_id, one.tagger): one for content_id, all_heard in hearings for one in all_heard}
    forgotten = _forget_said(heard)
    many.insert(
        Tag,
        [
            said.row(value)
            | {"content": content_id, "tagger": tagger, "tagger_version": one.version, "set_at": now}
            for (content_id, tagger), one in heard.items()
            for value in one.said
        ],
    )
    vectors = [
        {"content": content_id, "model": model, "vector": vector}
        for (content_id, _tagger), one in heard.items()
        for model, vector in (one.vectors or {}).items()
    ]
    many.insert(Embedding, vectors, key=[Embedding.content, Embedding.model], replace=[Embedding.vector])
    many.insert(
        Analysis,
        [
            {
                "content": content_id,
                "tagger": tagger,
                "version": one.version,
                "status": one.status,
                "error": clean(one.error) if one.error else None,
                "abstained": dict(one.abstained or {}),
                "seconds": one.seconds,
                "finished_at": now,
            }
            for (content_id, tagger), one in heard.items()
        ],
        key=[Analysis.content, Analysis.tagger],
        replace=[
            Analysis.version, Analysis.status, Analysis.error, Analysis.abstained,
            Analysis.seconds, Analysis.finished_at,
        ],
    )  # fmt: skip
    chords.save(
        {
            content_id: (one.vectors or {}).get(CHORD_TRACK)
            for (content_id, tagger), one in heard.items()
            if tagger == "chords"
        }
    )
    if vectors or forgotten:
        stamp_vectors()
    declared.refresh({content_id for content_id, _heard in hearings})


def _forget_said(heard: Iterable[tuple[int, str]]) -> int:
    """Drop what these taggers said of these contents before, as (content id, tagger), and the vectors that they
    made, of earlier editions too; how many vectors."""
    vectors = 0
    of_content: dict[int, list[str]] = defaultdict(list)
    for content_id, tagger in heard:
        of_content[content_id].append(tagger)
    of_taggers: dict[tuple[str, ...], list[int]] = defaultdict(list)  # nearly always all of them: one statement
    for content_id, who in of_content.items():
        of_taggers[tuple(who)].append(content_id)
    for names, ids in of_taggers.items():
        for batch in chunked(ids, _ROWS):
            Tag.delete().where(Tag.content << batch, Tag.tagger << names, Tag.source != "user").execute()
            if made := _made_by(names):
                vectors += Embedding.delete().where(Embedding.content << batch, made).execute()
    return vectors


def _made_by(names: Iterable[str]) -> Any:
    """The condition that a vector is of these taggers, whatever its edition; None where they make none."""
    stems = [model.rpartition("-")[0] for model in taggers.vectors_of(names)]
    return reduce(or_, (Embedding.model.startswith(f"{stem}-") for stem in stems)) if stems else None


def stamp_vectors() -> None:
    """Say that `embedding` has changed: see VECTORS_STAMP."""
    Setting.insert(key=VECTORS_STAMP, value=str(time.time_ns())).on_conflict(
        conflict_target=[Setting.key], preserve=[Setting.value]
    ).execute()


def save_names(content_ids: Iterable[int], read: Callable[[str], Iterable[Said]], version: int) -> None:
    """Replace what the names of these contents say by what the names of all places that they lie in say now: one
    may be new, renamed or gone, and a hearing knows but the one that it heard."""
    for batch in chunked(sorted(set(content_ids)), _ROWS):
        here = (File.content << batch, ~File.is_project, File.missing_since.is_null())
        places = File.select(File.content, File.name).where(*here).order_by(File.id).tuples()
        names: dict[int, list[str]] = defaultdict(list)
        for content, name in places:
            names[content].append(name)
        spoken = [(content, one) for content in names for name in names[content][:_NAMES] for one in read(name)]
        Tag.delete().where(Tag.content << batch, Tag.source == "name").execute()
        said.add(dict.fromkeys(spoken), tagger="name", tagger_version=version, set_at=time.time())
        declared.refresh(batch)


def in_several_places(content_ids: Iterable[int]) -> set[int]:
    """Those of these contents of which copies lie somewhere."""
    found: set[int] = set()
    for batch in chunked(content_ids, _ROWS):
        copied = File.select(File.content).where(File.content << batch, File.missing_since.is_null())
        rows = copied.group_by(File.content).having(fn.COUNT(File.id) > 1).tuples()
        found.update(row[0] for row in rows)
    return found
