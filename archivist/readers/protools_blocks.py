"""A Pro Tools session as blocks: the masking undone, the file split, and how values are written.

    +0   0x03, then "0010111100101011"
    +17  1: numbers are big-endian (sessions of Pro Tools 5 to 7), 0: little-endian
    +18  how the rest is masked: 1 up to Pro Tools 9, 5 from 10 on; +19 the mask's seed
    +20  blocks to the end of the file, all of it exclusive-or'ed with the mask

    block   0x5A, u16 version, u32 size, then `size` bytes: u16 what it is, and its contents, which may
            hold further blocks between other values

The first block only says where the last one is: the index (2), which Pro Tools writes when all else is
written. Bytes 0x5A also occur in contents, so inner blocks are looked for by what they are and only where
they belong. Facts from zamaudio/ptformat and the notes of jonkubis/PTFormat-writer, held against real
files of Pro Tools 5.1, 8, 12, 2019 and 2020.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from archivist.readers.base import MAX_ITEMS, ReadError, read_bytes
from archivist.text import clean

MAX_SESSION = 128 * 2**20
"""Bytes of a session. The largest seen is 0.6 MB; one with 17,000 clips takes some 10 MB."""

MAX_BLOCKS = 10_000  # at the top; real ones hold about a hundred

_MAGIC = b"\x030010111100101011"
_HEADER = 20
_MAX_NAME = 8_000  # bytes looked at of one
_PERIOD = 2**20  # bytes after which either mask repeats
_INDEX = 2


@dataclass(frozen=True, slots=True)
class Block:
    """`start` is where the contents begin, behind what the block is; `end` the byte after its last."""

    kind: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Session:
    """The unmasked bytes of a session with its top blocks. `order` is struct's letter; `charset` decodes
    names that are not UTF-8."""

    data: bytes
    order: str
    blocks: tuple[Block, ...]
    charset: str = "mac_roman"

    def first(self, kind: int) -> Block | None:
        return next((block for block in self.blocks if block.kind == kind), None)

    def inside(self, parent: Block | None, *kinds: int) -> Iterator[Block]:
        """The blocks of these kinds directly in `parent`, or in other values there; not those in each other."""
        if parent is None:
            return
        pattern, position = _marks(self.order, kinds), parent.start
        while mark := pattern.search(self.data, position, parent.end):
            block = self._block(mark.start(), parent.end)
            if block is None:
                position = mark.start() + 1
            else:
                yield block
                position = block.end

    def _block(self, position: int, end: int) -> Block | None:
        """The block at `position`; None where there is none, or it goes beyond `end`."""
        if position + 9 > end or self.data[position] != 0x5A:
            return None
        _, size, kind = struct.unpack_from(self.order + "HIH", self.data, position + 1)
        last = position + 7 + size
        return Block(kind, position + 9, last) if size >= 2 and last <= end else None

    def numbers(self, layout: str, position: int, end: int) -> tuple[Any, ...] | None:
        """Values by struct's letters; None where they would go beyond `end`."""
        if position < 0 or position + struct.calcsize(self.order + layout) > end:
            return None
        return struct.unpack_from(self.order + layout, self.data, position)

    def u32(self, position: int, end: int) -> int:
        """A count, a length or a place; 0 beyond the end."""
        numbers = self.numbers("I", position, end)
        return int(numbers[0]) if numbers else 0

    def text(self, position: int, end: int) -> tuple[str, int]:
        """A u32 length and as many bytes, with the position behind them. Raises ReadError."""
        length = self.u32(position, end)
        if position + 4 + length > end:
            raise ReadError("damaged: a name runs past the end of its block")
        raw = self.data[position + 4 : position + 4 + min(length, _MAX_NAME)]
        return self._decoded(raw), position + 4 + length

    def _decoded(self, raw: bytes) -> str:
        try:
            return clean(raw.decode("utf-8"))
        except UnicodeDecodeError:
            return clean(raw.decode(self.charset, "replace"))

    def texts(self, count: int, position: int, end: int) -> tuple[list[str], int]:
        """`count` of `text`, one behind the other."""
        if count > min(MAX_ITEMS, end - position):
            raise ReadError("damaged: a list holds more names than its block has room for")
        found = []
        for _ in range(count):
            text, position = self.text(position, end)
            found.append(text)
        return found, position

    def varying(self, position: int, end: int) -> tuple[int, int, int]:
        """Three numbers of as many bytes as they need, and that only: a byte, then a u32 whose nibbles at
        bits 4, 12 and 20 say how many, then the numbers, little-endian in any session. Of a region: where
        it starts in its file, how long it is, where it was recorded."""
        widths = self.u32(position + 1, end)
        position += 5
        found = []
        for shift in (4, 12, 20):
            width = widths >> shift & 15
            found.append(int.from_bytes(self.data[position : min(position + width, end)], "little"))
            position += width
        return found[0], found[1], found[2]


def is_session(head: bytes) -> bool:
    return head.startswith(_MAGIC) and head[18:19] in (b"\1", b"\5")


def open_session(path: Path) -> Session:
    """A session's blocks. Raises ReadError where they do not fill the file, up to the index."""
    masked = read_bytes(path, MAX_SESSION)
    if not is_session(masked):
        raise ReadError("not a Pro Tools session, or one of a version before 5")
    if masked[17] > 1:
        raise ReadError("damaged: neither byte order")
    data = _unmasked(masked)
    whole = Session(data, ">" if masked[17] else "<", ())
    return Session(data, whole.order, tuple(_top_blocks(whole)))


def _top_blocks(session: Session) -> Iterator[Block]:
    position, end = _HEADER, len(session.data)
    for _ in range(MAX_BLOCKS):
        block = session._block(position, end)
        if block is None:
            raise ReadError("damaged or cut off: its blocks do not reach the end of the file")
        yield block
        position = block.end
        if position == end and block.kind == _INDEX:
            return
    raise ReadError("holds more blocks than a session would")


def _unmasked(masked: bytes) -> bytes:
    """The file without its mask, which starts with the file but leaves the header alone."""
    mask = int.from_bytes(_mask(masked[18], masked[19]), "little")
    pieces = []
    for start in range(0, len(masked), _PERIOD):
        piece = masked[start : start + _PERIOD]
        kept = mask if len(piece) == _PERIOD else mask & ((1 << 8 * len(piece)) - 1)
        pieces.append((int.from_bytes(piece, "little") ^ kept).to_bytes(len(piece), "little"))
    return masked[:_HEADER] + b"".join(pieces)[_HEADER:]


def _mask(kind: int, seed: int) -> bytes:
    """One period: steps of a delta for each byte (kind 1) or for each 4 KiB (kind 5). The seed is the
    delta times 53, or its negative times 11, in one byte."""
    delta = seed * pow(53, -1, 256) if kind == 1 else -seed * pow(11, -1, 256)
    steps = [step * delta & 0xFF for step in range(256)]
    if kind == 1:
        return bytes(steps) * (_PERIOD // 256)
    return b"".join(bytes([step]) * 4096 for step in steps)


@lru_cache(maxsize=64)
def _marks(order: str, kinds: tuple[int, ...]) -> re.Pattern[bytes]:
    """What a block of one of these kinds begins with: versions are below 256."""
    version = rb"\x00." if order == ">" else rb".\x00"
    choices = b"|".join(re.escape(struct.pack(order + "H", kind)) for kind in kinds)
    return re.compile(rb"Z" + version + rb".{4}(?:" + choices + rb")", re.DOTALL)
