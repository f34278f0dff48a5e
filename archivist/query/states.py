"""The states that `is:` asks for, as conditions on files."""

from __future__ import annotations

from typing import Any

from peewee import JOIN, SQL, NodeList

from archivist import search
from archivist.offline import NOTHING, Condition, Offline
from archivist.tables import Content, File, Project, SampleUse, database


def file_state(state: str, offline: Offline = NOTHING) -> Condition:
    """Whether a file is in this state."""
    match state:
        case "missing":
            return File.missing_since.is_null(False)
        case "offline":
            return offline.of(File)
        case "take":
            return File.project.is_null(False)
        case "factory":
            return File.project << Project.select(Project.id).where(Project.is_factory)
        case "unused":
            by_content = SampleUse.select(SampleUse.content).where(SampleUse.content.is_null(False))
            by_file = SampleUse.select(SampleUse.file).where(SampleUse.file.is_null(False))
            return File.id.not_in(by_file) & (File.content.is_null() | File.content.not_in(by_content))
        case "doubtful":
            return _content_with(Content.doubt)
        case _:
            return _content_with(Content.conflict)


def _content_with(column: Any) -> Condition:
    """Whether its content has a value there; few have, and a partial index holds them. What these states mean is
    decided where values are: see resolve."""
    return File.content << Content.select(Content.id).where(column.is_null(False))


def unindexed(column: Any) -> Any:
    """SQLite takes no index for a column behind a plus sign; PostgreSQL knows better by itself."""
    return NodeList((SQL("+"), column), glue="") if search.is_sqlite(database) else column


def pinned() -> Any:
    """On SQLite a CROSS JOIN is done left to right: the left side leads, and gives the rows in its order."""
    return JOIN.CROSS if search.is_sqlite(database) else JOIN.INNER
