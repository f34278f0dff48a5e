"""Logic Pro (.logicx, 10.1 on) and GarageBand (.band, 10) projects: folders, on a Mac shown as files.

    Resources/ProjectInformation.plist          who saved it, the alternatives' names, which one is active
    Alternatives/NNN/MetaData.plist             tempo, signature, key, sample rate, audio files
    Alternatives/NNN/ProjectData                the song itself, read by logic_data
    Alternatives/NNN/Project File Backups/NN/   earlier saves of that alternative, each with both files
    Media/Audio Files/ or Audio Files/          what the plist calls "Audio Files/…"

`read` takes the bundle, and then reads its active alternative, or a folder in it that holds one other
state: an alternative or a backup (`versions_in` lists them). A projectData file at a .band's top is a stub
for GarageBand 6 and is ignored. Nothing behind a symbolic link inside the bundle is looked at.

The key is what the plist says. Every new project says "C major", so C major may mean that nobody set it.
Length, markers, tempo changes and mutes are stored in ways that nobody has decoded: they are unread.
"""

from __future__ import annotations

import plistlib
import re
import stat
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_bytes, translate_errors
from archivist.readers.logic_data import read_song
from archivist.records import ProjectInfo, SampleRef
from archivist.text import clean

UNREAD = ("length_seconds", "markers", "tempo_changes", "muted")

_MAX_PLIST = 16 * 2**20  # the largest seen has 4 KB
_MAX_VERSIONS = 10_000
_BACKUPS = "Project File Backups"
_STATE_FILES = ("MetaData.plist", "ProjectData")
_SHARPS = {"Db": "C#", "Eb": "D#", "Fb": "E", "Gb": "F#", "Ab": "G#", "Bb": "A#", "Cb": "B", "E#": "F", "B#": "C"}
_NOTES = frozenset({"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"})


def read(path: Path) -> ProjectInfo:
    """One state of a project. Raises ReadError."""
    bundle, state = _locate(path)
    information = _plist(bundle, "Resources", "ProjectInformation.plist")
    where = state.relative_to(bundle).parts
    meta = _plist(bundle, *where, "MetaData.plist")
    song_file = _inside(bundle, *where, "ProjectData")
    if not meta and song_file is None:
        raise ReadError("holds neither MetaData.plist nor ProjectData, so there is no song in it")

    with translate_errors():
        data = read_bytes(song_file) if song_file is not None else b""
    song = read_song(data, _whole(meta.get("NumberOfTracks")))
    daw, version = _saved_by(information, bundle)
    bpm = meta.get("BeatsPerMinute")
    versions = versions_in(bundle) if path == bundle else ()
    up = "" if path == bundle else "../" * len(where)
    plist_fields = () if meta else ("bpm", "time_signature", "key", "sample_rate", "samples")
    return ProjectInfo(
        format="garageband" if daw == "GarageBand" else "logic",
        daw=daw,
        daw_version=version,
        bpm=float(bpm) if isinstance(bpm, int | float) and 1 <= bpm <= 2_000 else None,
        time_signature=_signature(meta),
        key=_key(meta),
        sample_rate=_whole(meta.get("SampleRate")),
        title=_title(information, where),
        tracks=song.tracks,
        plugins=song.plugins,
        samples=_samples(bundle, up, meta),
        history=tuple(v.relative_to(bundle).as_posix() for v in reversed(versions)),
        unread=(*plist_fields, *song.unread, *UNREAD),
    )


def versions_in(bundle: Path) -> tuple[Path, ...]:
    """The folders of the other states that a bundle keeps, older ones first as far as their numbers tell:
    alternatives that are not the active one, and every alternative's backups. Each is a path for `read`.
    Empty where there are none, no bundle, or no listing of it, of which `read` gives the reason."""
    versions: list[Path] = []
    try:
        alternatives = _numbered(bundle, "Alternatives")
        active = _active(bundle, alternatives)
        for alternative in alternatives:
            backups = _numbered(bundle, "Alternatives", alternative.name, _BACKUPS)
            states = backups if alternative == active else [*backups, alternative]
            versions += [state for state in states if _is_state(bundle, state)]
    except ReadError:
        return ()
    return tuple(versions[:_MAX_VERSIONS])


def _locate(path: Path) -> tuple[Path, Path]:
    """The bundle, and in it the folder of the state that `path` means."""
    if path.parent.name == "Alternatives":
        return path.parents[1], path
    if path.parent.name == _BACKUPS and len(path.parents) > 3:
        return path.parents[3], path
    with translate_errors():
        if not stat.S_ISDIR(path.stat().st_mode):
            raise ReadError("a Logic or GarageBand project is a folder, and this is a file")
    active = _active(path, _numbered(path, "Alternatives"))
    if active is None:
        raise ReadError("has no Alternatives folder: no project, or one saved before Logic Pro X, GarageBand 10")
    return path, active


def _active(bundle: Path, alternatives: list[Path]) -> Path | None:
    """ActiveVariant names the alternative opened last; it is absent while there is only one."""
    states = [alternative for alternative in alternatives if _is_state(bundle, alternative)]
    try:
        number = _plist(bundle, "Resources", "ProjectInformation.plist").get("ActiveVariant", 0)
    except ReadError:  # `read` reports a damaged plist; here the lowest number is good enough
        number = 0
    return next((state for state in states if int(state.name) == number), states[0] if states else None)


def _is_state(bundle: Path, folder: Path) -> bool:
    return any(_inside(bundle, *folder.relative_to(bundle).parts, name) for name in _STATE_FILES)


def _numbered(bundle: Path, *parts: str) -> list[Path]:
    """The folders called by a number, lowest first. Raises ReadError."""
    folder = _inside(bundle, *parts)
    with translate_errors():
        names = sorted(child.name for child in folder.iterdir()) if folder is not None else []
    return [bundle.joinpath(*parts, name) for name in names if re.fullmatch("[0-9]{1,6}", name)]


def _inside(bundle: Path, *parts: str) -> Path | None:
    """A place in the bundle: None where it is absent, or where a symbolic link or ".." leads elsewhere."""
    place = bundle
    for part in parts:
        place = place / part
        try:
            mode = place.lstat().st_mode
        except (OSError, ValueError):  # ValueError: a NUL in a name out of a plist
            return None
        if part in ("..", "", ".") or not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            return None
    return place


def _plist(bundle: Path, *parts: str) -> dict[str, Any]:
    """A property list, XML or binary, as plain data; empty where the file is absent. Raises ReadError."""
    file = _inside(bundle, *parts)
    if file is None:
        return {}
    with translate_errors(
        plistlib.InvalidFileException, expat.ExpatError, ValueError, LookupError, TypeError, OverflowError
    ):
        content = plistlib.loads(read_bytes(file, _MAX_PLIST))
    if not isinstance(content, dict):
        raise ReadError(f"damaged: {parts[-1]} is no dictionary")
    return content


def _saved_by(information: dict[str, Any], bundle: Path) -> tuple[str, str | None]:
    """From "Logic Pro X 10.6.3 (5458)"; where it is missing, the folder's suffix tells the program."""
    text = information.get("LastSavedFrom")
    match = re.match(r"(.{1,60}?) (\d[\d.]{0,20})", text) if isinstance(text, str) else None
    if match is None:
        return ("GarageBand" if bundle.suffix.lower() == ".band" else "Logic Pro"), None
    return clean(match[1]), match[2]


def _title(information: dict[str, Any], where: tuple[str, ...]) -> str | None:
    names = information.get("VariantNames")
    name = names.get(str(int(where[1]))) if isinstance(names, dict) and where[1].isdecimal() else None
    return clean(name) or None if isinstance(name, str) and "{" not in name else None


def _signature(meta: dict[str, Any]) -> str | None:
    beats = _whole(meta.get("SongSignatureNumerator"))
    unit = _whole(meta.get("SongSignatureDenominator"))
    return f"{beats}/{unit}" if beats and unit else None


def _key(meta: dict[str, Any]) -> str | None:
    note, mode = meta.get("SongKey"), meta.get("SongGenderKey")
    note = _SHARPS.get(note, note) if isinstance(note, str) else None
    return f"{note} {mode}" if note in _NOTES and mode in ("major", "minor") else None


def _samples(bundle: Path, up: str, meta: dict[str, Any]) -> tuple[SampleRef, ...]:
    """Audio files, used ones first, which the plist keeps in no order. `up` leads from the folder that is
    read to the bundle. One that is not inside may lie in the project's folder, beside the bundle."""
    paths: dict[str, None] = {}
    for field in ("AudioFiles", "UnusedAudioFiles"):
        listed = meta.get(field)
        if isinstance(listed, list):
            paths |= dict.fromkeys(sorted(clean(p, 4_000) for p in listed if isinstance(p, str)))
    if len(paths) > MAX_ITEMS:
        raise ReadError("names more audio files than a project would")
    return tuple(_sample(bundle, up, path) for path in paths if path)


def _sample(bundle: Path, up: str, path: str) -> SampleRef:
    if path.startswith("/"):
        return SampleRef(path)
    for place in (PurePosixPath("Media", path), PurePosixPath(path)):
        file = _inside(bundle, *place.parts)
        if file is not None and file.is_file():
            return SampleRef(path, relative=f"{up}{place}", status="found")
    return SampleRef(path, relative=f"{up}../{path}")


def _whole(value: object) -> int | None:
    """A count or rate out of a plist: a whole number of sane size."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10_000_000:
        return None
    return int(value)


def _sniff(daw: str, path: Path) -> bool:
    """Whether a folder, whatever it is called, is a bundle that this program saved."""
    try:
        bundle, state = _locate(path)
        if not _is_state(bundle, state):
            return False
        saved_by, _ = _saved_by(_plist(bundle, "Resources", "ProjectInformation.plist"), bundle)
    except ReadError:
        return False
    return (saved_by == "GarageBand") == (daw == "GarageBand")


LOGIC = Reader(
    name="logic",
    title="Logic Pro",
    version=1,
    suffixes=(".logicx",),
    read=read,
    sniff=partial(_sniff, "Logic Pro"),
    bundle=True,
    backup_folders=(_BACKUPS.lower(),),
    states=versions_in,
)
GARAGEBAND = Reader(
    name="garageband",
    title="GarageBand",
    version=1,
    suffixes=(".band",),
    read=read,
    sniff=partial(_sniff, "GarageBand"),
    bundle=True,
    backup_folders=(_BACKUPS.lower(),),
    states=versions_in,
)
