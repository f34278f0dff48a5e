"""A file or folder that moves keeps what was said of it; a copy is no move; what only seems gone stays."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from archivist.archive import Archive
from archivist.tables import File, Project, Version, database
from tests.light import Drives, index
from tests.small_studio import set_time, write_project, write_sound


@pytest.fixture
def archive(light: Archive) -> Archive:
    return light


@pytest.fixture
def studio(tmp_path: Path, archive: Archive) -> Path:
    folder = tmp_path / "studio"
    fill(folder)
    archive.add_root(folder)
    index(archive)
    say(archive)
    return folder


def fill(folder: Path) -> None:
    """A song with its earlier state and two takes, and samples."""
    write_project(folder / "Sun/Sun.rpp", bpm=92, samples=("takes/vox.wav",))
    write_project(folder / "Sun/Sun.rpp-bak", bpm=90, saved=1_600_000_000)
    set_time(folder / "Sun/Sun.rpp-bak", 1_600_000_000)
    write_sound(folder / "Sun/takes/vox.wav", pitch=220)
    write_sound(folder / "Sun/takes/bass.wav", pitch=60)
    for number in range(6):
        write_sound(folder / f"Samples/hit {number}.wav", pitch=300 + 10 * number)


def say(archive: Archive) -> None:
    """What a person says of the song and of two sounds."""
    archive.set_values("sun", {"key": "Am"}, projects=True)
    archive.label("sun", ["unfinished"], [], projects=True)
    archive.set_values("vox", {"key": "F#m"})
    archive.label("hit 3", ["keeper"], [])
    with database.connection_context():
        Project.update(note="needs a bridge").execute()


def said(archive: Archive) -> dict[str, object]:
    """What is left of that, and where it is said now."""
    songs = list(archive.find("key:Am label:unfinished", projects=True))
    (song,) = songs or [None]
    shown = archive.show_project(song.id) if song else None
    return {
        "song": song and song.path,
        "state": song and song.state,
        "note": shown and shown.note,
        "versions": song and song.versions,
        "key": [row.path for row in archive.find("key:F#m")],
        "label": [row.path for row in archive.find("label:keeper")],
        "missing": [row.path for row in archive.find("is:missing")],
        "songs": len(archive.find("", projects=True)),
    }


def expected(folder: Path, song: str = "Sun", samples: str = "Samples") -> dict[str, object]:
    return {
        "song": str(folder / song),
        "state": "present",
        "note": "needs a bridge",
        "versions": 2,
        "key": [str(folder / song / "takes/vox.wav")],
        "label": [str(folder / samples / "hit 3.wav")],
        "missing": [],
        "songs": 1,
    }


def test_a_folder_that_is_renamed_keeps_the_values_labels_notes_and_history_in_it(
    archive: Archive,
    studio: Path,
) -> None:
    ids = {row.name: row.id for row in archive.find("")}
    (studio / "Sun").rename(studio / "Sun (old)")
    assert index(archive) == {"seen": 10, "moved": 4}
    assert said(archive) == expected(studio, song="Sun (old)")
    assert {row.name: row.id for row in archive.find("")} == ids
    assert index(archive) == {"seen": 10}


def test_a_file_that_is_renamed_keeps_what_was_said_of_it(archive: Archive, studio: Path) -> None:
    (studio / "Samples/hit 3.wav").rename(studio / "Samples/other.wav")
    assert index(archive) == {"seen": 10, "moved": 1}
    assert said(archive)["label"] == [str(studio / "Samples/other.wav")]


def test_a_song_whose_earlier_state_is_gone_for_long_still_moves_whole(
    archive: Archive,
    studio: Path,
) -> None:
    (studio / "Sun/Sun.rpp-bak").unlink()
    assert index(archive) == {"seen": 9, "missing": 1}
    (studio / "Sun").rename(studio / "Moon")
    assert index(archive) == {"seen": 9, "moved": 3}
    assert said(archive) == expected(studio, song="Moon")


def test_a_folder_may_move_to_a_root_on_another_drive(archive: Archive, tmp_path: Path, drives: Drives) -> None:
    here, there = drives.plug_in("studio"), drives.plug_in("archive")
    fill(here)
    write_sound(there / "other.wav", pitch=999)
    archive.add_root(here)
    archive.add_root(there)
    index(archive)
    say(archive)
    shutil.move(here / "Sun", there / "Old/Sun")
    assert index(archive) == {"seen": 11, "moved": 4}
    assert said(archive) == expected(there, song="Old/Sun") | {"label": [str(here / "Samples/hit 3.wav")]}


COARSE = [1, 2]  # seconds, the steps in which a file system keeps time


@pytest.mark.parametrize("seconds", COARSE)
def test_a_drive_that_keeps_time_less_finely_is_no_obstacle(
    archive: Archive,
    studio: Path,
    seconds: int,
) -> None:
    (studio / "Sun").rename(studio / "FAT")
    for path in (studio / "FAT").rglob("*"):
        set_time(path, path.stat().st_mtime // seconds * seconds)
    assert index(archive) == {"seen": 10, "moved": 4}
    assert said(archive) == expected(studio, song="FAT")


def test_a_new_place_may_be_seen_before_the_old_one_vanishes(
    archive: Archive,
    tmp_path: Path,
    drives: Drives,
) -> None:
    """A drive that is synced piece by piece, over three nights; times are lost on the way."""
    here, there = drives.plug_in("studio"), drives.plug_in("archive")
    fill(here)
    archive.add_root(here)
    archive.add_root(there)
    index(archive)
    say(archive)
    (there / "Sun").mkdir()
    shutil.copy(here / "Sun/Sun.rpp", there / "Sun")
    shutil.copytree(here / "Sun/takes", there / "Sun/takes", copy_function=shutil.copy)
    assert index(archive) == {"seen": 13, "added": 3}
    assert said(archive)["song"] == str(here / "Sun")  # a copy so far
    (here / "Sun/Sun.rpp").unlink()
    (here / "Sun/takes/vox.wav").unlink()
    assert index(archive) == {"seen": 11, "moved": 2}
    shutil.move(here / "Sun/Sun.rpp-bak", there / "Sun")
    shutil.rmtree(here / "Sun")
    assert index(archive) == {"seen": 10, "moved": 2}
    assert said(archive) == expected(there, song="Sun") | {"label": [str(here / "Samples/hit 3.wav")]}


def test_an_old_place_may_vanish_long_before_the_new_one_is_seen(archive: Archive, studio: Path) -> None:
    away = (studio / "Sun").rename(studio.with_name("Sun in a bag"))
    index(archive, accept_missing=True)
    assert [row.state for row in archive.find("is:missing", projects=True)] == ["missing"]
    away.rename(studio / "Sun 2024")
    assert index(archive) == {"seen": 10, "moved": 4}
    assert said(archive) == expected(studio, song="Sun 2024")


def test_roots_may_be_indexed_one_by_one_while_a_folder_moves_between_them(
    archive: Archive,
    studio: Path,
) -> None:
    other = studio.with_name("other")
    other.mkdir()
    archive.add_root(other)
    shutil.move(studio / "Sun", other / "Sun")
    assert index(archive, other) == {"seen": 4, "added": 4}
    assert index(archive, studio, accept_missing=True) == {"seen": 6, "moved": 4}
    assert said(archive) == expected(other) | {"label": [str(studio / "Samples/hit 3.wav")]}


def test_a_copy_is_not_a_move(archive: Archive, studio: Path) -> None:
    shutil.copytree(studio / "Sun", studio / "Copy/Sun")
    assert index(archive) == {"seen": 14, "added": 4}
    assert said(archive) == expected(studio) | {
        "key": [str(studio / "Copy/Sun/takes/vox.wav"), str(studio / "Sun/takes/vox.wav")], "songs": 2
    }  # fmt: skip


def test_of_two_old_copies_one_may_vanish_and_the_other_has_not_moved(archive: Archive, studio: Path) -> None:
    shutil.copy2(studio / "Samples/hit 3.wav", studio / "Samples/a.wav")
    shutil.copy2(studio / "Samples/hit 3.wav", studio / "Samples/b.wav")
    index(archive)
    (studio / "Samples/hit 3.wav").unlink()
    assert index(archive) == {"seen": 11, "missing": 1}


def test_a_file_of_the_same_size_and_time_is_not_the_one_that_is_gone(archive: Archive, studio: Path) -> None:
    """Proven by digest, and not only guessed: sounds when they are heard, projects at once."""
    for old, new in (("Samples/hit 3.wav", "Samples/new.wav"), ("Sun/Sun.rpp", "Moon/Moon.rpp")):
        path = studio / old
        data, stat = bytearray(path.read_bytes()), path.stat()
        data[data.index(b"TEMPO 92") + 7 if b"TEMPO" in data else -3] ^= 1
        path.unlink()
        (studio / new).parent.mkdir(exist_ok=True)
        (studio / new).write_bytes(data)
        os.utime(studio / new, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert index(archive) == {"seen": 10, "added": 2, "missing": 2}
    assert [row.name for row in archive.find("label:keeper is:missing")] == ["hit 3.wav"]
    assert {row.name for row in archive.find("label:unfinished", projects=True)} == {"Sun"}


SEEMS_GONE = {
    "empty": (lambda studio: [shutil.rmtree(path) for path in studio.iterdir()], "10 of 10 files are gone"),
    "lost more than the threshold": (lambda studio: shutil.rmtree(studio / "Samples"), "6 of 10 files are gone"),
}


@pytest.mark.parametrize("case", SEEMS_GONE)
def test_a_root_that_seems_gone_changes_nothing_and_says_so(archive: Archive, studio: Path, case: str) -> None:
    destroy, words = SEEMS_GONE[case]
    before = contents()
    destroy(studio)
    summary = archive.index()
    assert (summary.indexed, [words in failure.reason for failure in summary.refused]) == (0, [True])
    assert contents() == before
    assert archive.index(accept_missing=True).missing > 0


def contents() -> list[list[tuple]]:
    with database.connection_context():
        return [list(table.select().tuples()) for table in (File, Project, Version)]


def test_a_folder_that_cannot_be_listed_loses_nothing(
    archive: Archive,
    studio: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tests run as root, whom no permission stops: the system's answer is given in its place."""
    scandir = os.scandir

    def denied(path: str) -> object:
        if str(path) in bad:
            raise OSError(5, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    bad = {str(studio / "Samples")}
    summary = archive.index()
    assert (summary.indexed, summary.missing, summary.failed) == (1, 0, 1)
    bad = {str(studio)}
    summary = archive.index()
    assert (summary.indexed, [one.path for one in summary.refused]) == (0, [str(studio)])
    assert archive.find("is:missing").ids.tolist() == []


def test_a_folder_in_which_something_is_written_waits(archive: Archive, studio: Path) -> None:
    write_sound(studio / "Sun/takes/new.wav", pitch=77)
    (studio / "Sun/takes/bass.wav").unlink()
    write_sound(studio / "Samples/hit 9.wav", pitch=777)
    summary = archive.index(waiting=[studio / "Sun/takes"])
    assert (summary.seen, summary.added, summary.missing) == (9, 1, 0)
    summary = archive.index()
    assert (summary.seen, summary.added, summary.missing) == (11, 1, 1)


def test_a_run_that_reads_more_projects_than_a_statement_takes_values_is_whole(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library of MIDI files is one of projects. SQLite takes 32,766 values, and 250,000 on Debian."""
    connect = sqlite3.connect

    def narrow(*arguments: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **more)
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 520)
        return connection

    monkeypatch.setattr(sqlite3, "connect", narrow)
    for number in range(530):
        write_project(tmp_path / f"songs/{number}/{number}.rpp")
    archive.add_root(tmp_path / "songs")
    assert index(archive) == {"seen": 530, "added": 530}
    assert len(list(archive.find("", projects=True))) == 530


SAVES = {
    # an earlier save is put back, or the clock of the machine that saved was wrong: what the file holds is current
    "saved later": [(90, 1_600_000_000), (95, 1_700_000_000)],
    "saved earlier": [(90, 1_700_000_000), (95, 1_600_000_000)],
    "put back": [(95, 1_600_000_000), (90, 1_700_000_000), (95, 1_600_000_000)],
}


@pytest.mark.parametrize("case", SAVES)
def test_what_a_project_file_holds_now_is_current(archive: Archive, tmp_path: Path, case: str) -> None:
    song = tmp_path / "songs/Sun/Sun.rpp"
    song.parent.mkdir(parents=True)
    archive.add_root(tmp_path / "songs")
    for number, (bpm, saved) in enumerate(SAVES[case]):
        write_project(song, bpm=bpm, saved=saved)
        set_time(song, 1_750_000_000 + number)
        index(archive)
    assert [(row.bpm, row.versions) for row in archive.find("", projects=True)] == [(95.0, 2)]
