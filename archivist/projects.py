"""Which song a project file is a version of, and which song an audio file belongs to. Pure.

A song is a folder and a name in it: `Sunrise Project/` holds `Sunrise.als`, `Sunrise v2.als` and
`Backup/Sunrise [2024-03-05 181500].als`, all versions of "Sunrise". Two songs in one folder stay two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

# Marks that only a version carries, and what a DAW writes itself: always cut.
_SURE = re.compile(
    r"""(?:
        \s*\[\d{4}-\d{2}-\d{2}[ _]\d{6}\]                         # Ableton, Studio One: backups
      | \s*\((?:overwritten|autosaved?|recovered|backup)\b[^)]*\)  # FL Studio
      | [\s_.-]+(?:v|ver|version|rev)[\s_.-]?\d{1,3}(?:\.\d{1,3})?[a-z]?
      | [\s_.-]+\d{4}[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_ T]\d{2}[-_.:]?\d{2}(?:[-_.:]?\d{2})?)?  # date, time
      | [\s_.-]+(?:autosave|backup|bak|recovered)(?:\.?\d{1,4})?           # Pro Tools: Song.bak.012
    )$""",
    re.VERBOSE | re.IGNORECASE,
)
# Words that may as well belong to the name ("Brand New"): cut where another file shares the rest.
_WORD = re.compile(
    r"[\s_.-]+(?:final|master|old|new|copy|edit|wip|take|mix|fix|alt|draft|demo)[\s_.-]?\d{0,3}$|\s*\(copy\)$",
    re.IGNORECASE,
)
# Numbers, more often part of a name ("Studio 54", "Idea 2"): cut where the plain name stands beside it.
_NUMBER = re.compile(r"(?:[\s_.-]+\d{1,4}|\s*\(\d{1,3}\))$")
# Cubase 14 names a backup's number and the last edit ("Song-02-Delete Track.bak"): cut likewise, of backups alone.
_EDIT = re.compile(r"-\d\d-")

_MEDIA_FOLDERS = frozenset(
    [
        "samples",
        "audio",
        "audio files",
        "audio clips",
        "media",
        "bounces",
        "bounce",
        "stems",
        "takes",
        "recordings",
        "recorded",
        "rendered",
        "renders",
        "mixdown",
        "mixdowns",
        "freeze",
        "interchange",
        "exports",
        "export",
        "imported",
        "processed",
    ]
)
"""Folders that a DAW or a person makes beside a project for its audio, lower case."""


_FACTORY = re.compile(
    r"""(?:^|/)(?:
        (?:[^/]*[\ _-]|project|session|song|track)?templates?  # every DAW: Project Templates, Session Templates
      | live\ recordings/[^/]*temp[^/]*                      # Ableton's unsaved sets
      | ableton/(?:factory\ packs|live[^/]*/resources) | core\ library | live\ packs
      | (?:fl\ studio[^/]*|image-line[^/]*)/data/(?:projects|demo\ projects)
      | (?:logic|garageband)[^/]*\.app/contents
      | lmms/(?:projects|samples) | hydrogen/data | mscore[^/]*/(?:demos|templates) | muse/(?:demos|templates)
      | bitwig[^/]*/installed-packages | presonus/[^/]*/(?:demos|sound\ sets)
      | demo\ (?:projects|songs|sessions) | factory\ (?:content|library|projects)
    )/""",
    re.VERBOSE | re.IGNORECASE,
)


def is_factory(path: str) -> bool:
    """Whether a project lies where a DAW keeps its own: demo songs, templates, sets never saved.

    >>> is_factory("Users/jo/Music/Live Recordings/2024-05-01 Temp Project/Temp.als"), is_factory("Songs/Sun.als")
    (True, False)
    """
    return bool(_FACTORY.search(path))


@dataclass(frozen=True, slots=True, order=True)
class Song:
    """`folder`: relative to the volume; `name`: what all its versions share; `daw`: the reader's name."""

    folder: str
    name: str
    daw: str


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A project file's place and its format's marks: suffixes to cut, and lower-case backup folders."""

    rel_path: str
    daw: str
    suffixes: tuple[str, ...]
    backup_suffixes: tuple[str, ...] = ()
    backup_folders: tuple[str, ...] = ()

    @property
    def _plain(self) -> PurePosixPath:
        """Its path; of a state inside a bundle, the bundle's."""
        path = PurePosixPath(self.rel_path)
        parts = path.parts
        inside = next((n for n, part in enumerate(parts, 1) if part.lower().endswith(self.suffixes)), len(parts))
        return PurePosixPath(*parts[:inside])

    @property
    def folder(self) -> str:
        """Where its song lives: beside a backup folder, not in it."""
        folder = self._plain.parent
        while folder.name.lower() in self.backup_folders:
            folder = folder.parent
        return "" if str(folder) == "." else str(folder)

    @property
    def stem(self) -> str:
        """The name without suffixes ("x.ardour.bak" loses both) and sure version marks."""
        name = self._plain.name
        suffixes = (*self.suffixes, *self.backup_suffixes)
        while cut := next((s for s in suffixes if name.lower().endswith(s) and len(name) > len(s)), ""):
            name = name[: -len(cut)]
        return _cut(_SURE, name)

    @property
    def is_backup(self) -> bool:
        """Never the current version while a plain file of the song exists."""
        path = PurePosixPath(self.rel_path)
        return (
            path != self._plain
            or path.name.lower().endswith(self.backup_suffixes)
            or any(part.lower() in self.backup_folders for part in path.parts[:-1])
        )


def group(files: Iterable[ProjectFile]) -> dict[str, Song]:
    """The song that each project file (by rel_path) is a version of.

    >>> paths = ("S/Sun.als", "S/Sun v2.als", "S/Sun_final FINAL.als", "S/Studio 54.als", "S/Brand New.als")
    >>> songs = group(ProjectFile(path, "ableton", (".als",)) for path in paths)
    >>> [song.name for song in songs.values()]
    ['Sun', 'Sun', 'Sun', 'Studio 54', 'Brand New']
    """
    folders: dict[tuple[str, str], list[ProjectFile]] = defaultdict(list)
    for file in files:
        folders[file.folder, file.daw].append(file)
    songs: dict[str, Song] = {}
    for (folder, daw), members in folders.items():
        stems = {file.rel_path: file.stem for file in members}
        shared = Counter(_cut(_WORD, stem).lower() for stem in set(stems.values()))
        plain = {stem.lower() for stem in stems.values()}
        spelled: dict[str, str] = {}  # one spelling for "Sun" and "sun"
        for file in members:
            name = _song_name(file, shared, plain)
            songs[file.rel_path] = Song(folder, spelled.setdefault(name.lower(), name), daw)
    return songs


def _song_name(file: ProjectFile, shared: Counter[str], plain: set[str]) -> str:
    stem = file.stem
    for mark in _EDIT.finditer(stem) if file.is_backup else ():
        if stem[: mark.start()].lower() in plain:
            return stem[: mark.start()]
    unworded = _cut(_WORD, stem)
    if shared[unworded.lower()] > 1:
        stem = unworded
    unnumbered = _cut(_NUMBER, stem)
    return unnumbered if unnumbered.lower() in plain else stem


def _cut(mark: re.Pattern[str], name: str) -> str:
    """`name` without every such mark at its end; never nothing at all."""
    name = name.strip()
    while (shorter := mark.sub("", name).rstrip(" _-.")) and shorter != name:
        name = shorter
    return name


class Territory:
    """Whose folder an audio file lies in, for the songs of one volume.

    A song alone in its folder owns everything below it that no deeper song owns. A folder of several
    songs, one that other songs' folders lie in, or a root itself is a shelf: there a song owns what
    carries its name, and a song alone there also the media folders beside it.
    """

    def __init__(self, songs: Iterable[Song], roots: Iterable[str], bundles: frozenset[str]) -> None:
        """bundles: suffixes of project folders; what lies inside such a folder is its song's."""
        self._songs: dict[str, list[Song]] = defaultdict(list)
        for song in songs:
            self._songs[song.folder].append(song)
        self._roots = frozenset(roots)
        self._bundles = tuple(bundles)
        self._folders = sorted(f"{folder}/" if folder else "" for folder in self._songs)

    def owner(self, rel_path: str) -> Song | None:
        path = PurePosixPath(rel_path)
        for ancestor in path.parents:
            folder = "" if str(ancestor) == "." else str(ancestor)
            songs = self._songs.get(folder)
            if songs:
                return self._owner_in(folder, songs, path)
        return None

    def _owner_in(self, folder: str, songs: list[Song], path: PurePosixPath) -> Song | None:
        inside = path.relative_to(folder) if folder else path
        first = inside.parts[0]
        if self._bundles and first.lower().endswith(self._bundles):
            name = first.lower()
            named = [song for song in songs if _starts_with(name, song.name.lower())]
            return max(named, key=lambda song: len(song.name), default=None)
        if len(songs) == 1 and not self._is_shelf(folder):
            return songs[0]
        name = path.name.lower()
        named = [song for song in songs if _starts_with(name, song.name.lower())]
        if named:
            return max(named, key=lambda song: len(song.name))
        beside = len(inside.parts) > 1 and first.lower() in _MEDIA_FOLDERS
        return songs[0] if beside and len(songs) == 1 else None

    def _is_shelf(self, folder: str) -> bool:
        if folder in self._roots:
            return True
        below = f"{folder}/"
        place = bisect_right(self._folders, below)
        return place < len(self._folders) and self._folders[place].startswith(below)


def _starts_with(name: str, song: str) -> bool:
    """Whether `name` begins with the song's name as a word of its own: "Sun" does not own "Sunset.wav"."""
    return name.startswith(song) and not name[len(song) : len(song) + 1].isalnum()
