"""LMMS projects (.mmp, .mmpz) and project templates (.mpt): XML, LMMS 0.4 to 1.3.

A .mmpz is what Qt's qCompress makes: the unpacked length, big-endian and never believed, and a zlib
stream. Which elements each version writes was read in LMMS's source (src/core/DataFile.cpp, Song.cpp,
AutomationClip.cpp); 1.3 calls patterns clips. Positions are ticks, 48 of them a quarter note.

Sample paths without a root are relative to LMMS's own folders, not to the project; only 1.3 has projects
with files of their own ("local:"). It stores no key, no sample rate, no markers, no title and no dates.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element

from archivist.readers import tempo, xml
from archivist.readers.base import (
    MAX_ITEMS,
    Reader,
    ReadError,
    open_plain,
    open_zlib,
    read_head,
    translate_errors,
)
from archivist.readers.xml import number
from archivist.records import Plugin, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

TICKS_PER_QUARTER = 48
MAX_TICKS = 1e9
MAX_NOTES = 20_000
"""Characters kept of the comment."""
MAX_PATH = 4_096

_ROOTS = frozenset({"lmms-project", "multimedia-project"})
_SONGS = frozenset({"song", "songtemplate"})  # other types are presets and clipboards
_IS_SONG = re.compile(rb"""<(?:lmms|multimedia)-project\s[^>]*\btype=["']song(?:template)?["']""")

_KINDS: dict[str, TrackKind] = {
    "0": "instrument",
    "1": "group",  # of the instruments in its beat/bassline, called pattern from 1.3 on
    "2": "audio",
    "5": "automation",
}
_CLIPS = frozenset({"pattern", "bbtco", "sampletco", "automationpattern"}) | frozenset(
    {"midiclip", "patternclip", "sampleclip", "automationclip"}
)
_AUTOMATION = frozenset({"automationpattern", "automationclip"})
_PLAYERS = frozenset(
    {"audiofileprocessor", "sf2player", "patman", "gigplayer", "slicert", "sampletco", "sampleclip"}
)
_OWN_FOLDERS = re.compile(r"(?!local:)(?:[a-z]{2,}:)?(?![/\\~]|[A-Za-z]:)")
"""A relative path, or "factorysample:", "usersample:" and the like before it."""

_PLACEHOLDERS = frozenset(
    {
        "Enter project notes here",
        "Put down your project notes here.",
        "Schreiben Sie hier Ihre Projekt-Notizen auf.",
    }
)

_BELOW = {
    "head": xml.EVERY,
    "song": frozenset({"trackcontainer", "track", "fxmixer", "mixer"}),
    "trackcontainer": frozenset({"track"}),
    "track": xml.EVERY,
    "bbtrack": frozenset({"trackcontainer"}),
    "patterntrack": frozenset({"trackcontainer"}),
    "instrumenttrack": frozenset({"instrument", "fxchain"}),
    "sampletrack": frozenset({"fxchain"}),
    "fxmixer": frozenset({"fxchannel"}),
    "mixer": frozenset({"mixerchannel"}),
    "fxchannel": frozenset({"fxchain"}),
    "mixerchannel": frozenset({"fxchain"}),
    "fxchain": frozenset({"effect"}),
    "instrument": xml.EVERY,
    "effect": frozenset({"key"}),
    "key": frozenset({"attribute"}),
} | dict.fromkeys(_AUTOMATION, frozenset({"time", "object"}))
_BELOW |= dict.fromkeys(_ROOTS, frozenset({"head", "song"}))
"""What is read; most of a project is notes and knobs."""


# ---------------------------------------------------------------- the file


def _is_packed(head: bytes) -> bool:
    """Whether a zlib header follows four bytes (RFC 1950: deflate, and a check sum)."""
    return len(head) > 5 and head[4] & 0x0F == 8 and (head[4] << 8 | head[5]) % 31 == 0


def _open(path: Path) -> io.BufferedReader:
    return open_zlib(path, 4) if _is_packed(read_head(path, 6)) else open_plain(path)


def sniff(path: Path) -> bool:
    head = read_head(path)
    if _is_packed(head):
        try:
            head = zlib.decompressobj().decompress(head[4:], 4096)
        except zlib.error:
            return False
    return _IS_SONG.search(head) is not None


def read(path: Path) -> ProjectInfo:
    """What an LMMS project says. Raises ReadError."""
    with translate_errors():
        with _open(path) as stream:
            root = xml.sieve(stream, frozenset(), _BELOW)
        head, song = root.find("head"), root.find("song")
        if root.tag not in _ROOTS or head is None or song is None or root.get("type", "song") not in _SONGS:
            raise ReadError("not an LMMS project: it holds no head and no song")
        with _open(path) as stream:
            comment = _notes(stream)
    points = _tempo(head, song)
    tracks = song.findall("trackcontainer/track")[:MAX_ITEMS]
    ends = [end for track in tracks for end in _ends(track)]
    counts = Counter(_plugins(song))
    return ProjectInfo(
        format="lmms",
        daw="LMMS",
        daw_version=clean(root.get("creatorversion", "")) or None,
        bpm=tempo.start_bpm(points),
        tempo_changes=tempo.changes(points),
        time_signature=_signature(head),
        length_seconds=tempo.seconds_at(max(ends) / TICKS_PER_QUARTER, points) if ends else None,
        comment=comment,
        tracks=tuple(_track(track) for track in tracks if track.get("type") in _KINDS),
        plugins=tuple(Plugin(each.name, None, each.format, n) for each, n in counts.items())[:MAX_ITEMS],
        samples=_samples(song),
    )


# ---------------------------------------------------------------- time


def _value(head: Element, name: str) -> str | None:
    """A setting is an attribute, or an element of that name once it is automated."""
    element = head.find(name)
    return head.get(name) if element is None else element.get("value")


def _signature(head: Element) -> str | None:
    parts = [number(_value(head, f"timesig_{part}"), 1, 999) for part in ("numerator", "denominator")]
    return "/".join(f"{part:.0f}" for part in parts if part) if all(parts) else None


def _tempo(head: Element, song: Element) -> list[tempo.Point]:
    """The tempo that is set, and the automation that names it by its number."""
    current = number(_value(head, "bpm")) or 0.0
    points = [(-1.0, current)]
    setting = head.find("bpm")
    for clip in _automation(song, None if setting is None else setting.get("id")):
        start = number(clip.get("pos"), 0, MAX_TICKS) or 0.0
        length = number(clip.get("len"), 1, MAX_TICKS) or MAX_TICKS
        held = True
        for time in sorted(clip.iterfind("time"), key=_position):
            beat = (start + _position(time)) / TICKS_PER_QUARTER
            value = number(time.get("value"), tempo.SLOWEST, tempo.FASTEST)
            if value is None or _position(time) > length or len(points) >= MAX_ITEMS:
                continue
            if held:  # up to the first one, and always where the clip is not set to go there evenly
                points.append((beat, current))
            points.append((beat, value))
            current, held = value, clip.get("prog", "0") == "0"
    return tempo.in_order(points)


def _automation(song: Element, identity: str | None) -> list[Element]:
    """What automates the setting with this number, in order of time; global clips lie on a hidden track."""
    clips = [
        clip
        for clip in [*song.iterfind("track/*"), *song.iterfind("trackcontainer/track/*")]
        if clip.tag in _AUTOMATION
        and identity is not None
        and any(target.get("id") == identity for target in clip.iterfind("object"))
        and clip.get("mute", clip.get("muted", "0")) == "0"
    ]
    return sorted(clips, key=_position)


def _position(element: Element) -> float:
    return number(element.get("pos"), 0, MAX_TICKS) or 0.0


def _ends(track: Element) -> Iterator[float]:
    """Where each clip of a track ends, in ticks."""
    for clip in track:
        length = number(clip.get("len"), 0, MAX_TICKS)
        if clip.tag in _CLIPS and length:
            yield _position(clip) + length


# ---------------------------------------------------------------- tracks, plug-ins, samples


def _track(track: Element) -> Track:
    """A track of the song editor; those nested in its beats are not shown there."""
    chains = (*track.iterfind("instrumenttrack/instrument"), *track.iterfind("*/fxchain/effect"))
    return Track(
        name=clean(track.get("name", "")),
        kind=_KINDS[track.get("type", "")],
        muted=track.get("muted", "0") not in ("0", ""),
        frozen=any(clip.get("frozen") == "1" for clip in track),  # up to 0.4
        devices=tuple(plugin.name for element in chains if (plugin := _plugin(element))),
    )


def _plugins(song: Element) -> list[Plugin]:
    """Instruments, then effects, nested and mixed ones too."""
    elements = [*song.iter("instrument"), *song.iter("effect")]
    return [plugin for element in elements if (plugin := _plugin(element))]


def _plugin(element: Element) -> Plugin | None:
    """What an instrument or effect is; where it wraps a plug-in, that."""
    name = clean(element.get("name", ""))
    key = {each.get("name"): clean(each.get("value", ""), MAX_PATH) for each in element.iterfind("key/attribute")}
    vestige = element.find("vestige")
    if vestige is not None:
        key["file"] = clean(vestige.get("plugin", ""), MAX_PATH)
    if name in ("vestige", "vsteffect") and key.get("file"):
        return Plugin(_stem(key["file"]), None, "vst2")
    if name == "ladspaeffect" and (key.get("plugin") or key.get("file")):
        return Plugin(key.get("plugin") or key["file"], None, "ladspa")
    if name in ("lv2instrument", "lv2effect") and key.get("uri"):
        return Plugin(key["uri"], None, "lv2")
    return Plugin(name, None, "builtin") if name else None


def _stem(path: str) -> str:
    return re.split(r"[\\/]", path)[-1].rpartition(".")[0] or path


def _samples(song: Element) -> tuple[SampleRef, ...]:
    """Each file once that a sampler or a sample track plays."""
    found: dict[str, SampleRef] = {}
    for element in song.iter():
        path = clean(element.get("src", ""), MAX_PATH) if element.tag in _PLAYERS else ""
        if not path or len(found) >= MAX_ITEMS:
            continue
        if path.startswith("local:"):
            found.setdefault(path, SampleRef(path, path.removeprefix("local:")))
        elif _OWN_FOLDERS.match(path):
            found.setdefault(path, SampleRef(path, status="unresolved"))
        else:
            found.setdefault(path, SampleRef(path))
    return tuple(found.values())


# ---------------------------------------------------------------- notes


class _Text(HTMLParser):
    """The text of what Qt's editor saves as HTML, a line for each paragraph."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]
        self._styles = False

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._styles = tag == "style"
        if tag in ("p", "br"):
            self.lines.append("")

    def handle_endtag(self, _tag: str) -> None:
        self._styles = False

    def handle_data(self, data: str) -> None:
        if not self._styles:
            self.lines[-1] += data.replace("\n", " ")


def _notes(stream: IO[bytes]) -> str | None:
    """The project's notes, unless nobody touched them."""
    pieces: list[str] = []
    inside = False
    left = 16 * MAX_NOTES  # HTML is wordy

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal inside
        inside = tag == "projectnotes"

    def end(_tag: str) -> None:
        nonlocal inside
        inside = False

    def text(data: str) -> None:
        nonlocal left
        if inside and left > 0:
            pieces.append(data)
            left -= len(data)

    xml.walk(stream, start, end, text)
    parser = _Text()
    parser.feed("".join(pieces))
    parser.close()
    notes = clean("\n".join(line.strip() for line in parser.lines), MAX_NOTES)
    return notes if notes and notes not in _PLACEHOLDERS else None


READER = Reader(
    name="lmms",
    title="LMMS",
    version=1,
    suffixes=(".mmpz", ".mmp", ".mpt"),
    shared_suffixes=(".mpt",),
    read=read,
    sniff=sniff,
    backup_suffixes=(".mmpz.bak", ".mmp.bak"),
)
