"""Noticing what changes in the roots while it runs, and indexing it once a root has gone quiet.

Events are hints: they say which root is dirty and when it last moved, nothing more. A copy in progress
keeps sending them, so a file is looked at when it has stopped growing; a sweep of all roots now and then
catches what no event told (network mounts, an overflowing queue).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

QUIET = 5.0  # seconds without an event before a root is looked at
SWEEP = 900.0  # seconds between looks at everything

_READ_ONLY = frozenset(("opened", "closed_no_write"))  # what our own reading causes


class Dirty:
    """Which roots have changed, and when last. Called from watchdog's threads."""

    def __init__(self) -> None:
        self._since: dict[Path, float] = {}
        self._lock = threading.Lock()

    def mark(self, root: Path) -> None:
        with self._lock:
            self._since[root] = time.monotonic()

    def take_quiet(self, quiet: float) -> list[Path]:
        """The roots that changed and have been quiet for so many seconds since; they count as clean now."""
        now = time.monotonic()
        with self._lock:
            roots = [root for root, last in self._since.items() if now - last >= quiet]
            for root in roots:
                del self._since[root]
        return roots


class _RootHandler(FileSystemEventHandler):
    def __init__(self, root: Path, dirty: Dirty) -> None:
        self._root = root
        self._dirty = dirty

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in _READ_ONLY:
            self._dirty.mark(self._root)


@contextmanager
def observed(roots: list[Path], dirty: Dirty) -> Iterator[list[tuple[Path, str]]]:
    """Watch these folders; gives those that cannot be watched, with the reason. They are swept only."""
    observer = Observer()
    refused = []
    for root in roots:
        try:
            observer.schedule(_RootHandler(root, dirty), str(root), recursive=True)
        except OSError as error:
            refused.append((root, error.strerror or str(error)))
    observer.start()
    try:
        yield refused
    finally:
        observer.stop()
        observer.join(timeout=5)


def watch(
    roots: list[Path],
    index: Callable[[list[Path]], object],
    stop: threading.Event,
    *,
    quiet: float = QUIET,
    sweep: float = SWEEP,
    refused: Callable[[Path, str], None] = lambda _root, _reason: None,
) -> None:
    """Call `index` with the roots that changed, until `stop` is set; with all of them first, and each `sweep`."""
    dirty = Dirty()
    with observed(roots, dirty) as unwatched:
        for root, reason in unwatched:
            refused(root, reason)
        swept = 0.0
        while not stop.is_set():
            if not swept or time.monotonic() - swept >= sweep:
                index(roots)
                swept = time.monotonic()
            elif changed := dirty.take_quiet(quiet):
                index(changed)
            stop.wait(min(1.0, quiet / 2))
