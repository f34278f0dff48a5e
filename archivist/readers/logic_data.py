"""ProjectData, the song of Logic Pro and GarageBand: track names, kinds and plugins.

A magic and 24 bytes, then records that fill the file to its end: a four-letter tag, written backwards,
with 36 bytes of header in total and the payload's size at +28 (all numbers are little-endian).

    Trak  class 0x17, object 4: the rows of the arrange window, in order. +8 its environment object
    Envi  an environment object. +158 u16 length of its name, then the name in UTF-8, padded to an even
          length, then the number of its mixer channel plus one
    AuCO  a mixer channel, its number in the header at +14. +4 what it is, +60 its label
    AuCU  what that channel holds. +4 u16 is 1 for a plugin, 2 for a MIDI plugin; +120 the plugin's name in
          12 bytes; +132 its maker, reversed: "GAME" and "MELC" (EMAG, who wrote Logic) are Logic's own
          plugins with a number or code at +140, anything else is an Audio Unit's manufacturer

Read from real files of 10.1 to 10.6; rows, channels and slots also as phierceweb/logicxkit's notes have
them from controlled saves of Logic 11 and 12, where these places are the same. The last row is the stereo
out, which Logic itself does not count as a track and which is left out here.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from archivist.readers.base import MAX_ITEMS, ReadError
from archivist.records import Plugin, Track, TrackKind
from archivist.text import clean

MAX_RECORDS = 250_000  # the busiest real project seen has 2,000
_MAGIC = b"\x23\x47\xc0\xab"
_HEADER = 36
_ARRANGE_CLASS, _ARRANGE_OBJECT = 0x17, 4

_CHANNEL_KINDS: dict[int, TrackKind] = {
    0x40: "audio",
    0x42: "bus",  # an aux: the return of a bus, or the sum of a track stack
    0x43: "instrument",
    0x44: "master",  # an output, and 0x4C a pair of them
    0x45: "bus",
    0x46: "master",
    0x4C: "master",
}
# The row says it too, from 10.4 on: for tracks whose channel is not known.
_ROW_KINDS: dict[int, TrackKind] = {0x07: "audio", 0x85: "instrument"}

# Logic's own plugins by number, where the 12 bytes abbreviate; the others are written out.
_FULL_NAMES = {
    148: "Stereo Delay",
    151: "PlatinumVerb",
    162: "AutoFilter",
    164: "Distortion",
    181: "Modulation Delay",
    182: "Direction Mixer",
    191: "Clip Distortion",
    193: "Adaptive Limiter",
    194: "Multipressor",
    196: "Phase Distortion",
    198: "Stereo Spread",
    213: "Vintage Electric Piano",
    216: "Vintage B3",
    220: "EVOC 20 PolySynth",
    221: "EVOC 20 Filterbank",
    223: "Vintage Clav",
    228: "Distortion II",
    229: "Scanner Vibrato",
    231: "Space Designer",
    235: "Pitch Correction",
    241: "Correlation Meter",
    243: "Linear Phase EQ",
    248: "Delay Designer",
    249: "Vocal Transformer",
    274: "Amp Designer",
    284: "Vintage Tube EQ",
    285: "Vintage Graphic EQ",
    286: "Vintage Console EQ",
    289: "Step FX",
    297: "Bass Amp Designer",
    299: "Quantec Room Simulator",
    305: "Modifier",
    307: "Velocity Processor",
    315: "Loudness Meter",
    320: "Mastering Assistant",
}
_CODED_NAMES = {
    "ANML": "Drum Kit Designer",
    "ExI2": "External Instrument",
    "PRRT": "Quick Sampler",
    "SAM1": "Sampler",
    "_AS_": "Auto Sampler",
    "_IO_": "I/O",
}
# Audio Unit manufacturers whose codes are widely known; any other maker is given by its code.
_MAKERS = {
    "-NI-": "Native Instruments",
    "Artu": "Arturia",
    "FabF": "FabFilter",
    "SToy": "Soundtoys",
    "UHfX": "u-he",
    "appl": "Apple",
    "ksWV": "Waves",
    "oDin": "Valhalla DSP",
}


@dataclass(frozen=True, slots=True)
class Song:
    """`unread` names the fields that could not be had."""

    tracks: tuple[Track, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    unread: tuple[str, ...] = ()


class _Record(NamedTuple):
    tag: bytes
    kind: int
    object: int
    owner: int
    payload: memoryview


def read_song(data: bytes, track_count: int | None) -> Song:
    """Tracks and plugins; `track_count` is what the project's plist says. A file without the magic, or
    cut short, leaves both unread. Raises ReadError where it holds more than any project would."""
    rows: dict[int, list[memoryview]] = defaultdict(list)
    objects: dict[int, memoryview] = {}
    channels: dict[int, memoryview] = {}
    slots: dict[int, list[Plugin]] = defaultdict(list)
    whole = data[:4] == _MAGIC
    for record in _records(data) if whole else ():
        if record is None:
            whole = False
        elif record.tag == b"karT" and record.kind == _ARRANGE_CLASS and len(record.payload) >= 12:
            rows[record.object].append(record.payload)
        elif record.tag == b"ivnE":
            objects[record.object] = record.payload
        elif record.tag == b"OCuA" and len(record.payload) > 64:
            channels[record.owner] = record.payload
        elif record.tag == b"UCuA" and (plugin := _plugin(record.payload)) is not None:
            slots[record.owner].append(plugin)
    arrange = _arrange_rows(rows, track_count)
    if not whole or not arrange:
        return Song(unread=("tracks", "plugins"))
    counts = Counter(plugin for owner in slots for plugin in slots[owner])
    return Song(
        tracks=tuple(_track(row, objects, channels, slots) for row in arrange[:-1]),
        plugins=tuple(Plugin(p.name, p.vendor, p.format, count) for p, count in counts.items()),
    )


def _records(data: bytes) -> Iterator[_Record | None]:
    """Every record; None at the end where one runs past the file's."""
    view, position = memoryview(data), 24
    for _ in range(MAX_RECORDS):
        if position == len(data):
            return
        if position + _HEADER > len(data):
            break
        tag, kind, item, owner, size = struct.unpack_from("<4s2xH2xIH12xI", data, position)
        start = position + _HEADER
        position = start + size
        if position > len(data):
            break
        yield _Record(tag, kind, item, owner, view[start:position])
    else:
        raise ReadError("holds more records than a project would")
    yield None


def _arrange_rows(rows: dict[int, list[memoryview]], track_count: int | None) -> list[memoryview]:
    """The arrange window's rows. Should a version keep them elsewhere, the list of the right length."""
    arrange = rows.get(_ARRANGE_OBJECT, [])
    if track_count is not None and len(arrange) != track_count + 1:
        return next((other for other in rows.values() if len(other) == track_count + 1), arrange)
    if len(arrange) > MAX_ITEMS:
        raise ReadError("holds more tracks than a project would")
    return arrange


def _track(
    row: memoryview,
    objects: dict[int, memoryview],
    channels: dict[int, memoryview],
    slots: dict[int, list[Plugin]],
) -> Track:
    (number,) = struct.unpack_from("<I", row, 8)
    name, owner = _named(objects.get(number, memoryview(b"")))
    channel = channels.get(owner, memoryview(b""))
    kind = _CHANNEL_KINDS.get(channel[4]) if channel else None
    if channel and bytes(channel[60:68]).strip().startswith(b"Sub "):
        kind = "group"  # the channel of a folder stack
    if kind is None and number and len(row) > 51:
        kind = _ROW_KINDS.get(row[51])
    return Track(name, kind or "other", devices=tuple(plugin.name for plugin in slots.get(owner, ())))


def _named(payload: memoryview) -> tuple[str, int]:
    """An environment object's name, and its mixer channel's number or -1."""
    if len(payload) < 160:
        return "", -1
    (length,) = struct.unpack_from("<H", payload, 158)
    name = clean(bytes(payload[160 : 160 + length]).decode("utf-8", "replace"))
    end = 160 + length + length % 2
    return name, struct.unpack_from("<H", payload, end)[0] - 1 if end + 2 <= len(payload) else -1


def _plugin(payload: memoryview) -> Plugin | None:
    """The plugin in a channel's slot; None for a send, a setting, or whatever else the record holds."""
    if len(payload) < 152 or int.from_bytes(payload[4:6], "little") not in (1, 2):
        return None
    name = clean(bytes(payload[120:132]).split(b"\0")[0].decode("utf-8", "replace"))
    maker, code = _letters(payload[132:136]), _letters(payload[140:144])
    if maker == "EMAG":
        number = int.from_bytes(payload[140:144], "little")
        return Plugin(_FULL_NAMES.get(number) or name or f"plugin {number}", "Apple", "builtin")
    if maker == "CLEM":
        return Plugin(_CODED_NAMES.get(code) or name or code, "Apple", "builtin")
    if not maker.strip():
        return None
    return Plugin(name or code, _MAKERS.get(maker, maker), "au")


def _letters(reversed_code: memoryview) -> str:
    return clean(bytes(reversed_code)[::-1].decode("latin-1"))
