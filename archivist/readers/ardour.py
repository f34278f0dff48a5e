"""Ardour and Mixbus sessions (.ardour, session templates .template): XML, Ardour 2 to 8.

How each version writes its state was read in Ardour's source (libs/ardour/route.cc, location.cc,
session_metadata.cc, libs/temporal/tempo.cc and timeline.cc). Beats are quarter notes, tempi quarter
notes a minute. Positions are samples up to Ardour 6; from 7 on they are superclock ticks ("a…") or
ticks of a quarter note ("b…").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_plain, read_head, translate_errors
from archivist.readers.xml import number, parse
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

TICKS_PER_QUARTER = 1_920
SUPERCLOCK_RATE = 282_240_000  # ticks a second, where the tempo map does not say

MAX_POSITION = 1e15  # 41 days in superclock ticks
MAX_PATH = 4_096

_PLUGINS: dict[str | None, PluginFormat] = {  # other processors are Ardour's own plumbing
    "lv2": "lv2",
    "ladspa": "ladspa",
    "vst3": "vst3",
    "vst": "vst2",
    "windows-vst": "vst2",
    "lxvst": "vst2",
    "mac-vst": "vst2",
    "audiounit": "au",
    "luaproc": "builtin",
}

_FOLDERS = {"audio": "audiofiles", "midi": "midifiles"}
_ROOTED = re.compile(r"[\\/]|[A-Za-z]:[\\/]")
_YES = frozenset(("1", "yes", "true", "y"))  # 5 and later write 1, earlier versions yes
_NO_TRACK = frozenset(("MonitorOut", "ControlOut", "Auditioner"))  # Ardour lists them nowhere as tracks
_NO_MARKER = frozenset(("IsSessionRange", "IsStart", "IsEnd", "IsAutoLoop", "IsAutoPunch", "IsXrun"))


def _flags(element: Element | None) -> frozenset[str]:
    return frozenset("" if element is None else element.get("flags", "").split(","))


def _children(root: Element, name: str) -> list[Element]:
    found = root.find(name)
    children = [] if found is None else list(found)
    if len(children) > MAX_ITEMS:
        raise ReadError(f"holds more {name.lower()} than a session would")
    return children


# ---------------------------------------------------------------- tempo and time

_Clock = Callable[[str | None], float | None]


@dataclass(frozen=True, slots=True)
class _Tempo:
    """From `quarters` on `bpm`, going evenly over quarter notes to `end_bpm` where the next one is.
    `seconds` is the same place in time; only Ardour 7 and later say it, and only they need it."""

    quarters: float
    seconds: float
    bpm: float
    end_bpm: float


def _tempi(tempo_map: Element, superclock_rate: float) -> list[_Tempo]:
    bars = _bars_to_quarters(tempo_map)
    tempi = []
    for element in [*tempo_map.iterfind("Tempos/Tempo"), *tempo_map.iterfind("Tempo")]:  # from 7 on, before
        if element.get("active", "1") not in _YES:
            continue
        note = 4 / (number(element.get("note-type"), 1, 128) or 4.0)
        # Superclocks for a note are whole numbers, so a typed-in 106 comes back as 105.99999971.
        bpm = round(note * (number(element.get("npm", element.get("beats-per-minute"))) or 0.0), 4)
        end_bpm = round(note * (number(element.get("enpm")) or 0.0), 4)
        if not tempo.SLOWEST <= bpm <= tempo.FASTEST:
            continue
        if "quarters" in element.attrib:
            quarters = _ticks(element.get("quarters", ""))
        elif "pulse" in element.attrib:  # whole notes
            quarters = 4 * (number(element.get("pulse")) or 0.0)
        else:
            quarters = bars(element.get("start", ""))
        ramps = tempo.SLOWEST <= end_bpm <= tempo.FASTEST
        seconds = _position(element.get("sclock"), superclock_rate)
        tempi.append(_Tempo(quarters or 0.0, seconds or 0.0, bpm, end_bpm if ramps else bpm))
    return sorted(tempi, key=lambda each: each.quarters)


def _position(text: str | None, per_second: float | None) -> float | None:
    ticks = number(text, -MAX_POSITION, MAX_POSITION)
    return None if ticks is None or per_second is None else ticks / per_second


def _ticks(text: str) -> float | None:
    """ "beats:ticks", or ticks alone, as quarter notes."""
    beats, colon, ticks = text.rpartition(":")
    whole, part = number(beats if colon else "0"), number(ticks)
    return None if whole is None or part is None else whole + part / TICKS_PER_QUARTER


def _meters(tempo_map: Element) -> Iterator[tuple[Element, float, float]]:
    """Each meter with its divisions a bar and the note that one division is."""
    for element in [*tempo_map.iterfind("Meters/Meter"), *tempo_map.iterfind("Meter")]:
        divisions = number(element.get("divisions-per-bar")) or number(element.get("beats-per-bar"))
        note = number(element.get("note-value")) or number(element.get("note-type"))
        if divisions and note and 1 <= divisions < 1000 and 1 <= note < 1000:
            yield element, divisions, note


def _bars_to_quarters(tempo_map: Element) -> Callable[[str], float]:
    """What turns "bar|beat|tick", which is all that Ardour 2 to 4 store of a place, into quarter notes."""
    starts = [(0.0, 4.0, 1.0)]  # quarters where a meter starts, quarters a bar and a beat from there on
    bars = [1.0]
    meters = ((_bar(element.get("start", ""))[0], *meter) for element, *meter in _meters(tempo_map))
    for bar, divisions, note in sorted(meters):
        quarters, per_bar, _ = starts[-1]
        starts.append((quarters + (bar - bars[-1]) * per_bar, divisions * 4 / note, 4 / note))
        bars.append(bar)

    def quarters_at(text: str) -> float:
        bar, beat, tick = _bar(text)
        index = max(bisect_right(bars, bar) - 1, 0)
        quarters, per_bar, per_beat = starts[index]
        return quarters + (bar - bars[index]) * per_bar + (beat - 1 + tick / TICKS_PER_QUARTER) * per_beat

    return quarters_at


def _bar(text: str) -> tuple[float, float, float]:
    parts = [number(part) for part in text.split("|", 3)]
    bar, beat, tick = (parts + [None] * 3)[:3]
    return max(bar or 1.0, 1.0), max(beat or 1.0, 1.0), tick or 0.0


def _clock(sample_rate: float | None, superclock_rate: float, tempi: list[_Tempo]) -> _Clock:
    """What turns a stored position into seconds, or None where it has no meaning."""
    starts = [each.quarters for each in tempi]

    def seconds_at(quarters: float) -> float | None:
        index = max(bisect_right(starts, quarters) - 1, 0)
        here = tempi[index]
        line = [(0.0, here.bpm)]
        if index + 1 < len(tempi):
            line.append((starts[index + 1] - here.quarters, here.end_bpm))
        beyond = tempo.seconds_at(quarters - here.quarters, line)
        return None if beyond is None else here.seconds + beyond

    def seconds(position: str | None) -> float | None:
        if position is None or not position.startswith(("a", "b")):
            return _position(position, sample_rate)
        if position.startswith("a"):
            return _position(position[1:], superclock_rate)
        quarters = _ticks(position[1:])
        return seconds_at(quarters) if tempi and quarters is not None else None

    return seconds


# ---------------------------------------------------------------- tracks


def _routes(root: Element) -> list[Element]:
    """Tracks and busses from top to bottom of Ardour's editor, which is not their order in the file."""
    routes = [
        route
        for route in _children(root, "Routes")
        if route.tag == "Route" and not (_flags(route) | _flags(route.find("PresentationInfo"))) & _NO_TRACK
    ]
    if any(_order(route) is None for route in routes):
        return routes
    return sorted(routes, key=lambda route: _order(route) or 0.0)


def _order(route: Element) -> float | None:
    """PresentationInfo@order; before Ardour 5 order-keys: "EditorSort=0:MixerSort=3", "editor=0:signal=3"."""
    shown = route.find("PresentationInfo")
    if shown is not None:
        return number(shown.get("order"))
    keys = dict(key.partition("=")[::2] for key in route.get("order-keys", "").lower().split(":"))
    return number(keys.get("editorsort", keys.get("editor")))


def _kind(route: Element) -> TrackKind:
    flags = _flags(route) | _flags(route.find("PresentationInfo"))
    if "MasterOut" in flags:
        return "master"
    if "MidiTrack" in flags:
        return "midi"
    if "AudioTrack" in flags:
        return "audio"
    # Before Ardour 5 only what plays from disk tells a track from a bus.
    if route.find("Diskstream") is None and {"diskstream", "diskstream-id"}.isdisjoint(route.attrib):
        return "bus"
    return "midi" if route.get("default-type") == "midi" else "audio"


def _name(element: Element, inner: str) -> str:
    """Its name, which Ardour 2 keeps in an element inside."""
    named = element if "name" in element.attrib else element.find(inner)
    return "" if named is None else clean(named.get("name", ""))


def _is_muted(route: Element) -> bool:
    master = route.find("MuteMaster")
    if master is not None and "muted" in master.attrib:
        return master.get("muted") in _YES
    for control in route.iterfind("Controllable"):
        if control.get("name") == "mute":
            return (number(control.get("value")) or 0.0) >= 0.5
    return route.get("muted") in _YES


def _plugins(holder: Element) -> list[Plugin]:
    """The plugins of a route in order (Processor from Ardour 3 on, Insert before), or the session's own."""
    return [
        Plugin(_name(element, "Redirect/IO"), None, _PLUGINS[element.get("type")])
        for element in holder
        if element.tag in ("Processor", "Insert", "IOPlug") and element.get("type") in _PLUGINS
    ]


def _track(route: Element) -> Track:
    freeze = route.find("freeze-info")
    return Track(
        name=_name(route, "IO"),
        kind=_kind(route),
        muted=_is_muted(route),
        frozen=freeze is not None and freeze.get("state") in ("Frozen", "1"),
        devices=tuple(plugin.name for plugin in _plugins(route)),
    )


# ---------------------------------------------------------------- files, places, names


def _samples(root: Element) -> tuple[SampleRef, ...]:
    """Audio and MIDI files. One inside the session is stored by name alone; one outside, which Ardour never
    writes to, has its place in `origin`. A stereo file is a source for each channel, and one file here."""
    folder = root.get("name", "").replace("/", "_")
    found: dict[str, SampleRef] = {}
    for source in _children(root, "Sources"):
        name = clean(source.get("name", ""), MAX_PATH)
        origin = clean(source.get("origin", ""), MAX_PATH)
        kind = source.get("type", "audio")  # Ardour 2 knows audio alone
        if not name or kind not in _FOLDERS:
            continue
        if _ROOTED.match(origin) and "Writable" not in _flags(source):
            found.setdefault(origin, SampleRef(origin))
        elif folder and not _ROOTED.search(name):
            found.setdefault(name, SampleRef(name, f"interchange/{folder}/{_FOLDERS[kind]}/{name}"))
        else:
            found.setdefault(name, SampleRef(name))
    return tuple(found.values())


def _markers(root: Element, seconds: _Clock) -> tuple[Marker, ...]:
    """Marks and named ranges, by where they start."""
    markers = []
    for location in _children(root, "Locations"):
        flags = _flags(location)
        at = seconds(location.get("start"))
        if at is not None and flags & {"IsMark", "IsRangeMarker"} and not flags & _NO_MARKER:
            markers.append(Marker(clean(location.get("name", "")), at, "seconds"))
    return tuple(markers)


def _length(root: Element, seconds: _Clock) -> float | None:
    """The session range; Ardour 2 has a mark for its start and one for its end."""
    start = end = None
    for location in _children(root, "Locations"):
        flags = _flags(location)
        if "IsSessionRange" in flags:
            start, end = seconds(location.get("start")), seconds(location.get("end"))
        if "IsStart" in flags:
            start = seconds(location.get("start"))
        if "IsEnd" in flags:
            end = seconds(location.get("start"))
    return end - (start or 0.0) if end is not None and end > (start or 0.0) else None


def _metadata(root: Element, *names: str) -> str | None:
    """The first of `names` that is filled in."""
    found = (element for name in names for element in root.iterfind(f"Metadata/{name}"))
    return next(filter(None, (clean("".join(element.itertext())) for element in found)), None)


def _program(root: Element) -> tuple[str, str | None]:
    """Who saved it last, "Ardour 6.9.0" or "Mixbus32C 7.0.140"; older sessions do not say."""
    element = root.find("ProgramVersion")
    text = "" if element is None else element.get("modified-with") or element.get("created-with") or ""
    name, _, version = clean(text).rpartition(" ")
    return name or version or "Ardour", version if name else None


def read(path: Path) -> ProjectInfo:
    """The session at `path`. Raises ReadError."""
    with translate_errors(), open_plain(path) as stream:
        root = parse(stream)
    if root.tag != "Session" or root.find("Routes") is None:
        raise ReadError(f"is no Ardour session: its root element is {clean(root.tag, 40)}")
    tempo_map = root.find("TempoMap")
    tempo_map = Element("TempoMap") if tempo_map is None else tempo_map
    superclock_rate = number(tempo_map.get("superclocks-per-second"), 1) or SUPERCLOCK_RATE
    sample_rate = number(root.get("sample-rate"), 1)
    tempi = _tempi(tempo_map, superclock_rate)
    steps = [(each.quarters, each.bpm) for each in tempi]
    meter = next(_meters(tempo_map), None)
    seconds = _clock(sample_rate, superclock_rate, tempi)
    routes = _routes(root)
    holders = [*routes, *root.iterfind("IOPlugins")]
    plugins = Counter(plugin for holder in holders for plugin in _plugins(holder))
    daw, version = _program(root)
    return ProjectInfo(
        format="ardour",
        daw=daw,
        daw_version=version,
        bpm=tempo.start_bpm(steps),
        tempo_changes=tempo.changes(steps),
        time_signature=f"{meter[1]:g}/{meter[2]:g}" if meter else None,
        sample_rate=int(sample_rate) if sample_rate else None,
        length_seconds=_length(root, seconds),
        title=_metadata(root, "title"),
        author=_metadata(root, "artist", "album_artist", "composer"),
        comment=_metadata(root, "comment", "description"),
        tracks=tuple(map(_track, routes)),
        plugins=tuple(Plugin(each.name, None, each.format, count) for each, count in plugins.items()),
        samples=_samples(root),
        markers=_markers(root, seconds),
    )


def sniff(path: Path) -> bool:
    head = read_head(path)
    return b"<Session " in head and b"version=" in head


READER = Reader(
    name="ardour",
    title="Ardour, Mixbus",
    version=1,
    suffixes=(".ardour", ".template"),
    shared_suffixes=(".template",),
    read=read,
    sniff=sniff,
    backup_suffixes=(".ardour.bak",),
    backup_folders=("backup",),
)
