"""Zrythm projects (.zpj): JSON in zstd, a file in the project's folder beside "pool" and "backups".

Two layouts: that of Zrythm 1 (formatMajor 1), where all is in place, and that of Zrythm 2 (in development;
data/schemas/project.schema.json of github.com/zrythm/zrythm), where objects lie in registries and refer to
each other. Times are in ticks, 960 of a quarter note. Keys would be scales on a timeline, and are not read;
nor is the automation of a tempo, nor what plug-ins of Zrythm 2 are called, which their own states hold.
Projects of the betas before 1.0 were YAML, or JSON of another layout.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from archivist.readers import json, tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_plain, read_head, translate_errors
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind

TICKS = 960.0
"""Of a quarter note."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_DOCUMENT = "ZrythmProject"

_MAX_WINDOW = 32 * 2**20
"""Bytes that unpacking may look back; 8 MiB is what all but zstd's highest settings take."""

_KINDS: tuple[TrackKind, ...] = (
    *("instrument", "audio", "master", "other", "marker", "automation", "other"),  # chords; tempo; modulators
    *("return", "group", "midi", "bus", "group", "group"),  # of audio; MIDI, its bus and group; folders
)
"""By the number of a type in Zrythm 1."""

_KINDS_2: tuple[TrackKind, ...] = (
    *("instrument", "audio", "master", "other", "marker", "other"),
    *("return", "group", "midi", "bus", "group", "group"),
)
"""By `variantType`, where the tempo has no track."""

_HIDDEN = frozenset({3, 4, 5, 6})
_HIDDEN_2 = frozenset({3, 4, 5})
"""Tracks that every project has, of chords, markers, tempo and modulators, are not counted."""

_PLUGINS: dict[float | None, PluginFormat] = {
    1: "lv2",
    2: "ladspa",  # DSSI
    3: "ladspa",
    4: "vst2",
    5: "vst3",
    6: "au",
    9: "clap",
    10: "js",
}
"""By protocol; 7 and 8 are sounds (SFZ, SF2) that Zrythm plays itself."""

_WANTED = (
    {"type", "documentType", "formatMajor", "formatMinor", "version", "appVersion", "major", "minor", "patch"}
    | {"title", "datetime", "tracklist", "tracks", "name", "pos", "comment", "frozen", "markers", "base", "ticks"}
    | {"channel", "midiFx", "inserts", "instrument", "fader", "mute", "control", "setting", "descriptor", "author"}
    | {"protocol", "bpmPort", "beatsPerBarPort", "beatUnitPort", "lanes", "regions", "endPos", "modulators"}
    | {"audioEngine", "sampleRate", "pool", "clips", "automationTracklist", "automationTracks", "scaleObjects"}
    | {"useFlac", "projectData", "tempoMap", "tempoChanges", "timeSignatures", "position", "bpm", "numerator"}
    | {"denominator", "registries", "trackRegistry", "pluginRegistry", "arrangerObjectRegistry", "id"}
    | {"fileAudioSourceRegistry", "variantType", "length", "value", "mode", "objects"}
)


def sniff(path: Path) -> bool:
    """Whether it is zstd that begins as a project does; another file of zstd is none."""
    if not read_head(path, 4).startswith(_ZSTD):
        return False
    try:
        return _DOCUMENT.encode() in _unpack(path, 4096)
    except ReadError:
        return False


def _unpack(path: Path, size: int) -> bytes:
    """The first `size` bytes of what is packed."""
    import zstandard

    with translate_errors(zstandard.ZstdError, EOFError), open_plain(path) as packed:
        unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        with unpacker.stream_reader(packed, read_across_frames=False) as stream:
            return stream.read(size)


def read(path: Path) -> ProjectInfo:
    """What a Zrythm project says. Raises ReadError."""

    with translate_errors():
        if not read_head(path, 4).startswith(_ZSTD):
            raise ReadError("not a Zrythm project: it is not packed with zstd")
        document = json.sieve(io.BytesIO(_unpack(path, json.MAX_TEXT + 1)), frozenset(_WANTED))
    if _DOCUMENT not in (json.at(document, "type"), json.at(document, "documentType")):
        raise ReadError("not a Zrythm project, or one of a version before 1.0")
    return _read_2(document) if isinstance(json.at(document, "projectData"), dict) else _read_1(document)


def _date(text: str) -> str | None:
    """When it was saved; Zrythm 1 writes "2024-05-01 12:30:00"."""
    try:
        return datetime.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None


def _signature(above: float | None, below: float | None) -> str | None:
    return f"{above:.0f}/{below:.0f}" if above and below else None


def _counted(plugins: Iterator[Plugin]) -> tuple[Plugin, ...]:
    counts = Counter(plugins)
    return tuple(
        Plugin(each.name, each.vendor, each.format, count) for each, count in islice(counts.items(), MAX_ITEMS)
    )


# ---------------------------------------------------------------- Zrythm 1


def _read_1(document: Any) -> ProjectInfo:
    tracks = [each for each in json.items(json.at(document, "tracklist", "tracks")) if isinstance(each, dict)]
    tempo_track = next((each for each in tracks if "bpmPort" in each), None)
    bpm = json.number(json.at(tempo_track, "bpmPort", "control"), tempo.SLOWEST, tempo.FASTEST)
    above, below = (
        json.number(json.at(tempo_track, port, "control"), 1, 999) for port in ("beatsPerBarPort", "beatUnitPort")
    )
    rate = json.number(json.at(document, "audioEngine", "sampleRate"), 1, 1e7)
    unread = ["bpm"] if bpm is None else []
    unread += ["tempo_changes"] if _is_automated(tempo_track) else []
    unread += ["key"] if any(json.items(track.get("scaleObjects")) for track in tracks) else []
    return ProjectInfo(
        format="zrythm",
        daw="Zrythm",
        daw_version=json.text(json.at(document, "version")) or None,
        bpm=bpm,
        time_signature=_signature(above, below),
        sample_rate=int(rate) if rate else None,
        length_seconds=_length_1(tracks, bpm),
        title=json.text(json.at(document, "title")) or None,
        saved=_date(json.text(json.at(document, "datetime"))),
        tracks=tuple(map(_track_1, (each for each in tracks[:MAX_ITEMS] if _kind(each, "type") not in _HIDDEN))),
        plugins=_counted(plugin for track in tracks for plugin in _held(track)),
        samples=_samples_1(document),
        markers=_markers_1(tracks),
        unread=tuple(unread),
    )


def _kind(track: Any, member: str) -> float | None:
    return json.number(json.at(track, member), 0, 100)


def _is_automated(track: Any) -> bool:
    lanes = json.items(json.at(track, "automationTracklist", "automationTracks"))
    return any(json.items(json.at(lane, "regions")) for lane in lanes)


def _track_1(track: Any) -> Track:
    kind = int(_kind(track, "type") or 0)
    return Track(
        name=json.text(json.at(track, "name")),
        kind=_KINDS[kind] if kind < len(_KINDS) else "other",
        muted=(json.number(json.at(track, "channel", "fader", "mute", "control")) or 0.0) >= 0.5,
        frozen=json.at(track, "frozen") is True,
        devices=tuple(plugin.name for plugin in _held(track)),
    )


def _held(track: Any) -> Iterator[Plugin]:
    """The plug-ins of a track: MIDI effects, the instrument, inserts, modulators."""
    channel = json.at(track, "channel")
    slots = [
        *json.items(json.at(channel, "midiFx")),
        json.at(channel, "instrument"),
        *json.items(json.at(channel, "inserts")),
        *json.items(json.at(track, "modulators")),
    ]
    for slot in slots:
        said = json.at(slot, "setting", "descriptor")
        name = json.text(json.at(said, "name"))
        if name:
            kind = _PLUGINS.get(json.number(json.at(said, "protocol")), "builtin")
            yield Plugin(name, json.text(json.at(said, "author")) or None, kind)


def _length_1(tracks: list[Any], bpm: float | None) -> float | None:
    """Where the last region ends."""
    lanes = (lane for track in tracks for lane in json.items(json.at(track, "lanes")))
    regions = (region for lane in lanes for region in json.items(json.at(lane, "regions")))
    last = max(filter(None, (_beat_1(region, "endPos") for region in regions)), default=0.0)
    return last * 60 / bpm if last > 0 and bpm else None


def _beat_1(thing: Any, member: str) -> float | None:
    """A place of an object, which stands in its base, or from 1.0 on in itself."""
    ticks = json.number(json.at(thing, "base", member, "ticks"))
    ticks = json.number(json.at(thing, member, "ticks")) if ticks is None else ticks
    return None if ticks is None else ticks / TICKS


def _samples_1(document: Any) -> tuple[SampleRef, ...]:
    """The clips of the audio pool: files of the project's folder "pool", named as they were but for the suffix."""
    found: dict[str, SampleRef] = {}
    for clip in json.items(json.at(document, "audioEngine", "pool", "clips"))[:MAX_ITEMS]:
        name = json.text(json.at(clip, "name"))
        if name:
            stem = name.rpartition(".")[0] or name
            file = f"{stem}.{'FLAC' if json.at(clip, 'useFlac') is True else 'wav'}"
            found.setdefault(file, SampleRef(file, f"pool/{file}"))
    return tuple(found.values())


def _markers_1(tracks: list[Any]) -> tuple[Marker, ...]:
    """All but the two that bound the song, whose types are 0 and 1."""
    markers = [
        Marker(json.text(json.at(each, "name")), beat, "beats")
        for track in tracks
        for each in json.items(track.get("markers"))[:MAX_ITEMS]
        if (beat := _beat_1(each, "pos")) is not None and json.at(each, "type") not in (0, 1)
    ]
    return tuple(sorted(markers[:MAX_ITEMS], key=lambda marker: marker.at))


# ---------------------------------------------------------------- Zrythm 2


def _read_2(document: Any) -> ProjectInfo:
    data = json.at(document, "projectData")
    registered = {
        id_: each
        for each in json.items(json.at(data, "registries", "trackRegistry"))
        if (id_ := json.text(json.at(each, "id")))
    }
    listed = [registered.get(json.text(each)) for each in json.items(json.at(data, "tracklist", "tracks"))]
    tracks = [each for each in listed if each is not None and _kind(each, "variantType") not in _HIDDEN_2]
    points = _tempo_2(data)
    first = next(iter(json.items(json.at(data, "tempoMap", "timeSignatures"))), None)
    above, below = (json.number(json.at(first, member), 1, 999) for member in ("numerator", "denominator"))
    sources = json.items(json.at(data, "registries", "fileAudioSourceRegistry"))
    plugged = json.items(json.at(data, "registries", "pluginRegistry"))
    unread = ["plugins", "devices"] if plugged else []
    return ProjectInfo(
        format="zrythm",
        daw="Zrythm",
        daw_version=_version_2(json.at(document, "appVersion")),
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_signature(above, below),
        length_seconds=_length_2(data, points),
        title=json.text(json.at(document, "title")) or None,
        saved=_date(json.text(json.at(document, "datetime"))),
        tracks=tuple(map(_track_2, tracks[:MAX_ITEMS])),
        markers=_markers_2(data),
        unread=(*unread, "muted", *(["samples"] if sources else [])),
    )


def _version_2(value: Any) -> str | None:
    parts = (json.number(json.at(value, part), 0, 9999) for part in ("major", "minor", "patch"))
    return ".".join(f"{part:.0f}" for part in parts if part is not None) or json.text(value) or None


def _tempo_2(data: Any) -> list[tempo.Point]:
    """The tempo map, where each tempo holds until the next."""
    points: list[tempo.Point] = []
    for change in json.items(json.at(data, "tempoMap", "tempoChanges")):
        ticks, bpm = json.number(json.at(change, "position")), json.number(json.at(change, "bpm"))
        if ticks is not None and bpm is not None:
            points += [(ticks / TICKS, points[-1][1])] if points else []
            points.append((ticks / TICKS, bpm))
    return tempo.in_order(points)


def _track_2(track: Any) -> Track:
    kind = int(_kind(track, "variantType") or 0)
    return Track(json.text(json.at(track, "name")), _KINDS_2[kind] if kind < len(_KINDS_2) else "other")


def _objects(data: Any) -> list[Any]:
    return json.items(json.at(data, "registries", "arrangerObjectRegistry"))


def _beat(position: Any) -> float | None:
    """A place in beats; None for one in seconds (mode 1)."""
    ticks = json.number(json.at(position, "value"))
    return None if ticks is None or json.at(position, "mode") == 1 else ticks / TICKS


def _markers_2(data: Any) -> tuple[Marker, ...]:
    """The objects that a track of markers lists."""
    tracks = json.items(json.at(data, "registries", "trackRegistry"))
    listed = {json.text(id_) for track in tracks for id_ in json.items(json.at(track, "markers"))}
    markers = [
        Marker(json.text(json.at(each, "name")), beat, "beats")
        for each in _objects(data)
        if json.text(json.at(each, "id")) in listed and (beat := _beat(json.at(each, "position"))) is not None
    ]
    return tuple(sorted(markers[:MAX_ITEMS], key=lambda marker: marker.at))


def _length_2(data: Any, points: list[tempo.Point]) -> float | None:
    """Where the last object with a length ends that lies on the timeline; notes count from their clip's start."""
    lanes = [
        lane
        for track in json.items(json.at(data, "registries", "trackRegistry"))
        for lane in json.items(json.at(track, "lanes"))
    ]
    listed = {json.text(id_) for lane in lanes for id_ in json.items(json.at(lane, "objects"))}
    last = 0.0
    for each in _objects(data):
        start, length = _beat(json.at(each, "position")), _beat(json.at(each, "length"))
        if json.text(json.at(each, "id")) in listed and start is not None and length is not None:
            last = max(last, start + length)
    return tempo.seconds_at(last, points) or None


READER = Reader(
    name="zrythm",
    title="Zrythm",
    version=1,
    suffixes=(".zpj",),
    read=read,
    sniff=sniff,
)
