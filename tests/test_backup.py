"""Backups as a studio needs them: made in use, checked, kept by number, named when the archive is hurt."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from archivist import backup
from archivist.archive import Archive, ArchiveError, back_up, restore
from archivist.config import Config, default
from archivist.database import open_database
from tests.conftest import Run
from tests.small_studio import write_project


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return replace(default(), archive=str(tmp_path / "home" / "archive.db"), backups=3, jobs=1)


@pytest.fixture
def file(config: Config) -> Path:
    """An archive with a saved query in it, so that a copy is told from an empty one, and pages enough to hurt."""
    with Archive.open(config):
        pass
    path = Path(config.archive)
    say(path, "first")
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO label (name) VALUES (?)", ((f"label {n:05}" * 8,) for n in range(3_000))
        )
    connection.close()
    return path


def say(path: Path, word: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO saved_query (name, query) VALUES (?, '')", (word,))
    connection.close()


def said(path: Path) -> list[str]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    words = [row[0] for row in connection.execute("SELECT name FROM saved_query ORDER BY id")]
    connection.close()
    return words


def test_a_backup_is_whole_private_and_alone(run: Run, file: Path) -> None:
    done = run("backup")
    path = Path(done.out.strip())
    assert (done.code, path.parent) == (0, file.parent / "backups")
    assert said(path) == ["first"]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]  # nothing beside it
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_to_a_file_replaces_a_backup_and_nothing_else(file: Path, tmp_path: Path) -> None:
    target, song = tmp_path / "nas" / "studio.db", tmp_path / "song.wav"
    target.parent.mkdir()
    song.write_bytes(b"RIFF" * 100)
    for _ in range(2):
        assert backup.take(file, target, keep=3) == target
    assert said(target) == ["first"]
    for wrong in (song, file, tmp_path / "no" / "such" / "folder.db"):
        before = wrong.read_bytes() if wrong.exists() else None
        with pytest.raises(ArchiveError, match=str(wrong)):
            backup.take(file, wrong, keep=3)
        assert (wrong.read_bytes() if wrong.exists() else None) == before
    assert not (file.parent / "backups").exists()


def test_a_backup_to_a_folder_that_is_away_is_no_file_of_its_name(run: Run, file: Path, tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    done = run("backup", f"{nas}/")
    assert (done.code, done.out, nas.exists()) == (3, "", False)
    assert f"{nas}/: no such folder" in done.err
    nas.mkdir()
    done = run("backup", f"{nas}/")
    assert (done.code, said(Path(done.out.strip())), Path(done.out.strip()).parent) == (0, ["first"], nas)


def test_only_the_newest_are_kept(config: Config, file: Path) -> None:
    taken = [back_up(config) for _ in range(5)]
    assert {one.path for one in backup.every(file)} == set(taken[2:])


def test_a_writer_in_the_middle_of_its_work_waits_for_nothing(config: Config, file: Path) -> None:
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO saved_query (name, query) VALUES ('half', '')")
    copy = back_up(config)
    writer.execute("COMMIT")
    writer.close()
    assert (said(copy), said(file)) == (["first"], ["first", "half"])


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def scribbled_at_the_start(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(8192))


def scribbled_all_over(path: Path) -> None:
    with path.open("r+b") as file:
        for place in range(4096, path.stat().st_size, 4096):
            file.seek(place)
            file.write(b"\xa5" * 64)


HURTS: list[Callable[[Path], None]] = [Path.unlink, cut_short, emptied, scribbled_at_the_start, scribbled_all_over]


@pytest.mark.parametrize("hurt", HURTS, ids=lambda hurt: hurt.__name__)
def test_a_hurt_archive_is_found_and_restored(
    run: Run, config: Config, file: Path, hurt: Callable[[Path], None]
) -> None:
    older = backup.take(file, keep=3)
    older = older.rename(older.with_name("archive-2024-01-01-000000.db"))
    newest = backup.take(file, keep=3)
    newest.write_bytes(newest.read_bytes()[:10_000])  # the newest is no good: the one before it is named
    hurt(file)
    harmed = file.read_bytes() if file.exists() else None
    done = run("find", "kick")
    assert (done.code, done.out) == (3, "")
    (line,) = done.err.splitlines()
    assert f"archivist backup --restore {older}" in line
    assert (file.read_bytes() if file.exists() else None) == harmed
    with pytest.raises(ArchiveError):  # no copy of a hurt archive pushes a good one out
        backup.take(file, keep=1)
    assert older.exists()
    restore(config, older)
    assert said(file) == ["first"]
    with Archive.open(config) as archive:
        assert list(archive.find("kick")) == []
    aside = list(file.parent.glob("archive-*-replaced.db"))
    assert [path.read_bytes() for path in aside] == ([harmed] if harmed is not None else [])


def test_a_restored_archive_plays_nothing_of_the_replaced_one(config: Config, file: Path) -> None:
    """What a killed process left in the -wal belongs to the replaced archive, and comes back with it."""
    good = backup.take(file, keep=3)
    writer = sqlite3.connect(file)
    writer.execute("INSERT INTO saved_query (name, query) VALUES ('later', '')")
    writer.commit()
    killed = file.with_name("killed.db")
    for side in ("", "-wal"):
        shutil.copy(f"{file}{side}", f"{killed}{side}")
    writer.close()
    assert Path(f"{killed}-wal").stat().st_size > 0
    killed_config = replace(config, archive=str(killed))
    aside = restore(killed_config, good)
    assert aside is not None
    assert said(killed) == ["first"]
    assert restore(killed_config, aside) is not None
    assert said(killed) == ["first", "later"]


WRONG = [("no such backup", None), ("is no archivist archive", b"RIFF" * 5000), ("it is empty", b"")]


@pytest.mark.parametrize(("message", "content"), WRONG)
def test_what_is_no_backup_is_not_restored(
    config: Config, file: Path, tmp_path: Path, message: str, content: bytes | None
) -> None:
    source = tmp_path / "wrong.db"
    if content is not None:
        source.write_bytes(content)
    before = sorted((path.name, path.read_bytes()) for path in file.parent.iterdir() if path.is_file())
    with pytest.raises(ArchiveError, match=message):
        restore(config, source)
    assert before == sorted((path.name, path.read_bytes()) for path in file.parent.iterdir() if path.is_file())


def test_an_archive_in_use_is_not_replaced(run: Run, file: Path) -> None:
    good = backup.take(file, keep=3)
    say(file, "later")
    user = sqlite3.connect(file)  # as an indexer between two transactions
    assert user.execute("SELECT COUNT(*) FROM saved_query").fetchone() == (2,)
    done = run("backup", "--restore", good)
    assert (done.code, done.out) == (3, "")
    assert "another archivist has it open" in done.err
    user.close()
    assert said(file) == ["first", "later"]
    assert run("backup", "--restore", good).code == 0
    assert said(file) == ["first"]


def test_a_migration_is_preceded_by_a_backup(config: Config) -> None:
    path = Path(config.archive)
    old = open_database(config.archive)
    with old.connection_context(), old.atomic():
        import_module("archivist.migrations.0001_initial").up(None, old)
        old.execute_sql("CREATE TABLE schema_migration (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied TEXT)")
        old.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('0001_initial', '2025-01-01')")
        old.execute_sql("INSERT INTO saved_query (name, query) VALUES ('old', '')")
    with Archive.open(config):
        pass
    (taken,) = backup.every(path)
    assert taken.path.name.endswith("-before-0002_verdict.db")
    assert said(taken.path) == said(path) == ["old"]
    restore(config, taken.path)  # an old schema comes back, and is brought up to date once more
    with Archive.open(config):
        pass
    assert said(path) == ["old"]


def test_indexing_takes_a_backup_each_week(run: Run, config: Config, tmp_path: Path) -> None:
    file = Path(config.archive)
    write_project(tmp_path / "studio/Song/Song.rpp")
    run("add", tmp_path / "studio")
    assert run("index").code == 0
    (first,) = backup.every(file)
    assert run("index").code == 0
    assert backup.every(file) == [first]
    long_ago = datetime.now(UTC) - timedelta(days=7, minutes=1)
    first.path.rename(first.path.with_name(f"archive-{long_ago:%Y-%m-%d-%H%M%S}.db"))
    assert run("index").code == 0
    assert len(backup.every(file)) == 2


AGES = [(timedelta(0), False), (timedelta(days=6), False), (timedelta(days=8), True), (-timedelta(days=400), True)]


@pytest.mark.parametrize(("age", "due"), AGES, ids=str)
def test_a_clock_that_jumped_neither_stops_backups_nor_makes_one_each_night(
    tmp_path: Path, age: timedelta, due: bool
) -> None:
    archive = tmp_path / "archive.db"
    now = datetime(2026, 1, 1, tzinfo=UTC)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / f"archive-{now - age:%Y-%m-%d-%H%M%S}.db").touch()
    assert backup.is_due(archive, now.timestamp()) is due


@pytest.mark.skipif(sys.platform == "win32", reason="a limit to a file's size stands for a full disk")
def test_a_full_disk_leaves_no_half_backup(config: Config, file: Path) -> None:
    import resource

    kept = back_up(config)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ArchiveError, match="the backup cannot be written"):
            back_up(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(kept.parent.iterdir()) == [kept]


def test_what_a_killed_backup_left_goes_with_a_later_one(config: Config, file: Path) -> None:
    kept = back_up(config)
    left, foreign = kept.parent / f".{kept.name}-abcd1234.part", kept.parent / ".notes.part"
    for path in (left, foreign):
        path.touch()
        os.utime(path, (0, 0))
    back_up(config)
    assert (left.exists(), foreign.exists()) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "tool"), [(("backup",), "pg_dump"), (("backup", "--restore", "x.db"), "pg_restore")]
)
def test_postgres_has_its_own_tool(run: Run, arguments: tuple[str, ...], tool: str) -> None:
    done = run("--archive", "postgresql://studio:secret@127.0.0.1:1/archive", *arguments)
    assert (done.code, done.out) == (3, "")
    assert tool in done.err
    assert "secret" not in done.err
