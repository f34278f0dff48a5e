"""The event stream of an .flp file, bounded, and how the values in it are written.

flpkit splits the file, knows the odd event sizes and says which rack channel an event belongs to. Its
higher layers are left alone: one odd string or clip there costs the whole project, they decode every
note, and they know wrapped plugins only up to FL 21. Its iterator is replaced by a bounded one, for a
run of 0xFF bytes would keep it busy for hours.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import add
from typing import NamedTuple

from flpkit.codec import FlpError, Stream, chunks
from flpkit.detect import playlist_stride

from archivist.readers.base import MAX_ITEMS, ReadError, translate_errors
from archivist.text import clean

MAX_EVENTS = 250_000  # the busiest real project seen has 4,000
MAX_COMMENT = 20_000
_MAX_RECORDS = 256  # of a wrapped plugin's state; real ones hold about a dozen
_EPOCH = datetime(1899, 12, 30)  # day 0 of Delphi's and OLE's dates


class Event(NamedTuple):
    """`value` is the number of an event below id 192, `payload` its bytes; `channel` the rack channel
    that it belongs to, if any."""

    channel: int | None
    id: int
    value: int
    payload: memoryview


def open_events(data: bytes) -> tuple[int, Iterator[Event]]:
    """Ticks a beat, and the events of a whole file. Raises ReadError, also while iterating."""
    if data[:4] != b"FLhd":
        raise ReadError("not an FL Studio project: it does not begin with FLhd")
    with translate_errors(FlpError):
        header, raw = chunks(data)
    file_format, _, ppq = struct.unpack_from("<hHH", header)
    if file_format > 0:
        raise ReadError("an FL Studio preset or score, not a project")
    if ppq == 0:
        raise ReadError("damaged: no ticks per beat")
    return ppq, _events(raw)


def _events(raw: memoryview) -> Iterator[Event]:
    for channel, event, _, offset, size in _BoundedStream(raw).channel_events():
        payload = raw[offset : offset + size]
        yield Event(channel, event, int.from_bytes(payload, "little") if event < 192 else 0, payload)


class _BoundedStream(Stream):
    """flpkit's event stream with an end to every loop."""

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """(event id, offset, size) of each event. Raises ReadError on a truncated or endless one."""
        raw: memoryview = self.raw
        end, position = len(raw), 0
        for _ in range(MAX_EVENTS):
            if position >= end:
                return
            event, position = raw[position], position + 1
            size = self.size_overrides.get(event, 1 << (event >> 6))
            if event >= 192:
                size, position = _length(raw, position)
            if position + size > end:
                raise ReadError(f"damaged: event {event} runs past the end of the file")
            yield event, position, size
            position += size
        if position < end:
            raise ReadError("holds more events than a project would")


def _length(raw: memoryview, position: int) -> tuple[int, int]:
    """A length in base 128, low digits first, and the position behind it. 5 bytes hold 32 bits."""
    size = 0
    for shift in range(0, 35, 7):
        if position >= len(raw):
            break
        byte, position = raw[position], position + 1
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return size, position
    raise ReadError("damaged: an event has no readable length")


def wrapper_records(state: bytes) -> dict[int, str]:
    """Name (54), path (55) and vendor (56) of a wrapped plugin: u32 marker (8, 10 or 11 seen), then
    records of u32 id, u64 length, data. Empty where the state is laid out otherwise, or names nothing."""
    found: dict[int, str] = {}
    position = 4
    for _ in range(_MAX_RECORDS):
        if position + 12 > len(state):
            break
        record, size = struct.unpack_from("<IQ", state, position)
        position += 12
        if size > len(state) - position:
            break
        if record in (54, 55, 56):
            found[record] = clean(state[position : position + min(size, 4_000)].decode("utf-8", "replace"))
        position += size
    return found


def last_tick(payload: memoryview) -> int | None:
    """Where the last clip ends, in ticks; None where the records' size is unknown (up to version 11)."""
    clips = bytes(payload)
    if len(clips) > 32 * MAX_ITEMS:
        return None
    stride = playlist_stride(clips)
    if stride is None:
        return None if clips else 0
    words = memoryview(clips).cast("I")
    step = stride // 4
    return max(map(add, words[0::step].tolist(), words[2::step].tolist()), default=0)


def creation_date(payload: memoryview) -> str | None:
    """The local date of creation, as days since the end of 1899; time spent on it follows."""
    days = struct.unpack_from("<d", payload)[0] if len(payload) >= 8 else 0.0
    if not math.isfinite(days) or not 0 < days < 2_900_000:
        return None
    return (_EPOCH + timedelta(seconds=round(days * 86_400))).isoformat()


def plain_text(rtf: str) -> str:
    """The words of an RTF note: no font and colour tables, no control words, no braces."""
    text = re.sub(r"\{\\(?:fonttbl|colortbl|stylesheet|\*)(?:[^{}]|\{[^{}]*\})*\}", "", rtf)
    text = re.sub(r"\\par\b ?\s?", "\n", text)
    text = re.sub(r"\\'([0-9a-fA-F]{2})", lambda m: bytes.fromhex(m[1]).decode("cp1252", "replace"), text)
    return clean(re.sub(r"\\[a-zA-Z]+-?\d* ?|[{}\r]", "", text), MAX_COMMENT)
