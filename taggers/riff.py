"""The chunks beside the sound in WAV, RF64, BW64 and AIFF files, and what they say.

`read_chunks` walks the file by its headers alone; the sound itself is skipped. What a file says is hostile:
no chunk is believed beyond the file's end, and no more than 1 MiB of one is read.
Layouts: EBU Tech 3285 (bext) and 3306 (RF64), Microsoft's "Multiple channel audio data" and RIFF MCI
(cue, smpl, LIST adtl), libsndfile's src/wav.c (acid) and src/aiff.c (basc: Apple Loops).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_CHUNK = 2**20
MAX_CHUNKS = 4_096
_SOUND = (b"data", b"SSND")
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # left by programs that stream, or that died while recording


@dataclass(frozen=True, slots=True)
class Chunks:
    """`content`: the first chunk of each name, cut at MAX_CHUNK; `labels`: texts of the cue points in order.

    `sound`: bytes of sound that the header declares (None where it leaves that open), and `present`: how many
    of them the file has.
    """

    content: dict[bytes, bytes]
    labels: tuple[str, ...] = ()
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


def _walk(file: BinaryIO, order: str) -> Chunks:
    end = os.fstat(file.fileno()).st_size
    content: dict[bytes, bytes] = {}
    labels: list[str] = []
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
        else:
            data = file.read(min(size, MAX_CHUNK, max(0, end - at)))
            if name == b"LIST" and data[:4] == b"adtl":
                labels += _labels(data)
            content.setdefault(name, data)
        at += size + size % 2
        if at >= end:
            break
    return Chunks(content, tuple(labels), sound, present)


def _labels(adtl: bytes) -> list[str]:
    """The `labl` texts of a LIST adtl chunk: each is a cue's number and a NUL-terminated string."""
    found = []
    at = 4
    while at + 12 <= len(adtl):
        name, size = struct.unpack_from("<4sI", adtl, at)
        if name == b"labl":
            found.append(decode(adtl[at + 12 : at + 8 + size]))
        at += 8 + size + size % 2
    return [label for label in found if label]


def decode(data: bytes, limit: int = 1_000) -> str:
    """Text up to the first NUL: UTF-8 where it is that, else Latin-1."""
    data = data.split(b"\0", 1)[0][: 4 * limit]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.strip()[:limit]


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


def parse_bext(data: bytes) -> dict[str, str]:
    """description, originator and recorded ("2019-04-03T18:20:05") of a Broadcast Wave, where given."""
    if len(data) < 338:
        return {}
    date, time = decode(data[320:330]), decode(data[330:338])
    digits = date[:4] + date[5:7] + date[8:10]
    recorded = ""
    if len(digits) == 8 and digits.isdigit() and digits > "19000101":
        recorded = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        clock = time[:2] + time[3:5] + time[6:8]
        if len(clock) == 6 and clock.isdigit():
            recorded += f"T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    found = {"description": decode(data[:256]), "originator": decode(data[256:288]), "recorded": recorded}
    return {name: text for name, text in found.items() if text}


def parse_sampler_root(data: bytes) -> int | None:
    """The MIDI note of a `smpl` chunk's sample; 0 and 60 are what programs write unasked: None."""
    if len(data) < 36:
        return None
    note: int = struct.unpack_from("<I", data, 12)[0]
    return note if 0 < note < 128 and note != 60 else None


def byte_rate(fmt: bytes) -> int:
    """Bytes of sound a second by a WAV's `fmt ` chunk; 0 where it does not say."""
    return int(struct.unpack_from("<I", fmt, 8)[0]) if len(fmt) >= 16 else 0
