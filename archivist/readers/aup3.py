"""The document of an Audacity 3 or 4 project (.aup3, .aup4): XML in binary form, in an SQLite database.

The tables `project` and, where changes were not saved yet, `autosave` have one row each: `dict` with the
names that `doc` uses. Both are a run of fields, an opcode and its value, little-endian, as written by
libraries/lib-project-file-io/ProjectSerializer.cpp of Audacity. The sound itself is in another table and
never read. The database is opened as an immutable one, so nothing is written beside it.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from archivist.readers.base import MAX_DEPTH, ReadError, translate_errors
from archivist.readers.xml import MAX_KEPT

MAGIC = b"SQLite format 3\0"
APPLICATION = b"AUDY"  # at byte 68, where SQLite keeps an application's id
MAX_DOCUMENT = 64 * 2**20
MAX_ATTRIBUTES = 2_000_000

_CHAR_SIZE, _START, _END, _STRING = 0, 1, 2, 3
_NUMBERS = {  # opcode: how the value after the name's number is stored; the last two add its digits
    4: struct.Struct("<Hi"),
    5: struct.Struct("<HB"),
    6: struct.Struct("<Hi"),
    7: struct.Struct("<Hq"),
    8: struct.Struct("<HI"),
    9: struct.Struct("<Hfi"),
    10: struct.Struct("<Hdi"),
}
_DATA, _RAW, _PUSH, _POP, _NAME = 11, 12, 13, 14, 15
_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}


def is_aup3(head: bytes) -> bool:
    """Whether a file that starts so is an Audacity project."""
    return head.startswith(MAGIC) and head[68:72] == APPLICATION


def read_document(path: Path, below: Mapping[str, frozenset[str]]) -> Element:
    """The tree of the elements that `below` lists for their parent. Raises ReadError.

    What is not saved yet comes before what is: Audacity opens a project so.
    """
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    foreign = (sqlite3.Error, UnicodeDecodeError)  # the latter where SQLite's message quotes a damaged name
    with translate_errors(*foreign), closing(sqlite3.connect(address, uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        blobs = _blobs(database, "autosave") or _blobs(database, "project")
    if blobs is None:
        raise ReadError("holds no project: it was never saved")
    return _Builder(below).build(*blobs)


def _blobs(database: sqlite3.Connection, table: str) -> tuple[bytes, bytes] | None:
    """`dict` and `doc` of a table's only row, read without a query: a hostile view is never evaluated."""
    blobs = []
    for column in ("dict", "doc"):
        try:
            with database.blobopen(table, column, 1, readonly=True) as blob:
                if len(blob) > MAX_DOCUMENT:
                    raise ReadError(f"its document is larger than {MAX_DOCUMENT >> 20} MiB")
                blobs.append(blob.read())
        except sqlite3.OperationalError:  # no such table or row
            return None
    return blobs[0], blobs[1]


class _Builder:
    """Runs through the fields of `dict` and `doc` and hangs the wanted elements into a tree."""

    def __init__(self, below: Mapping[str, frozenset[str]]) -> None:
        self._below = below
        self._names: dict[int, str] = {}
        self._outer_names: list[dict[int, str]] = []
        self._encoding = "utf-8"
        self._open: list[Element | None] = []  # None: not wanted, and nothing inside it
        self._root: Element | None = None
        self._kept = 0
        self._attributes = 0

    def build(self, dictionary: bytes, document: bytes) -> Element:
        try:
            self._run(dictionary)
            self._run(document)
        except (struct.error, IndexError) as error:
            raise ReadError("damaged: its document ends too early") from error
        except KeyError as error:
            raise ReadError("damaged: its document uses a name that it does not list") from error
        if self._root is None or self._open:
            raise ReadError("damaged: its document ends too early")
        return self._root

    def _run(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            opcode = data[at]
            at += 1
            if opcode in _NUMBERS:
                number = _NUMBERS[opcode]
                name, value, *_ = number.unpack_from(data, at)
                self._set(name, str(value))
                at += number.size
            elif opcode == _STRING:
                (name,) = struct.unpack_from("<H", data, at)
                text, at = self._text(data, at + 2, "<i")
                self._set(name, text)
            elif opcode in (_START, _END):
                (name,) = struct.unpack_from("<H", data, at)
                at += 2
                self._start(self._names[name]) if opcode == _START else self._open.pop()
            elif opcode == _NAME:
                (name,) = struct.unpack_from("<H", data, at)
                self._names[name], at = self._text(data, at + 2, "<H")
            elif opcode in (_DATA, _RAW):
                _, at = self._text(data, at, "<i")
            elif opcode == _CHAR_SIZE:
                self._encoding = _ENCODINGS.get(data[at], "utf-8")
                at += 1
            elif opcode == _PUSH and len(self._outer_names) < MAX_DEPTH:
                self._outer_names.append(self._names)
                self._names = {}
            elif opcode == _POP:
                self._names = self._outer_names.pop()
            else:
                raise ReadError(f"damaged: its document has a field of no known kind ({opcode})")

    def _text(self, data: bytes, at: int, length_format: str) -> tuple[str, int]:
        """Text after its length in bytes, and where it ends."""
        (length,) = struct.unpack_from(length_format, data, at)
        at += struct.calcsize(length_format)
        if not 0 <= length <= len(data) - at:
            raise ReadError("damaged: a text in its document is longer than the document")
        return data[at : at + length].decode(self._encoding, "replace"), at + length

    def _start(self, tag: str) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ReadError("nested too deeply")
        parent = self._open[-1] if self._open else None
        if parent is None and not self._open and self._root is None:
            self._root = Element(tag)
            self._open.append(self._root)
        elif parent is not None and tag in self._below.get(parent.tag, ()):
            self._kept += 1
            if self._kept > MAX_KEPT:
                raise ReadError("holds more elements than a project would")
            self._open.append(SubElement(parent, tag))
        else:
            self._open.append(None)

    def _set(self, name: int, value: str) -> None:
        element = self._open[-1]
        if element is not None:
            self._attributes += 1
            if self._attributes > MAX_ATTRIBUTES:
                raise ReadError("holds more attributes than a project would")
            element.set(self._names[name], value)
