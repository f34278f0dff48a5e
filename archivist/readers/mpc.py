"""Akai MPC projects (.xpj): the MPC series from version 3 on, and in part those of MPC 2.

Version 3: gzip of five lines ("ACVS", the version, "SerialisableProjectData", "json", the platform) and JSON;
times in 960ths of a quarter note. Version 2: a manifest in XML, whose sequences and programs are files of
their own in the folder "<name>_[ProjectData]", not read. Samples lie in that folder in both. Members as
described from real projects by public documentations of the format. The hardware's own mixer tracks, which
are in every project, count where they hold an effect. A key of C major is what every project starts with.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from archivist.readers import json, keys, tempo, xml
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

PULSES = 960.0
"""Of a quarter note."""

MAX_PATH = 4_000

_GZIP = b"\x1f\x8b"
_MAGIC = "ACVS"
_PROJECT = "SerialisableProjectData"

_KINDS: dict[float | None, TrackKind] = {
    0: "instrument",  # drums
    1: "instrument",  # keygroups
    3: "instrument",  # a plug-in
    4: "midi",
    5: "midi",  # control voltage
    6: "audio",
    7: "return",
    8: "bus",
    9: "bus",  # an output
}
_MIXER = frozenset({7, 8, 9, 10})

_PLUGINS: dict[str, PluginFormat] = {"VST": "vst2", "VST3": "vst3", "AudioUnit": "au"}
"""The others are the MPC's own."""

_WANTED = frozenset(
    {"data", "key", "masterTempo", "masterTempoEnabled", "currentSequence", "tracks", "sequences", "samples"}
    | {
        "value",
        "name",
        "bpm",
        "tempoEnable",
        "lengthPulses",
        "timeSignatureTrack",
        "timeSignatures",
        "beatsPerBar",
    }
    | {
        "beatLength",
        "locators",
        "names",
        "positions",
        "bar",
        "beat",
        "pulse",
        "mute",
        "program",
        "type",
        "mixable",
        "inserts",
    }
    | {"effects", "plugin", "description", "manufacturer", "manufacturerName", "pluginFormatName", "path"}
)

_AUDIO_FILES = (".wav", ".aif", ".aiff", ".flac", ".mp3", ".ogg")


def sniff(path: Path) -> bool:
    if not path.is_file():
        return False
    head = read_head(path)
    if not head.startswith(_GZIP):
        return b"<Project>" in head and (b"MasterTempo" in head or b"<Application>MPC" in head)
    try:
        with translate_errors(), open_gzip(path) as stream:
            return _header(stream.read(200))[2] == _PROJECT
    except ReadError:
        return False


def _header(head: bytes) -> list[str]:
    """The five lines of a project, or as many empty ones."""
    lines = head.decode("utf-8", "replace").split("\n")[:5]
    return lines if len(lines) == 5 and lines[0] == _MAGIC else [""] * 5


def read(path: Path) -> ProjectInfo:
    """What an MPC project says. Raises ReadError."""
    with translate_errors():
        if not read_head(path, 2).startswith(_GZIP):
            with open_plain(path) as stream:
                return _read_manifest(xml.parse(stream))
        with open_gzip(path) as stream:
            header = _header(b"".join(stream.readline(200) for _ in range(4)) + b"\n")
            stream.readline(200)
            if header[2] != _PROJECT:
                raise ReadError("not an MPC project: it does not begin with ACVS and SerialisableProjectData")
            if header[3] != "json":
                raise ReadError(f"an MPC project as {clean(header[3], 20)}, which is not read")
            data = json.at(json.sieve(stream, _WANTED), "data")
    if not isinstance(data, dict):
        raise ReadError("an MPC project without data")
    return _read_data(data, clean(header[1], 40), f"{path.stem}_[ProjectData]")


# ---------------------------------------------------------------- version 3


def _read_data(data: dict[str, Any], version: str, folder: str) -> ProjectInfo:
    sequences = [json.at(each, "value") for each in json.items(data.get("sequences"))]
    current = _current(data, sequences)
    bpm = _bpm(data, current)
    signature = json.at(current, "timeSignatureTrack", "timeSignatures")
    above, beat = _signature(next(iter(json.items(signature)), None))
    tracks = json.items(data.get("tracks"))[:MAX_ITEMS]
    key = json.text(data.get("key"))
    counts = Counter(plugin for track in tracks for plugin in _held(track))
    return ProjectInfo(
        format="mpc",
        daw="Akai MPC",
        daw_version=version or None,
        bpm=bpm,
        time_signature=f"{above:.0f}/{4 * PULSES / beat:.0f}" if above and beat else None,
        key=None if key == "C Major" else keys.from_name(key),
        length_seconds=_length(sequences, bpm),
        tracks=tuple(_track(track) for track in tracks if _is_shown(track)),
        plugins=tuple(
            Plugin(each.name, each.vendor, each.format, count) for each, count in islice(counts.items(), MAX_ITEMS)
        ),
        samples=_samples(data, tracks, folder),
        markers=_markers(current, above, beat),
    )


def _current(data: dict[str, Any], sequences: list[Any]) -> Any:
    """The sequence that was open, or the first."""
    wanted = json.number(data.get("currentSequence"))
    for each in json.items(data.get("sequences")):
        if wanted is not None and json.number(json.at(each, "key")) == wanted:
            return json.at(each, "value")
    return next(iter(sequences), None)


def _bpm(data: dict[str, Any], sequence: Any) -> float | None:
    """A sequence's own tempo, unless the project's or none counts. Stored as 32-bit floats, a little off."""
    project = json.number(data.get("masterTempo"), tempo.SLOWEST, tempo.FASTEST)
    own = json.number(json.at(sequence, "bpm"), tempo.SLOWEST, tempo.FASTEST)
    if data.get("masterTempoEnabled") is True or json.at(sequence, "tempoEnable") is False:
        own = project or own
    bpm = own or project
    return None if bpm is None else round(bpm, 3)


def _signature(value: Any) -> tuple[float | None, float | None]:
    """Beats of a bar, and pulses of a beat that is a power of two below the line."""
    above, beat = json.number(json.at(value, "beatsPerBar"), 1, 999), json.number(json.at(value, "beatLength"), 1)
    return above, beat if beat in {4 * PULSES / 2**power for power in range(7)} else None


def _length(sequences: list[Any], bpm: float | None) -> float | None:
    """That of the only sequence: how often each of several is played depends on the performance."""
    pulses = json.number(json.at(sequences[0], "lengthPulses"), 0) if len(sequences) == 1 else None
    return pulses / PULSES * 60 / bpm if pulses and bpm else None


def _markers(sequence: Any, above: float | None, beat: float | None) -> tuple[Marker, ...]:
    """The locators that were moved from the start, where all six of them are at first."""
    names = json.items(json.at(sequence, "locators", "names"))
    positions = json.items(json.at(sequence, "locators", "positions"))
    found = []
    for name, position in zip(names, positions[:MAX_ITEMS], strict=False):
        bar, number, pulse = (json.number(json.at(position, part), 0) for part in ("bar", "beat", "pulse"))
        pulses = ((bar or 0) * (above or 4) + (number or 0)) * (beat or PULSES) + (pulse or 0)
        if pulses:
            found.append(Marker(json.text(name), pulses / PULSES, "beats"))
    return tuple(sorted(found, key=lambda marker: marker.at))


def _type(track: Any) -> float | None:
    return json.number(json.at(track, "program", "type"))


def _is_shown(track: Any) -> bool:
    return isinstance(track, dict) and (_type(track) not in _MIXER or bool(_held(track)))


def _track(track: Any) -> Track:
    return Track(
        name=json.text(json.at(track, "name")),
        kind=_KINDS.get(_type(track), "other"),
        muted=json.at(track, "mute") is True,
        devices=tuple(plugin.name for plugin in _held(track)),
    )


_DEPTHS = (("description",), ("plugin", "description"), ("plugin", "plugin", "description"))
"""Where a plug-in or an effect says what it is."""


def _held(track: Any) -> list[Plugin]:
    """The plug-in that a track plays, and its effects."""
    effects = json.items(json.at(track, "program", "mixable", "inserts", "effects"))
    found = []
    for holder in [json.at(track, "program", "plugin"), *effects]:
        said = next(filter(None, (json.at(holder, *depth) for depth in _DEPTHS)), None)
        name = json.text(json.at(said, "name"))
        vendor = json.text(json.at(said, "manufacturerName")) or json.text(json.at(said, "manufacturer"))
        if name:
            kind = json.text(json.at(said, "pluginFormatName"))
            found.append(Plugin(name, vendor or None, _PLUGINS.get(kind, "builtin")))
    return found


def _samples(data: dict[str, Any], tracks: list[Any], folder: str) -> tuple[SampleRef, ...]:
    """The project's pool and those of its tracks, each file once."""
    pools = [json.items(data.get("samples")), *(json.items(json.at(track, "samples")) for track in tracks)]
    paths = dict.fromkeys(json.text(json.at(each, "path"), MAX_PATH) for pool in pools for each in pool)
    return tuple(SampleRef(path, f"{folder}/{path}") for path in islice(paths, MAX_ITEMS) if path)


# ---------------------------------------------------------------- version 2


def _read_manifest(root: Element) -> ProjectInfo:
    """The manifest of MPC 2."""
    if root.tag != "Project":
        raise ReadError("not an MPC project: it is XML, and no Project")
    bpms = (xml.number(root.findtext(name), tempo.SLOWEST, tempo.FASTEST) for name in ("BPM", "MasterTempo.Value"))
    files = (clean(each.text or "", MAX_PATH) for each in root.iterfind("FileList//*"))
    samples = dict.fromkeys(file for file in files if file.lower().endswith(_AUDIO_FILES))
    return ProjectInfo(
        format="mpc",
        daw="Akai MPC",
        daw_version=clean(root.findtext("Version/Application_Version") or "") or None,
        bpm=next(filter(None, bpms), None),
        samples=tuple(SampleRef(file) for file in islice(samples, MAX_ITEMS)),
        unread=("tracks", "plugins", "time_signature", "length_seconds"),
    )


READER = Reader(
    name="mpc",
    title="Akai MPC",
    version=1,
    suffixes=(".xpj",),
    read=read,
    sniff=sniff,
)
