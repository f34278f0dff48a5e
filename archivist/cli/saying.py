"""Commands with which a person says what is right: values that no machine changes, and labels."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import typer.core

from archivist.cli import printing
from archivist.cli.app import DryRun, Projects, app
from archivist.records import Change
from archivist.text import printable


@app.command("set")
def set_command(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Which files, or projects.")],
    values: Annotated[
        list[str],
        typer.Argument(help="key=Am bpm=92; bpm=x2, /2, x3/2 or x2/3; FIELD=none: there is none; FIELD=keep."),
    ],
    projects: Projects = False,
    dry_run: DryRun = False,
) -> None:
    """Say what is right. Your value is a lock: no analysis changes it, until you `unset` or `undo` it."""
    assignments = dict(_assignment(value) for value in values)
    with context.obj.open() as archive:
        _say_changes(archive.set_values(query, assignments, projects=projects, dry_run=dry_run), dry_run)


@app.command()
def unset(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Which files, or projects.")],
    fields: Annotated[list[str], typer.Argument(help="bpm, key, instrument, kind.")],
    projects: Projects = False,
    dry_run: DryRun = False,
) -> None:
    """Take your own values away again; the archive's come back."""
    with context.obj.open() as archive:
        _say_changes(archive.unset_values(query, fields, projects=projects, dry_run=dry_run), dry_run)


@app.command()
def undo(context: typer.Context) -> None:
    """Take back the last `set`, `unset`, `label` or verdict on duplicates, whole."""
    with context.obj.open() as archive:
        _say_changes(archive.undo(), dry_run=False)


class _TakingOff(typer.core.TyperCommand):
    """A command whose -NAME is a name: `-chorus` asks for no help, though there is an h in it."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        return super().parse_args(ctx, ["--help" if word == "-h" else word for word in args])


@app.command(cls=_TakingOff, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
def label(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Which files, or projects.")],
    names: Annotated[list[str], typer.Argument(help="+NAME puts a label on, -NAME takes it off.")],
    projects: Projects = False,
) -> None:
    """Put free labels on files or projects, or take them off."""
    if wrong := [name for name in names if name[:1] not in ("+", "-") or not name[1:].strip()]:
        name = printable(wrong[0].lstrip("+-").strip()) or "NAME"
        raise typer.BadParameter(f"write +{name} or -{name}")
    add = [name[1:] for name in names if name.startswith("+")]
    off = [name[1:] for name in names if name.startswith("-")]
    with context.obj.open() as archive:
        printing.write_line(f"{archive.label(query, add, off, projects=projects)} labelled")


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{printable(text)}: write FIELD=VALUE, such as key=Am")
    return name.strip().lower(), value


def _say_changes(changes: list[Change], dry_run: bool) -> None:
    for change in changes:
        before, after = printable(change.before or "nothing"), printable(change.after or "nothing")
        printing.write_line(f"{printable(change.path)}  {printable(change.field)}: {before} → {after}")
    printing.write_line(
        f"{len(changes)} value{'s' * (len(changes) != 1)} {'would change' if dry_run else 'changed'}"
    )
