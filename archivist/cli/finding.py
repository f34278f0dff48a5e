"""Commands that find files and projects, and show what is known of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archivist.cli import pages, printing
from archivist.cli.app import Json, Projects, Query, app, query_text
from archivist.text import printable
from archivist.weights import ASPECTS, weigh


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
            printing.write_csv(rows, printing.text_output())
        elif paths or print0:
            printing.write_paths(rows, nul=print0)
        else:
            printing.write_rows(rows)


@app.command()
def similar(
    context: typer.Context,
    like: Annotated[
        list[str], typer.Argument(help="What to be like: ids, or paths; any audio file.", metavar="PATH|ID")
    ],
    to: Annotated[str, typer.Option("--to", help="Only among what this finds.", metavar="QUERY")] = "",
    unlike: Annotated[
        list[str] | None, typer.Option(help="What to move away from; may be repeated.", metavar="PATH|ID")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(help=f"How much an aspect counts: {', '.join(ASPECTS)}.", metavar="ASPECT=NUMBER"),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Find what sounds like a file, or like several at once, with the reasons."""
    try:
        weights = weigh(context.obj.settings.similar, dict(_weight(text) for text in weight or ()))
    except ValueError as error:
        raise typer.BadParameter(printable(str(error))) from error
    with context.obj.open() as archive:
        for neighbour in archive.similar(like, unlike=unlike or (), query=to, limit=limit, weights=weights):
            if as_json:
                fields = {"score": neighbour.score, "reasons": neighbour.reasons}
                printing.write_line(printing.as_json({**asdict(neighbour.row), **fields}))
            else:
                printing.write_line(printing.neighbour_line(neighbour))


def _weight(text: str) -> tuple[str, float]:
    aspect, _equals, number = text.partition("=")
    try:
        return aspect.strip().lower(), float(number)
    except ValueError:
        raise typer.BadParameter(f"{printable(text)}: write ASPECT=NUMBER, such as tempo=2") from None


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
