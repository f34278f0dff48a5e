"""Waveform and Tracktion edits (.tracktionedit): XML, from Tracktion 4 to Waveform 13.

Elements as the Tracktion Engine reads them (github.com/Tracktion/tracktion_engine). Tempi are at beats, clips
and markers at seconds. Up to Tracktion 6 plug-ins are FILTER and clips CLIP elements with a type. An audio clip
names a file, from the edit's folder, or an item of the project file beside it (".tracktion", binary), which is
not read. A track holds audio and MIDI alike: its kind is what lies on it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import tempo, xml
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_plain, read_head, translate_errors
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

MAX_PATH = 4_000

_YES = ("1", "true")

_GLOBAL = frozenset({"MARKERTRACK", "TEMPOTRACK", "CHORDTRACK", "ARRANGERTRACK", "MASTERTRACK"})
"""Tracks that every edit has: what they hold is read, and they are not counted."""

_AUDIO = frozenset({"AUDIOCLIP", "wave", "EDITCLIP", "edit"})
_MIDI = frozenset({"MIDICLIP", "midi", "STEPCLIP", "step"})
_MARKERS = frozenset({"MARKERCLIP", "marker"})

_MIXER = frozenset({"volume", "level", "vca", "text"})
"""Devices of the mixer, which every track has, and notes."""

_SYNTHS = frozenset({"4osc", "sampler"})

_FILES: tuple[tuple[str, PluginFormat], ...] = (
    (r"AudioUnit:|.*\.component$", "au"),
    (r".*\.vst3$", "vst3"),
    (r".*\.clap$", "clap"),
    (r".*\.lv2$|\w+://|urn:", "lv2"),
    (r"/.*ladspa/", "ladspa"),
)
"""The format of a plug-in is seen from its file alone; all are of type "vst". The others are VST 2."""

_ITEM = re.compile(r"-?[0-9a-f]+/-?[0-9a-f]+", re.IGNORECASE)
"""An item of a project: its number, and the item's, in hexadecimal."""

_BELOW = {
    "EDIT": frozenset({"TEMPOSEQUENCE", "ID3VORBISMETADATA", "MASTERPLUGINS", "MASTERFILTERS", "RACKS"})
    | frozenset({"RACKFILTERS", "TRACK", "FOLDERTRACK"})
    | _GLOBAL,
    "TEMPOSEQUENCE": frozenset({"TEMPO", "TIMESIG"}),
    "MASTERTRACK": frozenset({"MASTERPLUGINS", "PLUGIN"}),
    "MASTERPLUGINS": frozenset({"PLUGIN"}),
    "MASTERFILTERS": frozenset({"FILTER"}),
    "RACKS": frozenset({"RACK"}),
    "RACKFILTERS": frozenset({"RACKFILTER", "RACK"}),
    "RACK": frozenset({"PLUGININSTANCE", "FILTERINSTANCE", "PLUGIN", "FILTER"}),
    "RACKFILTER": frozenset({"FILTERINSTANCE", "FILTER"}),
    "PLUGININSTANCE": frozenset({"PLUGIN"}),
    "FILTERINSTANCE": frozenset({"FILTER"}),
    "CLIPSLOTS": frozenset({"CLIPSLOT"}),
    "CLIPSLOT": frozenset({"AUDIOCLIP", "MIDICLIP", "STEPCLIP"}),
    "AUDIOCLIP": frozenset({"TAKES"}),
    "CLIP": frozenset({"TAKES"}),
    "TAKES": frozenset({"TAKE"}),
    "*": frozenset({"TRACK", "FOLDERTRACK", "PLUGIN", "FILTER", "CLIPSLOTS", "SOUND", "CLIP"})
    | frozenset({"AUDIOCLIP", "MIDICLIP", "STEPCLIP", "EDITCLIP", "MARKERCLIP"}),
}
"""What is read; the rest is notes, automation and parameters."""


def sniff(path: Path) -> bool:
    head = read_head(path)
    return b"<EDIT " in head and (b"projectID=" in head or b"appVersion=" in head)


def read(path: Path) -> ProjectInfo:
    """What an edit says. Raises ReadError."""
    with translate_errors(), open_plain(path) as stream:
        root = xml.sieve(stream, frozenset(), _BELOW)
    if root.tag != "EDIT":
        raise ReadError(f"not a Waveform edit: its root element is {clean(root.tag, 40)}")
    points = _tempo(root)
    daw, version = _program(root)
    samples = _sources(root)
    return ProjectInfo(
        format="waveform",
        daw=daw,
        daw_version=version,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(root),
        length_seconds=_length(root),
        title=_metadata(root, "title"),
        author=_metadata(root, "artist"),
        comment=_metadata(root, "comment"),
        created=_date(root.get("creationTime"), 10),
        saved=_date(root.get("lastSignificantChange"), 16),
        tracks=tuple(islice(_tracks(root), MAX_ITEMS)),
        plugins=_plugins(root),
        samples=tuple(SampleRef(path) for path in samples if not _ITEM.fullmatch(path)),
        markers=_markers(root),
        unread=("samples",) if any(_ITEM.fullmatch(path) for path in samples) else (),
    )


def _program(root: Element) -> tuple[str, str | None]:
    """Who saved it: "Waveform 13.5.25", "Tracktion 6.1", or "Unknown" for other programs with this engine."""
    name, _, version = clean(root.get("appVersion", "")).rpartition(" ")
    return (name, version or None) if name else ("Waveform", None)


def _metadata(root: Element, name: str) -> str | None:
    """What the user filled in for exports."""
    element = root.find("ID3VORBISMETADATA")
    return None if element is None else clean(element.get(name, "")) or None


def _date(text: str | None, base: int) -> str | None:
    """A time in milliseconds since 1970, and in seconds in some older edits."""
    try:
        number = int(text or "", base)
        seconds = number / 1000 if number > 1e11 else number
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if number > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


# ---------------------------------------------------------------- time


def _tempo(root: Element) -> list[tempo.Point]:
    """The tempo map. A curve of 1 holds until the next tempo, one of -1 takes that at once; in between the
    tempo goes there by a curve, for which a line stands here."""
    settings = []
    for element in root.iterfind("TEMPOSEQUENCE/TEMPO"):
        beat, bpm = xml.number(element.get("startBeat")), xml.number(element.get("bpm"))
        curve = xml.number(element.get("curve"), -1, 1)
        if beat is not None and bpm is not None:
            settings.append((beat, bpm, 1.0 if curve is None else curve))
    settings.sort(key=lambda setting: setting[0])
    points: list[tempo.Point] = []
    for (beat, bpm, curve), (next_beat, next_bpm, _) in pairwise(settings):
        points.append((beat, next_bpm if curve == -1 else bpm))
        if curve == 1:
            points.append((next_beat, bpm))
    points += [(beat, bpm) for beat, bpm, _ in settings[-1:]]
    return tempo.in_order(points)


def _time_signature(root: Element) -> str | None:
    element = root.find("TEMPOSEQUENCE/TIMESIG")
    if element is None:
        return None
    above, below = (xml.number(element.get(name), 1, 999) for name in ("numerator", "denominator"))
    return f"{above:.0f}/{below:.0f}" if above and below else None


def _type(clip: Element) -> str:
    """The element's name, or the type of an older CLIP."""
    return clip.get("type", "") if clip.tag == "CLIP" else clip.tag


def _clips(element: Element) -> Iterator[Element]:
    return (each for each in element if _type(each) in _AUDIO | _MIDI)


def _length(root: Element) -> float | None:
    """Where the last clip on a track ends; those in clip slots have no place."""
    last = 0.0
    for clip in (clip for track in root.iter("TRACK") for clip in _clips(track)):
        start, length = xml.number(clip.get("start")), xml.number(clip.get("length"), 0)
        last = max(last, (start or 0.0) + (length or 0.0))
    return last or None


def _markers(root: Element) -> tuple[Marker, ...]:
    markers = []
    for clip in islice((each for each in root.iter() if _type(each) in _MARKERS), MAX_ITEMS):
        start = xml.number(clip.get("start"))
        name = clean(clip.get("name", "")) or clean(clip.get("markerID", ""))
        markers.append(Marker(name, start or 0.0, "seconds"))
    return tuple(sorted(markers, key=lambda marker: marker.at))


# ---------------------------------------------------------------- tracks, plug-ins, samples


def _held(holder: Element) -> list[Plugin]:
    """The plug-ins and devices of a track, in order, without those of the mixer."""
    found = []
    for element in holder:
        kind = element.get("type", "")
        if element.tag not in ("PLUGIN", "FILTER") or not kind or kind in _MIXER:
            continue
        vendor = clean(element.get("manufacturer", "")) or None
        if kind == "vst":
            name = clean(element.get("name", "")) or re.split(r"[/\\]", clean(element.get("filename", "")))[-1]
            found.append(Plugin(name, vendor, _format(element.get("filename", ""))))
        else:
            found.append(Plugin(clean(element.get("name", "")) or clean(kind), vendor, "builtin"))
    return [plugin for plugin in found if plugin.name]


def _format(filename: str) -> PluginFormat:
    filename = clean(filename, MAX_PATH)
    return next((each for pattern, each in _FILES if re.match(pattern, filename, re.IGNORECASE)), "vst2")


def _tracks(root: Element) -> Iterator[Track]:
    """Tracks and folders as they stand below each other. One without a name shows its number."""
    number = 0
    for element in root.iter():
        plugins = _held(element)
        if element.tag == "TRACK":
            number += 1
            name, kind = clean(element.get("name", "")) or f"Track {number}", _kind(element, plugins)
        elif element.tag == "FOLDERTRACK":
            name, kind = clean(element.get("name", "")), "group"
        else:
            continue
        yield Track(
            name=name,
            kind=kind,
            muted=element.get("mute") in _YES,
            frozen=element.get("frozen") in _YES or element.get("frozenIndividually") in _YES,
            devices=tuple(plugin.name for plugin in plugins),
        )


def _kind(track: Element, plugins: list[Plugin]) -> TrackKind:
    """MIDI clips with a plug-in to play them make an instrument."""
    types = {_type(clip) for clip in track.iter()}
    if types & _MIDI:
        plays = any(plugin.format != "builtin" or plugin.name in _SYNTHS for plugin in plugins)
        return "instrument" if plays else "midi"
    if types & _AUDIO:
        return "audio"
    return "instrument" if any(plugin.name in _SYNTHS for plugin in plugins) else "audio"


def _plugins(root: Element) -> tuple[Plugin, ...]:
    """Of tracks, of racks and of the master, with how often they are used."""
    counts = Counter(plugin for holder in root.iter() for plugin in _held(holder))
    return tuple(
        Plugin(each.name, each.vendor, each.format, count) for each, count in islice(counts.items(), MAX_ITEMS)
    )


def _sources(root: Element) -> list[str]:
    """What audio clips, their takes and samplers play, each once."""
    sources = [
        each.get("source", "")
        for each in root.iter()
        if _type(each) in ("AUDIOCLIP", "wave") or each.tag in ("SOUND", "TAKE")
    ]
    return list(islice(dict.fromkeys(path for text in sources if (path := clean(text, MAX_PATH))), MAX_ITEMS))


READER = Reader(
    name="waveform",
    title="Waveform, Tracktion",
    version=1,
    suffixes=(".tracktionedit",),
    read=read,
    sniff=sniff,
)
