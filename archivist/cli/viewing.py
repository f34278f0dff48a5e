"""Commands that open the terminal UI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archivist.archive import Archive
from archivist.cli import printing
from archivist.cli.app import INTERRUPTED, Query, Session, app, interruptible, leave, on_terminal, query_text
from archivist.cli.indexing import say_summary


@app.command()
def browse(context: typer.Context, query: Query = None) -> None:
    """Open the terminal UI."""
    open_browser(context.obj.open(), query_text(query))


def open_browser(archive: Archive, query: str) -> None:
    from tui.app import ArchivistApp

    with archive:
        ArchivistApp(archive, query).run()


@app.command()
def demo(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Where to; a cache folder without one.")] = None,
) -> None:
    """Build a demo studio, index it, and open it; without a terminal, print what was found."""
    from archivist.cli.progress import shown
    from archivist.demo import run

    session: Session = context.obj
    with interruptible() as stop, shown(quiet=session.quiet) as progress:
        archive, summary = run(folder, session.settings, progress, stop)
    say_summary(session, summary, as_json=False)
    if stop.is_set():
        leave(INTERRUPTED)
    if on_terminal():
        open_browser(archive, "")
        return
    with archive:
        printing.write_rows(archive.find(projects=True, sort="name"))
        printing.write_line()
        printing.write_rows(archive.find("bpm:80..130", sort="name", limit=12))
