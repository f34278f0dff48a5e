"""Whether the archive's rows hold together: SQLite's own checks, rules of our own, and the full-text index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peewee import DatabaseError, fn

from archivist import search
from archivist.doctor.case import Case
from archivist.records import Finding
from archivist.tables import Scan, database
from taggers.vectors import CHORD_TRACK


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds in every archive: `sql` counts what breaks it."""

    broken: str
    sql: str


RULES = (
    Rule(
        "files belong to a project of another drive",
        "SELECT COUNT(*) FROM file f JOIN project p ON p.id = f.project_id WHERE p.volume_id <> f.volume_id",
    ),
    Rule(
        "projects have versions, and none of them is the current one",
        "SELECT COUNT(*) FROM project p WHERE EXISTS (SELECT 1 FROM version v WHERE v.project_id = p.id) "
        "AND NOT EXISTS (SELECT 1 FROM version v WHERE v.project_id = p.id AND v.is_current)",
    ),
    Rule(
        "projects have no project file, not even a missing one",
        "SELECT COUNT(*) FROM project p WHERE NOT EXISTS "
        "(SELECT 1 FROM file f WHERE f.project_id = p.id AND f.is_project)",
    ),
    Rule("contents have no whole digest", "SELECT COUNT(*) FROM content WHERE length(digest) <> 20"),
    *(
        Rule(
            f"files have a {field} that nobody says",
            f"SELECT COUNT(*) FROM content c WHERE c.{field} IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM tag t WHERE t.content_id = c.id AND t.field = '{field}' AND NOT t.rejected)",
        )
        for field in ("bpm", "key", "kind", "instrument")
    ),
    Rule(
        "verdicts name their pair the wrong way round",
        "SELECT COUNT(*) FROM verdict v WHERE v.left_id > v.right_id",
    ),
)


def integrity(_case: Case) -> Iterator[Finding]:
    if not search.is_sqlite(database):
        return
    said = [str(row[0]) for row in database.execute_sql("PRAGMA quick_check(3)")]
    if said != ["ok"]:
        raise sqlite3.DatabaseError(f"it is damaged: {'; '.join(said)[:300]}".replace("\n", " "))
    lost = database.execute_sql("PRAGMA foreign_key_check").fetchmany(1000)
    if lost:
        tables = ", ".join(sorted({row[0] for row in lost}))
        count = f"{len(lost)}{'+' * (len(lost) == 1000)}"
        advice = "Restore a backup from before it, or report it: archivist never leaves such rows."
        yield Finding("integrity", "problem", f"{count} rows of {tables} point at nothing", advice)
    else:
        yield Finding("integrity", "ok", "every page and every reference holds")


def rules(_case: Case) -> Iterator[Finding]:
    broken = 0
    for rule in RULES:
        count = database.execute_sql(rule.sql).fetchone()[0]
        if count:
            broken += 1
            if _unfinished():
                advice = "archivist index: the last run was cut short, and the next completes it."
                yield Finding("integrity", "warning", f"{count} {rule.broken}", advice)
            else:
                advice = "archivist index; if that does not put it right, restore a backup, and report it."
                yield Finding("integrity", "problem", f"{count} {rule.broken}", advice)
    if not broken:
        yield Finding("integrity", "ok", f"all {len(RULES)} rules of the archive hold")


def _unfinished() -> bool:
    """Whether the last run over some root has not ended, or was cut short."""
    newest = Scan.select(fn.MAX(Scan.id)).group_by(Scan.root)
    return bool(
        Scan.select().where(Scan.id << newest, Scan.status << ("running", "interrupted", "failed")).exists()
    )


def words(_case: Case) -> Iterator[Finding]:
    """Whether the full-text indexes hold each file and project, and each sound's chords, and are whole."""
    sqlite = search.is_sqlite(database)
    broken = 0
    for text, sql in _lacks("file", sqlite) + _lacks("project", sqlite) + _lacks_of_chords(sqlite):
        if count := database.execute_sql(sql).fetchone()[0]:
            broken += 1
            yield Finding("full text", "problem", f"{count} {text}", _REBUILD)
    for table in ("file_search", "project_search", "chord_search") if sqlite else ():
        if found := _fts_flaw(table):
            broken += 1
            yield Finding("full text", *found)
    if not broken:
        yield Finding("full text", "ok", "every file and project is found by its words, every sound by its chords")


def _lacks(table: str, sqlite: bool) -> list[tuple[str, str]]:
    """(what is wrong, the SQL that counts it) of the index of words."""
    indexed = f"SELECT id FROM {table}_search{'_docsize' if sqlite else ''}"
    return [
        (f"{table}s are not found by words", f"SELECT COUNT(*) FROM {table} WHERE id NOT IN ({indexed})"),
        (
            f"words are left of {table}s that are gone",
            f"SELECT COUNT(*) FROM ({indexed}) AS i WHERE id NOT IN (SELECT id FROM {table})",
        ),
    ]


def _lacks_of_chords(sqlite: bool) -> list[tuple[str, str]]:
    indexed = f"SELECT id FROM chord_search{'_content' if sqlite else ''}"
    named = "SELECT content_id FROM tag WHERE field = 'chords' AND tagger = 'chords'"
    tracks = f"SELECT content_id FROM embedding WHERE model = '{CHORD_TRACK}'"
    return [
        (
            "sounds are not found by their chords",
            f"SELECT COUNT(*) FROM ({named}) AS t WHERE content_id NOT IN ({indexed})",
        ),
        (
            "chords are left of sounds that have none",
            f"SELECT COUNT(*) FROM ({indexed}) AS i WHERE id NOT IN ({tracks})",
        ),
    ]


_REBUILD = "Restore the last backup and index again: archivist backup --restore FILE; archivist index"


def _fts_flaw(table: str) -> tuple[Any, str, str] | None:
    """FTS5's own check is written as an INSERT, and so waits for whoever writes."""
    try:
        with database.atomic():
            database.execute_sql(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
    except (DatabaseError, sqlite3.DatabaseError) as error:
        if any(mark in str(error) for mark in ("locked", "readonly", "full")):  # of the disk
            return "warning", f"{table} was not checked: {error}", "Run doctor when nothing else writes."
        return "problem", f"{table} is damaged: {error}", _REBUILD
    return None
