"""Ableton Live sets (.als): gzip of one XML document, or the bare XML. Live 8 to 12.

Times are in beats, tempo and time signature may be automated, and a value in the set is nearly always
`<Thing Value="…" />`. What a set does not store: sample rate, title, author, dates.

What moved between versions (read in sets of 9.0 to 12.4; Live 8 after published descriptions): the
master is MasterTrack up to 11 and MainTrack from 12; its mixer lies in MasterChain up to 8; a
parameter's value is its first automation event up to 8 and `Manual` later; a sample's path is a list
of folders up to 10 and one string from 11; the scale's name is a string up to 12.0 and a number later.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import tempo, xml
from archivist.readers.ableton_devices import INSTRUMENTS, device_name
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

MAX_NOTES = 20_000
"""Characters kept of the set's annotation."""

_GZIP = b"\x1f\x8b"

_KINDS: dict[str, TrackKind] = {
    "AudioTrack": "audio",
    "MidiTrack": "midi",
    "GroupTrack": "group",
    "ReturnTrack": "return",
}

_PLUGIN_FORMATS: dict[str, PluginFormat] = {
    "VstPluginInfo": "vst2",
    "Vst3PluginInfo": "vst3",
    "AuPluginInfo": "au",
}

_AU_INSTRUMENT = int.from_bytes(b"aumu", "big")  # kAudioUnitType_MusicDevice

_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_MODES = {"Major": "major", "0": "major", "Minor": "minor", "1": "minor"}
"""Live's scales that are a key; of the numbers (12.1 and later) only these two are certain."""

# RelativePathType: 1 is relative to the set, 3 to the project's folder; the others (2 old library,
# 5 factory pack, 6 user library, 7 built in) to places of the machine that saved it.
_FROM_SET, _FROM_PROJECT = "1", "3"
_LIBRARIES = frozenset({"2", "5", "6", "7"})

_ANYWHERE = frozenset({"Mixer", "MainSequencer", "Devices", "SampleRef"})
_TRACK = frozenset({"Name", "Freeze"})
_MASTER = frozenset({"Name", "DeviceChain", "MasterChain", "AutomationEnvelopes"})
_PARAMETER = frozenset({"Manual", "AutomationTarget", "ArrangerAutomation"})
_FILE = frozenset({"FileRef"})
_PATHS = frozenset({"Path", "Name", "RelativePath", "RelativePathType", "HasRelativePath", "SearchHint"})
_BELOW = {
    "Ableton": frozenset({"LiveSet"}),
    "LiveSet": frozenset(
        {"Tracks", "MasterTrack", "MainTrack", "Locators", "ScaleInformation", "InKey", "Annotation"}
    ),
    "Tracks": xml.EVERY,
    **dict.fromkeys(_KINDS, _TRACK),
    "MasterTrack": _MASTER,
    "MainTrack": _MASTER,
    "DeviceChain": frozenset({"AutomationEnvelopes"}),
    "Name": frozenset({"EffectiveName", "UserName"}),
    "Mixer": frozenset({"Speaker", "Tempo", "TimeSignature"}),
    "Speaker": _PARAMETER,
    "Tempo": _PARAMETER,
    "TimeSignature": _PARAMETER,
    "AutomationEnvelopes": frozenset({"Envelopes"}),
    "Envelopes": frozenset({"AutomationEnvelope"}),
    "AutomationEnvelope": frozenset({"EnvelopeTarget", "Automation"}),
    "EnvelopeTarget": frozenset({"PointeeId"}),
    "Automation": frozenset({"Events"}),
    "MainSequencer": frozenset({"Sample", "ClipTimeable"}),  # FreezeSequencer and TakeLanes stay out
    "Sample": frozenset({"ArrangerAutomation"}),
    "ClipTimeable": frozenset({"ArrangerAutomation"}),
    "ArrangerAutomation": frozenset({"Events"}),
    "Events": frozenset({"FloatEvent", "EnumEvent", "BoolEvent", "AudioClip", "MidiClip"}),
    "AudioClip": frozenset({"CurrentEnd"}),
    "MidiClip": frozenset({"CurrentEnd"}),
    "Locators": frozenset({"Locators", "Locator"}),
    "Locator": frozenset({"Name", "Time"}),
    "ScaleInformation": frozenset({"Root", "RootNote", "Name"}),
    "SampleRef": _FILE,
    "FileRef": _PATHS,
    "SearchHint": frozenset({"PathHint"}),
    "RelativePath": frozenset({"RelativePathElement"}),
    "PathHint": frozenset({"RelativePathElement"}),
    "Devices": xml.EVERY,
    "*": frozenset({"UserName", "PluginDesc", "PatchSlot"}),  # of a device, whatever its name
    "PluginDesc": frozenset(_PLUGIN_FORMATS),
    "VstPluginInfo": frozenset({"PlugName", "Path", "FileName", "Category"}),
    "Vst3PluginInfo": frozenset({"Name", "DeviceType"}),
    "AuPluginInfo": frozenset({"Name", "Manufacturer", "ComponentType"}),
    "PatchSlot": frozenset({"Value"}),
    "Value": frozenset({"MxDPatchRef", "MxPatchRef"}),
    "MxDPatchRef": _FILE,
    "MxPatchRef": _FILE,
}
"""The few elements of a set that are read; most of it is device parameters, notes and views."""


def sniff(path: Path) -> bool:
    head = read_head(path)
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, 4096)
        except zlib.error:
            return False
    return b"<Ableton" in head and b"<LiveSet" in head


def read(path: Path) -> ProjectInfo:
    """What a Live set says. Raises ReadError."""
    with translate_errors():
        packed = read_head(path, 2) == _GZIP
        with open_gzip(path) if packed else open_plain(path) as stream:
            root = xml.sieve(stream, _ANYWHERE, _BELOW)
    live_set = root.find("LiveSet") if root.tag == "Ableton" else None
    if live_set is None:
        raise ReadError("not a Live set: it holds no Ableton/LiveSet")
    tracks = live_set.find("Tracks")
    if tracks is None:
        raise ReadError("damaged: the set has no tracks")
    master = live_set.find("MainTrack")
    if master is None:
        master = live_set.find("MasterTrack")

    unread = []
    points = _tempo(master)
    if not points:
        unread.append("bpm")
    key, key_known = _key(live_set)
    if not key_known:
        unread.append("key")
    ends = [end for clip in tracks.iter("CurrentEnd") if (end := xml.number(clip.get("Value"))) is not None]
    length = tempo.seconds_at(max(ends), points) if ends else None
    return ProjectInfo(
        format="ableton",
        daw="Ableton Live",
        daw_version=_version(root),
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_time_signature(master),
        key=key,
        length_seconds=length if length and length > 0 else None,
        comment=clean(_value(live_set, "Annotation"), MAX_NOTES) or None,
        tracks=_tracks(tracks, master),
        plugins=_plugins(live_set),
        samples=_samples(live_set),
        markers=_markers(live_set),
        unread=tuple(unread),
    )


def _value(parent: Element | None, path: str) -> str:
    """The `Value` of the element at `path`, or "" where either is missing."""
    element = None if parent is None else parent.find(path)
    return "" if element is None else element.get("Value", "")


def _version(root: Element) -> str | None:
    """The number in `Creator="Ableton Live 11.2.10b3"`."""
    creator = clean(root.get("Creator", ""))
    return creator.removeprefix("Ableton Live").strip() or None


# ---------------------------------------------------------------- tempo, signature, key, markers


def _events(master: Element, name: str, kind: str) -> Iterator[tuple[float, str]]:
    """The automation of the master's parameter `name` as (beat, value), in the set's order."""
    parameter = master.find(f".//Mixer/{name}")
    if parameter is None:
        return
    target = parameter.find("AutomationTarget")
    address = None if target is None else target.get("Id")
    found = list(parameter.iterfind(f"ArrangerAutomation/Events/{kind}"))  # where Live 8 keeps it
    for envelope in master.iter("AutomationEnvelope"):
        if address is not None and _value(envelope, "EnvelopeTarget/PointeeId") == address:
            found.extend(envelope.iterfind(f"Automation/Events/{kind}"))
    for event in found:
        beat = xml.number(event.get("Time"))  # -63072000 stands for "from the beginning"
        if beat is not None:
            yield beat, event.get("Value", "")


def _tempo(master: Element | None) -> list[tempo.Point]:
    """The tempo map; automation wins over the value on the control."""
    if master is None:
        return []
    events = ((beat, xml.number(value) or 0.0) for beat, value in _events(master, "Tempo", "FloatEvent"))
    manual = xml.number(_value(master, ".//Mixer/Tempo/Manual")) or 0.0
    return tempo.in_order(events) or tempo.in_order([(0.0, manual)])


def _time_signature(master: Element | None) -> str | None:
    """The signature at the start. Live counts them: numerator - 1 + 99 · log2(denominator)."""
    if master is None:
        return None
    events = sorted(_events(master, "TimeSignature", "EnumEvent"), key=lambda event: event[0])
    at_start = [value for beat, value in events if beat <= 0] or [value for _, value in events[:1]]
    number = xml.number(at_start[-1] if at_start else _value(master, ".//Mixer/TimeSignature/Manual"))
    if number is None or not 0 <= number < 99 * 5:
        return None
    power, numerator = divmod(int(number), 99)
    return f"{numerator + 1}/{2**power}"


def _key(live_set: Element) -> tuple[str | None, bool]:
    """The set's key, and whether it is all that the set says of one.

    Every set names a scale, C major by default; it means something only where `InKey` is on.
    """
    if _value(live_set, "InKey") != "true":
        return None, True
    scale = live_set.find("ScaleInformation")
    root = xml.number(_value(scale, "Root") or _value(scale, "RootNote"), 0, 11)
    mode = _MODES.get(_value(scale, "Name"))
    if root is None or mode is None:
        return None, False
    return f"{_PITCH_CLASSES[int(root)]} {mode}", True


def _markers(live_set: Element) -> tuple[Marker, ...]:
    markers: list[Marker] = []
    for locator in live_set.iterfind("Locators/Locators/Locator"):
        at = xml.number(_value(locator, "Time"))
        if at is not None and len(markers) < MAX_ITEMS:
            markers.append(Marker(clean(_value(locator, "Name")), at, "beats"))
    return tuple(sorted(markers, key=lambda marker: marker.at))


# ---------------------------------------------------------------- tracks, devices, samples


def _tracks(tracks: Element, master: Element | None) -> tuple[Track, ...]:
    found = [_track(element, _KINDS.get(element.tag, "other")) for element in tracks]
    if master is not None:
        found.append(_track(master, "master"))
    return tuple(found[:MAX_ITEMS])


def _track(element: Element, kind: TrackKind) -> Track:
    devices = list(islice(_devices(element), MAX_ITEMS))
    if kind == "midi" and any(map(_is_instrument, devices)):
        kind = "instrument"
    speaker = _value(element, ".//Mixer/Speaker/Manual") or _speaker_of_live_8(element)
    return Track(
        name=clean(_value(element, "Name/EffectiveName") or _value(element, "Name/UserName")),
        kind=kind,
        muted=speaker == "false",
        frozen=_value(element, "Freeze") == "true",
        devices=tuple(_shown_name(device) for device in devices),
    )


def _speaker_of_live_8(track: Element) -> str:
    return _value(track, ".//Mixer/Speaker/ArrangerAutomation/Events/BoolEvent")


def _devices(element: Element) -> Iterator[Element]:
    """Every device below, a rack before what is in it."""
    for child in element:
        if element.tag == "Devices":
            yield child
        yield from _devices(child)


def _plugin_description(device: Element) -> Element | None:
    return device.find("PluginDesc/*")


def _own_name(device: Element) -> str:
    """What the device is, whatever its user calls it."""
    plugin = _plugin_description(device)
    if plugin is not None:
        file = _value(plugin, "Path") or _value(plugin, "FileName")
        name = _value(plugin, "PlugName") or _value(plugin, "Name") or _stem(file)
        return clean(name) or device.tag
    patch = device.find("PatchSlot/Value/*/FileRef")  # Max for Live
    name = "" if patch is None else _stem(_value(patch, "Path") or _value(patch, "Name"))
    return clean(name or device_name(device.tag))


def _shown_name(device: Element) -> str:
    return clean(_value(device, "UserName")) or _own_name(device)


def _stem(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def _is_instrument(device: Element) -> bool:
    plugin = _plugin_description(device)
    if plugin is None:
        return device.tag in INSTRUMENTS
    match plugin.tag:
        case "VstPluginInfo":
            return _value(plugin, "Category") in ("2", "")  # kPlugCategSynth; old sets do not say
        case "Vst3PluginInfo":
            return _value(plugin, "DeviceType") in ("1", "")
        case _:
            return _value(plugin, "ComponentType") in (str(_AU_INSTRUMENT), "")


def _plugins(live_set: Element) -> tuple[Plugin, ...]:
    """Plug-ins and Live's own devices with how often they are used, as they first come."""
    counts: Counter[tuple[str, str | None, PluginFormat]] = Counter()
    for device in islice(_devices(live_set), MAX_ITEMS):
        plugin = _plugin_description(device)
        vendor = clean(_value(plugin, "Manufacturer")) or None
        kind = "builtin" if plugin is None else _PLUGIN_FORMATS[plugin.tag]
        counts[_own_name(device), vendor, kind] += 1
    return tuple(Plugin(*what, count=count) for what, count in counts.items())


def _samples(live_set: Element) -> tuple[SampleRef, ...]:
    """Each sample once. Only a FileRef directly below a SampleRef is one; the others are presets."""
    found: dict[str, SampleRef] = {}
    for file in live_set.iterfind(".//SampleRef/FileRef"):
        sample = _sample(file)
        if sample.path and len(found) < MAX_ITEMS:
            found.setdefault(sample.path, sample)
    return tuple(found.values())


def _sample(file: Element) -> SampleRef:
    origin = _value(file, "RelativePathType")
    folder = file.find("RelativePath")
    name = _value(file, "Name")
    relative = "" if folder is None else folder.get("Value", "")
    if folder is not None and len(folder) and _value(file, "HasRelativePath") != "false":
        relative = _join(folder, name)
    path = _value(file, "Path")
    if not path and origin != _FROM_PROJECT:
        hint = file.find("SearchHint/PathHint")
        path = "/" + _join(hint, name) if hint is not None and len(hint) else ""
    return SampleRef(
        path=clean(path or relative or name),
        relative=clean(relative) or None if origin in (_FROM_SET, _FROM_PROJECT) else None,
        status="unresolved" if origin in _LIBRARIES else None,
    )


def _join(folders: Element, name: str) -> str:
    """A path of Live 10 and older: an element for each folder; an empty one goes up."""
    return "/".join([*(folder.get("Dir") or ".." for folder in folders), name])


READER = Reader(
    name="ableton",
    title="Ableton Live",
    version=1,
    suffixes=(".als",),
    read=read,
    sniff=sniff,
    backup_folders=("backup",),
    marks=("Ableton Project Info",),
)
