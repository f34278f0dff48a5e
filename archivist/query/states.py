"""The states that `is:` asks for, as conditions on files."""

from __future__ import annotations

from typing import Any, TypeAlias

from peewee import JOIN, SQL, Join, NodeList, Select, fn

from archivist import search
from archivist.tables import File, Project, SampleUse, Tag, database

DOUBTFUL = 0.5
"""A machine's value below this confidence is worth a look."""

CONFLICT = 0.03
"""Tempi further apart than this contradict each other; halves and doubles do not."""

Condition: TypeAlias = Any  # peewee has no types; a node that is true or false, or NULL for neither

NEVER = SQL("1 = 0")


def file_state(state: str, offline: frozenset[int]) -> Condition:
    """Whether a file is in this state; `offline`: the volumes whose drive is away."""
    match state:
        case "missing":
            return File.missing_since.is_null(False)
        case "offline":
            return File.volume << sorted(offline) if offline else NEVER
        case "take":
            return File.project.is_null(False)
        case "factory":
            return File.project << Project.select(Project.id).where(Project.is_factory)
        case "unused":
            by_content = SampleUse.select(SampleUse.content).where(SampleUse.content.is_null(False))
            by_file = SampleUse.select(SampleUse.file).where(SampleUse.file.is_null(False))
            return File.id.not_in(by_file) & (File.content.is_null() | File.content.not_in(by_content))
        case "doubtful":
            return File.content << _doubtful()
        case _:
            return _conflict()


def _doubtful() -> Select:
    """Contents a value of which comes from a machine that was not sure, and from nobody else."""
    better = Tag.alias()
    outdone = better.select(better.id).where(
        better.content == Tag.content,
        better.field == Tag.field,
        ~better.rejected,
        (better.source != "machine") | (better.confidence >= DOUBTFUL),
    )
    return Tag.select(Tag.content).where(
        Tag.source == "machine",
        Tag.confidence < DOUBTFUL,
        ~Tag.rejected,
        Tag.content.is_null(False),
        unindexed(Tag.field) << ("bpm", "key", "instrument", "kind"),
        ~fn.EXISTS(outdone),
    )


def _conflict() -> Condition:
    """A machine hears another tempo or key than the file's tags, its name or its project say, and no person
    has decided yet."""
    heard, said, decided = Tag.alias(), Tag.alias(), Tag.alias()
    by_person = decided.select(decided.id).where(
        decided.content == said.content, decided.field == said.field, decided.tagger == "user"
    )
    # What others say is less than what machines hear, so it leads.
    both = Join(said, heard, pinned(), on=(heard.content == said.content) & (heard.field == said.field))
    contents = Select([both], [said.content]).where(
        said.source << ("project", "embedded", "name"),
        heard.source == "machine",
        ~said.rejected,
        ~heard.rejected,
        ((unindexed(said.field) == "bpm") & _far_apart(heard.number, said.number))
        | ((unindexed(said.field) == "key") & (heard.text != said.text)),
        ~fn.EXISTS(by_person),
    )
    return File.content << contents


def _far_apart(heard: Any, said: Any) -> Condition:
    parts = [
        (heard < said * factor * (1 - CONFLICT)) | (heard > said * factor * (1 + CONFLICT))
        for factor in (0.5, 1, 2)
    ]
    return NodeList(parts, glue=" AND ", parens=True)


def unindexed(column: Any) -> Any:
    """SQLite takes no index for a column behind a plus sign; PostgreSQL knows better by itself."""
    return NodeList((SQL("+"), column), glue="") if search.is_sqlite(database) else column


def pinned() -> Any:
    """On SQLite a CROSS JOIN is done left to right: the left side leads, and gives the rows in its order."""
    return JOIN.CROSS if search.is_sqlite(database) else JOIN.INNER
