"""One indexer at a time: a living one is named, a dead one's lock is taken over, and none is left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archivist import processes
from archivist.archive import Archive
from archivist.config import default
from archivist.store.lock import Locked, Rhythm, held
from archivist.tables import IndexLock, database
from tests.conftest import Run
from tests.small_studio import write_sound

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")

HERE = socket.gethostname()
QUICK = Rhythm(beat=0.05, limit=10.0)
LONG_AGO, LATELY, AHEAD = -90_000.0, -1.0, 90_000.0


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(replace(default(), archive=str(tmp_path / "a.db"), jobs=1)) as archive:
        yield archive


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def held_by(host: str, pid: int, born: str, beat: float) -> None:
    IndexLock.create(
        id=1, token="theirs", command="index", host=host, pid=pid, born=born, started_at=time.time(),
        heartbeat_at=time.time() + beat,
    )  # fmt: skip


def taken() -> bool:
    try:
        with held("index", threading.Event(), rhythm=QUICK):
            return True
    except Locked:
        return False


# On the holder's own host its process decides, whatever the clock says; from elsewhere, its heart.
HOLDERS = [
    ("here and running", HERE, "parent", "", LATELY, False),
    ("here and running, the clock a day off", HERE, "parent", "", LONG_AGO, False),
    ("here and running, the clock a day off the other way", HERE, "parent", "", AHEAD, False),
    ("here and gone", HERE, "gone", "", LATELY, True),
    ("here, its number another process's now", HERE, "parent", "1999 1", LATELY, True),
    ("elsewhere and lately heard of", "elsewhere", "gone", "", LATELY, False),
    ("elsewhere and silent for a day", "elsewhere", "parent", "", LONG_AGO, True),
    ("elsewhere, from tomorrow and silent", "elsewhere", "parent", "", AHEAD, True),
]


@pytest.mark.parametrize(
    ("host", "pid", "born", "beat", "free"), [h[1:] for h in HOLDERS], ids=[h[0] for h in HOLDERS]
)
def test_a_dead_holder_is_taken_over_and_a_living_one_is_not(
    opened: Archive, gone: int, host: str, pid: str, born: str, beat: float, free: bool
) -> None:
    with database.connection_context():
        held_by(host, gone if pid == "gone" else os.getppid(), born, beat)
        assert taken() is free
        assert IndexLock.select().count() == (not free)


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="asks ps")
def test_ps_tells_one_birth_whatever_zone_and_language_it_is_asked_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS: a scheduled run has neither of the terminal's."""
    monkeypatch.setattr(processes, "_born_by_proc", processes._born_by_ps)
    told = set()
    for zone in ("Asia/Tokyo", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        told.add(processes.born(os.getpid()))
    assert len(told) == 1 and told != {""}


@pytest.mark.parametrize("beat", [LONG_AGO, AHEAD])
def test_a_heart_that_beats_by_another_clock_is_a_living_one(opened: Archive, gone: int, beat: float) -> None:
    ended = threading.Event()

    def heart() -> None:
        with database.connection_context():
            while not ended.wait(0.02):
                IndexLock.update(beats=IndexLock.beats + 1).execute()

    with database.connection_context():
        held_by("elsewhere", gone, "", beat)
        theirs = threading.Thread(target=heart)
        theirs.start()
        try:
            assert not taken()
        finally:
            ended.set()
            theirs.join()


def test_the_heart_beats_and_the_lock_goes_with_its_holder(opened: Archive) -> None:
    with database.connection_context():
        with held("index", threading.Event(), rhythm=QUICK):
            assert processes.born(IndexLock.get().pid) == IndexLock.get().born
            until = time.monotonic() + 20
            while IndexLock.get().beats < 3 and time.monotonic() < until:
                time.sleep(0.02)
            assert IndexLock.get().beats >= 3
        assert not IndexLock.select().exists()


def test_a_holder_whose_lock_was_taken_over_stops(opened: Archive) -> None:
    stop = threading.Event()
    with database.connection_context():
        with held("index", stop, rhythm=QUICK):
            IndexLock.update(token="another's").execute()
            assert stop.wait(20)
        assert IndexLock.get().token == "another's"


def test_who_waits_goes_on_when_the_lock_is_free(opened: Archive) -> None:
    with database.connection_context():
        held_by(HERE, os.getppid(), "", LATELY)
        threading.Timer(0.2, release).start()
        with held("watch", threading.Event(), wait=True, rhythm=QUICK):
            assert IndexLock.get().command == "watch"


def release() -> None:
    with database.connection_context():
        IndexLock.delete().execute()


def test_a_run_that_fails_lets_the_lock_go(opened: Archive, tmp_path: Path) -> None:
    def fail(_progress: object) -> None:
        raise RuntimeError("the screen is gone")

    write_sound(tmp_path / "studio/a.wav")
    opened.add_root(tmp_path / "studio")
    with pytest.raises(RuntimeError, match="the screen is gone"):
        opened.index(progress=fail)
    with database.connection_context():
        assert not IndexLock.select().exists()


# ---------------------------------------------------------------- real processes


def lock_of(archive: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(archive) as connection:
        return connection.execute("SELECT pid, host FROM index_lock").fetchall()


@pytest.fixture
def studio(tmp_path: Path, run: Run) -> Path:
    for number in range(3):
        write_sound(tmp_path / f"studio/{number}.wav", pitch=200 + 20 * number)
    run("add", tmp_path / "studio")
    return tmp_path


def start(studio: Path) -> subprocess.Popen[bytes]:
    """`archivist index`, once it holds the lock. Like one in a terminal, also where the tests run under nohup."""
    environment = os.environ | {"ARCHIVIST_ARCHIVE": str(studio / "home/archive.db"), "ARCHIVIST_JOBS": "1"}
    command = [sys.executable, "-m", "archivist", "index"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    until = time.monotonic() + 60
    while (process.pid, HERE) not in lock_of(studio / "home/archive.db"):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    return process


@posix
def test_of_two_indexers_the_second_names_the_first_and_takes_over_once_it_is_killed(
    studio: Path, run: Run
) -> None:
    first = start(studio)
    second = run("index")
    first.kill()
    first.communicate()
    assert (second.code, second.out) == (3, "")
    assert re.search(rf"archivist index on {re.escape(HERE)} \(pid {first.pid}\) since \d\d:\d\d", second.err)
    assert lock_of(studio / "home/archive.db") == [(first.pid, HERE)]

    third = run("index", "--json")
    assert third.code == 0
    assert "ended without a word" in third.err
    assert lock_of(studio / "home/archive.db") == []
    assert sorted(row["name"] for row in run("find", "length:>0s", "--json").rows) == [
        f"{n}.wav" for n in range(3)
    ]


@posix
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_an_indexer_that_is_told_to_end_lets_the_lock_go(studio: Path, how: str) -> None:
    process = start(studio)
    process.send_signal(signal.Signals[how])
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err.decode()
    assert lock_of(studio / "home/archive.db") == []
