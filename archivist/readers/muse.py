"""MusE songs (.med, also packed as .med.gz and .med.bz2): XML of MusE's own making, MusE 0.4 to 4.

How each version writes its songs was read in MusE's source (muse/songfile.cpp, tempo.cpp, keyevent.cpp,
plugin.cpp, synth.cpp). A quarter note is 384 ticks; a tempo is stored in microseconds a quarter. Early
versions write attributes without quotes and text in Latin-1. `daw_version` is that of the file format,
which is all that is stored; there are no dates.
"""

from __future__ import annotations

import bz2
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import tempo
from archivist.readers.base import (
    MAX_FILE,
    MAX_ITEMS,
    MAX_RATIO,
    Reader,
    ReadError,
    open_gzip,
    open_plain,
    read_bytes,
    read_head,
    translate_errors,
)
from archivist.readers.keys import from_accidentals
from archivist.readers.xml import number, parse
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

TICKS_PER_QUARTER = 384
MAX_TICKS = 1e9
MAX_NOTES = 20_000

_TRACKS: dict[str, TrackKind] = {
    "miditrack": "midi",
    "drumtrack": "midi",
    "newdrumtrack": "midi",
    "wavetrack": "audio",
    "AudioGroup": "group",
    "AudioAux": "return",
    "AudioInput": "bus",
    "AudioOutput": "master",
    "SynthI": "instrument",
}

_SYNTHS: dict[str, PluginFormat] = {
    "MESS": "builtin",
    "DSSI": "ladspa",  # LADSPA plug-ins that play
    "VST": "vst2",
    "VST_NATIVE": "vst2",
    "Wine VST": "vst2",
    "Native VST (synths)": "vst2",
    "Native VST (effects)": "vst2",
    "VST (synths)": "vst2",
    "VST (effects)": "vst2",
    "LV2 (synths)": "lv2",
    "LV2 (effects)": "lv2",
}

_SHARPS = {value: value - 1 for value in range(1, 8)} | {value: 10 - value for value in range(10, 17)}
"""By the number of a key (key_enum): 1 to 7 are C to F#, 10 to 16 C (spelled with flats) to Gb."""

_UNQUOTED = re.compile(rb"(<\w+ \w+=)([^\s\"'<>/]+)(?=\s*/?>)")


# ---------------------------------------------------------------- the file


def _plain(path: Path) -> bytes:
    head = read_head(path, 3)
    if head.startswith(b"\x1f\x8b"):
        with open_gzip(path) as stream:
            return stream.read()
    if head == b"BZh":
        packed = read_bytes(path)
        share = min(MAX_FILE, MAX_RATIO * max(len(packed), 1024))
        unpacked = bz2.BZ2Decompressor().decompress(packed, share + 1)
        if len(unpacked) > share:
            raise ReadError("unpacks to far more than a project would (a decompression bomb?)")
        return unpacked
    with open_plain(path) as stream:
        return stream.read()


def _as_xml(data: bytes) -> bytes:
    """`data` as XML has it: attributes in quotes, text in UTF-8."""
    data = _UNQUOTED.sub(rb'\1"\2"', data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1").encode("utf-8")
    return data


def _number(element: Element, name: str, low: float = 0, high: float = MAX_TICKS) -> float | None:
    return number(element.findtext(name), low, high)


def _text(element: Element, name: str, limit: int = 1_000) -> str:
    return clean(element.findtext(name) or "", limit)


# ---------------------------------------------------------------- time


def _tempo(song: Element) -> list[tempo.Point]:
    """The tempo list; the fixed tempo where the song does not follow its master track."""
    listed = song.find("tempolist")
    if listed is None:
        return []
    if _text(song, "master") == "0":
        fixed = number(listed.get("fix"), 1)
        return tempo.in_order([(0.0, _bpm(fixed))] if fixed else [])
    changes = ((_number(each, "tick"), _number(each, "val", 1)) for each in listed.iterfind("tempo"))
    found = [(tick / TICKS_PER_QUARTER, _bpm(value)) for tick, value in changes if tick is not None and value]
    return tempo.steps(tempo.in_order(found))


def _bpm(microseconds: float) -> float:
    return round(60e6 / microseconds, 3)


def _time_signature(song: Element) -> str | None:
    first = song.find("siglist/sig")
    if first is None:
        return None
    upper, lower = _number(first, "nom", 1, 999), _number(first, "denom", 1, 999)
    return f"{upper:.0f}/{lower:.0f}" if upper and lower else None


def _key(song: Element) -> str | None:
    """The first key where it says whether it is minor (from MusE 4 on); C major stands for none chosen."""
    first = song.find("keylist/key")
    minor = None if first is None else _number(first, "minor")
    sharps = None if first is None else _SHARPS.get(int(_number(first, "val") or 0))
    if minor is None or sharps is None or (sharps, minor) == (0, 0):
        return None
    return from_accidentals(sharps, minor == 1)


def _length(song: Element, points: list[tempo.Point], rate: float | None) -> float | None:
    """Where the last part ends; the song's own length is that of an empty sheet. Audio counts in samples."""
    last = 0.0
    for place in song.iterfind(".//part/poslen"):
        length = number(place.get("len"), 0, 1e12) or 0.0
        tick, sample = number(place.get("tick"), 0, MAX_TICKS), number(place.get("sample"), 0, 1e12)
        if sample is not None and rate:
            last = max(last, (sample + length) / rate)
        elif tick is not None:
            last = max(last, tempo.seconds_at((tick + length) / TICKS_PER_QUARTER, points) or 0.0)
    return last or None


# ---------------------------------------------------------------- tracks


def _plugins(track: Element) -> Iterator[Plugin]:
    """A track's synthesiser, then its effects: LV2 by their URI, others by file and label."""
    if track.tag == "SynthI":
        kind = _SYNTHS.get(_text(track, "synthType") or "MESS", "builtin")
        yield Plugin(_text(track, "label") or _text(track, "class"), None, kind)
    for effect in track.iterfind("plugin"):
        lv2 = "uri" in effect.attrib
        file = effect.get("file", "").lower()
        vst = file.endswith(".dll") or "vst" in file
        name = clean(effect.get("label") or effect.get("name") or effect.get("uri") or file)
        yield Plugin(name, None, "lv2" if lv2 else "vst2" if vst else "ladspa")


def _track(track: Element) -> Track:
    inside = track.find("track")  # where MusE 1 and earlier keep the name
    return Track(
        name=_text(track, "name") or ("" if inside is None else _text(inside, "name")),
        kind=_TRACKS[track.tag],
        muted=_text(track, "mute") == "1",
        devices=tuple(plugin.name for plugin in _plugins(track)),
    )


def _samples(song: Element) -> tuple[SampleRef, ...]:
    """Files of audio parts: from the song's folder, or from the root where they lie outside."""
    files = [*song.iterfind(".//event/file"), *song.iterfind("clip/file")]  # clips up to MusE 0.6
    paths = (clean(file.text or "", 4_096) for file in files)
    return tuple(SampleRef(path) for path in list(dict.fromkeys(filter(None, paths)))[:MAX_ITEMS])


def _markers(song: Element) -> tuple[Marker, ...]:
    markers = [
        Marker(clean(marker.get("name", "")), tick / TICKS_PER_QUARTER, "beats")
        for marker in song.iterfind("marker")
        if (tick := number(marker.get("tick"), 0, MAX_TICKS)) is not None
    ]
    return tuple(sorted(markers[:MAX_ITEMS], key=lambda marker: marker.at))


def read(path: Path) -> ProjectInfo:
    """The song at `path`. Raises ReadError."""
    with translate_errors(ValueError, EOFError):
        root = parse(io.BytesIO(_as_xml(_plain(path))))
    song = root.find("song")
    if root.tag != "muse" or song is None:
        raise ReadError("is no MusE song: it holds no muse/song")
    points = _tempo(song)
    rate = _number(song, "sampleRate", 1, 1e6)
    tracks = [element for element in song if element.tag in _TRACKS][:MAX_ITEMS]
    plugins = Counter(plugin for track in tracks for plugin in _plugins(track))
    return ProjectInfo(
        format="muse",
        daw="MusE",
        daw_version=clean(root.get("version", "")) or None,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points)[:MAX_ITEMS],
        time_signature=_time_signature(song),
        key=_key(song),
        sample_rate=int(rate) if rate else None,
        length_seconds=_length(song, points, rate),
        title=_text(song, "name") or None,
        author=_text(song, "komponist1") or None,
        comment=_text(song, "info", MAX_NOTES) or None,
        tracks=tuple(map(_track, tracks)),
        plugins=tuple(Plugin(each.name, None, each.format, count) for each, count in plugins.items()),
        samples=_samples(song),
        markers=_markers(song),
    )


def sniff(path: Path) -> bool:
    """A packed file is told by what its first bytes unpack to; OctaMED's modules are called .med too."""
    head = read_head(path)
    try:
        with translate_errors(ValueError, EOFError):
            if head.startswith(b"\x1f\x8b"):
                with open_gzip(path) as stream:
                    head = stream.read(512)
            elif head.startswith(b"BZh"):
                head = bz2.BZ2Decompressor().decompress(read_bytes(path), 512)
    except ReadError:
        return False
    return b"<muse version=" in head[:512]


READER = Reader(
    name="muse",
    title="MusE",
    version=1,
    suffixes=(".med", ".med.gz", ".med.bz2"),
    shared_suffixes=(".med", ".med.gz", ".med.bz2"),
    read=read,
    sniff=sniff,
)
