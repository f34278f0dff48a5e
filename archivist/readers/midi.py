"""MIDI files (.mid, .midi, .smf, .rmi): Standard MIDI File 1.0, formats 0 to 2.

Chunks and meta events as in the MIDI Association's "Standard MIDI Files 1.0" (RP-001); .rmi wraps the
same into RIFF. Only meta events are kept while the others are stepped over: building an object for each
event, as libraries do, takes 1.2 s a megabyte (mido 1.3), this 0.2 s. Beats are
quarter notes. A file that stores no tempo has none here, though it is played at 120; a key is one that the file
sets itself. The program that wrote it is stored nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from archivist.readers import tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_bytes, read_head, translate_errors
from archivist.readers.keys import from_accidentals
from archivist.records import Marker, ProjectInfo, Track
from archivist.text import clean

MAX_MIDI = 32 * 2**20
"""Bytes read. Files of notes alone reach one megabyte, "black MIDI" more."""

MAX_TRACKS = 65_535  # what the header can count
MAX_NOTES = 20_000
MAX_TICKS = 2**40
DEFAULT_BPM = 120.0  # how a file is played up to its first tempo

_TEXT, _COPYRIGHT, _TRACK_NAME, _INSTRUMENT, _MARKER, _CUE = 1, 2, 3, 4, 6, 7
_END, _TEMPO, _SIGNATURE, _KEY = 0x2F, 0x51, 0x58, 0x59
_KEPT = frozenset((_TEXT, _COPYRIGHT, _TRACK_NAME, _INSTRUMENT, _MARKER, _CUE, _TEMPO, _SIGNATURE, _KEY))
_DATA_BYTES = (2, 2, 2, 2, 1, 1, 2)  # of the messages 0x8n to 0xEn


@dataclass(slots=True)
class _Events:
    """The meta events of one track (tick, type, data), where it ends, and whether anything plays in it."""

    meta: list[tuple[int, int, bytes]] = field(default_factory=list)
    end: int = 0
    plays: bool = False
    whole: bool = False

    def first(self, kind: int) -> str:
        """The first text of that type, or ""."""
        return next((text for _, each, data in self.meta if each == kind and (text := _text(data))), "")


def _text(data: bytes, limit: int = 1_000) -> str:
    """Text is ASCII by the standard and what its writer's system had by custom."""
    try:
        return clean(data.decode("utf-8"), limit)
    except UnicodeDecodeError:
        return clean(data.decode("latin-1"), limit)


# ---------------------------------------------------------------- chunks and events


def _track_chunks(data: bytes) -> list[tuple[int, int, bool]]:
    """Where each MTrk chunk's contents begin and end, and whether the file holds all of it."""
    found: list[tuple[int, int, bool]] = []
    at = 8 + int.from_bytes(data[4:8], "big")
    while at + 8 <= len(data) and len(found) < MAX_TRACKS:
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"MTrk":
            found.append((at + 8, min(end, len(data)), end <= len(data)))
        at = end
    return found


def _length(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A quantity of variable length at `at`, and where it ends; IndexError where it has no end."""
    value = 0
    for place in range(at, at + 4):
        if place >= end:
            break
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise IndexError(at)


def _events(data: bytes, at: int, end: int, budget: int) -> _Events:
    """The events between `at` and `end`, as far as they make sense; at most `budget` are kept."""
    events = _Events()
    tick = 0
    running = 0  # the status that data bytes alone go on with; strictly it ends at a meta event
    try:
        while at < end:
            delta = data[at]  # almost always one byte
            at += 1
            if delta >= 0x80:
                delta, at = _length(data, at - 1, end)
            tick += delta
            status = data[at]
            if status >= 0x80:
                at += 1
            else:
                status = running
            if 0x80 <= status < 0xF0:
                running = status
                at += _DATA_BYTES[(status >> 4) - 8]
                if at > end:
                    break
                events.plays = True
            elif status == 0xFF:
                kind = data[at]
                size, at = _length(data, at + 1, end)
                if at + size > end:
                    break
                if kind in _KEPT and len(events.meta) < budget:
                    events.meta.append((tick, kind, data[at : at + min(size, MAX_NOTES)]))
                at += size
                if kind == _END:
                    events.end, events.whole = tick, True
                    return events
            elif status in (0xF0, 0xF7):
                size, at = _length(data, at, end)
                at += size
            else:  # no message, or one that has no place in a file
                break
            events.end = min(tick, MAX_TICKS)
        else:
            events.whole = at == end  # without an end of its own, which some programs forget
    except IndexError:  # cut off within an event
        pass
    return events


# ---------------------------------------------------------------- what they say


def _tempo(tracks: list[_Events], division: int) -> list[tempo.Point]:
    found = [
        (tick / division, round(60e6 / microseconds, 3))
        for events in tracks
        for tick, kind, data in events.meta
        if kind == _TEMPO and len(data) == 3 and (microseconds := int.from_bytes(data, "big"))
    ]
    points = list(dict(tempo.in_order(found)).items())  # of several on one tick the last one counts
    return [(0.0, DEFAULT_BPM), *points] if points and points[0][0] > 0 else points


def _time_signature(tracks: list[_Events]) -> str | None:
    found = sorted(
        (tick, data)
        for events in tracks
        for tick, kind, data in events.meta
        if kind == _SIGNATURE and len(data) >= 2 and data[0] and data[1] <= 7
    )
    return f"{found[0][1][0]}/{2 ** found[0][1][1]}" if found else None


def _key(tracks: list[_Events]) -> str | None:
    found = sorted(
        (tick, data)
        for events in tracks
        for tick, kind, data in events.meta
        if kind == _KEY and len(data) >= 2 and data[1] <= 1
    )
    if not found:
        return None
    _, (sharps, minor, *_) = found[0]
    return from_accidentals(sharps - 256 if sharps > 127 else sharps, minor == 1)


def _markers(tracks: list[_Events], division: int | None, rate: float) -> tuple[Marker, ...]:
    """Markers and cue points: in beats, or in seconds where the file counts frames."""
    found = sorted(
        (tick, _text(data)) for events in tracks for tick, kind, data in events.meta if kind in (_MARKER, _CUE)
    )
    if division is None:
        return tuple(Marker(name, tick / rate, "seconds") for tick, name in found[:MAX_ITEMS])
    return tuple(Marker(name, tick / division, "beats") for tick, name in found[:MAX_ITEMS])


def _comment(tracks: list[_Events]) -> str | None:
    """The copyright notice and the texts at the start of the first track; later ones are mostly lyrics."""
    said = [
        _text(data, MAX_NOTES)
        for tick, kind, data in (tracks[0].meta if tracks else [])
        if tick == 0 and kind in (_COPYRIGHT, _TEXT)
    ]
    return clean("\n".join(said), MAX_NOTES) or None


def _track(events: _Events) -> Track:
    instrument = events.first(_INSTRUMENT)
    return Track(
        name=events.first(_TRACK_NAME) or instrument,
        kind="midi" if events.plays else "other",  # one of tempi and markers alone
        devices=(instrument,) if instrument else (),
    )


def read(path: Path) -> ProjectInfo:
    """The MIDI file at `path`; one that is cut off is read as far as it goes. Raises ReadError."""
    with translate_errors():
        data = read_bytes(path, MAX_MIDI)
    if data.startswith(b"RIFF") and data[8:12] == b"RMID":
        data = data[20:]
    if not data.startswith(b"MThd") or len(data) < 14:
        raise ReadError("is no MIDI file: it has no header")
    form, count, time = (int.from_bytes(data[at : at + 2], "big") for at in (8, 10, 12))
    chunks = _track_chunks(data)
    if not chunks or not time:
        raise ReadError("damaged: it has no track" if not chunks else "damaged: a quarter note has no ticks")
    tracks: list[_Events] = []
    budget = MAX_ITEMS
    for begin, end, _ in chunks:
        tracks.append(_events(data, begin, end, budget))
        budget -= len(tracks[-1].meta)
    whole = len(chunks) >= count and all(held for _, _, held in chunks) and all(each.whole for each in tracks)
    song = tracks[:1] if form == 2 else tracks  # format 2 holds songs of their own
    last = max(events.end for events in song)
    per_second = 256 - (time >> 8)  # SMPTE frames; 29 stands for 30 drop-frame
    rate = (30 / 1.001 if per_second == 29 else per_second) * (time & 0xFF)
    division = None if time & 0x8000 else time
    points = tempo.steps(_tempo(song, division)) if division else []
    if division:
        length = tempo.seconds_at(last / division, points or [(0.0, DEFAULT_BPM)])
    else:
        length = last / rate if rate else None
    return ProjectInfo(
        format="midi",
        daw="MIDI",
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(song),
        key=_key(song),
        length_seconds=length or None,
        title=tracks[0].first(_TRACK_NAME) or None,
        comment=_comment(tracks),
        tracks=tuple(map(_track, tracks)),
        markers=_markers(song, division, rate or 1.0),
        unread=() if whole else ("tracks", "length_seconds"),
    )


def sniff(path: Path) -> bool:
    head = read_head(path, 24)
    return head.startswith(b"MThd") or (head.startswith(b"RIFF") and head[8:12] == b"RMID")


READER = Reader(
    name="midi",
    title="MIDI",
    version=1,
    suffixes=(".mid", ".midi", ".smf", ".rmi"),
    exchange=True,
    read=read,
    sniff=sniff,
)
