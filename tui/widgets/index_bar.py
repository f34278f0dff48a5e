"""Runs the index and tells on one line how it goes: stage, share, rate, time left, failures."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import redirect_stderr
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker

from archivist.records import IndexProgress, IndexSummary
from tui.messages import Failed, IndexEnded, IndexMoved
from tui.widgets.cells import count, fit

if TYPE_CHECKING:
    from archivist.archive import Archive

STAGES = {
    "walking": "Looking through folders",
    "reading": "Reading projects",
    "tagging": "Listening to audio",
    "done": "Done",
}
_BAR = 16


REFRESH_SECONDS = 20.0


class IndexBar(Static):
    """Hidden while nothing runs. Posts Grown now and then when there is more to see, and IndexEnded, or
    Failed, at the end of a run."""

    class Grown(Message):
        """The archive holds more than a while ago."""

    def __init__(self, archive: Archive, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._archive = archive
        self._stop: threading.Event | None = None
        self._stage_start: IndexProgress | None = None
        self._grown_at = 0.0

    @property
    def running(self) -> bool:
        return self._stop is not None

    def start(self, roots: Sequence[Path] = ()) -> None:
        """Index `roots`, or all; a run that goes on already stays the only one."""
        if self._stop is None:
            _start_resource_tracker()
            self._stop = threading.Event()
            self._index(roots, self._stop)

    def stop(self) -> None:
        """Ask the run to end; it keeps what it has finished and says IndexEnded as ever."""
        if self._stop is not None:
            self._stop.set()

    def on_unmount(self) -> None:
        self.stop()

    @work(thread=True, group="index", exit_on_error=False)
    def _index(self, roots: Sequence[Path], stop: threading.Event) -> IndexSummary:
        return self._archive.index(roots, progress=self._tell, stop=stop)

    def _tell(self, progress: IndexProgress) -> None:
        self.post_message(IndexMoved(progress))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        worker = event.worker
        if not worker.is_finished:
            return
        self.stop()  # a worker that the program's end has cancelled still runs in its thread
        self._stop = self._stage_start = None
        self.display = False
        if worker.error is not None:
            self.post_message(Failed(worker.error))
        self.post_message(IndexEnded(worker.result))

    def on_index_moved(self, message: IndexMoved) -> None:
        message.stop()
        if self._stop is None:
            return
        stage_begins = self._stage_start is None or message.progress.stage != self._stage_start.stage
        if stage_begins or message.progress.seconds > self._grown_at + REFRESH_SECONDS:
            self._grown_at = message.progress.seconds
            self.post_message(self.Grown())
        if stage_begins or self._stage_start is None:
            self._stage_start = message.progress
        self.display = True
        self.update(progress_line(message.progress, self._stage_start, self.content_region.width), layout=False)


def _start_resource_tracker() -> None:
    """Worker processes need multiprocessing's tracker, which starts with sys.stderr's file descriptor; the
    stand-in that Textual puts there while an app runs has none (its fileno() is -1)."""
    if os.name == "posix":
        with redirect_stderr(sys.__stderr__):
            resource_tracker.ensure_running()


def progress_line(now: IndexProgress, start: IndexProgress, width: int) -> Content:
    """One line of `width` cells; the rate is that since `start`, the first report of this stage."""
    parts: list[tuple[str, str]] = [(f"{STAGES[now.stage]} ", "bold")]
    if now.total:
        share = min(1.0, now.done / now.total)
        full = int(share * _BAR)
        parts += [(" " + "━" * full, "$primary"), ("─" * (_BAR - full), "$quiet")]
        parts.append((f" {share:4.0%} {now.done:,}/{now.total:,}", ""))
    else:
        parts.append((f" {now.done:,}", ""))
    rate = (now.done - start.done) / max(1e-6, now.seconds - start.seconds)
    if now.failed:
        parts.append((f"  {now.failed:,} failed", "$error"))
    if rate > 0:
        if now.total and now.total > now.done:
            parts.append((f"  {_time((now.total - now.done) / rate)} left", ""))
        parts.append((f"  {rate:,.0f}/s" if rate >= 10 else f"  {rate:.1f}/s", "$quiet"))
    line = Content.assemble(*parts)
    room = width - line.cell_length - 2
    if now.current and room > 12:
        line += Content.styled("  " + fit(now.current, room, shorten="start"), "$quiet")
    return line


def told(summary: IndexSummary) -> str:
    """A finished run in one line."""
    numbers = (
        ("added", summary.added),
        ("changed", summary.changed),
        ("moved", summary.moved),
        ("missing", summary.missing),
        ("back", summary.back),
        ("analysed", summary.analysed),
        ("failed", summary.failed),
    )
    news = ", ".join(f"{number:,} {word}" for word, number in numbers if number)
    line = f"{'Stopped' if summary.interrupted else 'Indexed'}: {news or 'nothing new'}"
    if summary.offline:
        line += f" · {count(len(summary.offline), 'root')} offline"
    return line + "".join(f" · {refusal.path}: {refusal.reason}" for refusal in summary.refused)


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
