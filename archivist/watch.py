"""Noticing what changes in the roots while it runs, and indexing it once it has gone quiet.

Events are hints: they say in which folder something moves, and when it last did. A folder's files are looked at
when no event came for a while and none of them has grown between two looks; until then what lies directly in it
waits, and the rest of its root does not. What no event tells (a network share, a queue that overflowed, a system
that watches no more folders) is found by a sweep of all roots now and then. Drives may come and go.
"""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from archivist import kinds, volumes
from archivist.scan import SKIPPED_FOLDERS, Kinds, suffix_of

QUIET = 5.0  # seconds without an event before a folder is looked at
SETTLE = 3.0  # seconds between two looks at its files that must find the same
SWEEP = 900.0  # seconds between looks at everything
POLL = 60.0  # seconds between looks at a network share, whose changes no event tells
ROLL_CALL = 5.0  # seconds between looks at which roots are there

_TOLD = [
    FileCreatedEvent, FileModifiedEvent, FileClosedEvent, FileMovedEvent, FileDeletedEvent,
    DirCreatedEvent, DirMovedEvent, DirDeletedEvent,
]  # fmt: skip
"""What the system is asked to tell: not that a file is opened and read, which is our own doing."""

_LIMITS = {
    errno.ENOSPC: ("folders", "fs.inotify.max_user_watches", 1_048_576),
    errno.EMFILE: ("programs", "fs.inotify.max_user_instances", 1_024),
}

Look = dict[str, tuple[int, int]]
"""Of each file in a folder its size and mtime_ns."""


@dataclass(slots=True)
class _Stir:
    """A folder in which something has moved. Times are of time.monotonic."""

    last: float
    deep: bool  # it is new itself: whatever lies below it was not watched from the beginning
    seen: Look | None = None
    seen_at: float = 0.0


class Dirty:
    """Which folders have changed, and when last. Called from watchdog's threads."""

    def __init__(self) -> None:
        self._stirs: dict[Path, _Stir] = {}
        self._lock = threading.Lock()
        self._lost = False

    def mark(self, folder: Path, *, deep: bool = False) -> None:
        now = time.monotonic()
        with self._lock:
            stir = self._stirs.setdefault(folder, _Stir(now, deep))
            stir.last = now
            stir.deep |= deep

    def lose(self) -> None:
        """Events were lost: nobody knows which."""
        self._lost = True

    def take_lost(self) -> bool:
        lost, self._lost = self._lost, False
        return lost

    def take_settled(self, quiet: float, settle: float) -> tuple[list[Path], list[Path]]:
        """The folders that have settled, clean from now on; and those that have not."""
        with self._lock:
            stirs = dict(self._stirs)
        settled = []
        for folder, stir in stirs.items():
            if time.monotonic() - stir.last < quiet:
                continue
            before, seen = stir.seen, _look(folder, deep=stir.deep)
            now = time.monotonic()
            if seen != before:
                stir.seen, stir.seen_at = seen, now
            elif now - stir.seen_at >= settle:
                settled.append(folder)
        with self._lock:
            settled = [folder for folder in settled if time.monotonic() - self._stirs[folder].last >= quiet]
            for folder in settled:
                del self._stirs[folder]
            return settled, list(self._stirs)


def _look(folder: Path, *, deep: bool) -> Look:
    """A folder that is gone holds nothing, and will do so at the next look."""
    found: Look = {}
    for path, folders, names in os.walk(folder):
        for name in names:
            try:
                stat = os.lstat(os.path.join(path, name))  # noqa: PTH118 - many: no Path is made
            except OSError:
                continue
            found[os.path.join(path, name)] = (stat.st_size, stat.st_mtime_ns)  # noqa: PTH118
        if not deep:
            folders.clear()
    return found


class _RootHandler(FileSystemEventHandler):
    def __init__(self, root: Path, dirty: Dirty, noticed: Kinds) -> None:
        self._root = str(root)
        self._inside = os.path.join(self._root, "")  # noqa: PTH118 - a path has no separator at its end
        self._dirty = dirty
        self._kinds = noticed

    def on_any_event(self, event: FileSystemEvent) -> None:
        places: tuple[str | bytes, ...] = (event.src_path, event.dest_path)  # the second is "" but for a move
        for place in (os.fsdecode(place) for place in places if place):
            if not self._noticed(place, event.is_directory):
                continue
            if event.is_directory and event.event_type in ("created", "moved"):
                self._dirty.mark(Path(place), deep=True)
            elif not event.is_directory or event.event_type == "deleted":
                self._dirty.mark(Path(place).parent)

    def _noticed(self, place: str, is_folder: bool) -> bool:
        """Whether an index run would look at it: its own log, and a picture, are none of its business."""
        if place != self._root and not place.startswith(self._inside):
            return False
        parts = place[len(self._inside) :].lower().split(os.sep)  # noqa: PTH206 - a million times: no Path is made
        if any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts):
            return False
        return (
            is_folder
            or suffix_of(parts[-1]) in self._kinds.audio
            or parts[-1].endswith(self._kinds.projects)
            or any(suffix_of(part) in self._kinds.bundles for part in parts)
        )


class _Losses(logging.Handler):
    """watchdog tells of an overflow, and of watches that it could not rebuild, in its log alone."""

    def __init__(self, dirty: Dirty) -> None:
        super().__init__(logging.WARNING)
        self._dirty = dirty

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - whatever it says
        self._dirty.lose()


@dataclass(frozen=True, slots=True)
class _Watched:
    observer: BaseObserver
    watch: ObservedWatch | None  # None: it could not be watched, and is swept
    identity: tuple[int, int]  # of the folder: another one may be mounted there a moment later


class Ears:
    """Watches the roots that are there, by events or, on a network share, by looking."""

    def __init__(self, dirty: Dirty, told: Callable[[Path, str], None]) -> None:
        self._dirty = dirty
        self._told = told
        self._kinds = kinds.everything()
        self._native: BaseObserver = Observer()
        self._polling: BaseObserver = PollingObserver(timeout=POLL)
        self._watched: dict[Path, _Watched] = {}
        self._limited = False

    def start(self) -> None:
        self._native.start()
        self._polling.start()

    def stop(self) -> None:
        for observer in (self._native, self._polling):
            observer.stop()
        for observer in (self._native, self._polling):
            observer.join(timeout=5)

    def follow(self, roots: Iterable[Path]) -> list[Path]:
        """Watch these roots and no others; those that came, came back, or had to be watched anew."""
        here = {root: identity for root in roots if (identity := _identity(root))}
        for root in [root for root, watched in self._watched.items() if self._is_over(watched, here.get(root))]:
            self._forget(root)
        fresh = [root for root in here if root not in self._watched]
        for root in fresh:
            self._watched[root] = self._watch(root, here[root])
        if fresh:
            self._check_limit(fresh[0])
        return fresh

    def _is_over(self, watched: _Watched, identity: tuple[int, int] | None) -> bool:
        if watched.identity != identity:
            return True
        emitters = {emitter.watch: emitter for emitter in watched.observer.emitters}
        return watched.watch is not None and not (watched.watch in emitters and emitters[watched.watch].is_alive())

    def _forget(self, root: Path) -> None:
        watched = self._watched.pop(root)
        if watched.watch is not None:
            with suppress(KeyError, OSError):  # its folder went, and it with it
                watched.observer.unschedule(watched.watch)

    def _watch(self, root: Path, identity: tuple[int, int]) -> _Watched:
        observer = self._polling if volumes.mount_of(root).network else self._native
        try:
            handler = _RootHandler(root, self._dirty, self._kinds)
            return _Watched(
                observer, observer.schedule(handler, str(root), recursive=True, event_filter=_TOLD), identity
            )
        except OSError as error:
            self._limited |= error.errno in _LIMITS
            self._told(root, _reason(error))
            return _Watched(observer, None, identity)

    def _check_limit(self, root: Path) -> None:
        """watchdog passes in silence over the folders that the system watches no more: so ask for one more."""
        if self._limited:
            return
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._native.unschedule(self._native.schedule(FileSystemEventHandler(), folder))
            except OSError as error:
                self._limited = error.errno in _LIMITS
                if self._limited:
                    self._told(root, _reason(error))


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        stat = root.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _reason(error: OSError) -> str:
    if error.errno not in _LIMITS:
        return error.strerror or str(error)
    what, setting, value = _LIMITS[error.errno]
    return (
        f"the system watches no more {what}: `sudo sysctl {setting}={value}` raises its limit, and the line "
        f"{setting}={value} in /etc/sysctl.d/60-archivist.conf keeps it"
    )


@contextmanager
def listening(dirty: Dirty, told: Callable[[Path, str], None]) -> Iterator[Ears]:
    losses = _Losses(dirty)
    logger = logging.getLogger("watchdog")
    logger.addHandler(losses)
    ears = Ears(dirty, told)
    with warnings.catch_warnings():
        # watchdog warns, at length, of a folder that left and came back: it is watched on
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        ears.start()
        try:
            yield ears
        finally:
            ears.stop()
            logger.removeHandler(losses)


def watch(
    online: Callable[[], Sequence[Path]],
    index: Callable[[list[Path], list[Path]], object],
    stop: threading.Event,
    *,
    quiet: float = QUIET,
    sweep: float = SWEEP,
    roll_call: float = ROLL_CALL,
    told: Callable[[Path, str], None] = lambda _root, _reason: None,
) -> None:
    """Call `index` with the roots in which something has changed and settled, and with the folders where something
    still moves, until `stop` is set; with every root first, when it comes back, and each `sweep`.

    online: the roots that are there now. told: of a root whose changes are not all told, and why.
    """
    dirty = Dirty()
    roots: Sequence[Path] = ()
    called = swept = float("-inf")
    with listening(dirty, told) as ears:
        while not stop.is_set():
            now = time.monotonic()
            due: set[Path] = set()
            if now - called >= roll_call:
                roots, called = online(), now
                due.update(ears.follow(roots))
            if now - swept >= sweep or dirty.take_lost():
                due.update(roots)
                swept = now
            settled, waiting = dirty.take_settled(quiet, min(SETTLE, quiet))
            due.update(root for root in roots if any(folder.is_relative_to(root) for folder in settled))
            if due:
                index(sorted(due), waiting)
            stop.wait(min(1.0, quiet / 2))
