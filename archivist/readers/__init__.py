"""The DAW formats that can be read, and the one way to read a project of any of them.

    >>> reader_for(Path("Song.ALS")).title
    'Ableton Live'

A format of somebody else's comes by the entry-point group `archivist.readers`: a name for a
`base.Reader`, listed after ours.
"""

from __future__ import annotations

import logging
import stat
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from archivist.readers import (
    aaf,
    ableton,
    ardour,
    audacity,
    bitwig,
    closed,
    cubase,
    dawproject,
    flstudio,
    hydrogen,
    lmms,
    logic,
    midi,
    mpc,
    muse,
    musescore,
    protools,
    qtractor,
    reaper,
    renoise,
    rosegarden,
    studioone,
    tracker,
    waveform,
    zrythm,
)
from archivist.readers.base import Reader, ReadError, translate_errors
from archivist.readers.history import absolute, backups, project_folder
from archivist.readers.samples import resolve
from archivist.records import ProjectInfo

__all__ = [
    "READERS",
    "ReadError",
    "Reader",
    "is_project",
    "read_project",
    "reader_for",
    "readers",
    "sniff_reader",
]

READERS: tuple[Reader, ...] = (
    ableton.READER,
    reaper.READER,
    flstudio.READER,
    logic.LOGIC,
    logic.GARAGEBAND,
    ardour.READER,
    dawproject.READER,
    studioone.READER,
    bitwig.READER,
    protools.READER,
    cubase.READER,
    audacity.READER,
    lmms.READER,
    renoise.READER,
    waveform.READER,
    rosegarden.READER,
    qtractor.READER,
    zrythm.READER,
    mpc.READER,
    hydrogen.READER,
    musescore.READER,
    muse.READER,
    tracker.READER,
    midi.READER,
    aaf.READER,
    *closed.READERS,  # last: some know a file by its suffix alone
)

_log = logging.getLogger(__name__)


@cache
def readers() -> tuple[Reader, ...]:
    """Ours, then those that other packages bring. One that cannot be loaded is left out with a warning."""
    found = list(READERS)
    for entry in entry_points(group="archivist.readers"):
        try:
            reader = entry.load()
        except Exception as error:  # noqa: BLE001 - importing a stranger's module may raise anything
            _log.warning("reader %s is left out: it cannot be loaded (%s)", entry.name, error)
            continue
        if isinstance(reader, Reader):
            found.append(reader)
        else:
            _log.warning("reader %s is left out: %s is no Reader", entry.name, entry.value)
    return tuple(found)


def reader_for(path: Path) -> Reader | None:
    """The reader of files named so, whatever they hold; the longest suffix wins. Touches no disk."""
    name = path.name.lower()
    best: tuple[int, Reader] | None = None
    for reader in readers():
        for suffix in reader.suffixes + reader.backup_suffixes:
            longer = best is None or len(suffix) > best[0]
            if longer and name.endswith(suffix) and len(name) > len(suffix):
                best = len(suffix), reader
    return None if best is None else best[1]


def sniff_reader(path: Path) -> Reader | None:
    """The reader of what is in the file or folder, whatever its name."""
    return next((reader for reader in readers() if reader.sniff(path)), None)


def is_project(path: Path) -> bool:
    """Whether `path` is named as a project, and is a folder if and only if its format is one."""
    reader = reader_for(path)
    return reader is not None and path.is_dir() == reader.bundle


def read_project(path: Path, root: Path | None = None) -> ProjectInfo:
    """What a project says, with the status of its samples and the backups found beside it.

    Samples are looked for inside `root` only, by default the folder above the project's. Raises
    ReadError alone, whatever the file holds.
    """
    with translate_errors(Exception):  # the border: the next project is read whatever this one does
        reader = _chosen_reader(path)
        info = reader.read(path)
        root = None if root is None else absolute(root)
        folder = project_folder(path, reader, root)
        return replace(
            info,
            samples=resolve(info.samples, folder, root or folder.parent),
            history=info.history or backups(path, reader),
        )


def _chosen_reader(path: Path) -> Reader:
    """By name, and by what is in it. Raises ReadError where these differ or say nothing."""
    mode = path.stat().st_mode
    is_folder = stat.S_ISDIR(mode)
    if not is_folder and not stat.S_ISREG(mode):  # opening a pipe would wait for its other end
        raise ReadError("neither a file nor a folder")
    named = reader_for(path)
    if named is not None and is_folder == named.bundle and named.sniff(path):
        return named
    found = sniff_reader(path)
    if found is not None and named is None:
        return found
    if found is not None and named is not None:
        raise ReadError(f"not what its name says ({named.title}): it looks like a project of {found.title}")
    if not is_folder and path.stat().st_size == 0:
        raise ReadError("empty file")
    if named is None:
        raise ReadError("not a project of a known format")
    if is_folder != named.bundle:
        raise ReadError(f"a {'folder' if is_folder else 'file'}, which a project of {named.title} is not")
    raise ReadError(f"not a project of {named.title}, or damaged at its start")
