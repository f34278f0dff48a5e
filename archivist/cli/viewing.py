"""Commands that open the terminal UI."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from archivist.archive import Archive, ArchiveError
from archivist.cli import printing
from archivist.cli.app import INTERRUPTED, Query, Session, app, interruptible, leave, on_terminal, query_text
from archivist.cli.indexing import say_summary
from archivist.text import printable


@app.command()
def browse(context: typer.Context, query: Query = None) -> None:
    """Open the terminal UI."""
    if not on_terminal() and "TEXTUAL_DRIVER" not in os.environ:  # which `serve` sets: a page is its terminal
        raise ArchiveError("browse needs a terminal; `archivist find` lists the same")
    open_browser(context.obj.open(), query_text(query))


def open_browser(archive: Archive, query: str) -> None:
    from tui.app import ArchivistApp

    with archive:
        ArchivistApp(archive, query).run()


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at.", metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8000,
    anyone: Annotated[
        bool,
        typer.Option(
            "--anyone", help="Let all who reach another address than 127.0.0.1 browse, and edit, the archive."
        ),
    ] = False,
) -> None:
    """Show the terminal UI in a browser, until Ctrl-C. There is no password: who reaches the address is in."""
    from tui import web

    session: Session = context.obj
    if not web.is_local(host):
        if not anyone:
            raise typer.BadParameter(
                f"--host {printable(host)} is reached from other machines, and whoever reaches it could browse "
                "and edit the archive: there is no password. Say --anyone if that is what you want"
            )
        session.warn(f"anyone who reaches {web.address(host, port)} can browse and edit this archive")
    session.open().close()  # what is wrong with it is said here, not in a browser
    os.environ["ARCHIVIST_ARCHIVE"] = session.settings.archive  # not an argument: those are seen by everybody
    if named := context.find_root().params["config_file"]:
        os.environ["ARCHIVIST_CONFIG"] = str(named)
    result = sys.stdout.buffer

    def ready() -> None:
        result.write(f"{web.address(host, port)}\n".encode())
        result.flush()

    words = [sys.executable, "-m", "archivist", "browse"]
    command = subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
    try:
        with redirect_stdout(sys.stderr):  # what a page's process says at its end is no result
            web.serve(command, host, port, ready, anyone=anyone)
    except OSError as error:
        raise ArchiveError(f"{web.address(host, port)} cannot be had: {error.strerror or error}") from error


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
