"""Folders that fail while they are looked at: gone, closed, in the way, or full of what is no file."""

from __future__ import annotations

import errno
import os
import re
import shutil
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from taggers import Job, tag_file, worker
from tests.faults.running import Done, Light, alone
from tests.faults.state import faults, rows, state
from tests.faults.test_killed import build
from tests.small_studio import write_project, write_sound

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


@pytest.fixture
def studio(light: Light, tmp_path: Path) -> Path:
    """Added and indexed."""
    folder = tmp_path / "studio"
    build(folder)
    light(tmp_path / "a.db", "add", folder)
    assert light(tmp_path / "a.db", "index").code == 0
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


COUNTED = ("added", "changed", "moved", "missing", "back", "analysed", "failed")


def counts(done: Done) -> dict[str, int]:
    return {name: done.row[name] for name in COUNTED if done.row[name]}


def missing(archive: Path) -> list[str]:
    return [str(row[0]) for row in rows(archive, "SELECT name FROM file WHERE missing_since IS NOT NULL")]


def test_what_is_no_file_is_not_opened(light: Light, studio: Path, archive: Path) -> None:
    """Pipes would wait for ever, devices never end, links may lead anywhere and round in circles."""
    before = state(archive)
    os.mkfifo(studio / "pipe.wav")
    os.mkfifo(studio / "pipe.rpp")
    (studio / "loop").symlink_to(studio, target_is_directory=True)
    (studio / "self.wav").symlink_to("self.wav")
    (studio / "zero.wav").symlink_to("/dev/zero")
    (studio / "memory.flac").symlink_to("/proc/self/mem")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(studio)  # the address may be 107 bytes long
        listener.bind("socket.aif")
    if os.geteuid() == 0:
        os.mknod(studio / "device.wav", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    done = light(archive, "index", "--json")
    assert (done.code, counts(done)) == (0, {})
    assert state(archive) == before


@pytest.mark.parametrize("command", ["analyze", "inspect"])
def test_a_pipe_named_on_the_command_line_is_an_error(light: Light, tmp_path: Path, command: str) -> None:
    pipe = tmp_path / ("pipe.wav" if command == "analyze" else "pipe.rpp")
    os.mkfifo(pipe)
    done = light(tmp_path / "a.db", command, pipe, "--json")
    assert (done.code, done.row["status"]) == (1, "error")


def test_a_folder_that_may_not_be_listed_hides_its_files_and_a_file_that_may_not_be_read_is_named(
    light: Light, studio: Path, archive: Path
) -> None:
    closed = write_sound(studio / "closed.wav", pitch=800)
    closed.chmod(0)
    (studio / "Samples").chmod(0)
    try:
        done = alone(archive, "--count", "index", "--json", as_owner=True)
        assert (done.code, counts(done)) == (1, {"added": 1, "failed": 2})
        reasons = {Path(one["path"]).name: one["reason"] for one in done.row["failures"]}
        assert set(reasons) == {"Samples", "closed.wav"}
        assert all("ermission" in reason for reason in reasons.values())
    finally:
        (studio / "Samples").chmod(0o755)
        closed.chmod(0o644)
    assert missing(archive) == []
    done = light(archive, "index", "--json")
    assert (done.code, counts(done)) == (0, {"analysed": 1})
    assert faults(archive) == {}


def test_a_root_that_may_not_be_listed_is_left_as_it_was(light: Light, studio: Path, archive: Path) -> None:
    before = state(archive)
    studio.chmod(0)
    try:
        done = alone(archive, "--count", "index", "--json", as_owner=True)
    finally:
        studio.chmod(0o755)
    assert (done.code, [one["path"] for one in done.row["refused"]]) == (3, [str(studio)])
    assert state(archive) == before


def test_a_root_that_became_a_file_is_offline(light: Light, studio: Path, archive: Path) -> None:
    before = state(archive)
    studio.rename(studio.with_name("elsewhere"))
    studio.write_text("not a folder")
    done = light(archive, "index", "--json")
    assert (done.code, done.row["offline"]) == (3, [str(studio)])
    assert state(archive) == before


def test_a_folder_that_became_a_file_and_a_file_that_became_a_folder(
    light: Light, studio: Path, archive: Path
) -> None:
    shutil.rmtree(studio / "Moon")
    (studio / "Moon").write_text("not a folder")
    (studio / "Samples/hit 0 90bpm.wav").unlink()
    write_sound(studio / "Samples/hit 0 90bpm.wav/inside.wav", pitch=900)
    done = light(archive, "index", "--json")
    assert (done.code, counts(done)) == (0, {"added": 1, "missing": 2, "analysed": 1})
    assert faults(archive) == {}


def test_a_studio_that_may_only_be_read(light: Light, tmp_path: Path, archive: Path) -> None:
    folder = tmp_path / "studio"
    build(folder)
    light(archive, "add", folder)
    everything = [folder, *folder.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = alone(archive, "--count", "index", "--json", as_owner=True)
    finally:
        for path in everything:
            path.chmod(0o755)
    assert (done.code, done.row["failed"]) == (0, 0)


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9])
def test_a_root_that_vanishes_while_it_is_indexed(light: Light, studio: Path, archive: Path, part: float) -> None:
    """Unplugged somewhere in the run: nothing is thought gone; plugged in again, it is completed."""
    write_sound(studio / "Sun/new.wav", pitch=640)
    write_sound(studio / "Samples/hit 0 90bpm.wav", pitch=120, seconds=2)
    write_project(studio / "Star/Star.rpp", samples=("../Sun/new.wav",))
    whole = archive.with_name("whole.db")
    shutil.copy(archive, whole)
    statements = int(re.findall(r"(\d+) statements", light(whole, "index").err)[0])
    done = light(archive, "--vanish-at", int(part * statements), studio, "index")
    assert done.code in (0, 1, 3)
    assert missing(archive) == []
    Path(f"{studio}.away").rename(studio)
    done = light(archive, "index", "--json")
    assert (done.code, done.row["failed"]) == (0, 0)
    assert faults(archive) == {}
    assert state(archive) == state(whole)


# ---------------------------------------------------------------- one file


def hears(monkeypatch: pytest.MonkeyPatch, then: Any, error: str | None) -> None:
    """Hearing does `then`, and ends with this error."""

    def hear(job: Job, digest: bytes, size: int, started: float) -> worker.FileTags:
        then()
        return worker.FileTags(job.path, digest, size, error=error)

    monkeypatch.setattr(worker, "_hear", hear)


def test_a_file_that_grows_while_it_is_heard_is_heard_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(tmp_path / "x.wav")

    def grow() -> None:
        with path.open("ab") as file:
            file.write(bytes(1000))

    hears(monkeypatch, grow, None)
    result = tag_file(Job(str(path), ()))
    assert (result.digest, result.error) == (None, "changed while it was read")


def test_a_file_that_fails_for_its_disk_is_not_held_to_be_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the bytes cannot be read a second time, what no decoder understood was the disk's fault."""
    path = write_sound(tmp_path / "x.wav")
    opened = open

    def fail() -> None:
        def unreadable(*arguments: Any, **more: Any) -> Any:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(worker, "open", unreadable, raising=False)

    hears(monkeypatch, fail, "not audio")
    result = tag_file(Job(str(path), ()))
    assert (result.digest, result.error) == (None, "cannot be read: Input/output error")
    monkeypatch.setattr(worker, "open", opened, raising=False)
    hears(monkeypatch, lambda: None, "not audio")
    assert tag_file(Job(str(path), ())).digest is not None
