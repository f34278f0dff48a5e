"""The chunks beside the sound in WAV, RF64, BW64 and AIFF files.

`read_chunks` walks the file by its headers alone; the sound itself is skipped. What a file says is hostile: no
chunk is believed beyond the file's end, no more than 1 MiB of one is kept and no more than MAX_KEPT of all.
taggers.wavechunks has wavinfo read what they say; here is what wavinfo has no reader for: `acid` and `basc`.
Layouts: EBU Tech 3306 (RF64), libsndfile's src/wav.c (acid) and src/aiff.c (basc: Apple Loops).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_CHUNK = 2**20
MAX_CHUNKS = 4_096
MAX_KEPT = 8 * MAX_CHUNK
_SOUND = (b"data", b"SSND")
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # left by programs that stream, or that died while recording


@dataclass(frozen=True, slots=True)
class Chunks:
    """`wave`: RIFF, RF64 or BW64, not AIFF. `content`: the first chunk of each name, cut at MAX_CHUNK; a LIST
    goes by its type (b"INFO", b"adtl").

    `sound`: bytes of sound that the header declares (None where it leaves that open), and `present`: how many
    of them the file has.
    """

    wave: bool
    content: dict[bytes, bytes]
    sound: int | None = None
    present: int = 0


@dataclass(frozen=True, slots=True)
class Acid:
    """ACID's loop description. `root`: a MIDI note, or None where the file does not set it."""

    one_shot: bool
    stretches: bool
    root: int | None
    beats: int
    bpm: float


@dataclass(frozen=True, slots=True)
class AppleLoop:
    one_shot: bool
    beats: int
    root: int | None
    minor: bool | None  # None: neither, or both


def read_chunks(path: Path) -> Chunks | None:
    """None where the file is neither RIFF nor AIFF. OSError goes through."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
            return _walk(file, "<")
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return _walk(file, ">")
    return None


def is_unfinished(path: Path) -> bool:
    """Whether a WAV's header covers less than the file: its program died before it could write how much it had
    recorded. OSError goes through."""
    with path.open("rb") as file:
        head = file.read(8)
        length = os.fstat(file.fileno()).st_size
    return head[:4] == b"RIFF" and len(head) == 8 and 8 + int.from_bytes(head[4:], "little") < length


def _walk(file: BinaryIO, order: str) -> Chunks:
    end = os.fstat(file.fileno()).st_size
    content: dict[bytes, bytes] = {}
    room = MAX_KEPT
    sound: int | None = None
    present = 0
    at = 12
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            break
        name, size = header[:4], struct.unpack(order + "I", header[4:])[0]
        at += 8
        if name in _SOUND:
            if size == 0xFFFFFFFF and len(content.get(b"ds64", b"")) >= 16:
                size = struct.unpack("<Q", content[b"ds64"][8:16])[0]
            sound = None if size in _UNKNOWN_SIZES else size
            present = min(end - at, size) if sound else end - at
        elif name not in content:
            data = file.read(min(size, MAX_CHUNK, room))
            if name == b"LIST":
                name, data = data[:4], data[4:]
            room -= len(data)
            content.setdefault(name, data)
        at += size + size % 2
        if at >= end:
            break
    return Chunks(order == "<", content, sound, present)


def parse_acid(data: bytes) -> Acid | None:
    if len(data) < 24:
        return None
    flags, root, _, _, beats, _, _, bpm = struct.unpack("<IHHfIHHf", data[:24])
    return Acid(
        one_shot=bool(flags & 1),
        stretches=bool(flags & 4),
        root=root if flags & 2 and root < 128 else None,
        beats=beats,
        bpm=bpm if 20 <= bpm <= 999 else 0.0,  # NaN fails the comparison too
    )


def parse_apple_loop(data: bytes) -> AppleLoop | None:
    if len(data) < 18:
        return None
    _, beats, root, scale, _, _, kind = struct.unpack(">IIHHHHH", data[:18])
    return AppleLoop(
        one_shot=kind == 1,
        beats=beats,
        root=root if 0 < root < 128 else None,
        minor={1: True, 2: False}.get(scale),
    )


def byte_rate(fmt: bytes) -> int:
    """Bytes of sound a second by a WAV's `fmt ` chunk; 0 where it does not say."""
    return int(struct.unpack_from("<I", fmt, 8)[0]) if len(fmt) >= 16 else 0
