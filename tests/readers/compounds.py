"""Small compound files, written as [MS-CFB] lays them out: sectors of 512 bytes, no small streams."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SECTOR = 512
NONE = 0xFFFFFFFF
END = 0xFFFFFFFE


@dataclass
class Storage:
    """A folder in the file: its class, and what is in it by name."""

    kind: bytes = bytes(16)
    inside: dict[str, Storage | bytes] = field(default_factory=dict)


def compound(root: Storage, kind: bytes = bytes(16)) -> bytes:
    """The file that holds `root`; `kind` is the class in its header."""
    entries: list[bytearray] = []
    table: list[int] = []
    body = b""

    def put(data: bytes) -> int:
        """A stream at the end of the body; the number of its first sector."""
        nonlocal body
        if not data:
            return END
        count = -(-len(data) // SECTOR)
        first = len(table)
        table.extend([*range(first + 1, first + count), END])
        body += data.ljust(count * SECTOR, b"\0")
        return first

    def add(name: str, what: Storage | bytes, right: int = NONE) -> int:
        """An entry, and those in it, of which each is the right brother of the one before."""
        number = len(entries)
        entry = bytearray(128)
        entries.append(entry)
        encoded = (name + "\0").encode("utf-16-le")
        child = start = NONE
        size = 0
        if isinstance(what, Storage):
            for inner, content in reversed(what.inside.items()):
                child = add(inner, content, child)
            entry[80:96] = what.kind
            start = END
        else:
            start, size = put(what), len(what)
        kind_of = 5 if number == 0 else 1 if isinstance(what, Storage) else 2
        entry[: len(encoded)] = encoded
        entry[64:80] = struct.pack("<HBBIII", len(encoded), kind_of, 1, NONE, right, child)
        entry[116:128] = struct.pack("<IQ", start, size)
        return number

    add("Root Entry", root)
    directory = put(b"".join(entries))
    tables = 1
    while tables * SECTOR // 4 < len(table) + tables:
        tables += 1
    first = len(table)
    table.extend([0xFFFFFFFD] * tables)
    table.extend([NONE] * (tables * SECTOR // 4 - len(table)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + kind + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, tables, directory, 0, 0, END, 0, END, 0)
    head += struct.pack("<109I", *(first + n if n < tables else NONE for n in range(109)))
    return head + body + struct.pack(f"<{len(table)}I", *table)
