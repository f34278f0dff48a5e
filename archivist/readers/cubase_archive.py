"""The archive in a Cubase or Nuendo project: its chunks, the objects in them, and how values are written.

    "RIFF", u32 size, "NUND", then chunks: a four-letter tag, u32 size, contents. All is big-endian
    ROOT  two strings: what the next chunk is for, and its object's class
    ARCH  one object, with all that belongs to it inside

    string  u32 length, that many bytes: text, NUL, and where the text is UTF-8 the mark EF BB BF
    object  what it is, u32 size, contents, in which values and further objects stand in no general order
      what it is, the first time  0xFFFFFFFE or 0xFFFFFFFF, its class as a string, u16 version: base classes
          that are new too first (..FE), then its own (..FF)
      and later                   where in this chunk its class was first named, with the highest bit set

Cubase 15 writes "RIF2" and 8 bytes for every size, mark and place that was 4. Facts from real files of
Cubase 4.5 to 14; of earlier and later ones from omeriko9/Cubase-Project-File-Reverse-Engineering and
NaimioChan/dawview.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from archivist.readers.base import MAX_ITEMS, ReadError, read_bytes
from archivist.text import clean

MAX_PROJECT = 192 * 2**20
"""Bytes of a project. The largest seen is 0.8 MB, nearly all of it the states of plugins."""

MAX_CHUNKS = 1_000  # real ones hold about a dozen
_MAX_TEXT = 8_000  # bytes looked at of one string
_UTF8 = b"\0\xef\xbb\xbf"
_WIDTHS = {b"RIFF": 4, b"RIF2": 8}


class Thing(NamedTuple):
    """An object: its class, and where its contents start and end."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Archive:
    """One ARCH chunk. `width` is 4, or 8 from Cubase 15 on."""

    data: bytes
    width: int

    def at(self, position: int, end: int) -> Thing | None:
        """The object at `position`; None where there is none, or it goes beyond `end`."""
        kind, position = self._class(position)
        if not kind or position + self.width > end:
            return None
        start = position + self.width
        last = start + int.from_bytes(self.data[position:start], "big")
        return Thing(kind, start, last) if last <= end else None

    def _class(self, position: int) -> tuple[str, int]:
        """An object's class and the position behind it; "" where no object begins."""
        for _ in range(64):  # an object of the deepest class seen names 6
            mark = int.from_bytes(self.data[position : position + self.width], "big", signed=True)
            if mark not in (-1, -2):
                break
            name, position = self._name(position + self.width)
            position += 2
            if mark == -1 or not name:
                return name, position
        else:
            return "", position
        place = mark + (1 << (8 * self.width - 1))
        if mark >= 0 or place >= position or self.data[place : place + self.width - 1].strip(b"\xff"):
            return "", position
        return self._name(place + self.width)[0], position + self.width

    def _name(self, position: int) -> tuple[str, int]:
        length = int.from_bytes(self.data[position : position + 4], "big")
        raw = self.data[position + 4 : position + 4 + length] if length < 200 else b""
        return raw.rstrip(b"\0").decode("latin-1"), position + 4 + len(raw)

    def all_of(self, kind: str) -> Iterator[Thing]:
        """Every object of a class, in order."""
        name = struct.pack(">I", len(kind) + 1) + kind.encode() + b"\0"
        named = re.search(rb"\xff{%d}[\xfe\xff]%s" % (self.width - 1, re.escape(name)), self.data)
        if named is None:
            return
        defined = named.start()
        mark = (defined + (1 << (8 * self.width - 1))).to_bytes(self.width, "big")
        position = defined  # where the class is named, be it as the base of another one's
        for _ in range(MAX_ITEMS):
            thing = self.at(position, len(self.data))
            if thing is not None and thing.kind == kind:
                yield thing
            position = self.data.find(mark, position + 1)
            if position < 0:
                return

    def numbers(self, layout: str, position: int, end: int) -> tuple[Any, ...] | None:
        """Values by struct's letters; None where they would go beyond `end`."""
        if position < 0 or position + struct.calcsize(">" + layout) > end:
            return None
        return struct.unpack_from(">" + layout, self.data, position)

    def text(self, position: int, end: int) -> tuple[str, int] | None:
        """A string and the position behind it; None where there is none."""
        if position < 0 or position + 4 > end:
            return None
        length = int.from_bytes(self.data[position : position + 4], "big")
        if length > end - position - 4:
            return None
        start, stop = position + 4, position + 4 + length
        marked = length >= 4 and self.data[stop - 4 : stop] == _UTF8
        raw = self.data[start : min(start + _MAX_TEXT, stop - 4 if marked else stop)]
        return clean(raw.decode("utf-8" if marked else "cp1252", "replace")), stop


def is_project(head: bytes) -> bool:
    width = _WIDTHS.get(head[:4], 0)
    return width > 0 and head[4 + width :].startswith(b"NUNDROOT")


def open_project(path: Path) -> dict[tuple[str, str], Archive]:
    """The archives of a project by what they are for and their class. Raises ReadError."""
    data = read_bytes(path, MAX_PROJECT)
    if not is_project(data):
        raise ReadError("not a Cubase or Nuendo project: it does not begin as one")
    width = _WIDTHS[data[:4]]
    found: dict[tuple[str, str], Archive] = {}
    purpose = ("", "")
    for tag, content in _chunks(data, width):
        archive = Archive(content, width)
        if tag == b"ROOT":
            name = archive.text(0, len(content)) or ("", 0)
            kind = archive.text(name[1], len(content)) or ("", 0)
            purpose = name[0], kind[0]
        elif tag == b"ARCH":
            found.setdefault(purpose, archive)
    return found


def _chunks(data: bytes, width: int) -> Iterator[tuple[bytes, bytes]]:
    position = 8 + width
    for _ in range(MAX_CHUNKS):
        start = position + 4 + width
        end = start + int.from_bytes(data[position + 4 : start], "big")
        if start > len(data) or end > len(data):
            raise ReadError("damaged or cut off: its chunks do not end with the file")
        yield data[position : position + 4], data[start:end]
        position = end
        if position == len(data):
            return
    raise ReadError("holds more chunks than a project would")
