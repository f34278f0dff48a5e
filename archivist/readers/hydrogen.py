"""Hydrogen songs (.h2song): XML, Hydrogen 0.9 to 2.0.

How each version writes its songs was read in Hydrogen's source (src/core/Basics/Song.cpp,
Instrument.cpp, InstrumentLayer.cpp, Timeline.cpp). Patterns are 48 ticks to a quarter note. A song is a
row of columns, each as long as the longest pattern in it; the timeline counts in columns. It stores no
time signature, no key, no sample rate and no dates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from archivist.readers import tempo
from archivist.readers.base import MAX_ITEMS, Reader, ReadError, open_plain, read_head, translate_errors
from archivist.readers.xml import number, parse
from archivist.records import Marker, Plugin, ProjectInfo, SampleRef, Track
from archivist.text import clean

TICKS_PER_QUARTER = 48
EMPTY_COLUMN = 192
"""Ticks of a column without patterns (MAX_NOTES of Hydrogen)."""

MAX_TICKS = 1_000_000
MAX_NOTES = 20_000
"""Characters kept of the comment."""

_NO_TEXT = frozenset(("", "..."))
"""What Hydrogen writes where nobody wrote a note."""

_NO_AUTHOR = frozenset(("", "hydrogen", "Unknown Author"))
_NO_KIT = frozenset(("", "-"))


def _text(element: Element, name: str, limit: int = 1_000) -> str:
    return clean(element.findtext(name) or "", limit)


def _some(text: str, nothing: frozenset[str]) -> str | None:
    return None if text in nothing else text


# ---------------------------------------------------------------- columns and the timeline


def _pattern_lengths(song: Element) -> dict[str, float]:
    """Ticks of each pattern by name, or of the longest of those that it plays as virtual patterns."""
    lengths = {
        _text(pattern, "name") or _text(pattern, "pattern_name"): number(pattern.findtext("size"), 0, MAX_TICKS)
        or 0.0
        for pattern in song.iterfind("patternList/pattern")
    }
    played = dict(lengths)
    for pattern in song.iterfind("virtualPatternList/pattern"):
        name = _text(pattern, "name")
        inside = (lengths.get(clean(virtual.text or ""), 0.0) for virtual in pattern.iterfind("virtual"))
        played[name] = max((played.get(name, 0.0), *inside))
    return played


def _columns(song: Element) -> list[float]:
    """The beat at which each column of the song starts, and the song's end."""
    lengths = _pattern_lengths(song)
    starts = [0.0]
    for group in song.iterfind("patternSequence/group"):
        patterns = [lengths.get(clean(name.text or ""), 0.0) for name in group.iterfind("patternID")]
        starts.append(starts[-1] + (max(patterns, default=0.0) or EMPTY_COLUMN) / TICKS_PER_QUARTER)
    return starts


def _beat(element: Element, columns: list[float]) -> float | None:
    """Where on the timeline `element` is; a column beyond the song's end takes four beats."""
    column = number(element.findtext("BAR"), 0, MAX_ITEMS)
    if column is None:
        return None
    beyond = max(int(column) - (len(columns) - 1), 0)
    return columns[int(column) - beyond] + beyond * EMPTY_COLUMN / TICKS_PER_QUARTER


def _tempo(song: Element, columns: list[float]) -> list[tempo.Point]:
    """The tempo map: the song's tempo up to the timeline's first one. Versions before 1.1 keep in their
    preferences whether the timeline is used; there one that says something is."""
    bpm = number(song.findtext("bpm")) or 0.0
    points = tempo.in_order([(0.0, bpm)])
    if _text(song, "isTimelineActivated") == "false":
        return points
    for change in song.iterfind("BPMTimeLine/newBPM"):
        beat, value = _beat(change, columns), number(change.findtext("BPM"))
        if beat is not None and value is not None:
            points.append((beat, value))
    return tempo.steps(tempo.in_order(points))


# ---------------------------------------------------------------- instruments


def _layers(instrument: Element) -> Iterator[Element]:
    """What names a sample: layers in components (from 0.9.7 on), layers (0.9), or the instrument itself."""
    yield from instrument.iterfind("instrumentComponent/layer")
    yield from instrument.iterfind("layer")
    if instrument.find("filename") is not None:
        yield instrument


def _samples(song: Element, instruments: list[Element]) -> tuple[SampleRef, ...]:
    """The samples and the playback track. A bare name lies in the drum kit's folder, which is elsewhere."""
    found: dict[str, SampleRef] = {}
    for instrument in instruments:
        kit = not {_text(instrument, "drumkit"), _text(instrument, "drumkitPath")} <= _NO_KIT
        for layer in _layers(instrument):
            path = _text(layer, "filename", 4_096)
            in_kit = kit and "/" not in path and "\\" not in path
            if path and len(found) < MAX_ITEMS:
                found.setdefault(path, SampleRef(path, status="unresolved" if in_kit else None))
    playback = _text(song, "playbackTrackFilename", 4_096)
    if playback:
        found.setdefault(playback, SampleRef(playback))
    return tuple(found.values())


def _track(instrument: Element) -> Track:
    return Track(_text(instrument, "name"), "instrument", muted=_text(instrument, "isMuted") == "true")


def _plugins(song: Element) -> tuple[Plugin, ...]:
    """The four LADSPA effects of the mixer."""
    named = Counter(_text(effect, "name") for effect in song.iterfind("ladspa/fx"))
    return tuple(
        Plugin(name, None, "ladspa", count) for name, count in named.items() if name and name != "no plugin"
    )[:MAX_ITEMS]


def read(path: Path) -> ProjectInfo:
    """The song at `path`. Raises ReadError."""
    with translate_errors(), open_plain(path) as stream:
        song = parse(stream)
    if song.tag != "song" or song.find("instrumentList") is None:
        raise ReadError(f"is no Hydrogen song: its root element is {clean(song.tag, 40)}")
    columns = _columns(song)
    points = _tempo(song, columns)
    instruments = song.findall("instrumentList/instrument")[:MAX_ITEMS]
    tags = [
        Marker(_text(tag, "TAG"), beat, "beats")
        for tag in song.iterfind("timeLineTag/newTAG")
        if (beat := _beat(tag, columns)) is not None
    ]
    return ProjectInfo(
        format="hydrogen",
        daw="Hydrogen",
        daw_version=_text(song, "version") or None,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points)[:MAX_ITEMS],
        length_seconds=tempo.seconds_at(columns[-1], points) or None,
        title=_text(song, "name") or None,
        author=_some(_text(song, "author"), _NO_AUTHOR),
        comment=_some(_text(song, "notes", MAX_NOTES), _NO_TEXT),
        tracks=tuple(map(_track, instruments)),
        plugins=_plugins(song),
        samples=_samples(song, instruments),
        markers=tuple(sorted(tags[:MAX_ITEMS], key=lambda marker: marker.at)),
    )


def sniff(path: Path) -> bool:
    head = read_head(path)
    return b"<song" in head and (b"<bpm>" in head or b"hydrogen" in head)


READER = Reader(
    name="hydrogen",
    title="Hydrogen",
    version=1,
    suffixes=(".h2song",),
    read=read,
    sniff=sniff,
    backup_suffixes=(".autosave.h2song",),
)
