"""`archivist watch`: what changes is indexed once it is quiet, whatever happens to events and drives."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import Observer

from archivist import watch
from archivist.archive import Archive
from archivist.records import IndexSummary
from tests.conftest import Run
from tests.light import Drives
from tests.small_studio import write_sound


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_new_file_is_found_soon_after_it_has_stopped_growing(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "studio"
    write_sound(folder / "first.wav")
    run("add", folder)
    command = [sys.executable, "-m", "archivist", "watch", "--quiet", "0.5", "--json"]
    environment = os.environ | {"ARCHIVIST_ARCHIVE": str(tmp_path / "home/archive.db"), "ARCHIVIST_JOBS": "1"}
    watcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        assert appears(run, "first.wav")
        write_sound(folder / "new/second.wav", pitch=330)
        assert appears(run, "second.wav")
    finally:
        watcher.send_signal(signal.SIGINT)
        out, err = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, err.decode()
    assert len(out.splitlines()) == 2


def appears(run: Run, name: str, seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if [row["name"] for row in run("find", "length:>0s", name, "--json").rows] == [name]:
            return True
        time.sleep(0.3)
    return False


# ---------------------------------------------------------------- what is looked at, and when


@dataclass
class Watcher:
    """watch.watch on real folders in a thread; what it asked to be indexed, and what it told."""

    online: list[Path]
    looks: list[tuple[list[Path], list[Path]]] = field(default_factory=list)
    told: list[tuple[Path, str]] = field(default_factory=list)

    def index(self, roots: list[Path], waiting: list[Path]) -> None:
        self.looks.append((roots, waiting))

    def waits_for(self, condition: Callable[[], Any], seconds: float = 20) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def stays(self, condition: Callable[[], Any], seconds: float) -> bool:
        return not self.waits_for(lambda: not condition(), seconds)


@contextmanager
def watching(*roots: Path, quiet: float = 0.4, sweep: float = 900.0) -> Iterator[Watcher]:
    watcher = Watcher(list(roots))
    stop = threading.Event()
    thread = threading.Thread(
        target=lambda: watch.watch(
            lambda: list(watcher.online),
            watcher.index,
            stop,
            quiet=quiet,
            sweep=sweep,
            roll_call=0.2,
            told=lambda root, reason: watcher.told.append((root, reason)),
        )
    )
    thread.start()
    try:
        assert watcher.waits_for(lambda: watcher.looks)  # all of them first
        yield watcher
    finally:
        stop.set()
        thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "studio"
    (folder / "takes").mkdir(parents=True)
    (folder / "takes/a.wav").write_bytes(b"a")
    return folder


def test_a_folder_that_leaves_and_comes_back_is_watched_on_without_a_warning(
    tmp_path: Path, root: Path, recwarn: pytest.WarningsRecorder
) -> None:
    away = tmp_path / "away"
    with watching(root) as watcher:
        for old, new in ((root / "takes", away), (away, root / "takes 2")):
            before = len(watcher.looks)
            old.rename(new)
            assert watcher.waits_for(lambda before=before: len(watcher.looks) > before)
        before = len(watcher.looks)
        (root / "takes 2/b.wav").write_bytes(b"b")
        assert watcher.waits_for(lambda: len(watcher.looks) > before)
    assert [str(warning.message) for warning in recwarn] == []


def test_every_root_is_looked_at_first_and_then_what_changes(tmp_path: Path, root: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with watching(root, other) as watcher:
        assert watcher.looks == [([other, root], [])]
        (root / "takes/b.wav").write_bytes(b"b")
        assert watcher.waits_for(lambda: watcher.looks[1:] == [([root], [])])
        assert watcher.stays(lambda: len(watcher.looks) == 2, 1.5)


def test_a_file_that_grows_waits_and_holds_up_its_folder_alone(root: Path) -> None:
    (root / "mixes").mkdir()
    with watching(root) as watcher, (root / "takes/long.wav").open("wb", buffering=0) as growing:
        growing.write(b"some")
        (root / "mixes/done.wav").write_bytes(b"done")
        deadline = time.monotonic() + 15
        while len(watcher.looks) < 2 and time.monotonic() < deadline:
            growing.write(b"more")
            time.sleep(0.1)
        assert watcher.looks[1:] == [([root], [root / "takes"])]
        growing.close()
        assert watcher.waits_for(lambda: watcher.looks[2:] == [([root], [])])


def test_a_file_that_grows_without_a_word_waits_too(root: Path) -> None:
    """As on a share whose events come late: only two looks at it tell."""
    dirty = watch.Dirty()
    dirty.mark(root / "takes")
    time.sleep(0.05)
    for number in range(3):
        (root / "takes/a.wav").write_bytes(b"a" * number)
        assert dirty.take_settled(0.02, 0.05) == ([], [root / "takes"])
        time.sleep(0.06)
    assert dirty.take_settled(0.02, 0.05) == ([root / "takes"], [])
    assert dirty.take_settled(0.02, 0.05) == ([], [])


def test_what_an_index_run_takes_no_notice_of_starts_none(root: Path) -> None:
    with watching(root) as watcher:
        for name in ("notes.txt", ".hidden.wav", "takes/cover.jpg"):
            (root / name).write_bytes(b"x")
        (root / "takes/a.wav").read_bytes()
        assert watcher.stays(lambda: len(watcher.looks) == 1, 1.5)
        (root / "takes/a.wav").unlink()
        assert watcher.waits_for(lambda: len(watcher.looks) == 2)


def test_a_sweep_finds_what_no_event_told(root: Path) -> None:
    with watching(root, sweep=1.0) as watcher:
        assert watcher.waits_for(lambda: watcher.looks[1:] == [([root], [])])


@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_events_that_were_lost_are_made_up_for_by_a_look_at_all(root: Path) -> None:
    """The kernel's own word for an overflow, handed to watchdog as it would read it."""
    from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD

    with watching(root) as watcher:
        InotifyFD.get_instance().handle_event(InotifyEvent(-1, InotifyConstants.IN_Q_OVERFLOW, 0, b""))
        assert watcher.waits_for(lambda: watcher.looks[1:] == [([root], [])])
        (root / "takes/later.wav").write_bytes(b"x")  # and it still listens
        assert watcher.waits_for(lambda: len(watcher.looks) == 3)


LIMITS = [
    (errno.ENOSPC, "sysctl fs.inotify.max_user_watches="),
    (errno.EMFILE, "sysctl fs.inotify.max_user_instances="),
    (errno.EACCES, "Permission denied"),
]


@pytest.mark.parametrize(("number", "words"), LIMITS)
def test_a_root_that_cannot_be_watched_is_told_of_and_swept(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Observer, "schedule", refuse)
    with watching(root, sweep=1.0) as watcher:
        assert watcher.waits_for(lambda: len(watcher.looks) > 2)
    assert [where for where, reason in watcher.told if words in reason] == [root]


@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_the_limit_is_told_even_where_only_folders_below_a_root_are_not_watched(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """watchdog passes over them in silence."""
    from watchdog.observers.inotify_c import InotifyFD

    add = InotifyFD.add_callback

    def limited(self: InotifyFD, path: bytes, *rest: Any) -> int:
        if os.fsdecode(path) != str(root):
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        return add(self, path, *rest)

    monkeypatch.setattr(InotifyFD, "add_callback", limited)
    with watching(root) as watcher:
        assert watcher.waits_for(lambda: watcher.told)
    assert [(where, "max_user_watches" in reason) for where, reason in watcher.told] == [(root, True)]


def test_a_drive_may_go_and_come_back(root: Path) -> None:
    with watching(root) as watcher:
        away = root.rename(root.with_name("away"))
        watcher.online.clear()
        assert watcher.stays(lambda: len(watcher.looks) == 1, 1.0)
        away.rename(root)
        watcher.online.append(root)
        assert watcher.waits_for(lambda: watcher.looks[1:] == [([root], [])])
        (root / "takes/new.wav").write_bytes(b"x")
        assert watcher.waits_for(lambda: watcher.looks[2:] == [([root], [])])


def test_another_folder_at_the_same_place_is_watched_anew(root: Path) -> None:
    """A drive that was gone for less than a roll call."""
    with watching(root) as watcher:
        shutil.move(root, root.with_name("gone"))
        (root / "takes").mkdir(parents=True)
        assert watcher.waits_for(lambda: len(watcher.looks) > 1)
        time.sleep(1)
        count = len(watcher.looks)
        (root / "takes/new.wav").write_bytes(b"x")
        assert watcher.waits_for(lambda: len(watcher.looks) > count)


def test_a_network_share_is_looked_at_instead_of_listened_to(
    tmp_path: Path,
    drives: Drives,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "POLL", 0.2)
    monkeypatch.setattr(Observer, "schedule", lambda *_arguments, **_more: pytest.fail("listened to"))
    share = drives.plug_in("nas", key="net://nas/music", network=True)
    monkeypatch.setattr(watch.Ears, "_check_limit", lambda *_arguments: None)
    with watching(share) as watcher:
        (share / "new.wav").write_bytes(b"x")
        assert watcher.waits_for(lambda: watcher.looks[1:] == [([share], [])])
    assert watcher.told == []


# ---------------------------------------------------------------- many at once

MANY = [pytest.param(500, id="500"), pytest.param(20_000, id="20000", marks=pytest.mark.slow)]


SECONDS = 120  # of this process, which say the same on a machine that has much else to do


@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", MANY)
def test_many_files_at_once_are_indexed_once_each_soon_after_the_last(
    light: Archive,
    tmp_path: Path,
    count: int,
) -> None:
    folder, source = tmp_path / "studio", tmp_path / "source.wav"
    folder.mkdir()
    light.add_root(folder)
    write_sound(source, seconds=0.01)
    sound = source.read_bytes()
    done: list[IndexSummary] = []
    stop = threading.Event()
    watcher = threading.Thread(target=lambda: light.watch(done.append, stop, quiet=1.0))
    watcher.start()
    try:
        for number in range(count):
            path = folder / f"{number % 40}/{number}.wav"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(sound + number.to_bytes(4, "little") + bytes(number % 977))  # sizes as they differ
        quiet_since, deadline = time.process_time(), time.monotonic() + 600
        while sum(summary.analysed for summary in done) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        seconds = time.process_time() - quiet_since
        time.sleep(2)
    finally:
        stop.set()
        watcher.join(timeout=60)
    assert sum(summary.analysed for summary in done) == count
    assert sum(summary.added for summary in done) == count
    assert sum(summary.changed + summary.missing + summary.failed for summary in done) == 0
    assert len(light.find("")) == count
    assert seconds < SECONDS
