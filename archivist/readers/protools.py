"""Pro Tools sessions (.ptx, .ptf, .pts), from Pro Tools 5 on. The blocks are in protools_blocks.

    0003  product, its version; what kind of document; the system
    1028  +2 u32 sample rate
    1004  the audio file list: 103a holds a tree of volumes, folders and files
    2067  the session: +8 when it was created; its folders and file name
    2519  the tracks (from Pro Tools 8 on), a 251a each: u16 kind, name. Listed more than once
    1015  the playlists of audio tracks, a 1014 each: name. Alternate ones too
    1012, 1054, 1058  placements on audio (5 to 7, from 8) and MIDI tracks, of the regions in
    100b, 262a        and in 2002, 2634 (up to Pro Tools 9, from 10)
    2028  tempo, 2029 meter, 2030 memory locations, a 2077 each

Positions are samples, or ticks of 1/960000 of a quarter note from a zero far within them. Kinds of tracks
are those that the tracks' own blocks confirm (261c audio, 2620 MIDI, 261e aux, 261d master, 2621
instrument). Plug-ins, mutes and keys are not read yet; nor are tracks that are not audio before Pro Tools 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from archivist.readers import tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_head, translate_errors
from archivist.readers.protools_blocks import Block, Session, is_session, open_session
from archivist.records import Marker, ProjectInfo, SampleRef, Track, TrackKind

TICKS = 960_000
"""Of a quarter note."""

_ZERO = 10**12  # the session's start, in ticks
_TICK_BASED = 1 << 62  # set in a position that counts ticks
_LONGEST = 10 * 86_400  # seconds; a session has room for some days
_LAST = 100
_MAX_TEMPI = 10_000
_MAX_NODES = 100_000  # of the tree of audio files

_KINDS: dict[int, TrackKind] = {0: "audio", 1: "midi", 2: "bus", 5: "master", 7: "instrument"}

_MAC_EPOCH = datetime(1904, 1, 1)
_WINDOWS_EPOCH = datetime(1601, 1, 1)


def sniff(path: Path) -> bool:
    return is_session(read_head(path, 20))


def read(path: Path) -> ProjectInfo:
    """What a session says. Raises ReadError."""
    with translate_errors():
        session = open_session(path)
    version, system = _version(session)
    session = replace(session, charset=_charset(system))
    points, origin, whole_map = _tempo(session)
    tracks, all_tracks = _tracks(session)
    markers, all_markers = _markers(session)
    rate = _sample_rate(session)
    length, whole_length = _length(session, tracks, points, origin)
    unread = {
        "daw_version": not version,
        "bpm": not points,
        "tempo_changes": not whole_map,
        "tracks": not all_tracks,
        "markers": not all_markers,
        "length_seconds": not whole_length,
    }
    return ProjectInfo(
        format="protools",
        daw="Pro Tools",
        daw_version=version,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(session),
        sample_rate=rate,
        length_seconds=length,
        created=_created(session, system),
        tracks=tracks,
        samples=_samples(session, system),
        markers=markers,
        unread=(*(name for name, missing in unread.items() if missing), "plugins", "devices", "muted"),
    )


# ---------------------------------------------------------------- the session


def _version(session: Session) -> tuple[str | None, str]:
    """Of the Pro Tools that it is a session of, which need not be the one that saved it; and the system."""
    block = session.first(0x0003)
    if block is None:
        return None, ""
    try:
        _, position = session.text(block.start + 1, block.end)  # "Pro Tools LE"
        position += 4 + 4 * session.u32(position, block.end)  # the version in numbers
        version, position = session.text(position, block.end)
        _, position = session.text(position + 1, block.end)  # "Release"
        _, position = session.text(position + 1, block.end)  # "Pro Tools Session File"
        system, _ = session.text(position + 2, block.end)
    except ReadError:  # laid out otherwise
        return None, ""
    return version.removeprefix("v") or None, system


def _charset(system: str) -> str:
    """What older names are written in."""
    return "cp1252" if system.lower().startswith("win") else "mac_roman"


def _sample_rate(session: Session) -> int | None:
    block = session.first(0x1028)
    rate = 0 if block is None else session.u32(block.start + 2, block.end)
    return rate if 8_000 <= rate <= 768_000 else None


def _created(session: Session, system: str) -> str | None:
    """The local date of creation: in the first half of the session's identity, Mac seconds under macOS (seen
    from Pro Tools 8 on), a Windows file time before."""
    block = session.first(0x2067)
    if block is None or not system.startswith("Mac"):
        return None
    if session.order == ">":
        (ticks,) = session.numbers("Q", block.start + 6, block.end) or (0,)
        epoch, seconds = _WINDOWS_EPOCH, ticks // 10**7
    else:
        epoch, seconds = _MAC_EPOCH, session.u32(block.start + 8, block.end)
    date = epoch + timedelta(seconds=min(seconds, 2**34))
    return date.isoformat() if 1998 <= date.year <= 2040 else None


def _folders(session: Session) -> list[str]:
    """The session's folder as it was saved, from the volume down."""
    block = session.first(0x2067)
    if block is None:
        return []
    try:
        labels = session.u32(block.start + 18, block.end)
        _, position = session.texts(labels, block.start + 22, block.end)
        return session.texts(session.u32(position + 4, block.end), position + 8, block.end)[0]
    except ReadError:  # laid out otherwise
        return []


# ---------------------------------------------------------------- tempo, meter, markers


def _tempo(session: Session) -> tuple[list[tempo.Point], int, bool]:
    """The tempo map; the sample that it counts from; whether it is whole. An empty map means a tempo set by
    hand, which is kept elsewhere."""
    block = session.first(0x2028)
    if block is None or session.data[block.start : block.start + 5] != b"Tempo":
        return [], 0, False
    count = session.u32(block.start + 11, block.end)
    points: list[tempo.Point] = []
    origin = events = 0
    for event in islice(range(block.start + 19, block.end, 61), min(count, _MAX_TEMPI)):
        fields = session.numbers("QQ2xdI", event + 22, block.end)
        if fields is None or session.data[event : event + 5] != b"Const":
            break
        sample, position, bpm, beat = fields  # the beat that is counted, in ticks
        if points:
            points.append((_beats(position), points[-1][1]))
        elif position == _ZERO:
            origin = sample
        points.append((_beats(position), bpm * beat / TICKS))
        events += 1
    return tempo.in_order(points), origin, events == count


def _beats(ticks: int) -> float:
    return (ticks - _ZERO) / TICKS


def _time_signature(session: Session) -> str | None:
    """The first meter; without any change of it there is none written, and it is 4/4."""
    block = session.first(0x2029)
    if block is None:
        return None
    if session.u32(block.start + 11, block.end) == 0:
        return "4/4"
    fields = session.numbers("II", block.start + 27, block.end)
    if fields is None or not (0 < fields[0] < 1000 and 0 < fields[1] < 1000):
        return None
    return f"{fields[0]}/{fields[1]}"


def _markers(session: Session) -> tuple[tuple[Marker, ...], bool]:
    """The memory locations with a place, and whether that is all of them."""
    block = session.first(0x2030)
    if block is None:
        return (), True
    count = session.u32(block.start, block.end)
    found: set[Marker] = set()
    rate = _sample_rate(session)
    read_all = True
    for entry in islice(session.inside(block, 0x2077), min(count, MAX_ITEMS)):
        marker = _marker(session, entry, rate)
        if marker is None:
            read_all = False
        else:
            found.add(marker)
    in_order = sorted(found, key=lambda marker: (marker.unit, marker.at, marker.name))
    return tuple(in_order), read_all and bool(found) == bool(count)


def _marker(session: Session, entry: Block, rate: int | None) -> Marker | None:
    """None where it is laid out otherwise."""
    try:
        name, position = session.text(entry.start + 6, entry.end)
    except ReadError:
        return None
    (at,) = session.numbers("Q", position, entry.end) or (1 << 63,)
    if _TICK_BASED <= at < _TICK_BASED + (1 << 50):
        return Marker(name, _beats(at ^ _TICK_BASED), "beats")
    return Marker(name, at / rate, "seconds") if rate and at < 1 << 40 else None


# ---------------------------------------------------------------- tracks, placements


def _tracks(session: Session) -> tuple[tuple[Track, ...], bool]:
    """The tracks in their order, and whether these are all."""
    listed = session.first(0x2519)
    found: dict[bytes, Track] = {}
    for entry in islice(session.inside(listed, 0x251A), MAX_ITEMS):
        (kind,) = session.numbers("H", entry.start, entry.end) or (-1,)
        name, _ = session.text(entry.start + 2, entry.end)
        found.setdefault(session.data[entry.start : entry.end], Track(name, _KINDS.get(kind, "other")))
    if listed is not None:
        return tuple(found.values()), True
    playlists = session.inside(session.first(0x1015), 0x1014)
    names = [session.text(entry.start, entry.end)[0] for entry in islice(playlists, MAX_ITEMS)]
    own = session.first(0x2009)
    count = 0 if own is None else session.u32(own.start, own.end)
    return tuple(Track(name, "audio") for name in names), len(names) == count


_AUDIO = (  # placements, their lanes, entries and places; regions, each and its name
    (0x1012, 0x1011, 0x100F, 0x100E, 0x100B, 0x1008, 0x1007),
    (0x1054, 0x1052, 0x1050, 0x104F, 0x100B, 0x1008, 0x1007),
    (0x1054, 0x1052, 0x1050, 0x104F, 0x262A, 0x2629, 0x2628),
)
_MIDI = (
    (0x1058, 0x1057, 0x1056, 0x104F, 0x2002, 0x2001, 0x1007),
    (0x1058, 0x1057, 0x1056, 0x104F, 0x2634, 0x2633, 0x2628),
)


def _length(
    session: Session, tracks: tuple[Track, ...], points: list[tempo.Point], origin: int
) -> tuple[float | None, bool]:
    """Where the last region on a track ends, and whether that could be read. Alternate playlists, which are
    lanes of other names, are left aside."""
    rate = _sample_rate(session)
    if rate is None:
        return None, False
    names = {track.name for track in tracks} | {""}
    try:
        audio = [place for layout in _AUDIO for place in _placements(session, names, layout)]
        midi = [place for layout in _MIDI for place in _placements(session, names, layout)]
    except ReadError:  # laid out otherwise
        return None, False
    ends = [(position + length) / rate for position, length in audio if position < _TICK_BASED]
    # Regions' lengths are samples where they are placed by ticks, too: of those, the last to begin are asked.
    ticks = sorted((place for place in audio if place[0] >= _TICK_BASED), reverse=True)[:_LAST]
    ends += [_seconds(position, points, origin, rate) + length / rate for position, length in ticks]
    if midi:
        ends.append(_seconds(max(map(sum, midi)), points, origin, rate))
    last = max(ends, default=0.0)
    return (last, True) if 0 < last < _LONGEST else (None, last == 0)


def _seconds(position: int, points: list[tempo.Point], origin: int, rate: int) -> float:
    """When a position in ticks is; 0 without a tempo."""
    return (tempo.seconds_at(_beats(position & ~_TICK_BASED), points) or 0.0) + origin / rate


def _placements(session: Session, names: set[str], layout: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Position and length of all that is placed on the lanes of `names`."""
    placements, lane_kind, entry_kind, place_kind, regions, region_kind, name_kind = layout
    lengths = [
        _region_length(session, region, name_kind)
        for region in islice(session.inside(session.first(regions), region_kind), MAX_ITEMS)
    ]
    left = MAX_ITEMS
    for lane in session.inside(session.first(placements), lane_kind) if lengths else ():
        if session.text(lane.start, lane.end)[0] not in names:
            continue
        for entry in session.inside(lane, entry_kind):
            for place in session.inside(entry, place_kind):
                left -= 1
                region = session.u32(place.start + 2, place.end)
                if left > 0 and region < len(lengths):
                    yield _position(session, place), lengths[region]


def _position(session: Session, place: Block) -> int:
    if place.kind == 0x100E:
        return session.varying(place.start + 6, place.end)[0]
    numbers = session.numbers("Q", place.start + 7, place.end)
    return int(numbers[0]) if numbers else 0


def _region_length(session: Session, region: Block, name_kind: int) -> int:
    for described in session.inside(region, name_kind):
        _, position = session.text(described.start, described.end)
        return session.varying(position, described.end)[1]
    return 0


# ---------------------------------------------------------------- samples


def _samples(session: Session, system: str) -> tuple[SampleRef, ...]:
    """The audio files by name; those in the session's folder with their place in it, others whole. Written
    fades are left out."""
    files = next(session.inside(session.first(0x1004), 0x103A), None)
    if files is None:
        return ()
    nodes = list(_nodes(session, files))
    own = _folders(session)
    found: dict[tuple[str, ...], SampleRef] = {}
    for kind, parent, name in nodes:
        if kind != 2 or name.lower().endswith(".grp"):
            continue
        path = (*_path(nodes, parent), name)
        if "Fade Files" in path[:-1]:
            continue
        if own and list(path[: len(own)]) == own:
            found.setdefault(path, SampleRef(name, relative="/".join(path[len(own) :])))
        else:
            volumes = "/Volumes/" if system.startswith("Mac") else "//"
            found.setdefault(path, SampleRef(volumes + "/".join(path)))
    return tuple(islice(found.values(), MAX_ITEMS))


def _nodes(session: Session, block: Block) -> Iterator[tuple[int, int, str]]:
    """What each is (0 volume, 1 folder, 2 file), the number of the folder that it is in, its name."""
    count = session.u32(block.start, block.end)
    if count > _MAX_NODES:
        raise ReadError("names more files than a session would")
    position = block.start + 4
    for _ in range(count):
        fields = session.numbers("BI", position, block.end)
        if fields is None:
            raise ReadError("damaged: its list of audio files is cut off")
        name, position = session.text(position + 5, block.end)
        position += 4  # what kind of file, or which volume
        kind, parent = fields
        yield kind, parent, name


def _path(nodes: list[tuple[int, int, str]], number: int) -> tuple[str, ...]:
    """The folders from the volume down to folder `number`."""
    path: list[str] = []
    while number < len(nodes) and len(path) < 64:
        _, parent, name = nodes[number]
        path.append(name)
        number = parent
    return tuple(reversed(path))


READER = Reader(
    name="protools",
    title="Pro Tools",
    version=1,
    suffixes=(".ptx", ".ptf", ".pts"),
    shared_suffixes=(".ptx", ".pts"),  # CUDA assembly; presentation time stamps
    read=read,
    sniff=sniff,
    backup_folders=("session file backups",),
)
