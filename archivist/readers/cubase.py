"""Cubase and Nuendo projects (.cpr, .npr), from Cubase SX on. The archive is in cubase_archive.

    Version      PAppVersion: strings, of the application, its version and when that was built; its system
    Arrangement1 PArrangement, in which:
      MTrackList, MListNode  a track's node: string name; u32 how it counts time, 0: musically, then tempo and
          signature (the objects, or where they are), 1: in seconds, then an f64; a u16 (of track lists); u32
          count; the tracks or events
      M…TrackEvent, MFolderTrack  u16, three f64, the node, and the track with its mixer channel
      MTempoTrackEvent  u32 count; f32 seconds a beat, f64 seconds, f64 ticks, u16 1 for a ramp; at last the
          fixed tempo, f32
      MSignatureTrackEvent  u32 count; u32 bar, u16 numerator, u16 denominator ...
      MMarkerEvent, MRangeMarkerEvent  string name, i32, u16, f64 ticks
      FNPath  string name, a file's type, three strings, i32, u16, string folder
      PArrangeSetup  +48 f32 sample rate
    Devices      the mixer's other channels
    Metadata     what the MediaBay shows: author, tempo, signature

Attributes are a string name, a u16 type (1 an i64, 2 a group, 4 an f64, 8 a string) and a value; plugins are
such groups (cubase_plugins). How long events are is not read yet.
Facts from real files of Cubase 4.5 to 14, from fgimian/cubase-project-plugins, and of what these do not
hold (markers, audio files, mutes) from public notes on Cubase 15.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from archivist.readers import tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_head, translate_errors
from archivist.readers.cubase_archive import Archive, Thing, is_project, open_project
from archivist.readers.cubase_plugins import Slot, slots
from archivist.records import Marker, Plugin, ProjectInfo, SampleRef, Track, TrackKind

TICKS = 480
"""Of a quarter note."""

_MAX_FOLDERS = 32  # in each other
_NODE = 26  # where a track's node begins in it

_KINDS: dict[str, TrackKind] = {
    "MAudioTrackEvent": "audio",
    "MMidiTrackEvent": "midi",
    "MInstrumentTrackEvent": "instrument",
    "MSamplerTrackEvent": "instrument",
    "MFolderTrack": "group",
    "MMarkerTrackEvent": "marker",
    "MAutomationTrackEvent": "automation",
}
_CHANNELS: dict[str, TrackKind] = {  # of channels, by the folder that Cubase puts them in, if in English
    "FX Channels": "return",
    "Effects": "return",
    "Group Channels": "bus",
    "Groups": "bus",
    "Input/Output Channels": "bus",
    "VST Instruments": "instrument",
}

_MUTED = re.compile(rb"\0\0\0\x09SoloFlag\0\0\x01.{7}(.)", re.DOTALL)
_IDENTIFIED = b"Plugin UID"  # of every channel's panner; before Cubase 4 plugins are stored otherwise
_EVENTS = (b"MAudioEvent", b"MAudioPartEvent", b"MMidiPartEvent")
_METADATA = rb"\0\0\0.%s(?:\0(?:\xef\xbb\xbf)?)?\0\0\0\x05Type\0\0\x01.{8}\0\0\0\x06Flags\0\0\x01.{8}\0\0\0.%s"


class _Row(NamedTuple):
    """A track in its list. A folder's `thing` holds others."""

    thing: Thing
    name: str
    kind: TrackKind


class _Node(NamedTuple):
    """`size` says how many tracks or events there are, `first` where they begin."""

    name: str
    musical: bool
    size: int
    first: int
    end: int


def sniff(path: Path) -> bool:
    return is_project(read_head(path, 32))


def read(path: Path) -> ProjectInfo:
    """What a project says. Raises ReadError."""
    with translate_errors():
        archives = open_project(path)
    arrangement = next((a for (_, kind), a in archives.items() if kind == "PArrangement"), None)
    if arrangement is None:
        raise ReadError("holds no arrangement: a preset or track archive, not a project")
    daw, version = _version(archives)
    metadata = next((a for (_, kind), a in archives.items() if kind.endswith("PAttributes")), None)
    points, whole_map = _tempo(arrangement, _media_tempo(metadata))
    rows, all_tracks = _rows(arrangement)
    inserted = slots(arrangement, [row.thing for row in rows if row.kind == "instrument"])
    mixer = [slot for a in archives.values() if a is not arrangement for slot in slots(a, [])]
    samples, all_samples = _samples(arrangement)
    markers, all_markers = _markers(arrangement)
    unread = {
        "daw_version": version is None,
        "bpm": not points,
        "tempo_changes": not whole_map,
        "tracks": not all_tracks,
        "samples": not all_samples,
        "markers": not all_markers,
        "plugins": not any(_IDENTIFIED in a.data for a in archives.values()),
        "devices": not any(_IDENTIFIED in a.data for a in archives.values()),
        "length_seconds": any(b"%s\0" % kind in arrangement.data for kind in _EVENTS),
    }
    return ProjectInfo(
        format="cubase",
        daw=daw,
        daw_version=version,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(arrangement),
        sample_rate=_sample_rate(arrangement),
        title=_media_text(metadata, b"MediaProjectName"),
        author=_media_text(metadata, b"MediaAuthor"),
        tracks=tuple(_track(arrangement, row, inserted) for row in rows),
        plugins=_counted([slot.plugin for slot in inserted + mixer]),
        samples=samples,
        markers=markers,
        unread=tuple(name for name, missing in unread.items() if missing),
    )


# ---------------------------------------------------------------- the project


def _version(archives: dict[tuple[str, str], Archive]) -> tuple[str, str | None]:
    """The application, and its version."""
    archive = next((a for (_, kind), a in archives.items() if kind == "PAppVersion"), None)
    thing = None if archive is None else archive.at(0, len(archive.data))
    if archive is None or thing is None:
        return "Cubase", None
    name = archive.text(thing.start, thing.end)
    version = None if name is None else archive.text(name[1], thing.end)
    if name is None or version is None:
        return "Cubase", None
    return name[0] or "Cubase", version[0].removeprefix("Version ") or None


def _sample_rate(archive: Archive) -> int | None:
    for setup in archive.all_of("PArrangeSetup"):
        (rate,) = archive.numbers("f", setup.start + 48, setup.end) or (0,)
        if 8_000 <= rate <= 768_000:
            return int(rate)
    return None


def _media(archive: Archive | None, name: bytes, value: bytes) -> int | None:
    """Where the value of what the MediaBay shows begins; `value` is its name and type."""
    if archive is None:
        return None
    found = re.search(_METADATA % (name, value), archive.data, re.DOTALL)
    return found.end() if found else None


def _media_tempo(archive: Archive | None) -> float | None:
    position = _media(archive, b"MusicalTempo", rb"Float\0\0\x04")
    if archive is None or position is None:
        return None
    numbers = archive.numbers("d", position, len(archive.data))
    return float(numbers[0]) if numbers else None


def _media_text(archive: Archive | None, name: bytes) -> str | None:
    position = _media(archive, name, rb"String\0\0\x08")
    if archive is None or position is None:
        return None
    text = archive.text(position, len(archive.data))
    return (text[0] or None) if text else None


def _tempo(archive: Archive, shown: float | None) -> tuple[list[tempo.Point], bool]:
    """The tempo track, and whether all of it was read. `shown` is the tempo that the MediaBay shows: where it
    is the fixed one and not the track's, the track is switched off."""
    for track in archive.all_of("MTempoTrackEvent"):
        (count,) = archive.numbers("I", track.start, track.end) or (0,)
        points: list[tempo.Point] = []
        read_all = True
        for position in islice(range(track.start + 4, track.end, 22), min(int(count), MAX_ITEMS)):
            fields = archive.numbers("fddH", position, track.end)
            if fields is None or not 0.01 < fields[0] < 100:
                read_all = False
                break
            seconds, _, ticks, ramp = fields
            if points and ramp != 1:  # the tempo before stays until here
                points.append((ticks / TICKS, points[-1][1]))
            points.append((ticks / TICKS, round(60 / seconds, 4)))  # an f32 has some 7 digits
        if not points:
            continue
        (fixed,) = archive.numbers("f", track.start + 4 + 22 * int(count), track.end) or (0,)
        if shown and abs(shown - fixed) < 0.001 and abs(shown - points[0][1]) > 0.001:
            return tempo.in_order([(0.0, round(fixed, 4))]), True
        return tempo.in_order(points), read_all
    return [], True


def _time_signature(archive: Archive) -> str | None:
    for track in archive.all_of("MSignatureTrackEvent"):
        fields = archive.numbers("IIHH", track.start, track.end)
        if fields is not None and fields[0] and 0 < fields[2] < 1000 and 0 < fields[3] < 1000:
            return f"{fields[2]}/{fields[3]}"
    return None


# ---------------------------------------------------------------- tracks, markers


def _node(archive: Archive, track: Thing) -> _Node | None:
    thing = archive.at(track.start + _NODE, track.end)
    return None if thing is None else _read_node(archive, thing)


def _read_node(archive: Archive, thing: Thing) -> _Node | None:
    name = archive.text(thing.start, thing.end)
    if name is None:
        return None
    (timed,) = archive.numbers("I", name[1], thing.end) or (2,)
    position = name[1] + 4
    if timed == 1:
        position += 8
    else:  # the tempo, and the signature
        for _ in range(2):
            inner = archive.at(position, thing.end)
            position = inner.end if inner else position + archive.width
    position += 2 if thing.kind == "MTrackList" else 0
    (count,) = archive.numbers("I", position, thing.end) or (0,)
    return _Node(name[0], timed == 0, int(count), position + 4, thing.end)


def _items(archive: Archive, node: _Node) -> Iterator[Thing | None]:
    """A node's tracks or events; None for one that is only pointed at, or where the rest cannot be read."""
    position = node.first
    for _ in range(min(node.size, MAX_ITEMS)):
        thing = archive.at(position, node.end)
        yield thing
        if thing is None and archive.data[position] >= 0x80:
            return
        position = thing.end if thing else position + archive.width
        if position >= node.end:
            return


def _rows(archive: Archive) -> tuple[list[_Row], bool]:
    """The tracks as the project window lists them, a folder before its own; and whether these are all."""
    top = next(archive.all_of("MTrackList"), None)
    node = None if top is None else _read_node(archive, top)
    if node is None:
        return [], False
    rows = list(islice(_listed(archive, node, "bus", 0), MAX_ITEMS))
    return [row for row in rows if row is not None], None not in rows


def _listed(archive: Archive, node: _Node, channels: TrackKind, depth: int) -> Iterator[_Row | None]:
    """The tracks in a list; None for one that cannot be read. `channels` is what channels in it are."""
    for thing in _items(archive, node):
        inner = None if thing is None else _node(archive, thing)
        if thing is None or inner is None:
            yield None
            continue
        kind = channels if thing.kind == "MDeviceTrackEvent" else _KINDS.get(thing.kind, "other")
        yield _Row(thing, inner.name, kind)
        if thing.kind == "MFolderTrack":
            if depth >= _MAX_FOLDERS:
                yield None
            else:
                yield from _listed(archive, inner, _CHANNELS.get(inner.name, channels), depth + 1)


def _track(archive: Archive, row: _Row, inserted: list[Slot]) -> Track:
    if row.kind == "group":
        return Track(row.name, row.kind)
    start, end = row.thing.start, row.thing.end
    muted = _MUTED.search(archive.data, start, end)
    first, last = (bisect_left(inserted, place, key=itemgetter(0)) for place in (start, end))
    return Track(
        name=row.name,
        kind=row.kind,
        muted=muted is not None and bool(muted[1][0] & 1),
        devices=tuple(slot.shown for slot in inserted[first:last]),
    )


def _markers(archive: Archive) -> tuple[tuple[Marker, ...], bool]:
    """Markers and the starts of cycle markers, and whether these are all."""
    nodes = [_node(archive, track) for track in archive.all_of("MMarkerTrackEvent")]
    events = ((node, event) for node in nodes if node is not None for event in _items(archive, node))
    found: list[Marker] = []
    for node, event in islice(events, MAX_ITEMS):
        text = None if event is None else archive.text(event.start, event.end)
        if event is None or text is None:
            continue
        (at,) = archive.numbers("d", text[1] + 6, event.end) or (-1.0,)
        if 0 <= at < 1e9:
            found.append(Marker(text[0], at / TICKS, "beats") if node.musical else Marker(text[0], at, "seconds"))
    count = sum(-1 if node is None else node.size for node in nodes)
    return tuple(sorted(found, key=lambda marker: (marker.unit, marker.at))), len(found) == count


# ---------------------------------------------------------------- plugins, samples


def _counted(plugins: list[Plugin]) -> tuple[Plugin, ...]:
    """Each plugin once, with how often it is used, as they first come."""
    counts = Counter(plugins)
    return tuple(replace(plugin, count=count) for plugin, count in counts.items())


def _samples(archive: Archive) -> tuple[tuple[SampleRef, ...], bool]:
    """The files of the pool's clips, and whether each clip's could be read or is another one's."""
    files = list(archive.all_of("FNPath"))
    clips = list(archive.all_of("PAudioClip"))
    starts = [clip.start for clip in clips]
    ends = list(accumulate((clip.end for clip in clips), max))
    found: dict[str, SampleRef] = {}
    home = _folder(archive, files)
    for file in files:
        before = bisect_right(starts, file.start)
        parts = _file_path(archive, file)
        if before == 0 or file.start >= ends[before - 1] or parts is None or not parts[1]:
            continue
        folder, name = parts
        path = folder + name if not folder or folder[-1] in "/\\:" else f"{folder}/{name}"
        relative = path[len(home) :].replace("\\", "/") if home and path.startswith(home) else None
        found.setdefault(path, SampleRef(path, relative))
    return tuple(found.values()), bool(found) or not clips


def _folder(archive: Archive, files: list[Thing]) -> str | None:
    """Where the project was saved, up to the last separator: the folder of the file that is a project."""
    for file in files:
        parts = _file_path(archive, file)
        if parts is not None and parts[1].lower().endswith(READER.suffixes) and parts[0][-1:] in ("/", "\\", ":"):
            return parts[0]
    return None


def _file_path(archive: Archive, file: Thing) -> tuple[str, str] | None:
    """A file's folder and name; None where they are laid out otherwise."""
    name = archive.text(file.start, file.end)
    position = file.end if name is None else name[1] + 4
    for _ in range(3):  # what files of this type end with, twice, and are called
        text = archive.text(position, file.end)
        position = file.end if text is None else text[1]
    folder = archive.text(position + 6, file.end)
    return None if name is None or folder is None else (folder[0], name[0])


READER = Reader(
    name="cubase",
    title="Cubase",
    version=1,
    suffixes=(".cpr", ".npr"),
    read=read,
    sniff=sniff,
    backup_suffixes=(".bak",),
    shared_suffixes=(".bak",),
    backup_folders=("auto saves",),
)
