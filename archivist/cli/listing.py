"""Commands that list what projects use and lack, and that write a result to a file for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from archivist.archive import ArchiveError
from archivist.cli import printing
from archivist.cli.app import Json, Projects, Query, Session, app, query_text
from archivist.records import FileUses, PluginUse
from archivist.text import printable

_SHOWN = 20  # doubts in text; --json tells them all


@app.command()
def missing(
    context: typer.Context,
    unresolved: Annotated[
        bool, typer.Option("--unresolved", help="Also samples that only the machine which saved it could find.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the samples that projects would not find, and the files and projects that are gone."""
    with context.obj.open() as archive:
        lacked = archive.lacked_samples(unresolved=unresolved)
        gone = {
            what: [row for row in archive.find("is:missing", projects=what == "project") if row.state == "missing"]
            for what in ("file", "project")
        }
    if as_json:
        for sample in lacked:
            printing.write_line(printing.as_json({"what": "sample", **asdict(sample)}))
        for what, rows in gone.items():
            for row in rows:
                printing.write_line(printing.as_json({"what": what, **asdict(row)}))
        return
    for (path, name, daw), samples in groupby(lacked, key=lambda one: (one.project_path, one.project, one.daw)):
        printing.write_line(f"{printable(name)} ({daw})  {printable(path)}")
        for sample in samples:
            place = f" → {printable(sample.known_at)}" if sample.known_at else ""
            printing.write_line(f"    {sample.status:10} {printable(sample.sample)}{place}")
    for what, rows in gone.items():
        for row in rows:
            printing.write_line(f"{what} gone  {printable(row.path)}")
    counts = {"sample": len(lacked), **{what: len(rows) for what, rows in gone.items()}}
    listed = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items())
    printing.write_line(f"missing: {listed}")


@app.command()
def plugins(context: typer.Context, as_json: Json = False) -> None:
    """List the plugins that projects use: in how many projects now, in how many versions ever, and when last."""
    with context.obj.open() as archive:
        for use in archive.plugins():
            if as_json:
                printing.write_line(printing.as_json(use))
                continue
            projects, versions = (f"{count}{word}{'s' * (count != 1)}" for count, word in _counted(use))
            counts = f"{projects:>14}  {versions:>14}  {use.last_saved[:10]}"
            vendor = f" ({printable(use.vendor)})" if use.vendor else ""
            printing.write_line(f"{counts}  {use.format:8} {printable(use.name)}{vendor}")


@app.command()
def uses(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="An audio file, or its id.", metavar="PATH|ID")],
    as_json: Json = False,
) -> None:
    """Say which projects use a file; where none does, whether that is certain or some projects are unparsed."""
    with context.obj.open() as archive:
        found = archive.uses(target)
    if as_json:
        printing.write_line(printing.as_json(found))
    else:
        _say_uses(found)


def _counted(use: PluginUse) -> Iterable[tuple[int, str]]:
    return (use.projects, " project"), (use.versions, " version")


_SAFETY = {
    "used": "used",
    "unused-certain": "unused – certain: every project that the archive knows was read",
    "unused-unparsed": "unused – some projects unparsed",
}


def _say_uses(found: FileUses) -> None:
    printing.write_line(f"{printable(found.path)}\n{_SAFETY[found.safety]}")
    for use in found.uses:
        when = "now" if use.is_current else "in an earlier version"
        how = "" if use.how == "place" else ", by a copy of the same bytes"
        printing.write_line(
            f"    {printable(use.project)} ({use.daw}), {when}{how}  {printable(use.version_path)}"
        )
    if found.safety == "unused-unparsed":
        for doubt in found.doubts[:_SHOWN]:
            printing.write_line(
                f"    {printable(doubt.project)}: {printable(doubt.reason)}  {printable(doubt.path)}"
            )
        if len(found.doubts) > _SHOWN:
            printing.write_line(f"    and {len(found.doubts) - _SHOWN} more")


# ---------------------------------------------------------------- export

_SUFFIXES = {"m3u": (".m3u", ".m3u8"), "csv": (".csv",), "json": (".json", ".jsonl", ".ndjson")}


@app.command()
def export(
    context: typer.Context,
    query: Query = None,
    form: Annotated[str, typer.Option("--format", help="m3u, csv or json (JSON Lines).")] = "m3u",
    out: Annotated[
        Path | None, typer.Option(help="The file; standard output without one.", metavar="FILE")
    ] = None,
    projects: Projects = False,
    sort: Annotated[
        str | None, typer.Option(help="name, date, bpm, key, length, size…; - turns it round.")
    ] = None,
) -> None:
    """Write what a query finds as a playlist, a table or JSON Lines."""
    if form not in _SUFFIXES:
        raise typer.BadParameter(f"--format {printable(form)}: write m3u, csv or json")
    if form == "m3u" and projects:
        raise typer.BadParameter("a playlist holds files; export projects as csv or json")
    session: Session = context.obj
    with session.open() as archive:
        rows: Iterable[Any] = archive.find(query_text(query), projects=projects, sort=sort)
        if form == "m3u":
            kept = [row for row in rows if row.state != "missing"]
            if len(kept) < len(rows):  # type: ignore[arg-type]
                session.warn(f"{len(rows) - len(kept)} missing files are left out")  # type: ignore[arg-type]
            rows = kept
        write = _WRITERS[form]
        if out is None:
            write(rows, printing.text_output())
        else:
            _write_file(out.expanduser(), form, lambda file: write(rows, file))


def _json_lines(rows: Iterable[Any], file: IO[str]) -> None:
    for row in rows:
        file.write(printing.as_json(row) + "\n")


_WRITERS: dict[str, Callable[[Iterable[Any], IO[str]], None]] = {
    "m3u": printing.write_m3u,
    "csv": printing.write_csv,
    "json": _json_lines,
}


def _write_file(out: Path, form: str, write: Callable[[IO[str]], None]) -> None:
    """Whole or not at all. A file of another kind is never replaced: `--out kick.wav` was meant otherwise."""
    if out.exists() and not (out.is_file() and out.suffix.lower() in _SUFFIXES[form]):
        raise ArchiveError(f"{out}: exists, and is no {form} file; name another")
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            write(file)
        part.replace(out)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise ArchiveError(f"{out}: cannot be written: {error.strerror or error}") from error
