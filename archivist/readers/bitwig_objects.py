"""Bitwig's container, of projects as of presets: a header, a table of metadata, a tree of objects.

The header is "BtWg" and hexadecimal digits: 4 for the container's version, 4 for how objects are written
(0: a string ends with NUL; 2: its length comes first; 1 is JSON, others are not known), 4 for the
document's version, 8 for where the objects start. All integers are big-endian. Fields and classes are
numbers that keep their meaning through the versions. The grammar is that of the free tools which edit
these files (bwEdit-Python, pytwig); it reads a project of Bitwig 2.3 from its first byte to its last.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import Any

from archivist.readers.base import MAX_DEPTH, MAX_ITEMS, ReadError

MAX_OBJECTS = 1_500_000

_HEADER = re.compile(rb"BtWg[0-9a-f]{4}([0-9a-f]{4})[0-9a-f]{4}([0-9a-f]{8})", re.IGNORECASE)
_META = b"\0\0\0\4meta"
NUL_STRINGS, COUNTED_STRINGS = 0, 2

_NUMBERS = dict(enumerate(map(struct.Struct, (">b", ">h", ">i", ">q", ">?", ">f", ">d")), start=1))
_STRING, _OBJECT, _NULL, _REFERENCE, _BYTES, _LIST, _MAP, _STRINGS, _ROUTE = 8, 9, 10, 11, 13, 18, 20, 25, 26
_FIXED = {21: 16, 22: 16}  # an identity, a colour
_ARRAYS = {14: 2, 15: 4, 16: 8, 17: 1, 23: 4, 24: 8}  # bytes of an element
_SHARED, _LIST_END = 1, 3  # where a class is expected: the number of an earlier object, no more elements

_U32 = struct.Struct(">I")


@dataclass(slots=True)
class Object:
    """An object with those of its fields that are wanted. Its class and its fields are numbers."""

    kind: int
    fields: dict[int, Any] = field(default_factory=dict)

    def text(self, number: int) -> str:
        value = self.fields.get(number)
        return value if isinstance(value, str) else ""

    def child(self, *numbers: int) -> Object | None:
        """The object that a path of fields leads to."""
        here: Object | None = self
        for number in numbers:
            value = None if here is None else here.fields.get(number)
            here = value if isinstance(value, Object) else None
        return here

    def children(self, number: int) -> list[Object]:
        value = self.fields.get(number)
        return value if isinstance(value, list) and value and isinstance(value[0], Object) else []


def is_container(head: bytes) -> bool:
    return _HEADER.match(head) is not None


def metadata(data: bytes) -> dict[str, Any]:
    """The table after the header: text, numbers, bytes or lists of text by name. Raises ReadError."""
    start = data.find(_META, 0, 256)
    if _HEADER.match(data) is None or start < 0:
        raise ReadError("not a file of Bitwig: it does not start as one")
    cursor = _Cursor(data, start + len(_META), COUNTED_STRINGS, frozenset())
    found: dict[str, Any] = {}
    while cursor.number() == 1:
        key = cursor.string()
        if len(found) >= MAX_ITEMS:
            raise ReadError("holds more metadata than a project would")
        found[key] = cursor.value()
    return found


def objects(data: bytes, wanted: frozenset[int]) -> Object:
    """The root of the tree, with the fields in `wanted` alone. Raises ReadError."""
    header = _HEADER.match(data)
    if header is None:
        raise ReadError("not a document of Bitwig: it does not start as one")
    strings, start = int(header[1], 16), int(header[2], 16)
    if strings not in (NUL_STRINGS, COUNTED_STRINGS):
        raise ReadError(f"its objects are written in a way that is not known ({strings})")
    if data[start : start + 1] == b"\n":  # it ends the padding before; documents inside documents count it
        start += 1
    root = _Cursor(data, start, strings, wanted).object()
    if root is None:
        raise ReadError("damaged: its tree has no root")
    return root


class _Cursor:
    def __init__(self, data: bytes, at: int, strings: int, wanted: frozenset[int]) -> None:
        self._data = data
        self._at = at
        self._strings = strings
        self._wanted = wanted
        self._objects: list[Object] = []  # counted from 1 in the file, as they open
        self._depth = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise ReadError("damaged: it ends too early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self) -> int:
        value: int = _U32.unpack(self.take(4))[0]
        return value

    def string(self) -> str:
        if self._strings == NUL_STRINGS:
            end = self._data.find(b"\0", self._at)
            text = self.take(max(end - self._at, 0) if end >= 0 else len(self._data))
            self._at += 1
            return text.decode("utf-8", "replace")
        length = self.number()
        if length & 0x8000_0000:
            return self.take(2 * (length & 0x7FFF_FFFF)).decode("utf-16-be", "replace")
        return self.take(length).decode("utf-8", "replace")

    def object(self) -> Object | None:
        """The object that opens here, or the earlier one that is named here; None where a list ends."""
        kind = self.number()
        if kind == _LIST_END:
            return None
        if kind == _SHARED:
            return self._earlier(self.number())
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ReadError("nested too deeply")
        if len(self._objects) >= MAX_OBJECTS:
            raise ReadError("holds more objects than a project would")
        found = Object(kind)
        self._objects.append(found)
        while number := self.number():
            value = self.value()
            if number in self._wanted:
                found.fields[number] = value
        self._depth -= 1
        return found

    def _earlier(self, number: int) -> Object:
        if not 1 <= number <= len(self._objects):
            raise ReadError("damaged: it refers to an object that it does not hold")
        return self._objects[number - 1]

    def value(self) -> Any:
        (kind,) = self.take(1)
        if kind in _NUMBERS:
            number = _NUMBERS[kind]
            return number.unpack(self.take(number.size))[0]
        if kind == _STRING:
            return self.string()
        if kind == _OBJECT:
            return self.object()
        if kind == _NULL:
            return None
        if kind == _REFERENCE:
            return self._earlier(self.number())
        if kind == _LIST:
            return list(iter(self.object, None))
        if kind == _MAP:
            return self._map()
        if kind == _BYTES:
            return self.take(self.number())
        if kind == _STRINGS:
            return [self.string() for _ in range(min(self.number(), len(self._data) - self._at))]
        if kind == _ROUTE:
            return self.object(), self.string()
        if kind in _FIXED:
            return self.take(_FIXED[kind])
        if kind in _ARRAYS:
            return self.take(self.number() * _ARRAYS[kind])
        raise ReadError(f"holds a value of no known kind ({kind})")

    def _map(self) -> dict[str, Object | None]:
        found = {}
        while self.take(1) != b"\0":
            key = self.string()
            found[key] = self.object()
        return found
