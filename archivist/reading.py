"""Reading one project file in a worker: its digest and what its reader sees, or why it sees nothing."""

from __future__ import annotations

import faulthandler
import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TextIO

from archivist import readers
from archivist.readers.base import ReadError, translate_errors
from archivist.records import ProjectInfo

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadJob:
    """root: the folder beyond which no path that the project names is looked up."""

    file_id: int
    path: str
    root: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    digest: bytes | None  # None: the file could not even be read
    size: int
    info: ProjectInfo | None
    error: str | None


def read_job(job: ReadJob, time_limit: float | None = None) -> ReadResult:
    """Never raises for a bad file: `error` is the line for a person. Beyond `time_limit` seconds the
    process ends, even inside C code, so that its owner sees it die."""
    if time_limit is not None:
        faulthandler.dump_traceback_later(time_limit, exit=True, file=_nowhere())
    try:
        return _read(job)
    finally:
        if time_limit is not None:
            faulthandler.cancel_dump_traceback_later()


@cache
def _nowhere() -> TextIO:
    return open(os.devnull, "w")


def _read(job: ReadJob) -> ReadResult:
    path = Path(job.path)
    try:
        with translate_errors():
            digest, size = digest_of(path)
    except ReadError as error:
        return ReadResult(None, 0, None, str(error))
    try:
        return ReadResult(digest, size, readers.read_project(path, Path(job.root)), None)
    except ReadError as error:
        reason = str(error)
    try:
        with translate_errors():
            if digest_of(path)[0] == digest:
                return ReadResult(digest, size, None, reason)
    except ReadError as error:
        return ReadResult(None, 0, None, str(error))
    return ReadResult(None, 0, None, "changed while it was read")  # tried again the next time


def digest_of(path: Path) -> tuple[bytes, int]:
    """blake2b-20 and size of a file; of a bundle folder, over the names and bytes of what it says of
    itself two levels deep, without its audio and backups."""
    state = hashlib.blake2b(digest_size=20)
    size = 0
    for file in _parts(path):
        if file != path:
            state.update(os.fsencode(file.relative_to(path).as_posix()) + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                state.update(block)
                size += len(block)
    return state.digest(), size


def _parts(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    patterns = ("*.plist", "ProjectData", "*/*.plist", "*/*/*.plist", "*/*/ProjectData", "*/ProjectData")
    found = {part for pattern in patterns for part in path.glob(pattern) if part.is_file()}
    return sorted(found)
