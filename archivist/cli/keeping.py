"""Commands that keep an archive safe: copies of it, and a look at its health."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from archivist.archive import ArchiveError, back_up, restore
from archivist.archive import doctor as examine
from archivist.cli import printing
from archivist.cli.app import FAILED, NOTHING, OK, Json, Session, app, leave
from archivist.config import file_in_force
from archivist.text import printable


@app.command()
def backup(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Argument(help="A file, or a folder for a dated one.", metavar="FILE")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--restore", help="Put this backup in the archive's place instead.", metavar="FILE"),
    ] = None,
) -> None:
    """Copy the archive while it is in use, and check the copy; without FILE into its folder of backups."""
    session: Session = context.obj
    if source is not None:
        if target is not None:
            raise typer.BadParameter("--restore takes the backup's file alone")
        aside = restore(session.settings, source)
        if aside is not None:
            printing.write_line(f"kept the replaced archive as {printable(str(aside))}")
        printing.write_line(f"restored {printable(str(source))}")
        return
    if target and target.endswith(("/", os.sep)) and not Path(target).expanduser().is_dir():
        # A drive that is not mounted: a file in its place would be taken for the backup, and keep the drive out
        raise ArchiveError(f"{target}: no such folder; is its drive connected?")
    printing.write_line(printable(str(back_up(session.settings, Path(target) if target else None))))


@app.command()
def doctor(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="Do not try the engines, which takes seconds.")] = False,
    as_json: Json = False,
) -> None:
    """Look at versions, engines, drives and the archive itself, and say what to do about each."""
    session: Session = context.obj
    code = OK
    config_file = file_in_force(context.find_root().params["config_file"])
    for finding in examine(session.settings, config_file, engines=not quick):
        if finding.status == "problem":
            code = NOTHING if finding.check == "archive" else max(code, FAILED)
        if as_json:
            printing.write_line(printing.as_json(finding))
            continue
        printing.write_line(f"{finding.status:8} {finding.check:12} {printable(finding.text)}")
        if finding.advice:
            printing.write_line(f"{'':21} → {printable(finding.advice)}")
    leave(code)
