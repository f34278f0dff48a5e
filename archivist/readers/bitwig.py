"""Bitwig Studio projects (.bwproject). Seen: 2.3; the container is that of later versions too.

The metadata says who made it, what the tracks are called and which files it uses; the tree of objects has
the rest. What its numbers mean was read in bwEdit-Python's tables (src/lib/luts/names.py), which name the
classes and fields of Bitwig itself. Times are beats, which are quarter notes. A project stores no key, no
sample rate and no dates; its signature is a packed number that nobody has explained, and what tells
plug-ins from Bitwig's own devices is not known.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from archivist.readers import bitwig_objects, tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_bytes, read_head, translate_errors
from archivist.readers.bitwig_objects import Object
from archivist.records import Marker, Plugin, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

MAX_NOTES = 20_000
"""Characters kept of the comment."""
MAX_PATH = 4_096
MAX_BEAT = 1e9

_TYPE = "application/bitwig-project"
_ROOTED = re.compile(r"[\\/]|[A-Za-z]:[\\/]")

# Fields of the structure, which lies in the metadata and has the names as Bitwig shows them.
_GROUP_STRUCTURE, _TITLE, _MAIN_TITLES, _EFFECT_TITLES, _MASTER_TITLE = 2770, 2769, 2766, 2767, 2768
_STRUCTURE_FIELDS = frozenset({_GROUP_STRUCTURE, _TITLE, _MAIN_TITLES, _EFFECT_TITLES, _MASTER_TITLE})
_GROUP_TITLE = 643  # its class
_KINDS: dict[int, TrackKind] = {
    _GROUP_TITLE: "group",
    647: "audio",  # or hybrid
    648: "instrument",
    650: "return",
    651: "master",
}

# Fields of the document.
_TRANSPORT, _TEMPO, _VALUE, _IS_ON = 3033, 529, 712, 210
_TRACK_GROUP, _MAIN, _EFFECTS, _MASTER = 1245, 1246, 1247, 1248
_TIMELINE, _CLIPS, _AUTOMATION, _EVENTS, _LANES = 349, 568, 569, 543, 1210
_TIME, _DURATION = 687, 38
_ARRANGEMENT, _CUES, _CUE_NAME = 88, 2447, 2443
_MIXER, _MUTE = 357, 422
_CHAIN, _DEVICES, _PRESET, _DEVICE_NAME, _DEVICE_CREATOR = 356, 324, 407, 154, 155
_FIELDS = frozenset(
    {_TRANSPORT, _TEMPO, _VALUE, _IS_ON, _TRACK_GROUP, _MAIN, _EFFECTS, _MASTER, _TIMELINE, _CLIPS, _AUTOMATION}
    | {_EVENTS, _LANES, _TIME, _DURATION, _ARRANGEMENT, _CUES, _CUE_NAME, _MIXER, _MUTE}
    | {_CHAIN, _DEVICES, _PRESET, _DEVICE_NAME, _DEVICE_CREATOR}
)
_GROUP, _NATIVE_PRESET = 477, 64  # classes

_TEMPO_FIELD = struct.pack(">IB", _VALUE, 7)
_IN_OBJECTS = ("tempo_changes", "length_seconds", "markers", "plugins", "muted", "devices")


def sniff(path: Path) -> bool:
    head = read_head(path, 1 << 14)
    return bitwig_objects.is_container(head) and (b"structure\r" in head or _TYPE.encode() in head)


def read(path: Path) -> ProjectInfo:
    """What a Bitwig project says. Raises ReadError."""
    with translate_errors():
        return _read(read_bytes(path))


def _read(data: bytes) -> ProjectInfo:
    about = bitwig_objects.metadata(data)
    if about.get("type", _TYPE) != _TYPE:
        raise ReadError(f"not a project of Bitwig Studio: its type is {clean(str(about['type']), 60)}")
    unread = ["time_signature"]
    titles = _titles(about.get("structure"))
    if titles is None:
        unread.append("tracks")
    root = _objects(data)
    if root is None:
        points = _first_tempo(data)
        unread += _IN_OBJECTS
        channels = []
    else:
        points = _tempo(root)
        channels = list(islice(_channels(root.child(_TRACK_GROUP)), MAX_ITEMS))
        unread += _unread(root, channels, titles)
    return ProjectInfo(
        format="bitwig",
        daw="Bitwig Studio",
        daw_version=_said(about, "application_version_name"),
        bpm=tempo.start_bpm(points),
        length_seconds=tempo.seconds_at(_last_beat(channels), points) or None,
        title=_said(about, "title"),
        author=_said(about, "artist") or _said(about, "creator"),
        comment=_said(about, "comment", MAX_NOTES),
        tracks=_tracks(titles or [], channels),
        plugins=_plugins(channels),
        samples=tuple(_samples(about.get("used_files"))),
        markers=() if root is None else tuple(_markers(root)),
        unread=tuple(unread),
    )


def _said(about: dict[str, Any], key: str, limit: int = 1_000) -> str | None:
    value = about.get(key)
    return (clean(value, limit) or None) if isinstance(value, str) else None


def _samples(files: object) -> Iterator[SampleRef]:
    """Files in the project's folder by their path from there."""
    for stored in files[:MAX_ITEMS] if isinstance(files, list) else ():
        path = clean(stored, MAX_PATH)
        if path:
            yield SampleRef(path, None if _ROOTED.match(path) else path)


# ---------------------------------------------------------------- the document


def _objects(data: bytes) -> Object | None:
    """The document, or None where this version writes it otherwise."""
    try:
        root = bitwig_objects.objects(data, _FIELDS)
    except (ReadError, RecursionError):
        return None
    return root if root.child(_TRANSPORT) and root.child(_TRACK_GROUP) else None


def _first_tempo(data: bytes) -> list[tempo.Point]:
    """The tempo comes before any other value of its kind, whatever follows."""
    at = data.find(_TEMPO_FIELD)
    raw = data[at + len(_TEMPO_FIELD) : at + len(_TEMPO_FIELD) + 8]
    return tempo.in_order([(0.0, *struct.unpack(">d", raw))]) if at >= 0 and len(raw) == 8 else []


def _tempo(root: Object) -> list[tempo.Point]:
    parameter = root.child(_TRANSPORT, _TEMPO)
    value = None if parameter is None else parameter.fields.get(_VALUE)
    return tempo.in_order([(0.0, value)]) if isinstance(value, float) else []


def _unread(root: Object, channels: list[Object], titles: list[Track] | None) -> Iterator[str]:
    """What this document may say and is not understood."""
    master = root.child(_TRACK_GROUP, _MASTER)
    timeline = None if master is None else master.child(_TIMELINE)
    if master and (master.children(_LANES) or (timeline and timeline.children(_AUTOMATION))):
        yield "tempo_changes"  # the tempo is automated on the master track
    if titles is not None and len(titles) != len(channels):
        yield from ("muted", "devices")
    if any(_chains(channels)):
        yield "plugins"


def _beat(event: Object, number: int) -> float:
    value = event.fields.get(number)
    return value if isinstance(value, float) and 0 <= value <= MAX_BEAT else 0.0


def _last_beat(channels: list[Object]) -> float:
    """Where the last clip of the arrangement ends."""
    timelines = _own(channel.child(_TIMELINE, _CLIPS) for channel in channels)
    clips = (clip for timeline in timelines if timeline for clip in timeline.children(_EVENTS))
    return max((_beat(clip, _TIME) + _beat(clip, _DURATION) for clip in clips), default=0.0)


def _markers(root: Object) -> Iterator[Marker]:
    cues = root.child(_TRACK_GROUP, _ARRANGEMENT, _CUES)
    events = [] if cues is None else cues.children(_EVENTS)[:MAX_ITEMS]
    for event in sorted(events, key=lambda event: _beat(event, _TIME)):
        yield Marker(clean(event.text(_CUE_NAME)), _beat(event, _TIME), "beats")


# ---------------------------------------------------------------- tracks


def _titles(structure: object) -> list[Track] | None:
    """Every track with its name and kind: main tracks, a group before its own, then effects, then the master."""
    if not isinstance(structure, bytes):
        return None
    try:
        root = bitwig_objects.objects(structure, _STRUCTURE_FIELDS).child(_GROUP_STRUCTURE)
    except (ReadError, RecursionError):
        return None
    return None if root is None else list(islice(_titles_of(root), MAX_ITEMS))


def _titles_of(group: Object, outermost: bool = True) -> Iterator[Track]:
    for title in group.children(_MAIN_TITLES) + group.children(_EFFECT_TITLES):
        yield Track(clean(title.text(_TITLE)), _KINDS.get(title.kind, "other"))
        if title.kind == _GROUP_TITLE:
            yield from _titles_of(title, outermost=False)
    master = group.child(_MASTER_TITLE)
    if master is not None and outermost:  # that of a group inside is the group
        yield Track(clean(master.text(_TITLE)), "master")


def _channels(group: Object | None, outermost: bool = True) -> Iterator[Object]:
    """The tracks in the same order; for a group the track that its own are mixed into."""
    if group is None:
        return
    for track in group.children(_MAIN) + group.children(_EFFECTS):
        if track.kind == _GROUP:
            yield track.child(_MASTER) or track
            yield from _channels(track, outermost=False)
        else:
            yield track
    master = group.child(_MASTER)
    if master is not None and outermost:
        yield master


def _tracks(titles: list[Track], channels: list[Object]) -> tuple[Track, ...]:
    if len(titles) != len(channels):
        return tuple(titles)
    return tuple(
        Track(title.name, title.kind, _is_muted(channel), devices=tuple(_names(chain)))
        for title, channel, chain in zip(titles, channels, _chains(channels), strict=True)
    )


def _is_muted(channel: Object) -> bool:
    mute = channel.child(_MIXER, _MUTE)
    return mute is not None and mute.fields.get(_IS_ON) is True


def _chains(channels: list[Object]) -> list[list[Object]]:
    """The devices of each channel."""
    chains = _own(channel.child(_CHAIN) for channel in channels)
    return [[] if chain is None else chain.children(_DEVICES) for chain in chains]


def _own(parts: Iterable[Object | None]) -> Iterator[Object | None]:
    """`parts`, but None for one that was there before: a damaged file may share one among all tracks."""
    seen = set()
    for part in parts:
        yield part if id(part) not in seen else None
        seen.add(id(part))


def _names(chain: list[Object]) -> Iterator[str]:
    presets = (device.child(_PRESET) or device for device in chain)
    return filter(None, (clean(preset.text(_DEVICE_NAME)) for preset in presets))


def _plugins(channels: list[Object]) -> tuple[Plugin, ...]:
    """Bitwig's own devices; of others it is not known which plug-in standard they are of."""
    presets = (device.child(_PRESET) for chain in _chains(channels) for device in chain)
    natives = [preset for preset in presets if preset is not None and preset.kind == _NATIVE_PRESET]
    named = ((clean(each.text(_DEVICE_NAME)), clean(each.text(_DEVICE_CREATOR)) or None) for each in natives)
    counts = Counter(named)
    found = (Plugin(name, vendor, "builtin", count) for (name, vendor), count in counts.items() if name)
    return tuple(found)[:MAX_ITEMS]


READER = Reader(
    name="bitwig",
    title="Bitwig Studio",
    version=1,
    suffixes=(".bwproject",),
    read=read,
    sniff=sniff,
    backup_folders=("auto-backups",),
)
