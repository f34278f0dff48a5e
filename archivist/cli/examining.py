"""Commands that need no archive: hear audio files, read projects."""

from __future__ import annotations

import typer

from archivist.archive import analyze, inspect
from archivist.cli import pages, printing
from archivist.cli.app import FAILED, INTERRUPTED, OK, Json, Paths, app, interruptible, leave


@app.command("analyze")
def analyze_command(context: typer.Context, paths: Paths, as_json: Json = False) -> None:
    """Hear audio files: instruments, kind, key, tempo, loudness, what they declare. Folders are walked."""
    failed = False
    with interruptible() as stop:
        for heard in analyze(paths, context.obj.settings, stop):
            failed |= heard.status == "error"
            printing.write_line(printing.as_json(heard) if as_json else pages.hearing_line(heard))
    leave(INTERRUPTED if stop.is_set() else FAILED if failed else OK)


@app.command("inspect")
def inspect_command(paths: Paths, as_json: Json = False) -> None:
    """Read DAW projects: tempo, key, tracks, plugins, samples. Folders are walked."""
    failed = False
    for found in inspect(paths):
        failed |= found.error is not None
        if as_json:
            printing.write_line(printing.as_json(printing.inspection(found)))
        else:
            pages.write_inspection(found)
    leave(FAILED if failed else OK)
