"""Which of the samples that a project names are there: found, missing, or unresolved.

Projects carry the paths of the machine that saved them. A sample is looked for at its place relative
to the project, then by its name in the project's folder, letter case and Unicode form aside. It is
"missing" where it should lie with the project and does not, and "unresolved" where only the machine
that saved it could tell: another drive, a factory library, a network share. Nothing outside `root` is
touched, not even asked whether it exists: a share could be sent this user's password. No symbolic
link is followed.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from archivist.records import SampleRef, SampleStatus

MAX_ENTRIES = 100_000
"""Folder entries looked at for one project; where there are more, a name that was not seen is unresolved."""

_ABSOLUTE = re.compile(r"/|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]+:|%[^%/]+%|~")
"""A root, a drive, the scheme of a URL, FL Studio's or Windows' %variable%, somebody's home."""

_FOREIGN = re.compile(r"//|/net/|/Volumes/|/mnt/|/media/|[A-Za-z][A-Za-z0-9+.-]+:|%[^%/]+%", re.IGNORECASE)
"""What may be a network share or another drive: only a path inside a root with the same start is touched."""


def resolve(samples: Iterable[SampleRef], folder: Path, root: Path) -> tuple[SampleRef, ...]:
    """`samples` with a status each. `folder` is the project's, absolute and inside `root`."""
    names = _Names(folder)
    return tuple(
        sample if sample.status is not None else replace(sample, status=_status(sample, folder, root, names))
        for sample in samples
    )


def _status(sample: SampleRef, folder: Path, root: Path, names: _Names) -> SampleStatus:
    stored = _without_scheme(sample.path.replace("\\", "/"))
    places = [place for text in (sample.relative, stored) if (place := _place(text, folder, root))]
    if any(_is_file(place, root) for place in places):
        return "found"
    if names.contain(stored.rpartition("/")[2]):
        return "found"
    return "missing" if places and names.complete else "unresolved"


def _without_scheme(path: str) -> str:
    """The path of a file: URL (AAF writes those) that names no host; everything else as it is."""
    if not path.lower().startswith("file:"):
        return path
    host, slash, rest = path[5:].removeprefix("//").partition("/")
    if host not in ("", "localhost"):
        return path
    rest = unquote(slash + rest, errors="surrogateescape")
    return rest[1:] if re.match(r"/[A-Za-z]:/", rest) else rest


def _place(text: str | None, folder: Path, root: Path) -> str | None:
    """Where `text` leads, absolute and without dots; None unless that is inside `root`."""
    if not text:
        return None
    text = text.replace("\\", "/")
    inside = root.as_posix().rstrip("/") + "/"
    if _ABSOLUTE.match(text):
        foreign = _FOREIGN.match(text)
        if foreign and not inside.casefold().startswith(foreign[0].casefold()):
            return None
    else:
        text = f"{folder.as_posix()}/{text}"
    place = os.path.normpath(text).replace("\\", "/")
    return place if place.startswith(inside) else None


def _is_file(place: str, root: Path) -> bool:
    """Whether a regular file is there, reached without a symbolic link below `root`."""
    here = root
    mode = 0
    try:
        for part in Path(place).relative_to(root).parts:
            here = here / part
            mode = here.lstat().st_mode
            if stat.S_ISLNK(mode):
                return False
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode)


class _Names:
    """The names of the files below a folder, walked once and only when first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: frozenset[str] | None = None
        self.complete = True

    def contain(self, name: str) -> bool:
        if self._names is None:
            self._names = frozenset(self._walk())
        return bool(name) and _folded(name) in self._names

    def _walk(self) -> Iterable[str]:
        folders = [os.fspath(self._folder)]
        left = MAX_ENTRIES
        while folders:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        left -= 1
                        if left < 0:
                            self.complete = False
                            return
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        elif entry.is_file(follow_symlinks=False):
                            yield _folded(entry.name)
            except OSError:  # a folder that cannot be listed: what may be in it is not known to be missing
                self.complete = False


def _folded(name: str) -> str:
    """A name as macOS and Windows compare them."""
    return unicodedata.normalize("NFC", name).casefold()
