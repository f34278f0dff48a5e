"""The schema comes from migrations alone; paths of any bytes come back; an archive is its owner's."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from peewee import Database, SqliteDatabase

from archivist import chordsearch, search
from archivist.archive import Archive, ArchiveError
from archivist.config import default
from archivist.database import migrate, open_database
from archivist.tables import ALL, File, Volume, database

MIGRATIONS = sorted((Path(search.__file__).parent / "migrations").glob("[0-9]*.py"))


def schema(opened: SqliteDatabase) -> set[tuple[str, str]]:
    with opened.connection_context():
        rows = opened.execute_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.split())) for name, sql in rows if not name.startswith("schema_migration")}


def test_migrations_make_the_schema_that_the_tables_describe(tmp_path: Path) -> None:
    migrated = open_database(str(tmp_path / "migrated.db"))
    assert migrate(migrated) == [path.stem for path in MIGRATIONS]
    described = open_database(str(tmp_path / "described.db"))
    with described.bind_ctx(ALL), described.connection_context():
        described.create_tables(ALL)
        search.create(described)
        chordsearch.create(described)
    assert schema(migrated) == schema(described)


def test_a_second_opening_migrates_nothing(tmp_path: Path) -> None:
    opened = open_database(str(tmp_path / "a.db"))
    migrate(opened)
    assert migrate(opened) == []


def test_an_archive_from_the_future_is_refused(tmp_path: Path) -> None:
    config = replace(default(), archive=str(tmp_path / "a.db"))
    Archive.open(config).close()
    opened = open_database(config.archive)
    with opened.connection_context():
        opened.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')")
    with pytest.raises(ArchiveError, match="newer archivist"):
        Archive.open(config)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_archive_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.db"
    Archive.open(replace(default(), archive=str(path))).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


PATHS = ["plain.wav", "ünï 🎹.wav", os.fsdecode(b"latin \xe9.wav"), "\x1b[31m.wav", "a'b\"c%d_e.wav"]


@pytest.mark.parametrize("name", PATHS)
def test_any_file_name_comes_back_as_it_went_in(tmp_path: Path, name: str) -> None:
    Archive.open(replace(default(), archive=str(tmp_path / "a.db")))
    with database.connection_context():
        volume = Volume.create(key="k", last_path="/", last_seen_at=0)
        File.create(
            volume=volume,
            rel_path=name,
            name=name,
            sort_name="",
            suffix=".wav",
            size=1,
            mtime_ns=1,
            first_seen_at=0,
        )
        assert File.get(File.rel_path == name).name == name


ODD_URLS = [("mysql://root@host/x", "SQLite file or postgresql"), ("/proc/nowhere/a.db", "cannot be opened")]


@pytest.mark.parametrize(("url", "message"), ODD_URLS)
def test_an_archive_that_cannot_be_is_one_line(url: str, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        Archive.open(replace(default(), archive=url))


def test_a_path_may_hold_what_urls_may_not(tmp_path: Path) -> None:
    path = tmp_path / "my #1 %20 archive?.db"
    Archive.open(replace(default(), archive=str(path))).close()
    assert path.exists()


@contextmanager
def made_by(path: Path, *migrations: str) -> Iterator[Database]:
    """An archive as these migrations left it, open to be filled."""
    old = open_database(str(path))
    with old.connection_context(), old.atomic():
        old.execute_sql("CREATE TABLE schema_migration (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied TEXT)")
        for name in migrations:
            import_module(f"archivist.migrations.{name}").up(None, old)
            old.execute_sql("INSERT INTO schema_migration (name, applied) VALUES (?, '2025-01-01')", (name,))
        yield old


def test_an_archive_of_the_first_schema_keeps_what_it_holds(tmp_path: Path) -> None:
    """As released: made by 0001 alone, with a file and a person's label in it."""
    path = tmp_path / "old.db"
    with made_by(path, "0001_initial") as old:
        old.execute_sql("INSERT INTO content (id, digest, size, instruments) VALUES (1, x'aa', 3, 0)")
        old.execute_sql("INSERT INTO label (id, name) VALUES (1, 'keeper')")
        old.execute_sql("INSERT INTO label_use (label_id, content_id) VALUES (1, 1)")
    with Archive.open(replace(default(), archive=str(path))), database.connection_context():
        assert database.table_exists("verdict")
        labels = database.execute_sql("SELECT name, content_id FROM label JOIN label_use")
        assert labels.fetchall() == [("keeper", 1)]
        assert database.execute_sql("SELECT size FROM content").fetchall() == [(3,)]


def test_an_archive_of_the_second_schema_keeps_its_versions(tmp_path: Path) -> None:
    """Made by 0001 and 0002: a project and its version, of which nobody knows when it was first read."""
    path = tmp_path / "old.db"
    with made_by(path, "0001_initial", "0002_verdict") as old:
        old.execute_sql("INSERT INTO volume (id, key, label, last_path, last_seen_at) VALUES (1, 'k', '', '/', 0)")
        old.execute_sql("INSERT INTO content (id, digest, size, instruments) VALUES (1, x'aa', 3, 0)")
        old.execute_sql(
            "INSERT INTO project (id, volume_id, rel_path, name, sort_name, daw, track_count, modified_at,"
            " is_factory, note) VALUES (1, 1, 'Song', 'Song', 'song', 'reaper', 1, 5, 0, 'mine')"
        )
        old.execute_sql(
            "INSERT INTO version (id, project_id, content_id, saved_at, reader, reader_version, status,"
            " is_current, bpm, summary) VALUES (1, 1, 1, 5, 'reaper', 1, 'ok', 1, 92.5, '{}')"
        )
    with Archive.open(replace(default(), archive=str(path))) as archive:
        assert archive.show_project(1).versions[0].bpm == 92.5
        assert len(archive.find("chords:Am")) == 0  # nothing was heard for them yet
        report = archive.report()
        assert (report.since, report.counts["new_projects"], report.counts["changed_projects"]) == (None, 0, 0)
    with old.connection_context():
        assert old.execute_sql("SELECT first_read_at FROM version").fetchall() == [(None,)]


def test_an_archive_before_doubts_is_resolved_anew_by_the_next_index(tmp_path: Path) -> None:
    """A file whose name says another tempo than a machine hears, and whose key a machine only guesses."""
    path = tmp_path / "old.db"
    with made_by(path, "0001_initial", "0002_verdict", "0003_runs") as old:
        old.execute_sql("INSERT INTO volume (id, key, label, last_path, last_seen_at) VALUES (1, 'k', '', '/', 0)")
        old.execute_sql(
            "INSERT INTO content (id, digest, size, instruments, bpm, key) VALUES (1, x'aa', 3, 0, 90, 'A minor')"
        )
        old.execute_sql(
            "INSERT INTO file (id, volume_id, rel_path, name, sort_name, suffix, size, mtime_ns, content_id,"
            " is_project, first_seen_at) VALUES (1, 1, 'a.wav', 'a.wav', 'a.wav', '.wav', 3, 5, 1, 0, 0)"
        )
        for field, text, number, source, confidence in (
            ("bpm", "", 90.0, "name", 0.9),
            ("bpm", "", 113.0, "machine", 0.9),
            ("key", "A minor", None, "machine", 0.2),
        ):  # fmt: skip
            old.execute_sql(
                "INSERT INTO tag (content_id, field, text, number, source, tagger, tagger_version, engine,"
                " confidence, candidates, set_at, rejected) VALUES (1, ?, ?, ?, ?, ?, 1, '', ?, '[]', 0, 0)",
                (field, text, number, source, source, confidence),
            )
    with Archive.open(replace(default(), archive=str(path), cache=None)) as archive:
        assert [(row.bpm, row.key) for row in archive.find("")] == [(90.0, "A minor")]
        assert len(archive.find("is:conflict")) == 0
        archive.index()
        assert [(row.bpm, row.key) for row in archive.find("is:conflict")] == [(90.0, None)]


def test_an_edit_from_before_edits_knew_their_file_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with made_by(path, "0001_initial", "0002_verdict", "0003_runs", "0005_chords", "0006_doubt") as old:
        old.execute_sql("INSERT INTO volume (id, key, label, last_path, last_seen_at) VALUES (1, 'k', '', '/', 0)")
        old.execute_sql("INSERT INTO content (id, digest, size, instruments) VALUES (1, x'aa', 3, 0)")
        old.execute_sql(
            "INSERT INTO file (id, volume_id, rel_path, name, sort_name, suffix, size, mtime_ns, content_id,"
            " is_project, first_seen_at) VALUES (1, 1, 'a.wav', 'a.wav', 'a.wav', '.wav', 3, 5, 1, 0, 0)"
        )
        old.execute_sql("INSERT INTO label (id, name) VALUES (1, 'keeper')")
        old.execute_sql("INSERT INTO label_use (label_id, content_id) VALUES (1, 1)")
        old.execute_sql(
            "INSERT INTO edit (id, batch, content_id, field, before, after, at)"
            " VALUES (1, 1, 1, 'label:keeper', NULL, '{}', 5)"
        )
    with Archive.open(replace(default(), archive=str(path))) as archive:
        [change] = archive.undo()
        assert (change.path, change.before) == ("/a.wav", "keeper")
        assert list(archive.find("label:keeper")) == []
