"""What one run of indexing carries: its counters and whom it tells, and what it found in each root."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archivist.analysis import Workers
from archivist.config import Config
from archivist.records import Failure, IndexProgress, IndexSummary
from archivist.scan import Diff, Entry, Known
from archivist.store import places
from archivist.tables import Scan

Progress = Callable[[IndexProgress], None]

_PROGRESS_SECONDS = 0.1


@dataclass(slots=True)
class Run:
    """What one run counts and whom it tells."""

    config: Config
    workers: Workers
    progress: Progress
    stop: threading.Event
    waiting: tuple[Path, ...] = ()  # folders in which something is being written now
    settle: float = 0.0  # seconds that a file must have been left alone to be looked at
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    offline: list[str] = field(default_factory=list)
    refused: list[Failure] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    said: float = 0.0

    def tell(self, stage: Any, done: int, total: int | None, current: str, *, now: bool = False) -> None:
        """Report progress, a few times a second at most."""
        clock = time.monotonic()
        if now or clock - self.said >= _PROGRESS_SECONDS:
            self.said = clock
            self.progress(IndexProgress(stage, done, total, current, len(self.failures), clock - self.started))

    def fail(self, path: Path | str, reason: str) -> None:
        self.failures.append(Failure(str(path), reason))

    def summary(self) -> IndexSummary:
        names = ("indexed", "seen", "added", "changed", "moved", "missing", "back", "analysed")
        return IndexSummary(
            **{name: self.counts[name] for name in names},
            failed=len(self.failures),
            seconds=round(time.monotonic() - self.started, 3),
            failures=tuple(self.failures),
            offline=tuple(self.offline),
            refused=tuple(self.refused),
            interrupted=self.stop.is_set(),
        )


@dataclass(slots=True)
class RootScan:
    """A root that is there, and how it differs from the archive."""

    row: Scan
    volume_id: int
    mount: Path
    prefix: str
    diff: Diff
    looked: float | None = None  # when the run before, that looked through all of it, ended
    resumes: bool = False  # the last run ended in the middle: what it had begun is derived anew
    moves: list[tuple[Known, Entry]] = field(default_factory=list)
    left: dict[int, tuple[int, Known]] = field(default_factory=dict)  # a moved file's volume and place before
    added: tuple[int, ...] = ()
    projects_touched: bool = False
    concerned: set[int] = field(default_factory=set)  # projects to settle
    versions: list[int] = field(default_factory=list)  # versions read in this run

    @property
    def files(self) -> Any:
        return places.below(self.volume_id, self.prefix)
