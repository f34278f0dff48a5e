"""Audacity projects: .aup (XML beside a folder of sound, Audacity 1 and 2) and .aup3, .aup4 (see aup3.py).

Both hold the same elements; which version writes what was read in Audacity's source (Project.cpp,
WaveTrack.cpp, WaveClip.cpp, LabelTrack.cpp, RealtimeEffectState.cpp, PluginManager.cpp). Times are
seconds. Tempo and signature are stored since 3.4; there is one of each, and before there is none. It
stores no key and no dates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import aup3, tempo, xml
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_plain, read_head, translate_errors
from archivist.readers.xml import number
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

MAX_NOTES = 20_000
"""Characters kept of the comment."""
MAX_PATH = 4_096

_ROOTS = frozenset({"project", "audacityproject"})  # the latter before 1.3
_IS_PROJECT = re.compile(rb"<(?:audacity)?project\s[^>]*\b(?:audacityversion|projname)=")

_KINDS: dict[str, TrackKind] = {
    "wavetrack": "audio",
    "notetrack": "midi",
    "labeltrack": "marker",
    "timetrack": "automation",
}
_FAMILIES: dict[str, PluginFormat] = {
    "VST": "vst2",
    "VST3": "vst3",
    "AudioUnit": "au",
    "AudioUnits": "au",
    "LV2": "lv2",
    "LADSPA": "ladspa",
}
_BLOCK_FILE = {  # where each kind of block names its file; a block of silence has none
    "simpleblockfile": "filename",
    "legacyblockfile": "name",
    "pcmaliasblockfile": "aliasfile",
    "odpcmaliasblockfile": "aliasfile",
    "oddecodeblockfile": "audiofile",
}

_BELOW = {
    "project": frozenset({"tags", "effects", *_KINDS}),
    "tags": frozenset({"tag"}),
    "effects": frozenset({"effect"}),
    "wavetrack": frozenset({"waveclip", "sequence", "effects"}),  # before 1.3 a sequence without a clip
    "waveclip": frozenset({"sequence"}),  # a clip inside a clip is what was cut out of it
    "labeltrack": frozenset({"label"}),
}
_BELOW["audacityproject"] = _BELOW["project"]
_BELOW_AUP = _BELOW | {"sequence": frozenset({"waveblock"}), "waveblock": frozenset(_BLOCK_FILE)}


def sniff(path: Path) -> bool:
    head = read_head(path)
    return aup3.is_aup3(head) or _IS_PROJECT.search(head) is not None


def read(path: Path) -> ProjectInfo:
    """What an Audacity project says. Raises ReadError."""
    with translate_errors():
        if read_head(path, 16) == aup3.MAGIC:
            root = aup3.read_document(path, _BELOW)
        else:
            with open_plain(path) as stream:
                root = xml.sieve(stream, frozenset(), _BELOW_AUP)
    if root.tag not in _ROOTS or number(root.get("rate")) is None:
        raise ReadError("not an Audacity project: its root element is no project with a sample rate")
    bpm = number(root.get("time_signature_tempo"), tempo.SLOWEST, tempo.FASTEST)
    rate = number(root.get("rate"), 1, 1e6)
    tags = _tags(root)
    tracks = list(_tracks(root))
    return ProjectInfo(
        format="audacity",
        daw="Audacity",
        daw_version=clean(root.get("audacityversion", "")) or None,
        bpm=bpm,
        time_signature=_signature(root),
        sample_rate=int(rate) if rate else None,
        length_seconds=max(_ends(root, bpm, rate), default=None),
        title=tags.get("TITLE"),
        author=tags.get("ARTIST"),
        comment=tags.get("COMMENTS"),
        tracks=tuple(map(_track, tracks)),
        plugins=_plugins([*tracks, root]),
        samples=_samples(root, path),
        markers=tuple(_markers(root)),
    )


def _signature(root: Element) -> str | None:
    upper = number(root.get("time_signature_upper"), 1, 999)
    lower = number(root.get("time_signature_lower"), 1, 999)
    return f"{upper:.0f}/{lower:.0f}" if upper and lower else None


def _tags(root: Element) -> dict[str, str]:
    """The metadata that says something, by its name in capitals; before 1.3 its names are attributes."""
    pairs = [(tag.get("name", ""), tag.get("value", "")) for tag in root.iterfind("tags/tag")]
    pairs += [pair for tags in root.iterfind("tags") for pair in tags.items()]
    return {name.upper()[:40]: clean(value, MAX_NOTES) for name, value in pairs if clean(value, MAX_NOTES)}


# ---------------------------------------------------------------- tracks


def _tracks(root: Element) -> Iterator[Element]:
    """Every track but the right side of a stereo one, which follows its left side as a track of its own."""
    linked = False
    tracks = [element for element in root if element.tag in _KINDS]
    for track in tracks[:MAX_ITEMS]:
        is_right = linked and track.tag == "wavetrack"
        linked = not is_right and track.get("linked", "0") not in ("0", "")
        if not is_right:
            yield track


def _track(element: Element) -> Track:
    return Track(
        name=clean(element.get("name", "")),
        kind=_KINDS[element.tag],
        muted=element.get("mute", "0") == "1",
        devices=tuple(plugin.name for plugin in _effects(element)),
    )


def _effects(holder: Element) -> list[Plugin]:
    """The real-time effects of a track or of the project: since 3.2."""
    return [_effect(effect.get("id", "")) for effect in holder.iterfind("effects/effect")]


def _effect(identity: str) -> Plugin:
    r"""What an id says: "Effect_VST3_Soap Audio_Voice Cleaner_C:\Program Files\…"; "\_" is no divider."""
    parts = [part.replace("\\_", "_") for part in re.split(r"(?<!\\)_", identity[:MAX_PATH], maxsplit=4)]
    if len(parts) < 4:
        return Plugin(clean(identity), None, "builtin")
    return Plugin(clean(parts[3]), clean(parts[2]) or None, _FAMILIES.get(parts[1], "builtin"))


def _plugins(holders: list[Element]) -> tuple[Plugin, ...]:
    counts = Counter(plugin for holder in holders for plugin in _effects(holder) if plugin.name)
    return tuple(Plugin(each.name, each.vendor, each.format, n) for each, n in counts.items())[:MAX_ITEMS]


def _markers(root: Element) -> Iterator[Marker]:
    """Labels, by where they start."""
    labels = root.findall("labeltrack/label")[:MAX_ITEMS]
    for label in sorted(labels, key=lambda label: number(label.get("t")) or 0.0):
        at = number(label.get("t"))
        if at is not None:
            yield Marker(clean(label.get("title", "")), at, "seconds")


# ---------------------------------------------------------------- sound


def _ends(root: Element, bpm: float | None, project_rate: float | None) -> Iterator[float]:
    """Where each clip ends. A track has a rate of its own, and only that one tells how long a clip is."""
    for track in root.iterfind("wavetrack"):
        rate = number(track.get("rate"), 1, 1e6) or project_rate
        for clip in [*track.iterfind("waveclip"), track]:
            start = number(clip.get("offset")) or 0.0
            cut = number(clip.get("trimRight"), 0) or 0.0
            for sequence in clip.iterfind("sequence"):
                samples = number(sequence.get("numsamples"), 0, 1e15)
                if samples and rate:
                    yield max(start + samples / rate * _stretch(clip, bpm) - cut, 0.0)


def _stretch(clip: Element, bpm: float | None) -> float:
    """How much longer a clip plays than it was recorded: since 3.4 by hand, and to follow the tempo."""
    by_hand = number(clip.get("clipStretchRatio"), 1e-3, 1e3) or 1.0
    own = number(clip.get("rawAudioTempo"), tempo.SLOWEST, tempo.FASTEST)
    follows = clip.get("clipStretchToMatchTempo", "1") == "1"  # 4 can turn it off
    return by_hand * own / bpm if own and bpm and follows else by_hand


def _samples(root: Element, path: Path) -> tuple[SampleRef, ...]:
    """The files of an .aup: blocks in its own folder, and the files that it uses where they are."""
    folder = clean(root.get("projname", ""), MAX_PATH) or f"{path.stem}_data"
    found: dict[str, SampleRef] = {}
    for block in root.iterfind("wavetrack//waveblock/*"):
        name = clean(block.get(_BLOCK_FILE[block.tag], ""), MAX_PATH)
        if not name or len(found) >= MAX_ITEMS:
            continue
        own = block.tag in ("simpleblockfile", "legacyblockfile")
        found.setdefault(name, SampleRef(name, f"{folder}/{_block_folder(name)}{name}" if own else None))
    return tuple(found.values())


def _block_folder(name: str) -> str:
    """e0000a85.au lies in e00/d00, d05b00122.au in d05 (DirManager.cpp)."""
    if name.startswith("e"):
        return f"{name[:3]}/d{name[3:5]}/"
    return f"{name.partition('b')[0]}/" if name.startswith("d") else ""


READER = Reader(
    name="audacity",
    title="Audacity",
    version=1,
    suffixes=(".aup3", ".aup4", ".aup"),
    read=read,
    sniff=sniff,
    backup_suffixes=(".aup.bak",),
)
