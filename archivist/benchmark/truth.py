"""What is known of the files that a benchmark hears: by a table, of the demo studio, by a person's corrections."""

from __future__ import annotations

import codecs
import csv
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TextIO

from archivist import kinds
from archivist.archive import Archive
from archivist.records import Correction, FileRow
from archivist.scan import Walk
from taggers.pitch import parse_key
from taggers.vocabulary import INSTRUMENTS, KINDS

Value = float | str | frozenset[str]

FIELDS = ("bpm", "key", "instrument", "kind")
TABLES = ("truth.csv", "manifest.csv")
"""Where a folder's truth is looked for when no table is named."""

_COLUMNS = {
    "path": ("path", "file", "filename"),
    "bpm": ("bpm", "tempo"),
    "key": ("key",),
    "instrument": ("instruments", "instrument"),
    "kind": ("kind",),
}
"""What a table may call them, in any case."""
_NONE = ("none", "null", "-")


class TruthError(Exception):
    """A truth table that cannot be used: str(error) names it, the line, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A file, and what is known of it. A field that `values` lacks is unknown; None says that there is none: a
    drum has no key. Tempi are floats, keys "C# minor"; of instruments it is the set of all that play.

    remembered: what the archive says of it without hearing it again, with its confidence; None where it is not
    asked.
    """

    path: Path
    values: Mapping[str, Value | None]
    group: str = ""
    remembered: Mapping[str, tuple[float | str, float | None]] | None = None


def chosen(truths: Sequence[Truth], only: Iterable[str] = (), sample: int | None = None) -> list[Truth]:
    """Those of these groups, all without any; and of each group at most `sample`, drawn so that the same table
    always gives the same files."""
    groups = frozenset(only)
    kept = [truth for truth in truths if not groups or truth.group in groups]
    if sample is None:
        return kept
    drawn: set[Path] = set()
    for group in {truth.group for truth in kept}:
        paths = sorted(truth.path for truth in kept if truth.group == group)
        drawn.update(random.Random(0).sample(paths, min(sample, len(paths))))
    return [truth for truth in kept if truth.path in drawn]


# ---------------------------------------------------------------- a table


def of_folder(folder: Path | None, table: Path | None, by: str | None = None) -> list[Truth]:
    """What a table says of the files in `folder`, which is the table's own without one. Without a table the one
    that lies in the folder. Raises TruthError."""
    if table is not None:
        return read_table(table, folder or table.parent, by)
    assert folder is not None
    _there(folder)
    if (found := table_in(folder)) is not None:
        return read_table(found, folder, by)
    raise TruthError(f"{folder}: holds no truth table ({' or '.join(TABLES)}); name one with --truth TABLE.csv")


def table_in(folder: Path) -> Path | None:
    return next((folder / name for name in TABLES if (folder / name).is_file()), None)


def _there(folder: Path) -> None:
    if not folder.is_dir():
        raise TruthError(f"{folder}: no such folder")


def unknown(folder: Path) -> list[Truth]:
    """The audio files in `folder` and below it, of which nothing is known. Raises TruthError."""
    _there(folder)
    return [Truth(folder / entry.rel_path, {}) for entry in Walk(folder, "", kinds.audio())]


def read_table(table: Path, folder: Path, by: str | None = None) -> list[Truth]:
    """A CSV file with a heading: `path` (relative to `folder`), and any of bpm, key, instruments and kind. Other
    columns are let be. An empty cell is unknown, "none" says that there is none; ";" parts instruments.

    by: the column whose cells group the rows. Raises TruthError, with the line, on the first row that cannot be
    read.
    """
    try:
        with table.open("rb") as file:
            wide = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # a spreadsheet's "Unicode text"
        encoding = "utf-16" if wide else "utf-8-sig"
        with table.open(newline="", encoding=encoding, errors="surrogateescape") as file:
            return list(_rows(file, table, folder, by))
    except OSError as error:
        raise TruthError(f"{table}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:  # of UTF-16 alone; other bytes are let through as they are
        raise TruthError(f"{table}: damaged: it begins as UTF-16 text and is none; save it as UTF-8") from error


def _rows(file: TextIO, table: Path, folder: Path, by: str | None) -> Iterator[Truth]:
    delimiter = max(",;\t", key=file.readline().count)
    file.seek(0)
    rows = csv.reader(file, delimiter=delimiter)
    names = [name.strip().lower() for name in next(rows, [])]
    where = {field: names.index(name) for field, known in _COLUMNS.items() for name in known if name in names}
    if "path" not in where:
        raise TruthError(f"{table}: its first line names no column path; it has {', '.join(names) or 'nothing'}")
    if not where.keys() & set(FIELDS):
        raise TruthError(f"{table}: no column tells a truth: one of {', '.join(FIELDS)} has to be there")
    if by is not None and by.lower() not in names:
        raise TruthError(f"{table}: has no column {by}; it has {', '.join(names)}")
    grouped = None if by is None else names.index(by.lower())
    while True:
        try:
            row = next(rows, None)
            if row is None:
                return
            if not any(row):
                continue
            group = "" if grouped is None or grouped >= len(row) else row[grouped].strip()
            cells = {name: row[at].strip() for name, at in where.items() if at < len(row)}
            if not cells.get("path"):
                raise ValueError("names no path")
            yield Truth(folder / cells.pop("path"), _values(cells), group)
        except (ValueError, csv.Error) as error:
            raise TruthError(f"{table}, line {rows.line_num}: {error}") from error


def _values(cells: Mapping[str, str]) -> dict[str, Value | None]:
    """Raises ValueError on a cell that cannot be understood."""
    return {
        name: None if text.lower() in _NONE else _READ[name](text)
        for name, text in cells.items()
        if name in _READ and text
    }


def _tempo(text: str) -> float:
    try:
        bpm = float(text.replace(",", "."))  # as half of Europe's spreadsheets write it
    except ValueError:
        bpm = math.nan
    if not 0 < bpm < math.inf:
        raise ValueError(f"bpm {text!r}: write a number above 0, or none")
    return bpm


def _key(text: str) -> str:
    key = parse_key(text)
    if key is None:
        raise ValueError(f"key {text!r}: write it like A minor, F#m, Bb or 8A, or none")
    return key


def _instruments(text: str) -> frozenset[str]:
    names = frozenset(name.strip().lower() for name in text.split(";") if name.strip())
    if unknown := sorted(names.difference(INSTRUMENTS)):
        raise ValueError(f"instrument {unknown[0]!r}: write some of {' '.join(INSTRUMENTS)}, with ; between")
    return names


def _kind(text: str) -> str:
    if text.lower() not in KINDS:
        raise ValueError(f"kind {text!r}: write one of {', '.join(KINDS)}")
    return text.lower()


_READ: dict[str, Callable[[str], Value]] = {
    "bpm": _tempo,
    "key": _key,
    "instrument": _instruments,
    "kind": _kind,
}


# ---------------------------------------------------------------- the demo, and corrections


def of_demo(archive: Archive, by: str | None = None) -> list[Truth]:
    """Of the audio files of a demo studio, known by construction, with what its archive says of them of all
    sources. What is not there (a file system refuses some of the names) is left out.

    archive: the demo's own. by: kind or song. Raises TruthError on another.
    """
    from fixtures.truth import AUDIO  # with the studio's synthesisers: two seconds

    if by not in (None, "kind", "song"):
        raise TruthError(f"the demo studio has no column {by}; group it by kind or song")
    (root,) = archive.roots()
    in_force = {row.path: row for row in archive.find() if isinstance(row, FileRow)}
    return [
        Truth(
            path,
            {
                "bpm": None if audio.bpm is None else float(audio.bpm),
                "key": audio.key,
                "instrument": frozenset(audio.instruments) or None,
                "kind": None if audio.fault == "silent" else audio.kind,
            },
            "" if by is None else str(getattr(audio, by)),
            {name: (value, None) for name in FIELDS if (value := getattr(in_force[str(path)], name)) is not None},
        )
        for audio in AUDIO
        for path in [Path(root.path, audio.path)]
        if str(path) in in_force
    ]


def of_corrections(corrections: Sequence[Correction]) -> list[Truth]:
    """Of each file that a person has corrected: the person's values, and what the machine had said."""
    return [
        Truth(
            Path(path),
            {one.field: _as_truth(one) for one in of_file},
            remembered={one.field: (one.heard, one.confidence) for one in of_file if one.heard is not None},
        )
        for path, files in groupby(corrections, key=lambda one: one.path)
        for of_file in [list(files)]
    ]


def _as_truth(correction: Correction) -> Value | None:
    value = correction.value
    return frozenset((value,)) if correction.field == "instrument" and isinstance(value, str) else value
