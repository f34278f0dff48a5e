"""Compound files, Microsoft's file system in a file, as AAF uses it ([MS-CFB], versions 3 and 4).

Read are the allocation table, the directory and the streams that are asked for, never the whole file:
an AAF holds its audio, too. Every chain and tree is followed for as many steps as the file has places, and
what is read in all is bounded, so that one that bites its tail ends in a ReadError.
"""

from __future__ import annotations

import array
import os
import struct
import sys
from typing import IO

from archivist.readers.base import ReadError

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MAX_TABLE = 16_000_000
"""Sectors of a file: 8 GB of the smallest."""

MAX_DIRECTORY = 64 * 2**20  # half a million entries
MAX_STREAM = 8 * 2**20
MAX_MINI_STREAM = 256 * 2**20

_END = 0xFFFFFFFA  # and above: the end of a chain, or no sector at all
_FREE = 0xFFFFFFFF
_NONE = 0xFFFFFFFF  # no entry
_ENTRY = 128
_MINI_SECTOR = 64


class CompoundFile:
    """A compound file that is open in `file`. Entries are numbers, the root is 0. Raises ReadError."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._left = 4 * self._size + 2**20  # bytes still to be read; honest streams do not overlap
        head = self._read(0, 512)
        if not head.startswith(MAGIC) or len(head) < 512:
            raise ReadError("is no compound file")
        shift, mini_shift = struct.unpack_from("<HH", head, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ReadError("damaged: sectors of a size that is not known")
        self._sector = 1 << shift
        directory, _, self._cutoff, mini_table = struct.unpack_from("<4I", head, 48)
        self._table = self._read_table(head)
        self._check_end()
        self._directory = self._chained(directory, MAX_DIRECTORY)
        if len(self._directory) < _ENTRY:
            raise ReadError("damaged: it has no directory")
        self._steps = len(self._directory) // _ENTRY  # entries still to be listed
        self._children: dict[int, dict[str, int]] = {}
        root = struct.unpack_from("<I", self._directory, 116)[0]
        self._mini = self._chained(root, MAX_MINI_STREAM)
        self._mini_table = _numbers(self._chained(mini_table, MAX_MINI_STREAM // 16))

    def class_id(self, entry: int) -> bytes:
        """The 16 bytes of a storage's class."""
        return self._directory[_ENTRY * entry + 80 : _ENTRY * entry + 96]

    def children(self, entry: int) -> dict[str, int]:
        """The entries in a storage by their names."""
        found = self._children.get(entry)
        if found is None:
            found = {}
            stack = [self._number(entry, 76)]
            while stack:
                child = stack.pop()
                if child * _ENTRY + _ENTRY > len(self._directory):
                    continue  # none, or none that is there
                self._steps -= 1
                if self._steps < 0:
                    raise ReadError("damaged: its directory runs in circles")
                found[self._name(child)] = child
                stack += [self._number(child, 68), self._number(child, 72)]
            self._children[entry] = found
        return found

    def stream(self, entry: int) -> bytes:
        """All of a stream, which may have MAX_STREAM bytes."""
        start, size = self._number(entry, 116), self._number(entry, 120)
        if size > MAX_STREAM or (self._sector > 512 and self._number(entry, 124)):
            raise ReadError("damaged: a stream is larger than it could be")
        data = self._from_mini(start, size) if size < self._cutoff else self._chained(start, size)
        if len(data) < size:
            raise ReadError("damaged: a stream is cut off")
        return data[:size]

    # ------------------------------------------------------------ within

    def _read(self, at: int, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise ReadError("damaged: its streams lie in one another")
        self._file.seek(at)
        return self._file.read(size)

    def _sectors(self, start: int) -> list[int]:
        """The chain of sectors from `start` on."""
        found: list[int] = []
        while start < _END:
            if start >= len(self._table) or len(found) >= len(self._table):
                raise ReadError("damaged: a chain of sectors leads nowhere")
            found.append(start)
            start = self._table[start]
        return found

    def _chained(self, start: int, limit: int) -> bytes:
        """What a chain of sectors holds, up to `limit` bytes and the end of their sector."""
        sectors = self._sectors(start)[: -(-limit // self._sector)]
        return b"".join(self._read((sector + 1) * self._sector, self._sector) for sector in sectors)

    def _from_mini(self, start: int, size: int) -> bytes:
        pieces: list[bytes] = []
        while start < _END and len(pieces) * _MINI_SECTOR < size:
            if start >= len(self._mini_table):
                raise ReadError("damaged: a chain of small sectors leads nowhere")
            pieces.append(self._mini[start * _MINI_SECTOR : (start + 1) * _MINI_SECTOR])
            start = self._mini_table[start]
        return b"".join(pieces)

    def _read_table(self, head: bytes) -> array.array[int]:
        """The allocation table: for each sector the next one. Its own sectors are listed in the header,
        and from the 110th on in a chain of lists."""
        per_sector = self._sector // 4
        needed = -(-min(self._size // self._sector + 1, MAX_TABLE) // per_sector)
        listed = list(struct.unpack_from("<109I", head, 76))
        following, lists = struct.unpack_from("<II", head, 68)
        for _ in range(min(lists, needed // (per_sector - 1) + 1)):
            if following >= _END:
                break
            more = _numbers(self._read((following + 1) * self._sector, self._sector))
            if len(more) < per_sector:
                raise ReadError("damaged: it is cut off")
            listed += more[:-1]
            following = more[-1]
        sectors = [sector for sector in listed if sector < _END][: needed + 1]
        return _numbers(b"".join(self._read((sector + 1) * self._sector, self._sector) for sector in sectors))

    def _check_end(self) -> None:
        """Raise where a sector is in use that the file does not reach."""
        used = len(self._table)
        while used and self._table[used - 1] == _FREE:
            used -= 1
        if used * self._sector >= self._size:
            raise ReadError("damaged: it is cut off")

    def _number(self, entry: int, at: int) -> int:
        number: int = struct.unpack_from("<I", self._directory, entry * _ENTRY + at)[0]
        return number

    def _name(self, entry: int) -> str:
        at = entry * _ENTRY
        size = int.from_bytes(self._directory[at + 64 : at + 66], "little")
        return self._directory[at : at + max(min(size, 64) - 2, 0)].decode("utf-16-le", "replace")


def _numbers(data: bytes) -> array.array[int]:
    """Little-endian numbers of four bytes."""
    numbers = array.array("I")
    numbers.frombytes(data[: len(data) // 4 * 4])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
