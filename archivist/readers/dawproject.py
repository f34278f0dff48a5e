"""DAWproject (.dawproject): the open exchange format of Bitwig, Studio One, Cubase and others. Version 1.0.

A zip of project.xml, metadata.xml and the audio that it embeds. Elements as in Project.xsd of
github.com/bitwig/dawproject; times are in beats or seconds by the `timeUnit` of the nearest timeline
that has one. It stores no sample rate of the project, no key and no dates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from archivist.readers import tempo, xml
from archivist.readers.base import (
    MAX_ITEMS,
    Reader,
    ReadError,
    open_member,
    open_zip,
    read_head,
    translate_errors,
)
from archivist.records import (
    Marker,
    Plugin,
    PluginFormat,
    ProjectInfo,
    SampleRef,
    SampleStatus,
    Track,
    TrackKind,
    Unit,
)
from archivist.text import clean

MAX_NOTES = 20_000
"""Characters kept of the comment."""

_PROJECT = "project.xml"
_METADATA = "metadata.xml"

_PLUGIN_FORMATS: dict[str, PluginFormat] = {
    "Vst2Plugin": "vst2",
    "Vst3Plugin": "vst3",
    "ClapPlugin": "clap",
    "AuPlugin": "au",
}
"""Every other device is the DAW's own: BuiltinDevice, Equalizer, Compressor, NoiseGate, Limiter."""

_ROLES: dict[str, TrackKind] = {"master": "master", "effect": "return", "submix": "bus", "vca": "bus"}
_CONTENTS: dict[str, TrackKind] = {"audio": "audio", "markers": "marker", "automation": "automation"}

_ANYWHERE = frozenset({"Audio"})
_BELOW = {
    "Project": frozenset({"Application", "Transport", "Structure", "Arrangement"}),
    "Transport": frozenset({"Tempo", "TimeSignature"}),
    "Structure": frozenset({"Track", "Channel"}),
    "Track": frozenset({"Track", "Channel"}),
    "Channel": frozenset({"Devices", "Mute"}),
    "Devices": xml.EVERY,
    "Arrangement": frozenset({"Lanes", "Markers", "TempoAutomation", "TimeSignatureAutomation"}),
    "Lanes": frozenset({"Lanes", "Clips", "Markers", "markers"}),
    "Clips": frozenset({"Clip"}),  # nothing of a clip: times in it count from its start
    "Markers": frozenset({"Marker"}),
    "markers": frozenset({"Marker"}),
    "TempoAutomation": frozenset({"RealPoint"}),
    "TimeSignatureAutomation": frozenset({"TimeSignaturePoint"}),
    "Audio": frozenset({"File"}),
}
"""What is read; most of a project is notes, automation and parameters."""


def sniff(path: Path) -> bool:
    if not read_head(path, 4).startswith(b"PK\3\4"):
        return False
    try:
        with translate_errors(), open_zip(path) as archive:
            return _PROJECT in archive.namelist()
    except ReadError:
        return False


def read(path: Path) -> ProjectInfo:
    """What a DAWproject says. Raises ReadError."""
    with translate_errors(), open_zip(path) as archive:
        with open_member(archive, _PROJECT) as stream:
            project = xml.sieve(stream, _ANYWHERE, _BELOW)
        members = frozenset(archive.namelist())
        metadata = _metadata(archive) if _METADATA in members else {}
    if project.tag != "Project" or project.find("Application") is None:
        raise ReadError("not a DAWproject: its project.xml holds no Project/Application")
    application = project.find("Application")
    points = _tempo(project)
    lanes = list(islice(_timelines(project.find("Arrangement")), MAX_ITEMS))
    tracks = list(islice(_track_elements(project), MAX_ITEMS))
    return ProjectInfo(
        format="dawproject",
        daw=_attribute(application, "name") or "DAWproject",
        daw_version=_attribute(application, "version"),
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(project),
        length_seconds=_length(lanes, points),
        title=metadata.get("Title"),
        author=metadata.get("Artist"),
        comment=metadata.get("Comment"),
        tracks=tuple(map(_track, tracks)),
        plugins=_plugins(tracks),
        samples=_samples(project, members),
        markers=_markers(lanes),
        unread=("tempo_changes",) if _tempo_in_seconds(project) else (),
    )


def _attribute(element: Element | None, name: str) -> str | None:
    """A cleaned attribute; None where it is missing or empty."""
    return None if element is None else clean(element.get(name, "")) or None


def _metadata(archive: ZipFile) -> dict[str, str]:
    """The elements of metadata.xml that say something."""
    with open_member(archive, _METADATA) as stream:
        root = xml.parse(stream)
    said = ((element.tag, clean(element.text or "", MAX_NOTES)) for element in root)
    return {tag: text for tag, text in said if text}


def _is_true(element: Element | None, name: str) -> bool:
    """An attribute of type xs:boolean."""
    return element is not None and element.get(name) in ("true", "1")


# ---------------------------------------------------------------- times


def _timelines(element: Element | None, unit: Unit = "beats") -> Iterator[tuple[Element, Unit]]:
    """Every element below with the unit of its times: the nearest `timeUnit`."""
    for child in element if element is not None else ():
        own = child.get("timeUnit")
        known: Unit = "seconds" if own == "seconds" else "beats" if own == "beats" else unit
        yield child, known
        yield from _timelines(child, known)


def _tempo_in_seconds(project: Element) -> bool:
    automation = project.find("Arrangement/TempoAutomation")
    return automation is not None and automation.get("timeUnit") == "seconds"


def _tempo(project: Element) -> list[tempo.Point]:
    """The tempo map; automation wins over the transport's value."""
    points: list[tempo.Point] = []
    if not _tempo_in_seconds(project):
        hold = False
        for point in project.iterfind("Arrangement/TempoAutomation/RealPoint"):
            beat, bpm = xml.number(point.get("time")), xml.number(point.get("value"))
            if beat is None or bpm is None:
                continue
            if hold:  # the value before stays until here
                points.append((beat, points[-1][1]))
            points.append((beat, bpm))
            hold = point.get("interpolation") != "linear"
    transport = project.find("Transport/Tempo")
    value = None if transport is None else xml.number(transport.get("value"))
    return tempo.in_order(points) or tempo.in_order([(0.0, value or 0.0)])


def _time_signature(project: Element) -> str | None:
    """The transport's signature, or the arrangement's first."""
    element = project.find("Transport/TimeSignature")
    if element is None:
        element = project.find("Arrangement/TimeSignatureAutomation/TimeSignaturePoint")
    if element is None:
        return None
    signature = f"{element.get('numerator')}/{element.get('denominator')}"
    return signature if re.fullmatch(r"[1-9][0-9]{0,2}/[1-9][0-9]{0,2}", signature) else None


def _length(lanes: list[tuple[Element, Unit]], points: list[tempo.Point]) -> float | None:
    """Where the last clip on the arrangement's lanes ends, in seconds."""
    last: dict[Unit, float] = {"beats": 0.0, "seconds": 0.0}
    for clip, unit in lanes:
        start, duration = xml.number(clip.get("time")), xml.number(clip.get("duration"))
        if clip.tag == "Clip" and start is not None and duration is not None:
            last[unit] = max(last[unit], start + duration)
    return max(last["seconds"], tempo.seconds_at(last["beats"], points) or 0.0) or None


def _markers(lanes: list[tuple[Element, Unit]]) -> tuple[Marker, ...]:
    markers = [
        Marker(clean(element.get("name", "")), at, unit)
        for element, unit in lanes
        if element.tag == "Marker" and (at := xml.number(element.get("time"))) is not None
    ]
    return tuple(sorted(markers, key=lambda marker: marker.at))


# ---------------------------------------------------------------- tracks, devices, samples


def _track_elements(project: Element) -> Iterator[Element]:
    """Every track in the project's order, a group before its own; a channel may stand without a track."""
    for element in project.iterfind("Structure/*"):
        if element.tag == "Track":
            yield from element.iter("Track")
        elif element.tag == "Channel":
            yield element


def _channel(track: Element) -> Element | None:
    return track if track.tag == "Channel" else track.find("Channel")


def _devices(track: Element) -> list[Element]:
    channel = _channel(track)
    return [] if channel is None else list(channel.iterfind("Devices/*"))


def _track(element: Element) -> Track:
    channel = _channel(element)
    devices = _devices(element)
    return Track(
        name=clean(element.get("name", "")),
        kind=_kind(element, devices),
        muted=channel is not None and _is_true(channel.find("Mute"), "value"),
        devices=tuple(_attribute(device, "name") or _device_name(device) for device in devices),
    )


def _kind(track: Element, devices: list[Element]) -> TrackKind:
    channel = _channel(track)
    role = None if channel is None else _ROLES.get(channel.get("role", ""))
    if role is not None:
        return role
    content = track.get("contentType", "").split()
    if "tracks" in content or track.find("Track") is not None:
        return "group"
    if "notes" in content:
        plays = any(device.get("deviceRole") == "instrument" for device in devices)
        return "instrument" if plays else "midi"
    return next((_CONTENTS[name] for name in content if name in _CONTENTS), "other")


def _device_name(device: Element) -> str:
    """What the device is, whatever its user calls it."""
    return _attribute(device, "deviceName") or _attribute(device, "name") or clean(device.tag)


def _plugins(tracks: list[Element]) -> tuple[Plugin, ...]:
    """Plug-ins and the DAW's own devices with how often they are used, as they first come."""
    counts: Counter[tuple[str, str | None, PluginFormat]] = Counter()
    for device in (device for track in tracks for device in _devices(track)):
        kind = _PLUGIN_FORMATS.get(device.tag, "builtin")
        counts[_device_name(device), _attribute(device, "deviceVendor"), kind] += 1
    return tuple(Plugin(*what, count=count) for what, count in counts.items())[:MAX_ITEMS]


def _samples(project: Element, members: frozenset[str]) -> tuple[SampleRef, ...]:
    """Each audio file once: embedded ones are in the zip or missing, external ones lie beside it."""
    found: dict[str, SampleRef] = {}
    for file in project.iterfind(".//Audio/File"):
        stored = file.get("path", "")
        path = clean(stored)
        if not path or len(found) >= MAX_ITEMS:
            continue
        embedded: SampleStatus = "found" if stored in members else "missing"
        found.setdefault(path, SampleRef(path, status=None if _is_true(file, "external") else embedded))
    return tuple(found.values())


READER = Reader(
    name="dawproject",
    title="DAWproject",
    version=1,
    suffixes=(".dawproject",),
    read=read,
    sniff=sniff,
)
