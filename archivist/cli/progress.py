"""Progress of an index run on a terminal: stage, rate, time left, and what is worked on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

from archivist.records import IndexProgress
from archivist.text import printable

_TITLES = {"walking": "Looking", "reading": "Reading projects", "tagging": "Hearing", "done": "Done"}


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[Callable[[IndexProgress], None]]:
    """A bar on standard error where that is a terminal; elsewhere, and when quiet, nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _progress: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed and task.speed >= 10 else _slow(task.speed))

    columns = (
        TextColumn("{task.description:16}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}"),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[current]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def tell(progress: IndexProgress) -> None:
            if progress.stage not in tasks:
                for task in tasks.values():
                    bar.update(bar.tasks[task].id, visible=False)
                title = _TITLES[progress.stage]
                tasks[progress.stage] = bar.add_task(title, total=progress.total, counts="", current="")
            failed = f", {progress.failed} failed" if progress.failed else ""
            total = f"/{progress.total:,}" if progress.total is not None else ""
            bar.update(
                bar.tasks[tasks[progress.stage]].id,
                total=progress.total,
                completed=progress.done,
                counts=f"{progress.done:,}{total}{failed}",
                current=escape(printable(PurePath(progress.current).name)[:40]),
            )

        yield tell


def _slow(speed: float | None) -> str:
    return f"{speed:.1f}/s" if speed else ""
