"""Studio One songs (.song; Fender Studio Pro since version 8): a zip of XML. Known: 5 to 7.

metainfo.xml says what the song is about, Song/song.xml has its time and its tracks, Song/mediapool.xml its
files, Devices/*.xml its mixer and instruments. Most elements are `Attributes`, and what one is stands in
its attribute `x:id`, of a namespace that is never declared. Where `timeFormat` is 0 a time is in seconds,
where it is 2 in beats, which are quarter notes; a tempo is seconds a beat. The length is that of what is
played: the end marker, which metainfo.xml goes by, lies where a new song had it. It stores no dates.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from archivist.readers import keys, tempo, xml
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_member, open_zip, read_head, translate_errors
from archivist.readers.xml import number
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind, Unit
from archivist.text import clean

MAX_NOTES = 20_000
"""Characters kept of the comment."""
MAX_PATH = 4_096
MAX_ABOUT = 4 * 2**20
MAX_TIME = 1e9
MAX_DEVICES = 200
"""Kept of one track."""
MAX_OUTPUTS = 64
"""Of one instrument."""

_ABOUT, _SONG, _POOL = "metainfo.xml", "Song/song.xml", "Song/mediapool.xml"

_TRACKS = frozenset({"MediaTrack", "FolderTrack", "AutomationTrack"})  # others are rulers: markers, chords, …
_EVENTS = frozenset({"AudioEvent", "AudioPart", "MusicPart"})
_START_AND_END = frozenset({"2", "3"})  # types of the markers that every song has, whatever they are called
_CHANNELS: dict[str, TrackKind] = {  # those of the mixer that are no track's, as they are listed after the tracks
    "AudioGroupChannel": "bus",
    "AudioVCAChannel": "bus",
    "AudioEffectChannel": "return",
    "AudioOutputChannel": "master",
}
_RACKS = ("InputFX", "Inserts", "PostFaderInserts")
_FORMATS: dict[str, PluginFormat] = {
    "VST": "vst2",
    "VST2": "vst2",
    "VST3": "vst3",
    "AU": "au",
    "AUDIOUNIT": "au",
    "CLAP": "clap",
}
"""By the first word of a class's subcategory; "(Native)/Mixing" is Studio One's own."""

_SONG_BELOW = {
    "Song": frozenset({"Attributes"}),
    "Attributes": frozenset({"Attributes", "List", "TempoMap", "TimeSignatureMap"}),
    "TempoMap": frozenset({"TempoMapSegment"}),
    "TimeSignatureMap": frozenset({"TimeSignatureMapSegment"}),
    "List": xml.EVERY,
    "MarkerTrack": frozenset({"List", "MarkerEvent"}),
} | dict.fromkeys(_TRACKS, frozenset({"List", "UID"}))
_POOL_BELOW = {
    "MediaPool": frozenset({"Attributes"}),
    "Attributes": frozenset({"MediaFolder"}),
    "MediaFolder": xml.EVERY,
    "*": frozenset({"Url"}),
}
_DEVICES_BELOW = {
    "ChannelGroup": xml.EVERY,
    "List": frozenset({"UID"}),
    "*": frozenset({"Attributes", "ChannelGroup", "Connection", "List", "UID"}),
}


def sniff(path: Path) -> bool:
    if not read_head(path, 4).startswith(b"PK\3\4"):
        return False
    try:
        with translate_errors(), open_zip(path) as archive:
            return {_ABOUT, _SONG} <= set(archive.namelist())
    except ReadError:
        return False


def read(path: Path) -> ProjectInfo:
    """What a Studio One song says. Raises ReadError."""
    with translate_errors(), open_zip(path) as archive:
        members = archive.namelist()
        about = _about(archive)
        song = _tree(archive, _SONG, _SONG_BELOW)
        pool = _tree(archive, _POOL, _POOL_BELOW) if _POOL in members else Element("MediaPool")
        devices = [
            _tree(archive, name, _DEVICES_BELOW)
            for name in sorted(set(members))[:MAX_ITEMS]
            if re.fullmatch(r"Devices/[^/]+\.xml", name)
        ]
        notes = _notes(archive, about.get("Document:Notes") or "notes.txt")
    if song.tag != "Song" or song.find("Attributes") is None:
        raise ReadError("not a Studio One song: its song.xml holds no Song/Attributes")
    points = _tempo(song) or tempo.in_order([(0.0, number(about.get("Media:Tempo")) or 0.0)])
    rate = number(about.get("Media:SampleRate"), 1, 1e7)
    key = _key(about.get("Media:KeySignature", "-"))
    daw, _, version = about.get("Document:Generator", "").partition("/")
    return ProjectInfo(
        format="studioone",
        daw=daw.strip() or "Studio One",
        daw_version=version.strip() or None,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_signature(song, about),
        key=key,
        sample_rate=int(rate) if rate else None,
        length_seconds=_length(song, points),
        title=about.get("Document:Title"),
        author=about.get("Media:Artist") or about.get("Document:Creator"),
        comment=notes or about.get("Media:Comment"),
        tracks=_tracks(song, _Mixer.of(devices)),
        plugins=_plugins(devices),
        samples=_samples(pool, frozenset(members)),
        markers=_markers(song),
        unread=("key",) if key is None and about.get("Media:KeySignature", "-") != "-" else (),
    )


def _tree(archive: ZipFile, name: str, below: dict[str, frozenset[str]]) -> Element:
    with open_member(archive, name) as stream:
        return xml.sieve(stream, frozenset(), below)


def _about(archive: ZipFile) -> dict[str, str]:
    """metainfo.xml by the names of its attributes; a field may hold an & that is not escaped, or an &copy;."""
    with open_member(archive, _ABOUT) as stream:
        data = stream.read(MAX_ABOUT)
    data = re.sub(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)", b"&amp;", data)
    said = ((each.get("id", ""), clean(each.get("value", ""), MAX_NOTES)) for each in xml.parse(io.BytesIO(data)))
    return {name: text for name, text in said if text}


def _notes(archive: ZipFile, name: str) -> str | None:
    if name not in archive.namelist():
        return None
    with open_member(archive, name) as stream:
        return clean(stream.read(4 * MAX_NOTES).decode("utf-8-sig", "replace"), MAX_NOTES) or None


def _key(text: str) -> str | None:
    return keys.from_name(text) or keys.from_name(f"{text} major")  # a tonic alone is major


def _is(element: Element, name: str) -> bool:
    return element.get("x:id") == name


def _named(holder: Element | None, name: str) -> Element | None:
    """The child that is `name`, whatever its element is."""
    return next((child for child in holder if _is(child, name)), None) if holder is not None else None


def _uid(holder: Element, name: str) -> str:
    element = _named(holder, name)
    return "" if element is None else element.get("uid", "")


# ---------------------------------------------------------------- time


def _tempo(song: Element) -> list[tempo.Point]:
    """The tempo holds up to the next segment, or where `curveType` is not 0 goes there evenly."""
    segments = []
    for segment in song.iter("TempoMapSegment"):
        start, beat = number(segment.get("start", "0"), 0, MAX_TIME), number(segment.get("tempo"), 0.01, 60)
        if start is not None and beat:
            segments.append((start, round(60 / beat, 4), segment.get("curveType", "0") == "0"))
    segments = sorted(segments)[:MAX_ITEMS]
    points: list[tempo.Point] = []
    for index, (start, bpm, holds) in enumerate(segments):
        points.append((start, bpm))
        if holds and index + 1 < len(segments):
            points.append((segments[index + 1][0], bpm))
    return tempo.in_order(points)


def _signature(song: Element, about: dict[str, str]) -> str | None:
    segments = sorted(song.iter("TimeSignatureMapSegment"), key=lambda each: number(each.get("start")) or 0.0)
    pairs = [(each.get("numerator", ""), each.get("denominator", "")) for each in segments[:1]]
    pairs.append((about.get("Media:TimeSignatureNumerator", ""), about.get("Media:TimeSignatureDenominator", "")))
    signatures = (f"{numerator}/{denominator}" for numerator, denominator in pairs)
    return next((each for each in signatures if re.fullmatch(r"[1-9][0-9]{0,2}/[1-9][0-9]{0,2}", each)), None)


def _unit(event: Element, track: Element) -> Unit:
    return "seconds" if event.get("timeFormat", track.get("timeFormat", "2")) == "0" else "beats"


def _length(song: Element, points: list[tempo.Point]) -> float | None:
    """Where the last event of a track ends, in seconds."""
    last: dict[Unit, float] = {"beats": 0.0, "seconds": 0.0}
    for track in song.iter("MediaTrack"):
        for event in (event for events in _events(track) for event in events if event.tag in _EVENTS):
            start, length = number(event.get("start", "0"), 0, MAX_TIME), number(event.get("length"), 0, MAX_TIME)
            if start is not None and length is not None:
                unit = _unit(event, track)
                last[unit] = max(last[unit], start + length)
    return max(last["seconds"], tempo.seconds_at(last["beats"], points) or 0.0) or None


def _events(track: Element) -> Iterator[Element]:
    """The list of a track's events; where there are several takes, that of the one that plays."""
    active = track.get("activeLayer", "0")
    takes = (take for layers in track if _is(layers, "Layers") for take in layers)
    for holder in (track, *(take for take in takes if take.get("id", "0") == active)):
        events = _named(holder, "Events")
        if events is not None:
            yield events


def _markers(song: Element) -> tuple[Marker, ...]:
    markers = []
    for track in song.iter("MarkerTrack"):
        for event in track.iter("MarkerEvent"):
            at = number(event.get("start", "0"), -MAX_TIME, MAX_TIME)
            if at is not None and event.get("markerType") not in _START_AND_END:
                markers.append(Marker(clean(event.get("name", "")), at, _unit(event, track)))
    return tuple(sorted(markers, key=lambda marker: marker.at))[:MAX_ITEMS]


# ---------------------------------------------------------------- mixer and tracks


@dataclass(frozen=True, slots=True)
class _Mixer:
    """`channels` by their identity, as stored, and the names of what lies in their racks. `synths`: by the
    identity of an instrument its name, and the identities of the channels that it plays into."""

    channels: dict[str, Element]
    inserts: dict[str, list[str]]
    synths: dict[str, tuple[str, list[str]]]

    @classmethod
    def of(cls, devices: list[Element]) -> _Mixer:
        channels = {
            _uid(channel, "uniqueID"): channel
            for device in devices
            for group in device.iter("ChannelGroup")
            for channel in group
        }
        synths = {}
        for slot in (slot for device in devices if device.tag == "AudioSynthFolder" for slot in device):
            data, outputs = _named(slot, "deviceData"), _named(slot, "synthChannels")
            if data is not None:
                uids = [] if outputs is None else [each.get("uid", "") for each in outputs][:MAX_OUTPUTS]
                synths[_uid(data, "uniqueID")] = clean(data.get("name", "")), uids
        return cls(channels, {uid: _inserts(channel) for uid, channel in channels.items()}, synths)

    def synth(self, channel: Element | None) -> tuple[str, list[str]] | None:
        """The instrument that a track of notes plays: "{its identity}/Input"."""
        target = _named(channel, "destination")
        return None if target is None else self.synths.get(target.get("objectID", "").partition("/")[0])


def _inserts(channel: Element) -> list[str]:
    """What lies in the racks of a channel, in chains inside them too."""
    racks = [rack for rack in channel if rack.get("x:id") in _RACKS]
    devices = (each for rack in racks for each in rack.iter("Attributes") if _is(each, "deviceData"))
    return [name for device in islice(devices, MAX_DEVICES) if (name := clean(device.get("name", "")))]


def _is_muted(element: Element | None) -> bool:
    return element is not None and (number(element.get("mute")) or 0.0) != 0.0


def _tracks(song: Element, mixer: _Mixer) -> tuple[Track, ...]:
    """The arrangement's tracks, then the busses, effects and outputs that are the mixer's alone."""
    elements = [element for element in song.iter() if element.tag in _TRACKS][:MAX_ITEMS]
    tracks = [_track(element, mixer) for element in elements]
    taken = {_uid(element, "channelID") for element in elements}
    master = False
    for tag, kind in _CHANNELS.items():
        for uid, channel in mixer.channels.items():
            if channel.tag == tag and uid not in taken and len(tracks) < MAX_ITEMS:
                name = clean(channel.get("label", "") or channel.get("name", ""))
                kind = "bus" if tag == "AudioOutputChannel" and master else kind
                master = master or kind == "master"
                tracks.append(Track(name, kind, _is_muted(channel), devices=tuple(mixer.inserts[uid])))
    return tuple(tracks)


def _track(element: Element, mixer: _Mixer) -> Track:
    uid = _uid(element, "channelID") or "-"
    channel = mixer.channels.get(uid)
    synth = mixer.synth(channel)
    devices = mixer.inserts.get(uid, [])
    if synth is not None:
        name, outputs = synth
        devices = [*devices, name, *(each for output in outputs for each in mixer.inserts.get(output, []))]
    return Track(
        name=clean(element.get("name", "")),
        kind=_kind(element, plays=synth is not None),
        muted=_is_muted(element) or _is_muted(channel),
        devices=tuple(devices[:MAX_DEVICES]),
    )


def _kind(element: Element, plays: bool) -> TrackKind:
    if element.tag != "MediaTrack":
        return "group" if element.tag == "FolderTrack" else "automation"
    if element.get("mediaType") == "Music":
        return "instrument" if plays else "midi"
    return "audio" if element.get("mediaType") == "Audio" else "other"


def _plugins(devices: list[Element]) -> tuple[Plugin, ...]:
    """Every device that says of what class it is, in the mixer and among the instruments."""
    counts: Counter[Plugin] = Counter()
    for info in (each for device in devices for each in device.iter("Attributes") if _is(each, "classInfo")):
        name = clean(info.get("name", ""))
        if name and info.get("category", "Audio").startswith(("Audio", "Music")):
            word = re.match(r"\w*", info.get("subCategory", ""))
            kind = _FORMATS.get(word[0].upper() if word else "", "builtin")
            counts[Plugin(name, clean(info.get("vendor", "")) or None, kind)] += 1
    return tuple(Plugin(each.name, each.vendor, each.format, n) for each, n in counts.items())[:MAX_ITEMS]


# ---------------------------------------------------------------- files


def _samples(pool: Element, members: frozenset[str]) -> tuple[SampleRef, ...]:
    """Each audio file of the pool once. They are stored as URLs, and so is the song itself."""
    document = _named(pool, "documentPath")
    folder = "" if document is None else _path(document.get("url", "")).rpartition("/")[0]
    found: dict[str, SampleRef] = {}
    for url in pool.iter("Url"):
        path = clean(_path(url.get("url", "")), MAX_PATH) if _is(url, "path") else ""
        if not path or len(found) >= MAX_ITEMS:
            continue
        if path.startswith("media:"):
            inside = path.removeprefix("media:").lstrip("/") in members
            found.setdefault(path, SampleRef(path, status="found" if inside else "missing"))
        else:
            relative = path.removeprefix(f"{folder}/") if folder and path.startswith(f"{folder}/") else None
            found.setdefault(path, SampleRef(path, relative))
    return tuple(found.values())


def _path(url: str) -> str:
    """A file URL as the path that it is: "file:///C:/Songs/a.wav", "file:///Users/x/a.wav", "file://nas/a.wav"."""
    if not url.startswith("file://"):
        return unquote(url)
    path = unquote(url.removeprefix("file://").removeprefix("localhost"))
    if not path.startswith("/"):
        return f"//{path}"
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path


READER = Reader(
    name="studioone",
    title="Studio One",
    version=1,
    suffixes=(".song",),
    shared_suffixes=(".song",),
    read=read,
    sniff=sniff,
    backup_suffixes=(" (autosaved).song",),
    backup_folders=("history",),
)
