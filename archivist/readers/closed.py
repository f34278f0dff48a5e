"""Projects in formats that nobody has published: recognised and listed with their DAW, and not read.

A file is taken by its suffix and by how it begins, where that is known and a row of the table says it; OMF, a
Bento container, says it at its end. Elsewhere it is taken unless it is text or begins as something else does.
The status is "partial", and `unread` names all that such a project would tell.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from archivist.readers.base import Reader, ReadError, read_head, translate_errors
from archivist.records import ProjectInfo

UNREAD = (
    *("daw_version", "bpm", "tempo_changes", "time_signature", "key", "sample_rate", "length_seconds"),
    *("tracks", "plugins", "samples", "markers"),
)


@dataclass(frozen=True, slots=True)
class Format:
    """One closed format. starts: what its files hold at which place; empty where that is not known.
    end: what they hold so many bytes before their end."""

    name: str
    daw: str
    suffixes: tuple[str, ...]
    starts: tuple[tuple[int, bytes], ...] = ()
    end: tuple[int, bytes] | None = None


_RIFF_64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
"""What opens Sony's chunked files, Wave64 among them; the file's own type stands at 24."""

_VEGAS = bytes.fromhex("ef29c4464a90d211872200c04f8edb8a")

FORMATS = (
    Format("reason", "Reason", (".reason", ".rns", ".rsn", ".rps", ".rsndemo")),
    Format("cakewalk", "Cakewalk", (".wrk",), starts=((0, b"CAKEWALK\x1a"),)),
    Format("sonar", "Cakewalk Sonar", (".cwp",)),
    Format("performer", "Digital Performer", (".dpdoc",)),
    Format("maschine", "Maschine", (".mxprj", ".mxgrp", ".mprj")),
    Format("vegas", "VEGAS", (".veg",), starts=((0, _RIFF_64), (24, _VEGAS))),
    Format("acid", "ACID", (".acd",), starts=((0, _RIFF_64),)),
    Format("samplitude", "Samplitude, Sequoia", (".vip",)),
    Format("mixcraft", "Mixcraft", tuple(f".mx{version}" for version in range(3, 11))),
    Format("audition", "Adobe Audition", (".ses",), starts=((0, b"COOLNESS"),)),
    Format("sunvox", "SunVox", (".sunvox",), starts=((0, b"SVOX"),)),
    Format("omf", "OMF", (".omf",), end=(24, b"\xa4CM\xa5Hdr\xd7")),
)
"""Suffixes as the makers' manuals name them. WRK as in the library drumstick, OMF as in Apple's Bento
Specification 1.0d5; the marks of VEGAS are those in published dumps of its files."""

_OTHERS = re.compile(
    rb"\x1f\x8b|PK[\3\5]|Rar!|7z\xbc\xaf|BZh|\x28\xb5\x2f\xfd|\xfd7zXZ"  # packed files
    rb"|RIFF.{4}(?:WAVE|AVI |NUND|RMID|sfbk)|FORM.{4}(?:AIF[FC]|8SVX)|riff\x2e\x91|MThd|fLaC|OggS|ID3|caff|wvpk"
    rb"|bplist|SQLite format 3|\xd0\xcf\x11\xe0|%PDF|\x89PNG|\xff\xd8\xff|GIF8"
    rb"|FLhd|BtWg|\x030010111100101011|CAKEWALK|COOLNESS|SVOX"  # other DAWs
    rb"|IMPM|Extended Module|OMPT|.{1080}(?:M\.K\.|M!K!|FLT[48]|\dCHN|\d\dCH)",  # trackers
    re.DOTALL,
)
"""What begins so is something else than a file of a format whose beginning is not known."""


def _may_be(head: bytes) -> bool:
    """Whether a file that begins so may be of a format whose beginning is not known."""
    sample = head[:512]
    is_text = b"\0" not in sample and all(byte >= 0x20 or byte in b"\t\r\n\f" for byte in sample)
    return bool(head.strip(b"\0")) and not is_text and not _OTHERS.match(head)


def _tail(path: Path, size: int) -> bytes:
    """The last `size` bytes; fewer, or none, where there are no more."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read(size)
    except OSError:
        return b""


def _is(known: Format, path: Path) -> bool:
    """Whether a file is of this format: by its suffix, and by its marks or by nothing that speaks against it."""
    if not path.name.lower().endswith(known.suffixes) or not path.is_file():
        return False
    if known.end is not None:
        place, mark = known.end
        return _tail(path, place).startswith(mark)
    head = read_head(path)
    if known.starts:
        return all(head[place : place + len(mark)] == mark for place, mark in known.starts)
    return _may_be(head)


def _read(known: Format, path: Path) -> ProjectInfo:
    """The project's DAW, and that all else is unread. Raises ReadError."""
    with translate_errors(), path.open("rb"):  # says why, where it cannot be opened
        pass
    if not _is(known, path):
        raise ReadError(f"not a project of {known.daw}")
    return ProjectInfo(format=known.name, daw=known.daw, unread=UNREAD)


READERS = tuple(
    Reader(
        name=known.name,
        title=known.daw,
        version=1,
        suffixes=known.suffixes,
        read=partial(_read, known),
        sniff=partial(_is, known),
    )
    for known in FORMATS
)
