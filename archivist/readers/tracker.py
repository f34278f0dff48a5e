"""Tracker modules: ProTracker .mod, Scream Tracker .s3m, FastTracker .xm, Impulse Tracker .it, OpenMPT .mptm.

Layouts as in the trackers' own format descriptions (XM.TXT, ITTECH.TXT, S3M's TECH.DOC) and in
libopenmpt's loaders; tracker_play says how a tempo comes of ticks and rows. Samples lie in the module and
are named by their musician; names of slots without any sound are where musicians write their text. The
first MODs, of 15 samples and without a mark, are not told from other files.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from archivist.readers.base import Reader, ReadError, read_bytes, read_head, translate_errors
from archivist.readers.tracker_module import MAX_CHANNELS, MAX_NOTES, Module, Slot, text
from archivist.readers.tracker_openmpt import extended
from archivist.readers.tracker_patterns import it_pattern, mod_pattern, s3m_pattern, xm_pattern
from archivist.readers.tracker_play import EMPTY, ROWS_A_BEAT, SKIP, Pattern, Played, play
from archivist.records import ProjectInfo, SampleRef, Track
from archivist.text import clean

MAX_MODULE = 192 * 2**20
MAX_SLOTS = 4_000  # OpenMPT's limit of samples; it has 255 instruments

_MOD_MARKS: dict[bytes, tuple[str, int]] = {  # at byte 1080: who writes it, and channels
    b"M.K.": ("ProTracker", 4),
    b"M!K!": ("ProTracker", 4),
    b"M&K!": ("NoiseTracker", 4),
    b"N.T.": ("NoiseTracker", 4),
    b"FLT4": ("StarTrekker", 4),
    b"FLT8": ("StarTrekker", 8),
    b"CD61": ("Octalyser", 6),
    b"CD81": ("Octalyser", 8),
    b"OKTA": ("Oktalyzer", 8),
    b"OCTA": ("Oktalyzer", 8),
    **{b"%dCHN" % n: ("FastTracker", n) for n in range(1, 10)},
    **{b"%02dCH" % n: ("FastTracker", n) for n in range(10, 33)},
    **{b"%02dCN" % n: ("TakeTracker", n) for n in range(10, 33)},
    **{b"TDZ%d" % n: ("TakeTracker", n) for n in range(1, 4)},
}

_S3M_TRACKERS = (
    "",
    "Scream Tracker",
    "Imago Orpheus",
    "Impulse Tracker",
    "Schism Tracker",
    "OpenMPT",
    "BeRoTracker",
)
_IT_TRACKERS = ("Impulse Tracker", "Schism Tracker", "", "", "pyIT", "OpenMPT", "BeRoTracker", "ITMCK")
_XM_TRACKER = re.compile(r"(.*?)[ v]*(\d+\.[\d.]*\d)?")


def _cut_off(data: bytes, ends: Iterable[int]) -> tuple[str, ...]:
    """What a module misses whose samples should end at `ends`."""
    return ("samples",) if max(ends, default=0) > len(data) else ()


class _Budget:
    """Hands out the bytes of patterns, which real modules do not lay on top of each other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = len(data)

    def piece(self, at: int, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise ReadError("damaged: its patterns lie in one another")
        return self._data[at : at + size]


# ---------------------------------------------------------------- the formats


def _mod(data: bytes) -> Module:
    tracker, channels = _MOD_MARKS[data[1080:1084]]
    heads = [data[at : at + 30] for at in range(20, 20 + 31 * 30, 30)]
    lengths = [2 * int.from_bytes(head[22:24], "big") for head in heads]
    order = tuple(data[952 : 952 + min(data[950], 128)])
    width = 256 * channels
    count = 1 + max(data[952:1080])
    patterns = {n: mod_pattern(data[1084 + n * width : 1084 + (n + 1) * width], channels) for n in set(order)}
    return Module(
        title=text(data[:20]),
        tracker=tracker,
        channels=(False,) * channels,
        samples=tuple(
            Slot(text(head[:22]), length > 2) for head, length in zip(heads, lengths, strict=True)
        ),  # an empty one has a length of one word
        patterns=patterns,
        order=order,
        unread=_cut_off(data, [1084 + count * width + sum(length for length in lengths if length > 2)]),
    )


def _s3m(data: bytes) -> Module:
    orders, instruments, patterns, _, made = struct.unpack_from("<5H", data, 32)
    speed, pace = data[49], data[50]
    order = data[96 : 96 + orders]
    pointers = struct.unpack_from(f"<{min(instruments + patterns, 2 * MAX_SLOTS)}H", data, 96 + orders)
    slots, ends = [], []
    for at in (16 * pointer for pointer in pointers[:instruments]):
        kind, file = data[at], text(data[at + 1 : at + 13])
        begin = 16 * (data[at + 13] << 16 | int.from_bytes(data[at + 14 : at + 16], "little"))
        size = int.from_bytes(data[at + 16 : at + 20], "little") * (1 + (data[at + 31] >> 2 & 1))
        sounds = kind == 1 and size > 0
        slots.append(Slot(text(data[at + 48 : at + 76]) or (file if sounds else ""), sounds))
        ends.append(begin + size if sounds else 0)
    silent = frozenset(n for n, channel in enumerate(data[64:96]) if channel & 0x80)
    budget = _Budget(data)
    played = {}
    for number in set(order):
        at = 16 * pointers[instruments + number] if instruments + number < len(pointers) else 0
        if at:
            size = int.from_bytes(data[at : at + 2], "little")
            # Some writers count the two bytes of the length in and some do not: two more do no harm.
            played[number] = s3m_pattern(budget.piece(at + 2, size), silent)
    return Module(
        title=text(data[:28]),
        tracker=_S3M_TRACKERS[made >> 12] if made >> 12 < len(_S3M_TRACKERS) else "",
        version=_nibbles(made),
        channels=tuple(bool(channel & 0x80) for channel in data[64:96] if channel != 255),
        samples=tuple(slots),
        patterns=played,
        order=_order(order),
        speed=speed,
        pace=pace,
        unread=_cut_off(data, ends),
    )


def _xm(data: bytes) -> Module:
    size, orders, _, channels, patterns, instruments, _, speed, pace = struct.unpack_from("<I8H", data, 60)
    version = int.from_bytes(data[58:60], "little")
    named = _XM_TRACKER.fullmatch(text(data[38:58]))
    module = Module(
        title=text(data[17:37]),
        tracker=named[1] if named and named[1] else "FastTracker",
        version=named[2] if named else None,
        channels=(False,) * min(channels, MAX_CHANNELS),
        order=tuple(data[80 : 80 + min(orders, 256)]),
        speed=speed,
        pace=pace,
    )
    if version < 0x0104:  # of 1994: instruments come before patterns
        return replace(module, order=(), unread=("samples", "tempo_changes", "length_seconds"))
    at = 60 + size
    played: dict[int, Pattern] = {}
    budget = _Budget(data)
    for number in range(min(patterns, 256)):
        head, _, rows, packed = struct.unpack_from("<IBHH", data, at)
        played[number] = xm_pattern(budget.piece(at + head, packed), rows, len(module.channels))
        at += head + packed
    samples: list[Slot] = []
    outer: list[Slot] = []
    for _ in range(min(instruments, 256)):
        (head,) = struct.unpack_from("<I", data, at)
        (count,) = struct.unpack_from("<H", data, at + 27)
        name = text(data[at + 4 : at + 26])
        outer.append(Slot(name, count > 0))
        width = struct.unpack_from("<I", data, at + 29)[0] if count else 0
        at += max(head, 29)
        heads = [data[at + n * width : at + (n + 1) * width] for n in range(min(count, 32))]
        at += len(heads) * width
        for each in heads:
            (length,) = struct.unpack_from("<I", each)
            samples.append(Slot(text(each[18:40]) or (name if length else ""), length > 0))
            at += 16 + (length + 1) // 2 if each[17] == 0xAD else length  # 0xAD: packed by ModPlug
    if at > len(data):
        return replace(module, samples=tuple(samples), patterns=played, unread=("samples",))
    module = replace(module, samples=tuple(samples), instruments=tuple(outer), patterns=played)
    return extended(module, data, at)


def _it(data: bytes) -> Module:
    orders, instruments, samples, patterns, made, needed, _, special = struct.unpack_from("<8H", data, 32)
    speed, pace = data[50], data[51]
    order = data[192 : 192 + orders]
    offsets = struct.unpack_from(f"<{min(instruments + samples + patterns, 3 * MAX_SLOTS)}I", data, 192 + orders)
    inner = []
    outer = [Slot(text(data[at + 32 : at + 58]), data[at : at + 4] == b"IMPI") for at in offsets[:instruments]]
    ends = [0]
    for at in offsets[instruments : instruments + samples]:
        length = int.from_bytes(data[at + 48 : at + 52], "little")
        sounds = bool(data[at + 18 : at + 19] > b"\0" and data[at + 18] & 1 and length)
        file = text(data[at + 4 : at + 16])
        inner.append(Slot(text(data[at + 20 : at + 46]) or (file if sounds else ""), sounds))
        ends.append(int.from_bytes(data[at + 72 : at + 76], "little") if sounds else at + 80)
    budget = _Budget(data)
    played: dict[int, Pattern] = {}
    used = 0
    for number, at in enumerate(offsets[instruments + samples :][:256]):
        played[number] = EMPTY
        if at:
            size = int.from_bytes(data[at : at + 2], "little")
            played[number], channels = it_pattern(budget.piece(at, size + 8))
            used = max(used, channels)
    highlights = bool(special & 4)
    size, at = struct.unpack_from("<HI", data, 54)
    is_openmpt = made >> 12 == 5 or (needed == 0x0888 and made >= 0x0888)
    module = Module(
        title=text(data[4:30]),
        tracker="OpenMPT" if is_openmpt else _IT_TRACKERS[made >> 12] if made >> 12 < len(_IT_TRACKERS) else "",
        version=_nibbles(made) if not is_openmpt or made >> 12 == 5 else None,
        channels=tuple(bool(pan & 0x80) for pan in data[64 : 64 + used]),
        samples=tuple(inner),
        instruments=tuple(outer),
        patterns=played,
        order=_order(order),
        speed=speed,
        pace=pace,
        rows_a_beat=data[30] or ROWS_A_BEAT if highlights else ROWS_A_BEAT,
        message=text(data[at : at + size].replace(b"\r", b"\n"), MAX_NOTES) if special & 1 else "",
        unread=_cut_off(data, ends),
    )
    return extended(module, data, 192 + orders + 4 * len(offsets))


def _order(stored: bytes) -> tuple[int, ...]:
    """The order list of S3M and IT, in which 255 ends the song and 254 is a mark to step over."""
    return tuple(SKIP if number == 254 else number for number in stored.split(b"\xff", 1)[0])


def _nibbles(made: int) -> str | None:
    """The version 0x1320 is 3.20. Schism Tracker counts days from 0x50 on, which says nothing to people."""
    if made >> 12 == 1 and made & 0xFFF >= 0x50 and not made & 0xF00:
        return None
    return f"{made >> 8 & 15:x}.{made & 255:02x}"


# ---------------------------------------------------------------- the reader


def _format(head: bytes) -> Callable[[bytes], Module] | None:
    if head.startswith(b"Extended Module: "):
        return _xm
    if head.startswith(b"IMPM") and len(head) >= 192:
        return _it
    if head[44:48] == b"SCRM" and len(head) >= 96:
        return _s3m
    if head[1080:1084] in _MOD_MARKS:
        return _mod
    return None


def _samples(module: Module) -> tuple[SampleRef, ...]:
    named = (slot.name or f"Sample {n}" for n, slot in enumerate(module.samples, 1) if slot.sounds)
    return tuple(SampleRef(name, status="found") for name in dict.fromkeys(named))


def _comment(module: Module) -> str | None:
    silent = [slot.name for slot in (*module.instruments, *module.samples) if slot.name and not slot.sounds]
    return clean(module.message or "\n".join(silent), MAX_NOTES) or None


def _tracks(module: Module) -> tuple[Track, ...]:
    names: Sequence[str] = module.channel_names + ("",) * len(module.channels)
    return tuple(
        Track(name or f"Channel {n}", "instrument", muted=muted)
        for n, (name, muted) in enumerate(zip(names, module.channels, strict=False), 1)
    )


def _played(module: Module) -> Played:
    return play(module.patterns, module.order, module.speed, module.pace, module.rows_a_beat, modern=module.modern)


def read(path: Path) -> ProjectInfo:
    """The module at `path`. Raises ReadError."""
    with translate_errors(IndexError, struct.error):
        data = read_bytes(path, MAX_MODULE)
        parse = _format(data)
        if parse is None:
            raise ReadError("is no tracker module")
        module = parse(data)
        played = _played(module)
    return ProjectInfo(
        format="tracker",
        daw=module.tracker or "Tracker",
        daw_version=module.version,
        bpm=played.bpm,
        tempo_changes=played.changes,
        length_seconds=played.seconds or None,
        title=module.title or None,
        author=module.author or None,
        comment=_comment(module),
        tracks=_tracks(module),
        plugins=module.plugins,
        samples=_samples(module),
        unread=module.unread,
    )


def sniff(path: Path) -> bool:
    return _format(read_head(path)) is not None


READER = Reader(
    name="tracker",
    title="tracker module",
    version=1,
    suffixes=(".mod", ".s3m", ".xm", ".it", ".mptm"),
    shared_suffixes=(".mod", ".xm", ".it"),  # go.mod, camcorders' video, Italian texts
    read=read,
    sniff=sniff,
)
