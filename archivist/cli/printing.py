"""How results leave the command line: JSON Lines, CSV, paths, and tables for people.

Nothing that came from a disk reaches a terminal unescaped, nor a spreadsheet as a formula.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from archivist.details import value_text
from archivist.records import FileRow, Inspection, Neighbour, ProjectRow
from archivist.text import printable

_LONE = re.compile("[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run (OWASP, CSV injection)


def as_json(record: Any) -> str:
    """One record, one line. Bytes of names that are not UTF-8 appear as `\\xNN`."""
    value = record if isinstance(record, Mapping) else asdict(record)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() else _LONE.sub(_json_escaped, text)


def _json_escaped(match: re.Match[str]) -> str:
    return printable(match[0]).replace("\\", "\\\\")


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


def write_bytes(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_csv(rows: Iterable[Any]) -> None:
    writer = None
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # type: ignore[union-attr]
    for row in rows:
        fields = asdict(row)
        if writer is None:
            writer = csv.DictWriter(sys.stdout, fields.keys())
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in fields.items()})
    sys.stdout.flush()


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
        write_line(_columns(_cells(row)) + f"  {printable(row.path)}{_mark(row.state)}")


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
    return _columns(cells) + f"  {printable(row.path)}{_mark(row.state)}"


def _columns(cells: Sequence[tuple[str, int]]) -> str:
    """Cells side by side, cut or filled to their widths; a negative width aligns right."""
    from rich.cells import cell_len, set_cell_size

    def fit(text: str, width: int) -> str:
        if width < 0:
            return " " * (-width - cell_len(text)) + text
        return set_cell_size(text, width)

    return "  ".join(fit(text, width) for text, width in cells)


def _mark(state: str) -> str:
    return "" if state == "present" else f"  ({state})"


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
