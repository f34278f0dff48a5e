"""The earlier versions that a DAW keeps of a project, found by name beside it.

Live keeps `Backup/<name> [2024-05-01 123456].als`, REAPER `<name>.rpp-bak` and `Backups/`, Ardour
`<name>.ardour.bak`, FL Studio `Backup/<name> (overwritten at 12h34).flp`, Pro Tools
`Session File Backups/<name>.bak.001.ptx`: the project's name, and after it nothing, a bracket, a date,
or the number of a format or backup. "Song 2" is no version of "Song". Cubase numbers its
`<name>-01.bak`, and from 14 on adds the last edit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from archivist.readers.base import Reader

MAX_BACKUPS = 1_000
MAX_ENTRIES = 20_000
"""Entries looked at of one folder."""

_AFTER_NAME = re.compile(r"|[ _]?[\[(][^\[\]()]*[\])]|[ ._-]*\d{4}-\d\d-\d\d[\d ._-]*|-\d{4}|\.bak\.\d{1,4}")
_AUTO_SAVE = re.compile(r"-\d\d(-.*)?")
_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ _T-]?(\d{6})?")


def absolute(path: Path) -> Path:
    """`path` from the root and without dots. Symbolic links stay: a root may lie behind one."""
    return Path(os.path.normpath(path.absolute()))


def project_folder(path: Path, reader: Reader, root: Path | None = None) -> Path:
    """The folder that a project's relative paths start from, absolute. A bundle is its own; otherwise
    it is the file's, or the one above where that is marked as a project's and inside `root`, or where
    the file's is a backup folder."""
    path = absolute(path)
    if reader.bundle:
        return path
    folder, above = path.parent, path.parent.parent
    if folder.name.lower() in reader.backup_folders:
        return above
    for place in (folder, above):
        inside = root is None or place.is_relative_to(root)
        if inside and any((place / mark).is_dir() for mark in reader.marks):
            return place
    return folder


def backups(path: Path, reader: Reader) -> tuple[str, ...]:
    """Earlier versions of a project by paths from its folder, newest first; a backup has none."""
    path = absolute(path)
    if path.parent.name.lower() in reader.backup_folders:
        return ()
    suffixes = reader.suffixes + reader.backup_suffixes
    stem, _ = _split(path.name, suffixes)
    found: list[tuple[str, str]] = []
    for entry in _entries(path.parent):
        if entry.name.lower() in reader.backup_folders and entry.is_dir(follow_symlinks=False):
            kept = (old for old in _entries(Path(entry.path)) if _is_version(old.name, stem, suffixes))
            found.extend((_age(old), f"{entry.name}/{old.name}") for old in kept)
        elif entry.name != path.name and _is_version(entry.name, stem, reader.backup_suffixes):
            found.append((_age(entry), entry.name))
    return tuple(name for _, name in sorted(found, reverse=True)[:MAX_BACKUPS])


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= MAX_ENTRIES:
                    return
                yield entry
    except OSError:
        return  # no folder that can be listed, so no history to show


def _split(name: str, suffixes: tuple[str, ...]) -> tuple[str, str]:
    """A name in lower case without the longest of `suffixes` that it ends with, and that suffix or ""."""
    lowered = name.lower()
    suffix = max((s for s in suffixes if lowered.endswith(s)), key=len, default="")
    return lowered.removesuffix(suffix), suffix


def _is_version(name: str, stem: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file named so is an earlier version of the project that is called `stem`."""
    version, suffix = _split(name, suffixes)
    after = version[len(stem) :]
    named = _AFTER_NAME.fullmatch(after) or (suffix == ".bak" and _AUTO_SAVE.fullmatch(after))
    return bool(suffix) and version.startswith(stem) and bool(named)


def _age(entry: os.DirEntry[str]) -> str:
    """When a version was made, as digits: by its name, which survives copying, or else by its file time."""
    stamp = _STAMP.search(entry.name)
    if stamp:
        return "".join(group or "" for group in stamp.groups())
    try:
        seconds = entry.stat(follow_symlinks=False).st_mtime
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d%H%M%S")
    except (OSError, OverflowError, ValueError):
        return ""  # gone, or no date that a calendar knows: oldest
