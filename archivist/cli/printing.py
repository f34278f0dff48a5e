"""How results leave the command line: JSON Lines, CSV, paths, and tables for people.

Nothing that came from a disk reaches a terminal unescaped, nor a spreadsheet as a formula.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, TextIO

from archivist.archive import ArchiveError
from archivist.details import value_text
from archivist.records import FileRow, Inspection, Neighbour, ProjectRow
from archivist.text import printable

# json.dumps escapes controls below 0x20 alone: not those of C1 (0x9b begins a terminal's sequences as ESC [ does),
# nor line separators (one object a line), nor what re-orders letters.
_UNSAFE = re.compile("[\ud800-\udfff\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORMULA = tuple("=+-@＝＋－＠")  # what a spreadsheet would run (OWASP, CSV injection)


def as_json(record: Any) -> str:
    """One record, one line. Bytes of names that are not UTF-8 appear as `\\xNN`."""
    value = record if isinstance(record, Mapping) else asdict(record)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(_json_escaped, text)


def _json_escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return printable(match[0]).replace("\\", "\\\\") if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def inspection(found: Inspection) -> dict[str, Any]:
    """An inspection in the contract's order of fields."""
    if found.info is None:
        return {"path": found.path, "status": "error", "error": found.error}
    fields = asdict(found.info)
    unread = fields.pop("unread")
    fields["samples"] = [{"path": sample["path"], "status": sample["status"]} for sample in fields["samples"]]
    return {"path": found.path, "status": found.info.status, "unread": unread, **fields}


def write_line(text: str = "") -> None:
    """A line of the result itself, in UTF-8 whatever the terminal's locale."""
    write_bytes(text.encode("utf-8", "backslashreplace") + b"\n")


@contextmanager
def _told() -> Iterator[None]:
    """Raises ArchiveError where the result cannot be written; a reader who has left (`| head`) is no error."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ArchiveError(f"the result cannot be written: {error.strerror or error}") from error


@_told()
def write_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def text_output() -> TextIO:
    """Standard output for a result in text that is no line: UTF-8, line ends as they are written."""
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # type: ignore[union-attr]
    return sys.stdout


@_told()
def write_csv(rows: Iterable[Any], file: IO[str]) -> None:
    writer = None
    for row in rows:
        fields = asdict(row)
        if writer is None:
            writer = csv.DictWriter(file, fields.keys())
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in fields.items()})
    file.flush()


@_told()
def write_m3u(rows: Iterable[FileRow], file: IO[str]) -> None:
    """An extended M3U in UTF-8. A path that a line cannot hold as it is becomes a file: URL, as players know."""
    file.write("#EXTM3U\n")
    for row in rows:
        length = -1 if row.duration is None else round(row.duration)
        plain = printable(row.path) == row.path and row.path == row.path.strip() and not row.path.startswith("#")
        place = row.path if plain else Path(row.path).as_uri()
        file.write(f"#EXTINF:{length},{printable(row.name)}\n{place}\n")
    file.flush()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_paths(rows: Iterable[FileRow | ProjectRow], *, nul: bool) -> None:
    """One path a line, escaped; or the raw bytes of each with a NUL behind, for xargs -0."""
    for row in rows:
        write_bytes(os.fsencode(row.path) + b"\0" if nul else os.fsencode(printable(row.path)) + b"\n")


def write_rows(rows: Iterable[FileRow | ProjectRow]) -> None:
    """A line for each, in columns, for people."""
    for row in rows:
        write_line(_columns(_cells(row)) + f"  {printable(row.path)}{mark(row.state, row.drive)}")


def _cells(row: FileRow | ProjectRow) -> list[tuple[str, int]]:
    bpm = f"{row.bpm:.1f}" if row.bpm is not None else ""
    if isinstance(row, FileRow):
        return [
            (printable(row.name), 36),
            (row.key or "", 8),
            (bpm, -6),
            (row.instrument or row.kind or "", 10),
            (clock(row.duration), -7),
            (row.modified[:10], 10),
        ]
    versions = f"{row.versions} version{'s' * (row.versions != 1)}"
    return [
        (printable(row.name), 36),
        (row.key or "", 8),
        (bpm, -6),
        (row.daw, 10),
        (versions, 11),
        (row.modified[:10], 10),
    ]


def neighbour_line(found: Neighbour) -> str:
    """A file that sounds like others: how much, and why."""
    row = found.row
    cells = [
        (printable(row.name), 32),
        (f"{found.score:.2f}", -5),
        (", ".join(f"{aspect} {value:.2f}" for aspect, value in found.reasons.items()), 62),
        (f"{row.bpm:.1f}" if row.bpm is not None else "", -6),
        (row.key or "", 8),
        (row.instrument or row.kind or "", 15),
    ]
    return _columns(cells) + f"  {printable(row.path)}{mark(row.state, row.drive)}"


def _columns(cells: Sequence[tuple[str, int]]) -> str:
    """Cells side by side, cut or filled to their widths; a negative width aligns right."""
    from rich.cells import cell_len, set_cell_size

    def fit(text: str, width: int) -> str:
        if width < 0:
            return " " * (-width - cell_len(text)) + text
        return set_cell_size(text, width)

    return "  ".join(fit(text, width) for text, width in cells)


def mark(state: str, drive: str = "") -> str:
    """What is said behind a path that is not simply there.

    >>> mark("offline", "Tapes 3"), mark("missing", "Tapes 3"), mark("present")
    ('  (offline: Tapes 3)', '  (missing)', '')
    """
    if state == "present":
        return ""
    return f"  ({state}: {printable(drive)})" if state == "offline" and drive else f"  ({state})"


def clock(seconds: float | None) -> str:
    """
    >>> clock(204.6), clock(0.31), clock(None)
    ('3:25', '0.31s', '')
    """
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.2f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def fact(value: Any) -> str:
    return value_text(value) if isinstance(value, float) else printable(str(value))
