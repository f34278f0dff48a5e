"""Renoise songs (.xrns): a zip of Song.xml and the samples. Seen: document versions 54 to 66 (Renoise 3).

A song stores the version of its document and not that of the program; `daw_version` says so ("doc 66").
Beats are quarter notes: a pattern of N lines is N / LinesPerBeat of them. Effect commands change the tempo
(ZT, before Renoise 2.8 F0) and the lines of a beat (ZL) from any effect column, with two hexadecimal
digits: see "Effect Commands" in the manual. The song is played in the order of its pattern sequence;
commands that break a pattern are not followed. Samples are members of the zip. It stores no key, no sample
rate and no dates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import tempo, xml
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_member, open_zip, read_head, translate_errors
from archivist.readers.xml import number
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

MAX_NOTES = 20_000
"""Characters kept of the comment."""

MAX_PATH = 4_096

_SONG = "Song.xml"
_SAMPLES = "SampleData/"

_KINDS: dict[str, TrackKind] = {
    "SequencerTrack": "instrument",  # any note column may play any instrument
    "SequencerGroupTrack": "group",
    "SequencerSendTrack": "return",
    "SequencerMasterTrack": "master",
}
_OFF = frozenset({"Muted", "Off"})
_FORMATS: dict[str, PluginFormat] = {
    "VST": "vst2",
    "VST2": "vst2",
    "VST3": "vst3",
    "AU": "au",
    "LADSPA": "ladspa",
    "DSSI": "ladspa",
}
_PLUMBING = re.compile(r"\w*MixerDevice|SequencerTrackDevice|SequencerMasterTrackDevice")
"""What every track has and its user did not put there."""

_TEMPO = frozenset({"ZT", "F0"})
_LINES = "ZL"

_ANYWHERE = frozenset({"PluginDevice"})
_BELOW = {
    "RenoiseSong": frozenset({"GlobalSongData", "Tracks", "Instruments", "PatternPool", "PatternSequence"}),
    "GlobalSongData": xml.EVERY,
    "SongComments": frozenset({"SongComment"}),
    "Tracks": xml.EVERY,
    "FilterDevices": frozenset({"Devices"}),
    "Devices": xml.EVERY,
    "PluginDevice": frozenset({"PluginType", "PluginIdentifier", "PluginDisplayName", "PluginShortDisplayName"}),
    "PatternPool": frozenset({"Patterns"}),
    "Patterns": frozenset({"Pattern"}),
    "Pattern": frozenset({"NumberOfLines", "Tracks"}),
    "Lines": frozenset({"Line"}),
    "Line": frozenset({"EffectColumns"}),
    "EffectColumns": frozenset({"EffectColumn"}),
    "EffectColumn": frozenset({"Number", "Value"}),
    "PatternSequence": frozenset({"SequenceEntries", "PatternSequence", "Pattern"}),
    "SequenceEntries": frozenset({"SequenceEntry"}),
    "SequenceEntry": frozenset({"Pattern", "IsSectionStart", "SectionName"}),
} | dict.fromkeys(_KINDS, frozenset({"Name", "State", "FilterDevices"}))
_BELOW |= dict.fromkeys(("PatternTrack", "PatternMasterTrack", "PatternSendTrack"), frozenset({"Lines"}))
_BELOW["PatternGroupTrack"] = _BELOW["PatternTrack"]
_BELOW["*"] = frozenset({"PluginType", "PluginIdentifier", "PluginDisplayName", "PluginShortDisplayName"})
"""What is read, with its text; most of a song is notes, envelopes and the states of plug-ins."""


def sniff(path: Path) -> bool:
    if not read_head(path, 4).startswith(b"PK\3\4"):
        return False
    try:
        with translate_errors(), open_zip(path) as archive:
            return _SONG in archive.namelist()
    except ReadError:
        return False


def read(path: Path) -> ProjectInfo:
    """What a Renoise song says. Raises ReadError."""
    with translate_errors(), open_zip(path) as archive:
        with open_member(archive, _SONG) as stream:
            song = xml.sieve(stream, _ANYWHERE, _BELOW, text=True)
        members = archive.namelist()
    about = song.find("GlobalSongData")
    if song.tag != "RenoiseSong" or about is None:
        raise ReadError("not a Renoise song: its Song.xml holds no RenoiseSong/GlobalSongData")
    played = _play(song, about)
    version = clean(song.get("doc_version", ""), 20)
    tracks = [track for track in song.iterfind("Tracks/*") if track.tag in _KINDS][:MAX_ITEMS]
    return ProjectInfo(
        format="renoise",
        daw="Renoise",
        daw_version=f"doc {version}" if version else None,
        bpm=tempo.start_bpm(played.tempo),
        tempo_changes=tempo.changes(played.tempo),
        time_signature=_signature(about),
        length_seconds=(tempo.seconds_at(played.beats, played.tempo) or None) if played.beats else None,
        title=_text(about, "SongName") or None,
        author=_text(about, "Artist") or None,
        comment=_comment(about),
        tracks=tuple(map(_track, tracks)),
        plugins=_plugins(song, tracks),
        samples=tuple(_samples(members)),
        markers=tuple(played.sections),
    )


def _text(element: Element, name: str, limit: int = 1_000) -> str:
    return clean(element.findtext(name) or "", limit)


def _comment(about: Element) -> str | None:
    lines = [clean(line.text or "") for line in about.iterfind("SongComments/SongComment")]
    return clean("\n".join(lines), MAX_NOTES) or None


def _signature(about: Element) -> str | None:
    """Only newer songs have one."""
    signature = f"{_text(about, 'SignatureNumerator')}/{_text(about, 'SignatureDenominator')}"
    return signature if re.fullmatch(r"[1-9][0-9]{0,2}/[1-9][0-9]{0,2}", signature) else None


# ---------------------------------------------------------------- patterns and time


@dataclass(frozen=True, slots=True)
class _Pattern:
    """`commands`: the line, the command that changes tempo there, and its value; in order of lines."""

    lines: int
    commands: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True, slots=True)
class _Played:
    tempo: list[tempo.Point]
    beats: float
    sections: list[Marker]


def _play(song: Element, about: Element) -> _Played:
    """The song from its first pattern to its last: where its tempo changes, its sections start and it ends."""
    patterns = [_pattern(element) for element in song.iterfind("PatternPool/Patterns/Pattern")]
    start = number(about.findtext("BeatsPerMin")) or 0.0
    lines_a_beat = number(about.findtext("LinesPerBeat"), 1, 256) or 4.0
    points = [(0.0, start)]
    sections = []
    beat = 0.0
    steps = 0
    for stored, section in _sequence(song):
        if section is not None:
            sections.append(Marker(section, beat, "beats"))
        index = number(stored, 0, len(patterns) - 1)
        if index is None:
            continue
        pattern = patterns[int(index)]
        steps += 1 + len(pattern.commands)
        if steps > MAX_ITEMS:
            raise ReadError("plays more patterns than a song would")
        here = 0
        for line, what, value in pattern.commands:
            beat += (line - here) / lines_a_beat
            here = line
            if what == _LINES:
                lines_a_beat = float(value)
            else:
                points.append((beat, float(value)))
        beat += (pattern.lines - here) / lines_a_beat
    return _Played(tempo.steps(tempo.in_order(points)), beat, sections)


def _sequence(song: Element) -> Iterator[tuple[str | None, str | None]]:
    """The number of each pattern that is played, and the name of the section that starts there, if one does."""
    entries = song.findall("PatternSequence/SequenceEntries/SequenceEntry")[:MAX_ITEMS]
    for entry in entries:
        starts = _text(entry, "IsSectionStart") == "true"
        yield entry.findtext("Pattern"), _text(entry, "SectionName") if starts else None
    if not entries:  # older songs list the numbers alone
        for pattern in song.findall("PatternSequence/PatternSequence/Pattern")[:MAX_ITEMS]:
            yield pattern.text, None


def _pattern(element: Element) -> _Pattern:
    lines = int(number(element.findtext("NumberOfLines"), 1, 512) or 64)
    found = []
    for line in element.iterfind("Tracks/*/Lines/Line"):
        at = number(line.get("index"), 0, lines - 1)
        for column in line.iterfind("EffectColumns/EffectColumn") if at is not None else ():
            what, value = _text(column, "Number"), _hexadecimal(_text(column, "Value"))
            if value and (what in _TEMPO or what == _LINES):  # ZT00 stops the song
                found.append((int(at or 0), what, value))
    return _Pattern(lines, tuple(sorted(found)))


def _hexadecimal(digits: str) -> int:
    return int(digits, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,2}", digits) else 0


# ---------------------------------------------------------------- tracks, devices, samples


def _devices(track: Element) -> list[Plugin]:
    chain = (device for device in track.iterfind("FilterDevices/Devices/*") if not _PLUMBING.fullmatch(device.tag))
    return [_plugin(device) for device in chain]


def _track(element: Element) -> Track:
    return Track(
        name=_text(element, "Name"),
        kind=_KINDS[element.tag],
        muted=_text(element, "State") in _OFF,
        devices=tuple(plugin.name for plugin in _devices(element)),
    )


def _plugin(device: Element) -> Plugin:
    """A device says "VST: Native Instruments: Kontakt" of a plug-in; one of Renoise's own is its element."""
    kind = _text(device, "PluginType")
    if not kind:
        return Plugin(clean(device.tag.removesuffix("Device")), None, "builtin")
    shown = [part.strip() for part in _text(device, "PluginDisplayName").removeprefix(f"{kind}:").split(":", 1)]
    vendor = shown[0] if len(shown) == 2 else None
    name = shown[-1] or _text(device, "PluginShortDisplayName") or _text(device, "PluginIdentifier")
    return Plugin(name, vendor or None, _FORMATS.get(kind, "builtin"))


def _plugins(song: Element, tracks: list[Element]) -> tuple[Plugin, ...]:
    """Those of the instruments, then those of the tracks, with how often they are used."""
    playing = [_plugin(device) for device in song.iter("PluginDevice") if device.find("PluginType") is not None]
    counts = Counter(playing + [plugin for track in tracks for plugin in _devices(track)])
    return tuple(Plugin(each.name, each.vendor, each.format, count) for each, count in counts.items())[:MAX_ITEMS]


def _samples(members: list[str]) -> Iterator[SampleRef]:
    for member in members[:MAX_ITEMS]:
        path = clean(member, MAX_PATH)
        if path.startswith(_SAMPLES) and not path.endswith("/"):
            yield SampleRef(path, status="found")


READER = Reader(
    name="renoise",
    title="Renoise",
    version=1,
    suffixes=(".xrns",),
    read=read,
    sniff=sniff,
)
