"""Commands that find files and projects, and show what is known of one."""

from __future__ import annotations

from typing import Annotated

import typer

from archivist.cli import pages, printing
from archivist.cli.app import Json, Projects, Query, app, query_text


@app.command()
def find(
    context: typer.Context,
    query: Query = None,
    projects: Projects = False,
    sort: Annotated[
        str | None, typer.Option(help="name, date, bpm, key, length, size…; - turns it round.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table for spreadsheets.")] = False,
    paths: Annotated[bool, typer.Option("--paths", help="Only the paths.")] = False,
    print0: Annotated[bool, typer.Option("--print0", help="Only the paths, a NUL behind each.")] = False,
) -> None:
    """Find files, or projects: words, key:Am, bpm:118..124, instrument:vocals, date:2019..2021, -term, or, ( )."""
    with context.obj.open() as archive:
        rows = archive.find(query_text(query), projects=projects, sort=sort, limit=limit)
        if as_json:
            for row in rows:
                printing.write_line(printing.as_json(row))
        elif as_csv:
            printing.write_csv(rows)
        elif paths or print0:
            printing.write_paths(rows, nul=print0)
        else:
            printing.write_rows(rows)


@app.command()
def show(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="A path, or an id that `find --json` gave.", metavar="PATH|ID")],
    projects: Annotated[bool, typer.Option("--projects", help="The id is a project's.")] = False,
    as_json: Json = False,
) -> None:
    """Everything known of a file or project: each value with its source, confidence, engine and date."""
    with context.obj.open() as archive:
        found = archive.show(target, projects=projects)
        if as_json:
            printing.write_line(printing.as_json(found))
        else:
            pages.write_details(found)
