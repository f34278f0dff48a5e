"""`doctor` finds what is wrong, says what to do, and changes nothing; where all is well it says so."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from archivist.archive import back_up, doctor
from archivist.config import Config, default
from archivist.doctor import CHECKS
from archivist.records import Finding
from tests.conftest import Run, runner
from tests.small_studio import write_project


@dataclass(frozen=True)
class Studio:
    folder: Path
    archive: Path
    run: Run

    @property
    def config(self) -> Config:
        return replace(default(), archive=str(self.archive), log=self.archive.with_name("archivist.log"))

    def findings(self, *, wrong: bool = True) -> list[Finding]:
        found = doctor(self.config, self.archive.with_name("config.toml"), engines=False)
        return [one for one in found if not wrong or one.status != "ok"]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    home = tmp_path_factory.mktemp("doctor")
    studio = Studio(home / "studio", home / "home" / "archive.db", runner(home / "home" / "archive.db", home))
    write_project(studio.folder / "Sun/Sun.rpp", samples=("vox.wav",))
    write_project(studio.folder / "Moon/Moon.rpp", plugins=("Serum (Xfer Records)",))
    studio.run("add", studio.folder)
    assert studio.run("index").code == 0
    return studio


@pytest.fixture
def studio(indexed: Studio, tmp_path: Path) -> Iterator[Studio]:
    """A copy of the archive, whose studio is whole again afterwards."""
    home = tmp_path / "home"
    shutil.copytree(indexed.archive.parent, home)
    kept = tmp_path / "kept"
    shutil.copytree(indexed.folder, kept)
    yield Studio(indexed.folder, home / "archive.db", runner(home / "archive.db", tmp_path))
    shutil.rmtree(indexed.folder, ignore_errors=True)
    shutil.copytree(kept, indexed.folder)


def test_where_all_is_well_nothing_is_found(studio: Studio) -> None:
    done = studio.run("doctor", "--json")
    assert [row for row in done.rows if row["status"] != "ok"] == []
    left_out = set() if sys.platform == "linux" else {"watch"}
    assert {row["check"] for row in done.rows} == set(CHECKS) - left_out
    assert done.code == 0
    assert any("torch" in row["text"] for row in done.rows if row["check"] == "engines")


def sql(*statements: str) -> Callable[[Studio], None]:
    def hurt(studio: Studio) -> None:
        connection = sqlite3.connect(studio.archive)
        connection.execute("PRAGMA foreign_keys = 0")
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return hurt


def unmounted(studio: Studio) -> None:
    shutil.rmtree(studio.folder)


def open_to_all(studio: Studio) -> None:
    studio.archive.chmod(0o644)


def settings_open_to_all(studio: Studio) -> None:
    file = studio.archive.with_name("config.toml")
    file.write_text("jobs = 2\n")
    file.chmod(0o666)


def without_backups(studio: Studio) -> None:
    shutil.rmtree(studio.archive.parent / "backups")


def old_backups(studio: Studio) -> None:
    (one,) = (studio.archive.parent / "backups").iterdir()
    one.rename(one.with_name("archive-2020-01-01-000000.db"))


def hurt_backup(studio: Studio) -> None:
    (one,) = (studio.archive.parent / "backups").iterdir()
    one.write_bytes(one.read_bytes()[:5000])


def changed_project(studio: Studio) -> None:
    """As if the project had been read by yesterday's reader."""
    sql("UPDATE version SET reader_version = 0")(studio)


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")

WRONGS = [
    pytest.param(unmounted, "drives", "warning", "offline", "Connect its drive", id="unmounted"),
    pytest.param(open_to_all, "permissions", "problem", "others may", "chmod 600", id="archive", marks=POSIX),
    pytest.param(
        settings_open_to_all, "permissions", "problem", "others", "chmod 644", id="settings", marks=POSIX
    ),
    pytest.param(without_backups, "backups", "warning", "no backup", "archivist backup", id="no-backup"),
    pytest.param(old_backups, "backups", "warning", "days old", "archivist backup", id="old-backup"),
    pytest.param(hurt_backup, "backups", "problem", "no good", "archivist backup", id="hurt-backup"),
    pytest.param(changed_project, "stale", "warning", "2 project files", "archivist index", id="stale"),
    pytest.param(
        sql("DELETE FROM project_search"),
        "full text",
        "problem",
        "2 projects are not found",
        "restore",
        id="words",
    ),
    pytest.param(
        sql("INSERT INTO chord_search (rowid, changes) VALUES (999, 'j1f0c0')"),
        "full text",
        "problem",
        "1 chords are left of sounds that have none",
        "restore",
        id="chords",
    ),
    pytest.param(
        sql("DELETE FROM file_search_data WHERE id > 10"), "full text", "problem", "damaged", "restore", id="fts"
    ),
    pytest.param(
        sql("UPDATE file SET project_id = 99"), "integrity", "problem", "2 rows of file point", "", id="references"
    ),
    pytest.param(
        sql("DELETE FROM volume"), "integrity", "problem", "point at nothing", "Restore", id="drives-gone"
    ),
    pytest.param(
        sql("INSERT INTO volume VALUES (9, 'k', '', '/', 0)", "UPDATE project SET volume_id = 9"),
        *("integrity", "problem", "2 files belong to a project of another drive", "archivist index"),
        id="another-drive",
    ),
    pytest.param(
        sql("UPDATE version SET is_current = 0"),
        "integrity",
        "problem",
        "2 projects have versions",
        "index",
        id="none",
    ),
    pytest.param(
        sql("UPDATE version SET is_current = 0", "UPDATE scan SET status = 'running'"),
        *("integrity", "warning", "2 projects have versions", "cut short"),
        id="killed",
    ),
    pytest.param(
        sql("UPDATE content SET bpm = 99 WHERE id = 1"),
        "integrity",
        "problem",
        "bpm that nobody says",
        "",
        id="values",
    ),
    pytest.param(
        sql("INSERT INTO quarantine SELECT id, size, mtime_ns, '', 'crashed', 0 FROM file WHERE id = 1"),
        *("quarantine", "warning", "crashed", "left alone"),
        id="quarantined",
    ),
    pytest.param(
        sql("UPDATE file SET first_seen_at = 9e9"), "counts", "warning", "in the future", "clock", id="clock"
    ),
    pytest.param(
        sql("DELETE FROM schema_migration WHERE name <> '0001_initial'"),
        *("schema", "warning", "older than this archivist", "after a backup"),
        id="old-schema",
    ),
    pytest.param(
        sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')"),
        *("archive", "problem", "newer archivist", "Update archivist"),
        id="new-schema",
    ),
]


@pytest.mark.parametrize(("hurt", "check", "status", "text", "advice"), WRONGS)
def test_what_is_wrong_is_found(
    studio: Studio, hurt: Callable[[Studio], None], check: str, status: str, text: str, advice: str
) -> None:
    hurt(studio)
    found = [one for one in studio.findings() if one.check == check]
    assert [one.status for one in found] == [status] * len(found)
    assert any(text in one.text and advice.casefold() in one.advice.casefold() for one in found), found


def test_a_damaged_archive_is_named_with_what_to_restore(studio: Studio) -> None:
    good = back_up(studio.config)
    with studio.archive.open("r+b") as file:
        for place in range(4096, studio.archive.stat().st_size, 4096):
            file.seek(place)
            file.write(b"\xa5" * 64)
    before = studio.archive.read_bytes()
    done = studio.run("doctor", "--quick", "--json")
    assert done.code == 3
    (found,) = [row for row in done.rows if row["check"] == "archive" and row["status"] == "problem"]
    assert (str(studio.archive) in found["text"], str(good) in found["advice"]) == (True, True)
    assert studio.archive.read_bytes() == before


def test_a_problem_exits_1_and_a_screen_is_told_what_to_do(studio: Studio) -> None:
    hurt_backup(studio)
    done = studio.run("doctor", "--quick")
    assert done.code == 1
    lines = done.out.splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith("problem")]
    assert lines[place + 1].strip().startswith("→ archivist backup")


def test_doctor_makes_no_archive(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "none.db"
    done = run("--archive", archive, "doctor", "--quick", "--json")
    assert done.code == 0
    assert [row["status"] for row in done.rows if row["check"] == "archive"] == ["warning"]
    assert not archive.exists()


def test_an_engine_that_dies_at_its_start_is_found(studio: Studio, tmp_path: Path) -> None:
    """As a build for another processor does."""
    (tmp_path / "torch.py").write_text("import os\nos.abort()\n")
    done = studio.run("doctor", "--json", PYTHONPATH=str(tmp_path))
    (found,) = [row for row in done.rows if row["status"] == "problem"]
    assert found["check"] == "engines"
    assert "torch cannot be started" in found["text"]
    assert done.code == 1
