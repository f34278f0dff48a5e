"""Rosegarden (.rg, .rgt): XML in gzip, or plain. Seen: 1.0 to 20.06, all of format version 1.

Times count from the start in 960ths of a quarter note; a tempo is in 100,000ths of a beat a minute, before
1.0 in beats an hour. Elements as src/document/RoseXmlHandler.cpp of Rosegarden reads them. It stores neither
dates nor a sample rate of the project. Whether a track is one of audio, MIDI or a soft synth follows from the
instrument it plays; that instrument holds its plug-ins.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import keys, tempo, xml
from archivist.readers.base import (
    MAX_ITEMS,
    Reader,
    ReadError,
    open_gzip,
    open_plain,
    read_head,
    translate_errors,
)
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

TICKS = 960.0
"""Of a quarter note."""

_TEMPO_UNIT = 100_000.0

_KINDS: dict[str, TrackKind] = {"audio": "audio", "midi": "midi", "softsynth": "instrument"}

_FIRST_INSTRUMENTS: tuple[tuple[int, TrackKind], ...] = ((10_000, "instrument"), (2_000, "midi"), (1_000, "audio"))
"""The numbers from which instruments of a kind count, for those that the studio does not list."""

_PLUGINS: dict[str, PluginFormat] = {"ladspa": "ladspa", "dssi": "ladspa", "lv2": "lv2", "vst": "vst2"}
"""DSSI is LADSPA with MIDI in."""

_BELOW = {
    "rosegarden-data": frozenset({"composition", "audiofiles", "segment", "studio"}),
    "composition": frozenset({"track", "timesignature", "tempo", "metadata", "markers"}),
    "metadata": frozenset({"property"}),
    "markers": frozenset({"marker"}),
    "audiofiles": frozenset({"audio"}),
    "segment": frozenset({"event", "chord", "group", "begin", "end"}),
    "chord": frozenset({"event", "group"}),
    "group": frozenset({"event", "chord"}),
    "event": frozenset({"property"}),
    "studio": frozenset({"device", "buss"}),
    "device": frozenset({"instrument"}),
    "instrument": frozenset({"plugin", "synth"}),
    "buss": frozenset({"plugin"}),
}


def _open(path: Path) -> io.BufferedReader:
    return open_gzip(path) if read_head(path, 2) == b"\x1f\x8b" else open_plain(path)


def sniff(path: Path) -> bool:
    """Whether it is a composition: files of devices (.rgd) have the same root, and no composition."""
    if not path.is_file():
        return False
    try:
        with translate_errors(), _open(path) as stream:
            head = stream.read(4096)
    except ReadError:
        return False
    return b"<rosegarden-data" in head and b"<composition" in head


def read(path: Path) -> ProjectInfo:
    """What a Rosegarden composition says. Raises ReadError."""
    with translate_errors(), _open(path) as stream:
        root = xml.sieve(stream, frozenset(), _BELOW)
    composition = root.find("composition")
    if root.tag != "rosegarden-data" or composition is None:
        raise ReadError("not a Rosegarden composition (a file of devices, perhaps)")
    points = _tempo(composition)
    instruments = {each.get("id", ""): each for each in root.iterfind("studio/device/instrument")}
    return ProjectInfo(
        format="rosegarden",
        daw="Rosegarden",
        daw_version=clean(root.get("version", "")) or None,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(composition),
        key=_key(root),
        length_seconds=_length(root, composition, points),
        title=_metadata(composition, "title"),
        author=_metadata(composition, "composer", "author", "arranger"),
        tracks=_tracks(composition, instruments),
        plugins=_plugins(root),
        samples=_samples(root),
        markers=_markers(composition),
    )


def _metadata(composition: Element, *names: str) -> str | None:
    """The first of the `names` that says something."""
    said = {each.get("name"): clean(each.get("value", "")) for each in composition.iterfind("metadata/property")}
    return next((said[name] for name in names if said.get(name)), None)


def _beat(element: Element, name: str) -> float | None:
    ticks = xml.number(element.get(name))
    return None if ticks is None else ticks / TICKS


# ---------------------------------------------------------------- tempo, signature, key


def _bpm(element: Element) -> float:
    """A tempo event's, as the handler takes it: `tempo`, or `bph` of old, or 120."""
    exact, hourly = xml.number(element.get("tempo")), xml.number(element.get("bph"))
    return exact / _TEMPO_UNIT if exact else hourly / 60 if hourly else 120.0


def _tempo(composition: Element) -> list[tempo.Point]:
    """The tempo map. An event holds until the next, or goes straight to its `target`; 0 is the next tempo."""
    events = [(beat, each) for each in composition.iterfind("tempo") if (beat := _beat(each, "time")) is not None]
    events.sort(key=lambda event: event[0])
    points: list[tempo.Point] = []
    for (beat, event), (next_beat, next_event) in pairwise(events):
        target = xml.number(event.get("target"), 0)
        end = _bpm(event) if target is None else target / _TEMPO_UNIT or _bpm(next_event)
        points += [(beat, _bpm(event)), (next_beat, end)]
    if events:
        points.append((events[-1][0], _bpm(events[-1][1])))
        return tempo.in_order(points)
    unit = xml.number(composition.get("compositionDefaultTempo"))
    default = unit / _TEMPO_UNIT if unit else xml.number(composition.get("defaultTempo"))
    return tempo.in_order([(0.0, default or 0.0)])


def _time_signature(composition: Element) -> str | None:
    """The one in force at the start, or the first. Without any Rosegarden plays 4/4."""
    found = None
    for element in composition.iterfind("timesignature"):
        above, below = (xml.number(element.get(name), 1, 999) for name in ("numerator", "denominator"))
        if above and below and (found is None or (xml.number(element.get("time")) or 0) <= 0):
            found = f"{above:.0f}/{below:.0f}"
    return found or "4/4"


def _key(root: Element) -> str | None:
    """The key that the notation opens with, on the first staff that is not a transposed one."""
    for segment in root.iterfind("segment"):
        if xml.number(segment.get("transpose")):
            continue
        for event in segment.iter("event"):
            if event.get("type") == "keychange":
                named = {each.get("name"): each.get("string", "") for each in event.iterfind("property")}
                return keys.from_name(clean(named.get("key", "")))
            if event.get("type") == "note":
                break
    return None


# ---------------------------------------------------------------- length


def _played(holder: Element, here: float) -> tuple[float, float]:
    """Where events after those of `holder` would begin, and where the last of those ends. An event without
    a time of its own follows the one before; those of a chord begin together, and the shortest says how long
    it is."""
    last = here
    for child in holder:
        if child.tag == "chord":
            spans = [_span(event, here) for event in child.iter("event")]
            last = max([last, *(end for _, end in spans)])
            here += min((end - begin for begin, end in spans if end > begin), default=0.0)
        elif child.tag == "group":
            here, end = _played(child, here)
            last = max(last, end)
        elif child.tag == "event":
            here = _span(child, here)[1]
            last = max(last, here)
    return here, last


def _span(event: Element, here: float) -> tuple[float, float]:
    """Where an event begins and ends, in ticks."""
    begin = xml.number(event.get("absoluteTime"))
    if begin is None:
        begin = here + (xml.number(event.get("timeOffset")) or 0.0)
    return begin, begin + (xml.number(event.get("duration"), 0) or 0.0)


def _seconds(text: str | None) -> float | None:
    """Rosegarden writes "12.345000000", and "12/345000000" in places."""
    whole, slash, nanoseconds = (text or "").partition("/")
    if not slash:
        return xml.number(whole)
    first, rest = xml.number(whole), xml.number(nanoseconds)
    return None if first is None or rest is None else first + rest / 1e9


def _length(root: Element, composition: Element, points: list[tempo.Point]) -> float | None:
    """Where the last segment ends; one that repeats ends with the composition."""
    last = 0.0
    for segment in root.iterfind("segment"):
        if segment.get("triggerid"):  # an ornament, played where a note calls for it
            continue
        start = xml.number(segment.get("start")) or 0.0
        if segment.get("type") == "audio":
            begin, end = (_seconds(_attribute(segment.find(name), "index")) for name in ("begin", "end"))
            if begin is not None and end is not None and end > begin:
                last = max(last, (tempo.seconds_at(start / TICKS, points) or 0.0) + end - begin)
            continue
        ends = xml.number(segment.get("endmarker"))
        if segment.get("repeat") == "true":
            ends = xml.number(composition.get("endMarker"))
        ticks = _played(segment, start)[1] if ends is None else ends
        last = max(last, tempo.seconds_at(ticks / TICKS, points) or 0.0)
    return last or None


def _attribute(element: Element | None, name: str) -> str | None:
    return None if element is None else element.get(name)


# ---------------------------------------------------------------- tracks, plug-ins, samples, markers


def _tracks(composition: Element, instruments: dict[str, Element]) -> tuple[Track, ...]:
    elements = composition.findall("track")[:MAX_ITEMS]
    elements.sort(key=lambda each: xml.number(each.get("position")) or 0.0)
    return tuple(_track(each, instruments.get(each.get("instrument", ""))) for each in elements)


def _track(element: Element, instrument: Element | None) -> Track:
    devices = () if instrument is None else tuple(plugin.name for plugin in _held(instrument))
    return Track(
        name=clean(element.get("label", "")),
        kind=_kind(element, instrument),
        muted=element.get("muted") == "true",
        devices=devices,
    )


def _kind(track: Element, instrument: Element | None) -> TrackKind:
    if instrument is not None and instrument.get("type") in _KINDS:
        return _KINDS[instrument.get("type", "")]
    number = xml.number(track.get("instrument")) or 0.0
    return next((kind for first, kind in _FIRST_INSTRUMENTS if number >= first), "other")


def _held(instrument: Element) -> Iterator[Plugin]:
    """The synth and the effects of an instrument or a buss. Identifiers are "type:file:label"; a label may
    be the URI of an LV2 plug-in."""
    for element in instrument:
        if element.tag not in ("synth", "plugin"):
            continue
        identifier = clean(element.get("identifier", ""))
        kind, _, rest = identifier.partition(":")
        label = clean(element.get("label", "")) or (rest.lstrip(":") if kind == "lv2" else rest.rpartition(":")[2])
        if label:
            yield Plugin(label, None, _PLUGINS.get(kind, "builtin"))


def _plugins(root: Element) -> tuple[Plugin, ...]:
    holders = [*root.iterfind("studio/device/instrument"), *root.iterfind("studio/buss")]
    counts = Counter(plugin for holder in holders for plugin in _held(holder))
    return tuple(Plugin(each.name, None, each.format, count) for each, count in counts.items())[:MAX_ITEMS]


def _samples(root: Element) -> tuple[SampleRef, ...]:
    """The audio files, named from the folder for audio where they lie in it."""
    names = (clean(each.get("file", "")) for each in root.iterfind("audiofiles/audio"))
    return tuple(SampleRef(name) for name in list(dict.fromkeys(filter(None, names)))[:MAX_ITEMS])


def _markers(composition: Element) -> tuple[Marker, ...]:
    markers = [
        Marker(clean(each.get("name", "")), beat, "beats")
        for each in composition.iterfind("markers/marker")
        if (beat := _beat(each, "time")) is not None
    ]
    return tuple(sorted(markers[:MAX_ITEMS], key=lambda marker: marker.at))


READER = Reader(
    name="rosegarden",
    title="Rosegarden",
    version=1,
    suffixes=(".rg", ".rgt"),
    shared_suffixes=(".rg",),
    read=read,
    sniff=sniff,
)
