"""What lies on a drive, and how that differs from what the archive knows. Pure but for os.scandir.

`walk` and the archive both give places in the byte order of their stored paths, so `diff` merges two
sorted streams and holds only what differs: a rescan of a million unchanged files costs no memory.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from archivist.text import sort_key

SKIPPED_FOLDERS = frozenset(
    (
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "__macosx",
        "@eadir",
        "#recycle",
        "node_modules",
    )
)
"""System folders of Windows, Linux, macOS archives, Synology and QNAP, lower case."""


class Entry(NamedTuple):  # a million times: made in a third of a dataclass's time
    """A place on a drive: an audio file, a project file, a project bundle or a state inside one."""

    rel_path: str  # to the volume's mount point, with "/"
    name: str
    size: int
    mtime_ns: int
    is_project: bool = False


class Known(NamedTuple):
    """A place as the archive knows it."""

    id: int
    rel_path: str
    size: int
    mtime_ns: int
    is_missing: bool

    @property
    def name(self) -> str:
        return self.rel_path.rpartition("/")[2]


_Place = TypeVar("_Place", Entry, Known)


@dataclass(frozen=True, slots=True)
class Kinds:
    """What the walk takes notice of; suffixes lower case with the dot.

    states: the earlier states that a bundle folder keeps inside, as folders.
    """

    audio: frozenset[str]
    projects: tuple[str, ...]  # ends of names: ".ardour.bak" too
    bundles: frozenset[str]
    states: Callable[[Path], tuple[Path, ...]] = lambda _bundle: ()
    exclude: tuple[str, ...] = ()


class Waiting:
    """Folders in which something is being written: what lies directly in them is left as it is for now, and so
    is a bundle around them. Paths as an Entry's."""

    def __init__(self, folders: Iterable[str] = ()) -> None:
        self._folders = frozenset(folders)
        above = (folder.split("/")[:depth] for folder in self._folders for depth in range(folder.count("/") + 2))
        self._bundles = frozenset("/".join(parts) for parts in above)

    def __bool__(self) -> bool:
        return bool(self._folders)

    def __contains__(self, rel_path: str) -> bool:
        return rel_path.rpartition("/")[0] in self._folders or rel_path in self._bundles


@dataclass(slots=True)
class Walk:
    """Iterate it once; then `unreadable` names the folders that could not be listed (path, reason).

    ends: asked before each folder, with its place and how many entries came before; True ends the walk.
    """

    folder: Path  # absolute
    prefix: str  # of the folder, relative to its volume: "" or "Music/Archive"
    kinds: Kinds
    waiting: Waiting = field(default_factory=Waiting)
    ends: Callable[[str, int], bool] = lambda _folder, _found: False
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry]:
        """Entries in the byte order of rel_path. Links are not followed, so no loop can form."""
        patterns = "|".join(map(fnmatch.translate, self.kinds.exclude))
        exclude = re.compile(patterns, re.IGNORECASE).match if patterns else None
        states: set[str] = set()
        if self.ends(self.prefix, 0):
            return
        stack: list[Iterator[_Item]] = [iter(self._list(str(self.folder), self.prefix, exclude, states))]
        waiting = self.waiting or ()
        count = 0
        while stack:
            for _key, found in stack[-1]:
                if isinstance(found, Entry):
                    if not waiting or found.rel_path not in waiting:
                        count += 1
                        yield found
                else:
                    if self.ends(found[1], count):
                        return
                    stack.append(iter(self._list(*found, exclude, states)))
                    break
            else:
                stack.pop()

    def _list(self, folder: str, prefix: str, exclude: _Excludes | None, states: set[str]) -> list[_Item]:
        items: list[_Item] = []
        audio, projects = self.kinds.audio, self.kinds.projects
        inside = f"{prefix}/" if prefix else ""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name[0] == "." or (exclude and exclude(name)):
                        continue  # hidden, and "._x.wav" resource forks that macOS leaves on other drives
                    is_audio = name[name.rfind(".") :].lower() in audio  # suffix_of takes a tenth of a walk
                    is_project = not is_audio and name.lower().endswith(projects)
                    if (is_audio or is_project) and entry.is_file(follow_symlinks=False):
                        try:
                            stat = entry.stat(follow_symlinks=False)
                        except FileNotFoundError:  # gone since the folder was listed
                            continue
                        found = Entry(inside + name, name, stat.st_size, stat.st_mtime_ns, is_project)
                        items.append((sort_key(name), found))
                    elif entry.is_dir(follow_symlinks=False) and name.lower() not in SKIPPED_FOLDERS:
                        items += self._folder(entry, inside + name, states)
        except OSError as error:
            self.unreadable.append((prefix, error.strerror or str(error)))
        items.sort(key=_by_key)
        return items

    def _folder(self, entry: os.DirEntry[str], rel_path: str, states: set[str]) -> list[_Item]:
        key = sort_key(entry.name)
        items: list[_Item] = [(f"{key}/", (entry.path, rel_path))]
        is_bundle = suffix_of(entry.name) in self.kinds.bundles
        if is_bundle:
            inside = self.kinds.states(Path(entry.path))
            states.update(f"{rel_path}/{state.relative_to(entry.path).as_posix()}" for state in inside)
        if is_bundle or rel_path in states:
            size, mtime_ns = bundle_stat(Path(entry.path), self.kinds.audio)
            items.append((key, Entry(rel_path, entry.name, size, mtime_ns, True)))
        return items


_Item = tuple[str, "Entry | tuple[str, str]"]
_Excludes = Callable[[str], object]
_by_key = itemgetter(0)


def suffix_of(name: str) -> str:
    """As Path.suffix, in lower case; no Path is made for each of a million files.

    >>> suffix_of("Kick.WAV"), suffix_of(".wav"), suffix_of("Kick")
    ('.wav', '', '')
    """
    stem, dot, end = name.rpartition(".")
    return dot + end.lower() if stem else ""


def bundle_stat(bundle: Path, audio: frozenset[str]) -> tuple[int, int]:
    """(bytes, newest mtime_ns) of what a bundle folder says of itself: its audio and backups left out."""
    size = newest = 0
    for folder, folders, names in os.walk(bundle):
        depth = len(Path(folder).relative_to(bundle).parts)
        folders[:] = [name for name in folders if depth < 2 and "backup" not in name.lower()]
        for name in names:
            if suffix_of(name) in audio:
                continue
            try:
                stat = Path(folder, name).lstat()
            except OSError:
                continue
            size += stat.st_size
            newest = max(newest, stat.st_mtime_ns)
    return size, newest


@dataclass(slots=True)
class Diff:
    """What a walk found against what was known. `back` were missing and are there again, unchanged."""

    seen: int = 0
    known: int = 0  # places that were not missing before
    added: list[Entry] = field(default_factory=list)
    changed: list[tuple[Known, Entry]] = field(default_factory=list)
    back: list[Known] = field(default_factory=list)
    missing: list[Known] = field(default_factory=list)

    @property
    def touched(self) -> dict[int, int]:
        """Of changed sounds that differ in their time alone: id → that time. They may hold the same bytes."""
        return {
            place.id: entry.mtime_ns
            for place, entry in self.changed
            if place.size == entry.size and not entry.is_project
        }


def diff(known: Iterable[Known], found: Iterable[Entry], unreadable: Sequence[tuple[str, str]]) -> Diff:
    """Merge both streams. What lies below a folder that turned out unreadable is neither seen nor missing.

    unreadable: `Walk.unreadable` of the walk behind `found`; looked at when that is exhausted.
    """
    result = Diff()
    stored = iter(known)
    old = next(stored, None)
    seen = still = 0
    for entry in found:
        seen += 1
        path = entry.rel_path
        if old is not None and old.rel_path != path:
            key = sort_key(path)
            while old is not None and sort_key(old.rel_path) < key:
                _gone(result, old)
                old = next(stored, None)
        if old is None or old.rel_path != path:
            result.added.append(entry)
            continue
        if old.size != entry.size or old.mtime_ns != entry.mtime_ns:
            result.changed.append((old, entry))
        elif old.is_missing:
            result.back.append(old)
        still += not old.is_missing
        old = next(stored, None)
    result.seen, result.known = seen, still + result.known
    while old is not None:
        _gone(result, old)
        old = next(stored, None)
    if unreadable:
        hidden = tuple(f"{prefix}/" if prefix else "" for prefix, _reason in unreadable)
        result.missing = [place for place in result.missing if not place.rel_path.startswith(hidden)]
    # Ids then ascend with the files' own dates, which makes "newest first" free of sorting.
    result.added.sort(key=lambda entry: entry.mtime_ns)
    return result


def _gone(result: Diff, old: Known) -> None:
    if not old.is_missing:
        result.known += 1
        result.missing.append(old)


MTIME_TOLERANCE = 2_000_000_000
"""ns by which a file's time may differ on another file system: FAT keeps even seconds."""


def match_moves(missing: Iterable[Known], added: Iterable[Entry]) -> list[tuple[Known, Entry]]:
    """Pairs that look like one file in a new place: same size and time, and no other candidate on
    either side unless the names of file and folders decide. It is a suggestion: who reads the file proves it
    by digest.
    """
    lost: dict[tuple[int, int], list[Known]] = defaultdict(list)
    for place in missing:
        lost[place.size, place.mtime_ns].append(place)
    moves: list[tuple[Known, Entry]] = []
    coarse: list[Entry] = []
    fresh: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for entry in added:
        if (entry.size, entry.mtime_ns) in lost:
            fresh[entry.size, entry.mtime_ns].append(entry)
        else:
            coarse.append(entry)
    for stamp, entries in fresh.items():
        moves += _pairs(lost.pop(stamp), entries)
    return moves + _coarse_moves(lost, coarse)


def _coarse_moves(lost: dict[tuple[int, int], list[Known]], added: Iterable[Entry]) -> list[tuple[Known, Entry]]:
    """As `match_moves`, for files that came to a file system which keeps time less finely, or from one."""
    nearby: dict[tuple[int, int], list[Known]] = defaultdict(list)
    for (size, mtime_ns), places in lost.items():
        nearby[size, mtime_ns // MTIME_TOLERANCE] += places
    fresh: dict[tuple[int, ...], tuple[list[Known], list[Entry]]] = {}
    for entry in added:
        tick = entry.mtime_ns // MTIME_TOLERANCE
        places = [place for near in (tick - 1, tick, tick + 1) for place in nearby.get((entry.size, near), ())]
        places = [place for place in places if abs(place.mtime_ns - entry.mtime_ns) <= MTIME_TOLERANCE]
        if places:
            fresh.setdefault(tuple(place.id for place in places), (places, []))[1].append(entry)
    taken: set[int] = set()
    moves = []
    for places, entries in fresh.values():
        free = [place for place in places if place.id not in taken]
        pairs = _pairs(free, entries)
        taken.update(place.id for place, _entry in pairs)
        moves += pairs
    return moves


def _pairs(places: list[Known], entries: list[Entry]) -> list[tuple[Known, Entry]]:
    """Which lost place is which new one, of those that share a size and a time."""
    if len(places) == len(entries) == 1:
        return [(places[0], entries[0])]
    pairs = []
    for depth in range(_MOST_FOLDERS, 0, -1):  # the most names in common first
        old, new = _by_tail(places, depth), _by_tail(entries, depth)
        sure = [tail for tail, found in old.items() if len(found) == len(new.get(tail, ())) == 1]
        pairs += [(old[tail][0], new[tail][0]) for tail in sure]
        paired = {id(item) for tail in sure for item in (old[tail][0], new[tail][0])}
        places = [place for place in places if id(place) not in paired]
        entries = [entry for entry in entries if id(entry) not in paired]
    return pairs


_MOST_FOLDERS = 4  # names at a path's end that are compared


def _by_tail(items: Iterable[_Place], depth: int) -> dict[str, list[_Place]]:
    found: dict[str, list[_Place]] = defaultdict(list)
    for item in items:
        found["/".join(item.rel_path.rsplit("/", depth)[-depth:])].append(item)
    return found


def shared_tail(one: str, other: str) -> int:
    """How many names at the ends of two paths are the same.

    >>> shared_tail("Old/Kit/Kick.wav", "New/2024/Kit/Kick.wav"), shared_tail("a.wav", "b.wav")
    (2, 0)
    """
    names = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return next((count for count, (a, b) in enumerate(names) if a != b), min(one.count("/"), other.count("/")) + 1)
