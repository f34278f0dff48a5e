"""MuseScore scores (.mscz, .mscx): XML, bare or in a zip; MuseScore 1 to 4.

How each version writes its scores was read in MuseScore's source (libmscore/measure.cpp, tempotext.cpp,
keysig.cpp). Beats are quarter notes; a tempo is stored in
quarters a second. Places are those of the written score: the length leaves repeats and jumps unplayed.
A key is read where its mode is stored, too: a signature of two sharps alone may be D major or B minor.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from zipfile import ZipFile

from archivist.readers import tempo, xml
from archivist.readers.base import (
    MAX_DEPTH,
    MAX_ITEMS,
    Reader,
    ReadError,
    open_member,
    open_plain,
    open_zip,
    read_head,
    translate_errors,
)
from archivist.readers.keys import from_accidentals
from archivist.readers.musescore_mixer import Channel, mixer
from archivist.records import Marker, Plugin, ProjectInfo, Track
from archivist.text import clean

TICKS_PER_QUARTER = 480  # of <tick> in MuseScore 1 and 2
DEFAULT_BPM = 120.0  # how a score without a tempo is played
MAX_NOTES = 20_000
MAX_BEATS = 1e6

_QUARTERS = {
    "long": 16.0,
    "breve": 8.0,
    "whole": 4.0,
    "half": 2.0,
    "quarter": 1.0,
    "eighth": 1 / 2,
    "16th": 1 / 4,
    "32nd": 1 / 8,
    "64th": 1 / 16,
    "128th": 1 / 32,
    "256th": 1 / 64,
    "512th": 1 / 128,
    "1024th": 1 / 256,
}
_GRACE = frozenset(
    ("acciaccatura", "appoggiatura", "grace4", "grace16", "grace32", "grace8after", "grace16after", "grace32after")
)
_OF_SCORE = frozenset(("programVersion", "metaTag", "Part"))
_OF_STAFF = frozenset(("Measure", "VBox"))
_SCORES = (("museScore", "Score"), ("museScore",))  # from MuseScore 2 on, before


# ---------------------------------------------------------------- a score, piece by piece


@dataclass(slots=True)
class _Score:
    """What was read so far. `measures`: where each begins, in beats, and `end`, where the last one ends."""

    version: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    parts: list[Element] = field(default_factory=list)
    title: str | None = None
    measures: list[float] = field(default_factory=list)
    end: float = 0.0
    signature: tuple[int, int] | None = None
    first_signature: tuple[int, int] | None = None
    key: str | None = None
    tempi: list[tempo.Point] = field(default_factory=list)
    marks: list[Marker] = field(default_factory=list)
    gradual: bool = False
    is_first_staff: bool = True
    measure: int = 0


def _read_score(stream: IO[bytes]) -> _Score:
    """The master score of an .mscx. Its parts' own scores, which lie inside, are left out."""
    score = _Score()
    path: list[str] = []
    builder: TreeBuilder | None = None
    piece_depth = staves = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal builder, piece_depth, staves
        if len(path) > MAX_DEPTH:
            raise ReadError("nested too deeply")
        if builder is None:
            here = tuple(path)
            if here in _SCORES and tag == "Staff":
                staves += 1
                score.is_first_staff, score.measure = staves == 1, 0
            wanted = _OF_SCORE if here in _SCORES else _OF_STAFF if here[:-1] in _SCORES else frozenset()
            if tag in wanted and (tag not in _OF_STAFF or path[-1] == "Staff"):
                builder, piece_depth = TreeBuilder(), len(path)
        if builder is not None:
            builder.start(tag, attributes)
        path.append(tag)

    def end(tag: str) -> None:
        nonlocal builder
        path.pop()
        if builder is not None:
            builder.end(tag)
            if len(path) == piece_depth:
                _PIECES[tag](score, builder.close())
                builder = None

    def text(data: str) -> None:
        if builder is not None:
            builder.data(data)

    xml.walk(stream, start, end, text)
    return score


def _take_version(score: _Score, element: Element) -> None:
    score.version = score.version or clean(element.text or "") or None


def _take_tag(score: _Score, element: Element) -> None:
    said = clean(element.text or "", MAX_NOTES)
    if said and len(score.tags) < MAX_ITEMS:
        score.tags.setdefault(element.get("name", ""), said)


def _take_part(score: _Score, element: Element) -> None:
    if len(score.parts) < MAX_ITEMS:
        score.parts.append(element)


def _take_frame(score: _Score, element: Element) -> None:
    """The frame of text above the first system, in which the title stands."""
    for words in element.iterfind("Text"):
        if score.title is None and (words.findtext("style") or "").lower() == "title":
            score.title = _words(words) or None


def _words(element: Element) -> str:
    words = element.find("text")
    return "" if words is None else clean(" ".join("".join(words.itertext()).split()))


def _take_measure(score: _Score, measure: Element) -> None:
    if measure.find("multiMeasureRest") is not None:  # stands before the measures that it sums up
        return
    voices = measure.findall("voice") or [measure]  # MuseScore 2 and earlier know no voice
    if score.is_first_staff:
        for signature in (found for voice in voices for found in voice.iterfind("TimeSig")):
            score.signature = _signature(signature) or score.signature
        score.first_signature = score.first_signature or score.signature
        upper, lower = _fraction(measure.get("len")) or score.signature or (4, 4)
        score.measures.append(score.end)
        score.end = min(score.end + 4 * upper / lower, MAX_BEATS)
        if len(score.measures) > MAX_ITEMS:
            raise ReadError("holds more measures than a score would")
    index, score.measure = score.measure, score.measure + 1
    if index < len(score.measures):
        after = score.measures[index + 1] if index + 1 < len(score.measures) else score.end
        for voice in voices:
            _take_voice(score, voice, score.measures[index], after)


_PIECES = {
    "programVersion": _take_version,
    "metaTag": _take_tag,
    "Part": _take_part,
    "VBox": _take_frame,
    "Measure": _take_measure,
}


# ---------------------------------------------------------------- in a measure


def _fraction(text: str | None) -> tuple[int, int] | None:
    match = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", text or "")
    return (int(match[1]), int(match[2])) if match else None


def _signature(element: Element) -> tuple[int, int] | None:
    upper = element.findtext("sigN") or element.findtext("nom1")
    lower = element.findtext("sigD") or element.findtext("den")
    return _fraction(f"{upper}/{lower}")


def _take_voice(score: _Score, voice: Element, begin: float, after: float) -> None:
    """The tempi, rehearsal marks and key in one voice of the measure from beat `begin` to `after`."""
    ratios = [1.0]  # of the tuplets that are open; MuseScore 2 and earlier refer to them by their id
    by_id: dict[str, float] = {}
    beat = begin
    for element in voice:
        tag = element.tag
        if tag in ("Chord", "Rest"):
            ratio = by_id.get(element.findtext("Tuplet") or "", ratios[-1])
            beat += _duration(element, after - begin) * ratio
        elif tag == "Tuplet":
            normal = xml.number(element.findtext("normalNotes"), 1, 1000)
            actual = xml.number(element.findtext("actualNotes"), 1, 1000)
            outer = by_id.get(element.findtext("Tuplet") or "", ratios[-1])
            ratio = outer * (normal / actual if normal and actual else 1.0)
            if "id" in element.attrib:
                by_id[element.get("id", "")] = ratio
            else:
                ratios.append(ratio)
        elif tag == "endTuplet" and len(ratios) > 1:
            ratios.pop()
        elif tag == "location":
            beat += _offset(element.findtext("fractions"))
        elif tag == "tick":
            ticks = xml.number(element.text, 0, MAX_BEATS * TICKS_PER_QUARTER)
            beat = beat if ticks is None else ticks / TICKS_PER_QUARTER
        elif tag == "Spanner":
            score.gradual = score.gradual or element.get("type") == "GradualTempoChange"
        elif tag == "Tempo" and len(score.tempi) < MAX_ITEMS:
            second = xml.number(element.findtext("tempo"), 0, 1000)
            # Six digits are stored, so that 71 a minute comes back as 70.9998.
            score.tempi.append((_place(beat), round(60 * (second or 0.0), 3)))
        elif tag == "RehearsalMark" and len(score.marks) < MAX_ITEMS:
            score.marks.append(Marker(_words(element), _place(beat), "beats"))
        elif tag == "KeySig" and begin == 0 and score.key is None:
            score.key = _key(element)


def _place(beat: float) -> float:
    """A beat to show: three thirds are one."""
    return max(round(beat, 6), 0.0)


def _duration(element: Element, measure: float) -> float:
    """Quarter notes that a chord or rest takes, tuplets aside."""
    if any(child.tag in _GRACE for child in element):
        return 0.0
    name = element.findtext("durationType") or ""
    if name not in _QUARTERS:  # "measure": a rest for all of it
        whole = _fraction(element.findtext("duration"))
        return 4 * whole[0] / whole[1] if whole else measure
    dots = xml.number(element.findtext("dots"), 0, 4) or 0.0
    return _QUARTERS[name] * (2.0 - 0.5 ** int(dots))


def _offset(text: str | None) -> float:
    """ "-1/4" of a whole note as quarter notes."""
    whole = _fraction((text or "").removeprefix("-"))
    if whole is None:
        return 0.0
    return 4 * whole[0] / whole[1] * (-1 if (text or "").startswith("-") else 1)


def _key(element: Element) -> str | None:
    """From MuseScore 4 on concertKey, which is the sounding one where an instrument transposes."""
    mode = element.findtext("mode")
    sharps = xml.number(element.findtext("concertKey") or element.findtext("accidental"), -7, 7)
    if sharps is None or mode not in ("major", "minor"):
        return None
    return from_accidentals(int(sharps), mode == "minor")


# ---------------------------------------------------------------- the file


def _track(part: Element, channels: tuple[Channel, ...]) -> Track:
    name = part.findtext("trackName") or part.findtext("Instrument/longName")
    own = [channel for channel in channels if channel.part is not None and channel.part == part.get("id")]
    muted = [channel.muted for channel in own]
    if not own:  # up to MuseScore 3 the mixer is in the score
        muted = [each.findtext("mute") == "1" for each in part.iterfind("Instrument/Channel")]
    return Track(
        name=clean(name or part.findtext("Instrument/trackName") or ""),
        kind="instrument",
        muted=bool(muted) and all(muted),
        devices=tuple(sound.name for channel in own for sound in channel.sounds),
    )


def _master(archive: ZipFile) -> str:
    """The member that holds the score; those of the parts lie in folders."""
    found = [name for name in archive.namelist() if name.lower().endswith(".mscx") and "/" not in name]
    if not found:
        raise ReadError("holds no score (.mscx)")
    return found[0]


def _date(text: str | None) -> str | None:
    try:
        return datetime.fromisoformat(text or "").date().isoformat()
    except ValueError:
        return None


def read(path: Path) -> ProjectInfo:
    """The score at `path`. Raises ReadError."""
    channels: tuple[Channel, ...] = ()
    with translate_errors(ValueError):
        if read_head(path, 4).startswith(b"PK\3\4"):
            with open_zip(path) as archive:
                with open_member(archive, _master(archive)) as stream:
                    score = _read_score(stream)
                channels = mixer(archive)
        else:
            with open_plain(path) as stream:
                score = _read_score(stream)
    if not score.parts:
        raise ReadError("is no MuseScore score: it has no part")
    points = tempo.in_order(score.tempi)
    bpm = tempo.start_bpm(points) if points and points[0][0] <= 0 else DEFAULT_BPM if points else None
    played = points if points and points[0][0] <= 0 else [(0.0, DEFAULT_BPM), *points]
    steps = tempo.steps(played)
    plugins = Counter(sound for channel in channels for sound in channel.sounds)
    tracks = tuple(_track(part, channels) for part in score.parts)
    return ProjectInfo(
        format="musescore",
        daw="MuseScore",
        daw_version=score.version,
        bpm=bpm,
        tempo_changes=tempo.changes(steps),
        time_signature="{}/{}".format(*score.first_signature) if score.first_signature else None,
        key=score.key,
        length_seconds=tempo.seconds_at(score.end, steps) or None,
        title=score.tags.get("workTitle") or score.title or score.tags.get("movementTitle"),
        author=score.tags.get("composer") or score.tags.get("arranger"),
        comment=score.tags.get("comments") or score.tags.get("description"),
        created=_date(score.tags.get("creationDate")),
        tracks=tracks,
        plugins=tuple(Plugin(each.name, each.vendor, each.format, count) for each, count in plugins.items()),
        markers=tuple(sorted(score.marks, key=lambda marker: marker.at)),
        unread=("tempo_changes",) if score.gradual else (),
    )


def sniff(path: Path) -> bool:
    head = read_head(path)
    if not head.startswith(b"PK\3\4"):
        return b"<museScore" in head
    try:
        with translate_errors(), open_zip(path) as archive:
            return any(name.lower().endswith(".mscx") for name in archive.namelist())
    except ReadError:
        return False


READER = Reader(
    name="musescore",
    title="MuseScore",
    version=1,
    suffixes=(".mscz", ".mscx"),
    read=read,
    sniff=sniff,
    backup_suffixes=(".mscz~", ".mscx~", ".mscz,", ".mscx,"),
    backup_folders=(".mscbackup",),
)
