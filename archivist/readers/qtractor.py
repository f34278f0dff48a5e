"""Qtractor sessions (.qtr), templates (.qts) and archives (.qtz: a zip of a session and its files).

XML; times in frames of the session's sample rate. Elements as `saveElement` of qtractorSession, -Track,
-Clip and -PluginList of Qtractor 0.1 to 1.x write them. The first tempo and signature stand in the session's
properties, later ones in its tempo map. It stores neither dates, nor an author, nor vendors of plug-ins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element

from archivist.readers import keys, tempo, xml
from archivist.readers.base import (
    MAX_ITEMS,
    Reader,
    ReadError,
    open_member,
    open_plain,
    open_zip,
    read_head,
    translate_errors,
)
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, TempoChange, Track, TrackKind
from archivist.text import clean

MAX_NOTES = 20_000
"""Characters kept of the description."""

MAX_PATH = 4_000

_KINDS: dict[str, TrackKind] = {"audio": "audio", "midi": "midi"}

_PLUGINS: dict[str, PluginFormat] = {
    "LADSPA": "ladspa",
    "DSSI": "ladspa",  # LADSPA with MIDI in
    "VST": "vst2",
    "VST2": "vst2",
    "VST3": "vst3",
    "CLAP": "clap",
    "LV2": "lv2",
}
"""Others are Qtractor's own: Insert and AuxSend."""

_QUARTER = 2
"""The power of two below the line that stands for a quarter note."""


@contextmanager
def _open(path: Path) -> Iterator[tuple[IO[bytes], frozenset[str]]]:
    """The session, and the names of what is packed with it."""
    if read_head(path, 4) != b"PK\3\4":
        with open_plain(path) as stream:
            yield stream, frozenset()
        return
    with open_zip(path) as archive:
        names = archive.namelist()
        session = next((name for name in names if name.lower().endswith((".qtr", ".qts"))), None)
        if session is None:
            raise ReadError("a zip without a Qtractor session in it")
        with open_member(archive, session) as stream:
            folder = session.rpartition("/")[0]
            yield stream, frozenset(name.removeprefix(folder).lstrip("/") for name in names)


def sniff(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with translate_errors(), _open(path) as (stream, _):
            head = stream.read(2048)
    except ReadError:
        return False
    return b"<session" in head and b"tractor" in head


def read(path: Path) -> ProjectInfo:
    """What a Qtractor session says. Raises ReadError."""
    with translate_errors(), _open(path) as (stream, packed):
        root = xml.parse(stream)
    properties = root.find("properties")
    if root.tag != "session" or properties is None:
        raise ReadError("not a Qtractor session: it holds no session/properties")
    rate = xml.number(properties.findtext("sample-rate"), 1, 1e7)
    program, _, version = clean(root.get("version", "")).rpartition(" ")
    tracks = root.findall("tracks/track")[:MAX_ITEMS]
    bpm, changes = _tempo(root, properties, rate)
    return ProjectInfo(
        format="qtractor",
        daw=program or "Qtractor",
        daw_version=version or None,
        bpm=bpm,
        tempo_changes=changes,
        time_signature=_time_signature(properties),
        key=_key(root),
        sample_rate=int(rate) if rate else None,
        length_seconds=_length(tracks, rate),
        title=clean(root.get("name", "")) or None,
        comment=clean(properties.findtext("description") or "", MAX_NOTES) or None,
        tracks=tuple(map(_track, tracks)),
        plugins=_plugins(root),
        samples=_samples(root, packed),
        markers=_markers(root, rate),
        unread=() if rate or root.find(".//tempo-node") is None else ("tempo_changes",),
    )


# ---------------------------------------------------------------- time


def _bpm(element: Element) -> float | None:
    """Quarter notes a minute; a tempo may count other notes."""
    bpm = xml.number(element.findtext("tempo"), tempo.SLOWEST, tempo.FASTEST)
    kind = xml.number(element.findtext("beat-type"), 0, 8)
    return None if bpm is None else bpm * 2 ** (_QUARTER - (_QUARTER if kind is None else kind))


def _tempo(root: Element, properties: Element, rate: float | None) -> tuple[float | None, tuple[TempoChange, ...]]:
    """The tempo at the start, and where it becomes another."""
    first = current = _bpm(properties)
    found = []
    for node in root.findall("tempo-map/tempo-node")[:MAX_ITEMS]:
        frame, bpm = xml.number(node.get("frame"), 0), _bpm(node)
        if rate and frame and bpm and bpm != current:
            found.append(TempoChange(frame / rate, "seconds", bpm))
            current = bpm
    return first, tuple(found)


def _time_signature(properties: Element) -> str | None:
    """The session's. It could count only quarter notes before 0.3."""
    above = xml.number(properties.findtext("beats-per-bar"), 1, 999)
    below = xml.number(properties.findtext("beat-divisor"), 0, 8)
    return f"{above:.0f}/{2 ** int(_QUARTER if below is None else below)}" if above else None


def _key(root: Element) -> str | None:
    """The first key signature that was set: `mode` 0 is major, 1 minor."""
    for marker in root.iterfind("markers/marker"):
        sharps, mode = xml.number(marker.findtext("accidentals"), -7, 7), marker.findtext("mode")
        if sharps is not None and mode in ("0", "1"):
            return keys.from_accidentals(int(sharps), minor=mode == "1")
    return None


def _length(tracks: list[Element], rate: float | None) -> float | None:
    """Where the last clip ends."""
    last = 0.0
    for clip in (clip for track in tracks for clip in track.iterfind("clips/clip/properties")):
        start, length = xml.number(clip.findtext("start"), 0), xml.number(clip.findtext("length"), 0)
        if start is not None and length is not None:
            last = max(last, start + length)
    return last / rate if rate and last else None


def _markers(root: Element, rate: float | None) -> tuple[Marker, ...]:
    """Those with a name; the others are key signatures."""
    found = []
    for marker in root.findall("markers/marker")[:MAX_ITEMS]:
        frame, name = xml.number(marker.get("frame"), 0), clean(marker.findtext("text") or "")
        if rate and frame is not None and name:
            found.append(Marker(name, frame / rate, "seconds"))
    return tuple(found)


# ---------------------------------------------------------------- tracks, plug-ins, files


def _held(plugins: Element | None) -> list[Plugin]:
    """A chain of plug-ins. LV2 ones are known by a URI, the others by a file and a label."""
    found = []
    for element in () if plugins is None else plugins.iterfind("plugin"):
        name = clean(element.findtext("label") or "") or clean(element.findtext("filename") or "")
        if name:
            found.append(Plugin(name, None, _PLUGINS.get(element.get("type", ""), "builtin")))
    return found


def _track(element: Element) -> Track:
    return Track(
        name=clean(element.get("name", "")),
        kind=_KINDS.get(element.get("type", ""), "other"),
        muted=element.findtext("state/mute") in ("1", "true", "on", "yes"),
        devices=tuple(plugin.name for plugin in _held(element.find("plugins"))),
    )


def _plugins(root: Element) -> tuple[Plugin, ...]:
    """Of tracks and of the engines' busses, with how often they are used."""
    holders = [each for tag in ("plugins", "input-plugins", "output-plugins") for each in root.iter(tag)]
    counts = Counter(plugin for holder in holders for plugin in _held(holder))
    return tuple(Plugin(each.name, None, each.format, count) for each, count in counts.items())[:MAX_ITEMS]


def _samples(root: Element, packed: frozenset[str]) -> tuple[SampleRef, ...]:
    """Audio and MIDI files, of the session's lists and of its clips, from the session's folder."""
    elements = [*root.iterfind("files//file"), *root.iterfind("tracks/track/clips/clip//filename")]
    paths = dict.fromkeys(path for each in elements if (path := clean(each.text or "", MAX_PATH)))
    return tuple(
        SampleRef(path, status="found" if path.removeprefix("./") in packed else None)
        for path in list(paths)[:MAX_ITEMS]
    )


READER = Reader(
    name="qtractor",
    title="Qtractor",
    version=1,
    suffixes=(".qtr", ".qtz", ".qts"),
    read=read,
    sniff=sniff,
)
