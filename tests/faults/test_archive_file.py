"""An archive whose file is locked, full, cut short or scribbled over: one line, exit code 3, no traceback."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.running import Done, Light, alone, copied
from tests.faults.state import faults
from tests.faults.test_killed import build
from tests.small_studio import write_sound


@pytest.fixture(scope="module")
def sound(light: Light, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An indexed archive in one file."""
    folder = tmp_path_factory.mktemp("sound")
    build(folder / "studio")
    archive = folder / "archive.db"
    light(archive, "add", folder / "studio")
    assert light(archive, "index").code == 0
    with closing(sqlite3.connect(archive)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return archive


def refused(done: Done, *texts: str) -> None:
    """Exit code 3, nothing on standard output, one line that holds one of these."""
    assert (done.code, done.out) == (3, ""), done
    line = done.err.splitlines()[0]
    assert line.startswith("archivist: ")
    assert any(text in line for text in texts), line


def test_a_locked_archive_is_said_to_be(light: Light, sound: Path, tmp_path: Path) -> None:
    archive = copied(sound, tmp_path / "a.db")
    with closing(sqlite3.connect(archive, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert light(archive, "find", "hit").code == 0  # reading goes on
        refused(light(archive, "label", "hit", "+x"), "another archivist")


def test_an_archive_that_may_only_be_read_is_not_said_to_be_damaged(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    archive = copied(sound, folder / "a.db")
    backups = folder / "backups"
    backups.mkdir()
    copied(sound, backups / "a-2026-01-01-000000.db")
    archive.chmod(0o400)
    folder.chmod(0o500)
    try:
        refused(alone(archive, "--count", "find", "hit", as_owner=True), "ermission")
        done = alone(archive, "--count", "doctor", "--quick", "--json", as_owner=True)
    finally:
        folder.chmod(0o700)
    findings = [json.loads(line) for line in done.out.splitlines()]
    [found] = [one for one in findings if one["check"] == "archive"]
    assert (done.code, found["status"]) == (3, "problem")
    assert "may not write" in found["text"]
    assert "restore" not in found["advice"]


CUT = {
    "to a few bytes": 10,
    "inside the header": 60,
    "to one page": 4096,
    "to a half": 0.5,
    "by its last byte": -1,
}


@pytest.mark.parametrize("to", CUT)
def test_an_archive_cut_short(light: Light, sound: Path, tmp_path: Path, to: str) -> None:
    archive = copied(sound, tmp_path / "a.db")
    length, size = CUT[to], archive.stat().st_size
    os.truncate(archive, int(size * length) if isinstance(length, float) else length % size)
    refused(light(archive, "index"), "damaged", "no archivist archive")


COMMANDS = (("find", "hit"), ("find", "--projects", "--json"), ("show", "1", "--json"), ("roots",), ("index",))


def test_an_archive_scribbled_over_never_ends_in_a_traceback(light: Light, sound: Path, tmp_path: Path) -> None:
    """Noise over one place or twenty: what is not touched may still be read; what is, ends in one line."""
    whole = sound.read_bytes()
    chance = random.Random(6)
    codes = []
    for number in range(30):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 20))):
            start = chance.randrange(100 if number % 5 else 0, len(data) - 512)
            data[start : start + 512] = chance.randbytes(512)
        archive = tmp_path / f"{number}.db"
        archive.write_bytes(data)
        done = light(archive, *COMMANDS[number % len(COMMANDS)])
        assert done.code in (0, 1, 3), (number, done)
        if done.code == 3:
            assert done.err.startswith("archivist: ") and "(`archivist -v" not in done.err, done.err
        codes.append(done.code)
    assert codes.count(3) > 5


# ---------------------------------------------------------------- disk full


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size; the test is skipped where this user may not mount one."""
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip(f"needs to mount a tmpfs: {mount.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_full_disk_keeps_what_is_done_and_the_next_run_goes_on(light: Light, tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    build(studio)
    with small_disk(tmp_path / "disk", "16m") as disk:
        archive = disk / "archive.db"
        assert light(archive, "add", studio).code == 0
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        refused(light(archive, "index"), "the disk is full")
        ballast.unlink()
        assert light(archive, "index").code == 0
        assert faults(archive) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_new_archive_that_a_disk_has_no_room_for(light: Light, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "300k") as disk:
        refused(light(disk / "archive.db", "add", tmp_path), "the disk is full")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files")
@pytest.mark.parametrize("room", [8, 64, 200])
def test_an_archive_that_may_not_grow(light: Light, sound: Path, tmp_path: Path, room: int) -> None:
    """A quota on the file: so many KiB more than it has, for the file and for its write-ahead log alike."""
    import resource

    archive = copied(sound, tmp_path / "a.db")
    studio = sound.parent / "studio"
    write_sound(studio / f"more/{room}.wav", pitch=room + 300)
    limit = archive.stat().st_size + room * 1024 if room > 8 else room * 1024

    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = alone(archive, "--count", "index", before=narrow)
    assert done.code in (0, 3), done
    if done.code == 3:
        assert "cannot be written" in done.err or "full" in done.err, done.err
    assert light(archive, "index").code == 0
    assert faults(archive) == {}


# ---------------------------------------------------------------- clocks


def test_a_clock_set_back_changes_nothing(light: Light, tmp_path: Path) -> None:
    """Indexed in a year to come, then with the right clock: what was done last is what counts."""
    studio, archive = tmp_path / "studio", tmp_path / "a.db"
    build(studio)
    year = ("--clock", 365 * 86_400)
    light(archive, *year, "add", studio)
    assert light(archive, *year, "index").code == 0
    light(archive, *year, "set", "hit", "key=Am")
    (studio / "Samples/hit 0 90bpm.wav").rename(studio / "Samples/renamed.wav")
    write_sound(studio / "Samples/new.wav", pitch=900)
    done = light(archive, "index", "--json")
    assert (done.code, done.row["added"], done.row["moved"], done.row["missing"]) == (0, 1, 1, 0)
    light(archive, "set", "hit", "key=Cm")
    assert "key: C minor → A minor" in light(archive, "undo").out
    assert light(archive, "index", "--json").row["analysed"] == 0
    assert faults(archive) == {}
