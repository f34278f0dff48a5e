"""Commands for what lies elsewhere now, and for what is gone for good."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from archivist.cli import printing
from archivist.cli.app import FAILED, USAGE, DryRun, Json, Query, Session, app, leave, on_terminal, query_text
from archivist.records import Pruned
from archivist.text import printable

_SPANS = {"h": 3_600.0, "d": 86_400.0, "w": 604_800.0, "m": 2_629_800.0, "y": 31_557_600.0}
_SHOWN = 50  # files of a plan that a person is shown


@app.command()
def relocate(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(help="A root, or a drive or folder with roots, where it was.")],
    new: Annotated[Path, typer.Argument(help="Where it is now.")],
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Believe that a large part of it is really gone.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say that a root lies elsewhere now. Nothing is heard again, and all that you said stays."""
    with context.obj.open() as archive:
        for found in archive.relocate(old, new, accept_missing=accept_missing, dry_run=dry_run):
            if as_json:
                printing.write_line(printing.as_json(found))
                continue
            merged = ", joining the root that is there" if found.merged else ""
            places = f"{printable(found.old)} → {printable(found.new)}"
            printing.write_line(f"{places}: {found.found} of {found.files} files are there{merged}")
        if dry_run and not as_json:
            printing.write_line("nothing was changed yet")


@app.command()
def prune(
    context: typer.Context,
    query: Query = None,
    missing_for: Annotated[
        str | None,
        typer.Option("--missing-for", help="Only what has been missing so long: 30d, 6m, 1y.", metavar="AGE"),
    ] = None,
    forget_values: Annotated[
        bool, typer.Option("--forget-values", help="Forget also what you said of it: values, labels, notes.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Forget files that are gone: all that are missing, or those that QUERY finds. There is no undo; no disk is
    touched."""
    session: Session = context.obj
    text, seconds = query_text(query), _seconds(missing_for)
    with session.open() as archive:
        if dry_run or not yes:
            plan = archive.prune(text, missing_for=seconds, forget_values=forget_values, dry_run=True)
            _say(plan, as_json, "would be forgotten")
            if dry_run or not (plan.files or plan.projects or plan.forgotten):
                return
            if as_json or not on_terminal():
                session.warn("nothing was forgotten: --yes does it, there is no undo")
                leave(USAGE)
            if not typer.confirm("Forget them? There is no undo.", err=True):
                return
            if archive.prune(text, missing_for=seconds, forget_values=forget_values, dry_run=True) != plan:
                session.warn("nothing was forgotten: what is gone has changed meanwhile; look again")
                leave(FAILED)
        done = archive.prune(text, missing_for=seconds, forget_values=forget_values)
    if yes or not as_json:
        _say(done, as_json, "forgotten", names=yes)


def _seconds(age: str | None) -> float:
    if age is None:
        return 0.0
    match = re.fullmatch(r"([0-9]{1,6})([hdwmy])", age.strip().lower())
    if match is None:
        raise typer.BadParameter(f"--missing-for {printable(age)}: write an age such as 30d, 6m or 1y")
    return int(match[1]) * _SPANS[match[2]]


def _say(pruned: Pruned, as_json: bool, done: str, *, names: bool = True) -> None:
    if as_json:
        printing.write_line(printing.as_json(pruned))
        return
    if names:
        for path in pruned.files[:_SHOWN]:
            printing.write_line(printable(path))
        if len(pruned.files) > _SHOWN:
            printing.write_line(f"… and {len(pruned.files) - _SHOWN} more (--json lists all)")
    line = f"{_count(len(pruned.files), 'file')} and {_count(len(pruned.projects), 'project')} {done}"
    if pruned.kept:
        line += f"; what you said of {pruned.kept} is kept"
    if pruned.forgotten:
        line += f"; what you said of {_count(pruned.forgotten, 'sound')} too"
    printing.write_line(line)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
