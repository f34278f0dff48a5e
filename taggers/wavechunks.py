"""What the chunks of a WAV file say: Broadcast Wave, iXML, INFO, cue labels and a sampler's note, by wavinfo.

wavinfo trusts the file: it asserts what chunks declare, follows lists into lists, and one bad chunk costs all the
others. So it never sees the file, but for each chunk a small WAVE written here that holds this one alone, flat and
within bounds; whatever it still raises means that the chunk says nothing.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAX_TEXT = 1_000
MAX_ENTRIES = 1_000
"""Of a list: texts of INFO, labels, cue points."""

_FMT = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
_SOUND = (b"data", bytes(2))  # wavinfo does not see an empty chunk at the end
_BEXT_SIZE = 602  # EBU Tech 3285: up to the coding history
_BEXT_TEXTS = 338  # the end of its texts; some programs stop there
_CUE_SIZE = 24
_SMPL_ROOT = 16  # the end of the note in the sampler's header, which has 36 bytes

_REFUSALS = (
    AssertionError, EOFError, struct.error, ValueError, LookupError, StopIteration, TypeError, AttributeError,
    SyntaxError,  # what lxml's errors are
)  # fmt: skip
"""What wavinfo raises on chunks that are not what it expects; UnicodeDecodeError is a ValueError."""

_INFO_FIELDS = {
    "title": "title", "artist": "artist", "album": "product", "genre": "genre", "comment": "comment",
    "year": "created_date",
}  # fmt: skip

Content = Mapping[bytes, bytes]
"""By name: taggers.riff.Chunks.content."""
Chunk = tuple[bytes, bytes]


def broadcast(content: Content) -> dict[str, str]:
    """description, originator and recorded ("2019-04-03T18:20:05") of the `bext` chunk, where given."""
    data = content.get(b"bext", b"")
    if len(data) < _BEXT_TEXTS:
        return {}
    wave = _read((b"bext", data[:_BEXT_SIZE].ljust(_BEXT_SIZE, b"\0")))
    if wave is None:
        return {}
    bext = wave.bext
    return _said(
        description=bext.description,
        originator=bext.originator,
        recorded=_moment(bext.originator_date, bext.originator_time),
    )


def ixml(content: Content) -> dict[str, str]:
    """scene, take and comment of a field recorder (ixml.info). No document type: entities are an attack."""
    data = content.get(b"iXML", b"")
    if not data or b"<!" in data.replace(b"\0", b"").replace(b"<!--", b""):  # in UTF-16 every other byte is 0
        return {}
    wave = _read((b"iXML", data))
    if wave is None or wave.ixml.raw_xml.getroot() is None:  # nothing in it was XML
        return {}
    return _said(
        scene=wave.ixml.scene,
        take=wave.ixml.take,
        comment=wave.ixml.raw_xml.findtext("NOTE"),
    )


def info(content: Content) -> dict[str, str]:
    """title, artist, album, genre, comment and year of the LIST INFO chunk (RIFF MCI)."""
    entries = [
        (name, text.split(b"\0", 1)[0])
        for name, text in _entries(content.get(b"INFO", b""))
        if name.startswith(b"I")
    ]
    wave = _read((b"LIST", b"INFO" + _pack(entries))) if entries else None
    if wave is None:
        return {}
    return _said(**{field: getattr(wave.info, name) for field, name in _INFO_FIELDS.items()})


def labels(content: Content) -> list[str]:
    """The texts of the cue points, in the order of their places in the sound."""
    entries = [
        (name, label[:4] + label[4:].split(b"\0", 1)[0])
        for name, label in _entries(content.get(b"adtl", b""))
        if name == b"labl" and len(label) > 4
    ]
    if not entries:
        return []
    points = content.get(b"cue ", b"")[4 : 4 + _CUE_SIZE * MAX_ENTRIES]
    count = len(points) // _CUE_SIZE  # as many as there are, whatever the chunk declares
    cue = struct.pack("<I", count) + points[: count * _CUE_SIZE]
    wave = _read((b"LIST", b"adtl" + _pack(entries)), (b"cue ", cue))
    if wave is None:
        return []
    places = dict(wave.cues.each_cue())
    ordered = sorted(wave.cues.labels, key=lambda label: places.get(label.name, 2**32))
    return [text for label in ordered if (text := _clean(label.text))]


def sampler_root(content: Content) -> int | None:
    """The MIDI note of the `smpl` chunk's sample; 0 and 60 are what programs write unasked: None."""
    data = content.get(b"smpl", b"")
    if len(data) < 36:
        return None
    wave = _read((b"smpl", data[:_SMPL_ROOT] + bytes(20)))  # without its loops, which need not be sound
    if wave is None:
        return None
    note: int = wave.smpl.midi_note
    return note if 0 < note < 128 and note != 60 else None


def _read(*chunks: Chunk) -> Any:
    """wavinfo's reader of these chunks, or None where it refuses them."""
    from wavinfo import WavInfoReader

    body = b"WAVE" + _pack([(b"fmt ", _FMT), *chunks, _SOUND])
    wave = _pack([(b"RIFF", body)])
    for encoding in ("utf-8", "latin_1"):  # the standards say ASCII; programs write what their system speaks
        try:
            return WavInfoReader(io.BytesIO(wave), info_encoding=encoding, bext_encoding=encoding)
        except UnicodeDecodeError:
            continue
        except _REFUSALS:
            return None
    return None


def _pack(chunks: Iterable[Chunk]) -> bytes:
    return b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)


def _entries(data: bytes) -> Iterator[Chunk]:
    """The chunks of a list, as far as they lie inside it."""
    at = 0
    for _ in range(MAX_ENTRIES):
        if at + 8 > len(data):
            return
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _moment(date: str, time: str) -> str:
    """ISO 8601 from "2019-04-03" and "18:20:05", whatever stands between the digits; "" without a date."""
    day = re.fullmatch(r"(\d{4}).(\d\d).(\d\d)", date, re.ASCII)
    if not day or day.groups() <= ("1900", "01", "01"):
        return ""
    clock = re.fullmatch(r"(\d\d).(\d\d).(\d\d)", time, re.ASCII)
    return "-".join(day.groups()) + (f"T{':'.join(clock.groups())}" if clock else "")


def _said(**texts: str | None) -> dict[str, str]:
    return {field: text for field, value in texts.items() if (text := _clean(value))}


def _clean(text: str | None) -> str:
    return (text or "").split("\0", 1)[0].strip()[:MAX_TEXT]
