"""What is new since last time, for people, scripts and a command of the user's; and when it is looked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from archivist import schedule as schedules
from archivist.archive import Archive, ArchiveError
from archivist.cli import printing
from archivist.cli.app import Json, Session, app, one_of
from archivist.config import file_in_force
from archivist.records import Report
from archivist.schedule import Plan, ScheduleError
from archivist.text import printable, size_text

_NAMES = 8  # of one project, on one line
_LINES = 50  # of one sort; --json has them all
_COMMAND_SECONDS = 600  # for the user's command


@app.command()
def report(
    context: typer.Context,
    since: Annotated[
        str, typer.Option(help="last, 12h, 30d, 2w, 2026-05-17 or 2026-05-17T01:00.", metavar="WHEN")
    ] = "last",
    as_json: Json = False,
) -> None:
    """Say what is new: takes, projects and what they changed, lost samples, conflicts, failures, disk.

    last: since the `index` before the newest one.
    """
    with context.obj.open() as archive:
        try:
            found = archive.report(since)
        except ValueError as error:
            raise typer.BadParameter(f"--since {printable(since)}: {error}") from error
    _write(found, as_json)


def say_news(session: Session, archive: Archive, as_json: bool, *, print_it: bool) -> None:
    """At the end of a run: the report where it is wanted, and the user's command with it."""
    command = session.settings.after_index
    if not (print_it or command):
        return
    found = archive.report()
    if print_it:
        _write(found, as_json)
    if command and (reason := _run(command, printing.as_json(found))):
        session.warn(f"after_index: {command[0]}: {reason}")


def _run(command: Sequence[str], text: str) -> str | None:
    """Why it failed. What it prints goes to standard error: standard output carries the result alone."""
    try:
        done = subprocess.run(
            command, input=text.encode("utf-8"), stdout=sys.stderr, timeout=_COMMAND_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"still ran after {_COMMAND_SECONDS} s, and was ended"
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    except ValueError as error:
        return str(error)
    return f"ended with {done.returncode}" if done.returncode else None


# ---------------------------------------------------------------- as text


def _write(found: Report, as_json: bool) -> None:
    if as_json:
        printing.write_line(printing.as_json(found))
        return
    since = datetime.fromisoformat(found.since).astimezone() if found.since else None
    printing.write_line(f"since {since:%Y-%m-%d %H:%M}" if since else "since the beginning")
    sections = [section for section in _sections(found) if section[1]]
    for title, lines in sections:
        printing.write_line(title)
        for line in lines[:_LINES]:
            printing.write_line(f"  {printable(line)}")
        if len(lines) > _LINES:
            printing.write_line(f"  and {len(lines) - _LINES} more")
    if not sections:
        printing.write_line("nothing new")
    if found.bytes_added or found.bytes_gone:
        gone = f", {size_text(found.bytes_gone)} gone" if found.bytes_gone else ""
        printing.write_line(f"{size_text(found.bytes_added)} added{gone}")


def _sections(found: Report) -> Iterator[tuple[str, list[str]]]:
    counts = found.counts
    yield (
        _count(counts["new_files"], "new file"),
        [f"{new.project or 'in no project'}: {_some(new.names, new.count)}" for new in found.new_files],
    )
    yield (
        _count(counts["new_projects"], "new project"),
        [f"{new.name} ({new.daw})  {new.path}" for new in found.new_projects],
    )
    yield (
        _count(counts["changed_projects"], "changed project"),
        [
            f"{one.name}: {_some([str(change) for change in one.changes], len(one.changes)) or 'saved anew'}"
            for one in found.changed_projects
        ],
    )
    yield (
        _count(counts["lost_samples"], "sample") + " not found",
        [f"{lost.project}: {_some(lost.samples, len(lost.samples))}" for lost in found.lost_samples],
    )
    yield (
        _count(counts["conflicts"], "value") + " in conflict",
        [
            f"{one.path}: {one.field} {one.heard} heard, {one.said} by its {_BY[one.source]}"
            for one in found.conflicts
        ],
    )
    yield (
        _count(counts["failures"], "file") + " failed",
        [f"{failure.path}: {failure.reason}" for failure in found.failures],
    )
    yield (
        _count(counts["gone_files"], "file") + " gone",
        ["`archivist find is:missing` lists what is"][: counts["gone_files"]],
    )
    yield "offline, left as they were", list(found.offline)
    yield "refused, left as they were", [f"{failure.path}: {failure.reason}" for failure in found.refused]


_BY = {"project": "project", "embedded": "tags", "name": "name"}


def _count(number: int, noun: str) -> str:
    """
    >>> _count(1, "new file"), _count(1200, "new file")
    ('1 new file', '1,200 new files')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _some(names: Iterable[str], count: int) -> str:
    first = list(names)[:_NAMES]
    return ", ".join(first) + (f" and {count - len(first)} more" if count > len(first) else "")


# ---------------------------------------------------------------- every night


@app.command()
def schedule(
    context: typer.Context,
    at: Annotated[str, typer.Option("--time", help="When, by the local clock.", metavar="HH:MM")] = "01:00",
    kind: Annotated[
        str | None, typer.Option(help=f"{', '.join(schedules.KINDS)}; what this system has, without it.")
    ] = None,
    install: Annotated[bool, typer.Option("--install", help="Do it, instead of printing it.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False,
) -> None:
    """Print what runs `archivist index` every night, or install it."""
    session: Session = context.obj
    if install and remove:
        raise typer.BadParameter("say one of --install and --remove")
    if kind is not None:
        one_of("--kind", kind, schedules.KINDS)
    try:
        planned = schedules.plan(kind or schedules.kind_here(), _command(context, session), _time(at))
        if install:
            schedules.install(planned)
            printing.write_line(f"installed: every night at {at}, `archivist report` tells what it found")
        elif remove:
            printing.write_line("removed" if schedules.remove(planned) else "there was nothing to remove")
        else:
            _show(planned)
    except ScheduleError as error:
        raise ArchiveError(str(error)) from error


def _time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # a zone or seconds would be lost
    except ValueError:
        raise typer.BadParameter(f"--time {printable(text)}: write it like 01:00") from None


def _command(context: typer.Context, session: Session) -> list[str]:
    """The whole command: what runs at night has another environment, and starts in another folder."""
    archive = session.settings.archive
    where = archive if "://" in archive else str(Path(archive).expanduser().absolute())
    file = file_in_force(context.find_root().params["config_file"]).absolute()
    config = ["--config", str(file)] if file.exists() else []
    return [sys.executable, "-m", "archivist", "--archive", where, *config, "-v", "index", "--nice", "--report"]


def _show(plan: Plan) -> None:
    if plan.crontab is not None:
        printing.write_line(plan.crontab)
    for path, text in plan.files.items():
        printing.write_line(f"# {printable(str(path))}")
        encoding = "utf-16" if text.startswith(b"\xff\xfe") else "utf-8"
        printing.write_line(text.decode(encoding))
    for command in plan.start:
        printing.write_line(f"# then: {' '.join(map(printable, command))}")
    if plan.remark:
        printing.write_line(f"# {plan.remark}")
    printing.write_line("# nothing is installed yet: --install does that")
