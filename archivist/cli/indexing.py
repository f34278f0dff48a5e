"""Commands that bring folders into the archive and keep it up to date."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from archivist.archive import ArchiveError
from archivist.cli import printing
from archivist.cli.app import FAILED, INTERRUPTED, NOTHING, OK, Json, Session, app, interruptible, leave, one_of
from archivist.cli.reporting import say_news
from archivist.records import IndexSummary
from archivist.roots import KINDS
from archivist.text import printable
from archivist.window import Window, closing


@app.command()
def add(
    context: typer.Context,
    root: Annotated[str, typer.Argument(help="A folder of projects, samples or both.")],
    kind: Annotated[str, typer.Option(help="projects, samples or mixed.")] = "mixed",
    mark: Annotated[
        bool, typer.Option("--mark", help="Write .archivist-volume into it, to know it wherever it is mounted.")
    ] = False,
) -> None:
    """Put a folder into the archive. Nothing in it is ever written to, but with --mark; `index` reads it."""
    one_of("--kind", kind, KINDS)
    if not root.strip():  # a script's unset variable would mean the folder that it runs in
        raise typer.BadParameter("name a folder, . for the one that you are in")
    with context.obj.open() as archive:
        printing.write_line(f"added {printable(archive.add_root(Path(root), kind, mark=mark).path)}")


@app.command()
def roots(context: typer.Context, as_json: Json = False) -> None:
    """List the folders in the archive."""
    with context.obj.open() as archive:
        for root in archive.roots():
            if as_json:
                printing.write_line(printing.as_json(root))
            else:
                when = root.last_indexed or f"never indexed{' to its end' * bool(root.files)}"
                line = f"{root.status:8} {root.files:>9} files  {when}  {printable(root.path)}"
                if root.status == "offline" and root.drive:
                    line += f"  (drive: {printable(root.drive)})"
                printing.write_line(line)


@app.command()
def remove(context: typer.Context, root: Annotated[Path, typer.Argument(help="A root.")]) -> None:
    """Take a folder out of the archive; what was found in it stays known."""
    with context.obj.open() as archive:
        printing.write_line(f"removed {printable(archive.remove_root(root).path)}")


@app.command()
def index(
    context: typer.Context,
    root: Annotated[list[Path] | None, typer.Argument(help="Roots; all of them without one.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="A Dask scheduler's address.", metavar="ADDRESS")] = None,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Believe that a large part of a root is really gone.")
    ] = False,
    nice: Annotated[
        bool | None, typer.Option("--nice/--no-nice", help="Let every other program go first.", show_default=False)
    ] = None,
    between: Annotated[
        str | None,
        typer.Option(help="Only in these hours, such as 01:00-06:00; always.", metavar="HH:MM-HH:MM"),
    ] = None,
    with_report: Annotated[
        bool, typer.Option("--report", help="Say at the end what is new since last time.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the archive up to date: find, read and hear what is new or changed. Resumes where it stopped."""
    from archivist.cli.progress import shown

    session: Session = context.obj
    window = _window(between) if between else session.settings.between
    if window and not window.holds(datetime.now().time()):
        session.warn(f"not now: it indexes between {window} (--between always overrules that)")
        return
    with session.open() as archive:
        if not archive.roots():
            raise ArchiveError("the archive has no root yet: `archivist add FOLDER` makes one")
        with interruptible() as stop, _closing(window, stop) as closed, shown(quiet=session.quiet) as progress:
            summary = archive.index(
                root or (),
                jobs=jobs,
                scheduler=scheduler,
                accept_missing=accept_missing,
                nice=nice,
                progress=progress,
                stop=stop,
            )
        say_summary(session, summary, as_json)
        if window and closed.is_set():
            session.warn(f"stopped, for it indexes between {window}; it goes on from here")
        elif summary.interrupted:
            leave(INTERRUPTED)
        say_news(session, archive, as_json, print_it=with_report)
    leave(OK if closed.is_set() and summary.interrupted else _index_code(summary))


def _window(text: str) -> Window | None:
    try:
        return Window.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"--between {printable(text)}: {error}") from error


def _closing(window: Window | None, stop: threading.Event) -> AbstractContextManager[threading.Event]:
    return closing(window, stop) if window else nullcontext(threading.Event())


def say_summary(session: Session, summary: IndexSummary, as_json: bool) -> None:
    if as_json:
        printing.write_line(printing.as_json(summary))
    else:
        names = ("seen", "added", "changed", "moved", "missing", "back", "analysed", "failed")
        counts = ", ".join(f"{getattr(summary, name)} {name}" for name in names)
        printing.write_line(f"{counts} in {summary.seconds:.1f} s")
    for failure in (*summary.failures, *summary.refused):
        session.warn(f"{failure.path}: {failure.reason}")
    for path in summary.offline:
        session.warn(f"{path}: offline, left as it was")


def _index_code(summary: IndexSummary) -> int:
    if summary.interrupted:
        return INTERRUPTED
    if summary.refused or not summary.indexed:
        return NOTHING
    return FAILED if summary.failures else OK  # a drive may be away: no failure


@app.command()
def watch(
    context: typer.Context,
    quiet: Annotated[float | None, typer.Option(min=0.1, help="Seconds without a change before looking.")] = None,
    as_json: Json = False,
) -> None:
    """Keep the archive up to date: index now, and then whatever changes, until Ctrl-C."""
    session: Session = context.obj

    def report(summary: IndexSummary) -> None:
        if summary.added or summary.changed or summary.moved or summary.missing or summary.back or summary.failed:
            say_summary(session, summary, as_json)

    def refused(root: Path, reason: str) -> None:
        session.warn(f"{root}: not all changes are seen at once ({reason}); it is looked at every 15 minutes")

    with session.open() as archive, interruptible() as stop:
        if not archive.roots():
            raise ArchiveError("the archive has no root yet: `archivist add FOLDER` makes one")
        archive.watch(report, stop, quiet=quiet, refused=refused)
