"""The command that measures: how well and how fast archivist hears, beside other programs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archivist.archive import ArchiveError
from archivist.cli import printing
from archivist.cli.app import FAILED, INTERRUPTED, OK, Json, Session, app, interruptible, leave
from archivist.records import IndexProgress
from archivist.text import printable

if TYPE_CHECKING:
    from archivist.benchmark.consistency import Consistency
    from archivist.benchmark.figures import Figures, Share
    from archivist.benchmark.run import Judged, Result
    from archivist.benchmark.truth import Truth

_NAMED = 10  # of the files that are not there
_WIDTH = 145  # columns: what the widest table takes


@app.command()
def benchmark(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="Audio, and what is true of it; the demo studio without one.")
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file with path and any of bpm, key, instruments, kind; without it FOLDER's truth.csv "
            "or manifest.csv.",
            metavar="TABLE",
        ),
    ] = None,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="The truth is what you have corrected in the archive.")
    ] = False,
    consistency: Annotated[
        bool,
        typer.Option(
            "--consistency", help="Also whether answers follow a song that is played faster; needs no table."
        ),
    ] = False,
    program: Annotated[
        list[str] | None,
        typer.Option(help="Only archivist and this one; may be repeated. All installed.", metavar="NAME"),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Also for each value of this column.", metavar="COLUMN")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this value of that column; may be repeated.", metavar="VALUE")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="At most so many files of each value; always the same ones.")
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="Also every answer beside the truth.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes. With one, speed is one core's.")] = 1,
    as_json: Json = False,
) -> None:
    """Measure how well and how fast tempo, key, instrument and kind are heard, beside other programs."""
    from archivist.benchmark.truth import chosen
    from archivist.cli.progress import shown

    session: Session = context.obj
    if only and not by:
        raise typer.BadParameter("--only VALUE needs --by COLUMN: the column it stands in")
    programs = _programs(program or ())
    with interruptible() as stop, shown(quiet=session.quiet) as progress:
        if corrections:
            if folder or truth or by:
                raise typer.BadParameter("--corrections takes no folder, no table and no column")
            known = _corrections(session)
        else:
            known = _known(session, folder, truth, by, consistency, progress, stop)
        known = chosen(known, only or (), sample)
        there = [one for one in known if one.path.is_file()]
        _say_missing(session, known, there)
        from archivist.benchmark import run  # with scipy, for what remains

        result = run.measure(
            there, programs, session.settings, jobs=jobs, consistent=consistency, progress=progress, stop=stop
        )
    for path, reason in result.failures.items():
        session.warn(f"{path}: {reason}")
    if as_json:
        _write_json(result, each=each)
    else:
        _write_tables(result, each=each)
    failed = len(there) < len(known) or result.failures
    leave(INTERRUPTED if stop.is_set() else FAILED if failed else OK)


def _programs(named: Sequence[str]) -> Sequence[str]:
    from archivist.benchmark.programs import BY_NAME, OURS, installed

    able = installed()
    for name in named:
        if name not in able:
            why = (
                f"needs {BY_NAME[name].package} installed" if name in BY_NAME else f"is none of {', '.join(able)}"
            )
            raise typer.BadParameter(f"--program {printable(name)}: {why}")
    return list(dict.fromkeys((OURS, *named))) if named else able


def _known(
    session: Session,
    folder: Path | None,
    table: Path | None,
    by: str | None,
    consistency: bool,
    progress: Callable[[IndexProgress], None],
    stop: threading.Event,
) -> list[Truth]:
    from archivist.benchmark import truth

    try:
        if folder is None and table is None:
            from archivist.benchmark import run

            return run.demo_studio(session.settings, by, progress, stop)
        if folder is not None and table is None and consistency and truth.table_in(folder) is None:
            return truth.unknown(folder)
        return truth.of_folder(folder, table, by)
    except truth.TruthError as error:
        raise typer.BadParameter(printable(str(error))) from error


def _corrections(session: Session) -> list[Truth]:
    from archivist.benchmark.truth import of_corrections

    with session.open() as archive:
        known = of_corrections(archive.corrections())
    if not known:
        raise ArchiveError("nothing of what is there has been corrected yet: `archivist set` does that")
    return known


def _say_missing(session: Session, known: Sequence[Truth], there: Sequence[Truth]) -> None:
    """Raises ArchiveError where nothing is left to be heard."""
    if not known:
        raise ArchiveError("no file to hear: the table has no such row, or the folder no audio")
    present = {one.path for one in there}
    missing = [one.path for one in known if one.path not in present]
    if not there:
        raise ArchiveError(
            f"none of the {len(known)} files is there: {missing[0]} is the first (paths in a truth "
            "table are relative to FOLDER, or to the table's own)"
        )
    for path in missing[:_NAMED]:
        session.warn(f"{path}: no such file")
    if len(missing) > _NAMED:
        session.warn(f"and {len(missing) - _NAMED} more are not there")


# ---------------------------------------------------------------- for scripts


def _write_json(result: Result, *, each: bool) -> None:
    from archivist.benchmark.run import answers

    for figures in result.figures:
        printing.write_line(printing.as_json({"measure": "accuracy", **asdict(figures)}))
    for one in result.consistencies:
        printing.write_line(printing.as_json({"measure": "consistency", **asdict(one)}))
    for judged in answers(result) if each else ():
        printing.write_line(printing.as_json({"measure": "answer", **_flat(judged)}))


def _flat(judged: Judged) -> dict[str, Any]:
    answer, verdict = judged.answer, judged.verdict
    truth = sorted(judged.truth) if isinstance(judged.truth, frozenset) else judged.truth
    return {
        "path": judged.path,
        "field": judged.field,
        "program": judged.program,
        "truth": truth,
        "said": answer and answer.value,
        "confidence": answer and answer.confidence,
        "right": verdict and verdict.right,
        "near": verdict and verdict.near,
    }


# ---------------------------------------------------------------- for people

_TITLES = {"bpm": "Tempo", "key": "Key", "instrument": "Instrument", "kind": "Kind"}
_NEAR = {"bpm": "octave-tolerant", "key": "MIREX score"}
_NOTES = (
    "exact: a tempo within 4 %, the same key, an instrument that plays, the kind; silence is wrong. In brackets:",
    "  where it lies with 95 % confidence, were each file a song of its own. of said: exact ones of the answers",
    "octave-tolerant: half, double, a third and three times too. fine: within 0.1 BPM",
    "MIREX score: 1, a fifth above 0.5, the relative 0.3, the parallel 0.2",
    "≥ 0.8 wrong: of the answers with such confidence. off: how far confidence is from the truth on average (ECE)",
    "of none: answers where there is nothing to say. archive: what it holds already; of the demo by all sources,",
    "  of a file that you have corrected what the machine had said",
    "s, × real time: of one core's time for a file, all that the program hears together, decoding too",
)


def _write_tables(result: Result, *, each: bool) -> None:
    from archivist.benchmark.run import answers

    count = len(result.truths)
    printing.write_line(f"{count} file{'s' * (count != 1)}, {printing.clock(result.seconds)} of sound")
    for name, rows in groupby(result.figures, key=lambda one: one.field):
        _write_table(_accuracy(name, list(rows)))
    for name, found in groupby(result.consistencies, key=lambda one: one.field):
        _write_table(_consistency(name, list(found)))
    for line in _NOTES:
        printing.write_line(line)
    for judged in answers(result) if each else ():
        printing.write_line(_answer_line(judged))


def _write_table(table: Any) -> None:
    from rich.console import Console

    out = printing.text_output()
    plain = Console(file=out, emoji=False, markup=False, highlight=False)
    plain.width = max(_WIDTH, plain.width if out.isatty() else 0)
    plain.print(table)
    out.flush()


def _accuracy(name: str, rows: Sequence[Figures]) -> Any:
    near, fine = [_NEAR[name]] if name in _NEAR else [], ["fine"] if name == "bpm" else []
    said = ["of said", "silent", "≥ 0.8 wrong", "off", "of none", "s", "× real time"]
    table = _table(_TITLES[name], "files", "exact", *near, *fine, *said)
    for group, of_group in groupby(rows, key=lambda one: one.group):
        _start(table, group)
        for row in of_group:
            cells = [str(row.files), _share(row.exact), *([_share(row.near)] if near else [])]
            cells += [_number(row.fine.value if row.fine else None)] if fine else []
            cells += [
                _number(row.right_of_answered),
                _number(row.abstained),
                "" if row.confident is None else f"{row.wrong_confident} of {row.confident}",
                _number(row.calibration_error),
                f"{row.said_of_none} of {row.none}" if row.none else "",
                _number(row.seconds_per_file),
                "" if row.times_real_time is None else f"{row.times_real_time:.0f}",
            ]
            table.add_row(printable(row.program), *cells)
    return table


def _consistency(name: str, rows: Sequence[Consistency]) -> Any:
    table = _table(f"{_TITLES[name]}, played −3, +2 and +4 semitones higher", "songs", "follows", "silent")
    for group, of_group in groupby(rows, key=lambda one: one.group):
        _start(table, group)
        for row in of_group:
            table.add_row(printable(row.program), str(row.songs), _share(row.follows), str(row.silent))
    return table


def _table(title: str, *headings: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("program", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _start(table: Any, group: str) -> None:
    if group:
        table.add_section()
        table.add_row(printable(group) + ":")


def _share(share: Share | None) -> str:
    """
    >>> from archivist.benchmark.figures import Share
    >>> _share(Share(0.871, 0.8, 0.93, 100))
    '0.87 (0.80–0.93)'
    """
    return "" if share is None else f"{share.value:.2f} ({share.low:.2f}–{share.high:.2f})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _answer_line(judged: Judged) -> str:
    mark = " " if judged.verdict is None else "·" if judged.verdict.right else "✗"
    said = "silent" if judged.answer is None else _text(judged.answer.value)
    sure = "" if judged.answer is None else _number(judged.answer.confidence)
    cells = f"{mark} {judged.field:10} {_text(judged.truth):12} {said:12} {sure:4} {judged.program:21}"
    return f"{cells} {printable(judged.path)}"


def _text(value: Any) -> str:
    if isinstance(value, frozenset):
        return ";".join(sorted(value))
    return "none" if value is None else f"{value:.2f}" if isinstance(value, float) else printable(str(value))
