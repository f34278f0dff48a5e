"""What a reader is, the one error it may raise, and the limits that keep a hostile file cheap.

A reader is a function `read(path) -> ProjectInfo` that raises ReadError and nothing else. It opens
only its own file (or bundle folder), read-only; the paths that the file names are data.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from archivist.records import ProjectInfo

MAX_FILE = 512 * 2**20
"""Bytes read of one project file, packed or unpacked. The largest real set seen unpacks to 37 MB."""

MAX_RATIO = 400
"""Unpacked to packed size. Real files reach 66 (a Renoise Song.xml); a bomb reaches 1,000 and more."""

MAX_ITEMS = 200_000
"""Tracks, plugins, samples, markers or events that one reader keeps of one file."""

MAX_DIRECTORY = 8 * 2**20
"""Bytes of a zip's directory: some 80,000 members, and zipfile builds an object for each."""

MAX_DEPTH = 256
"""Nesting of elements or blocks."""


class ReadError(Exception):
    """This file cannot be read as that format: one line for a person that says why, without the path."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One DAW format.

    name: the slug scripts see. suffixes: lower case with the dot, current projects first; those in
    `backup_suffixes` are earlier versions of a project. sniff: whether a path's first bytes (or a
    folder's contents) look like this format, whatever it is called. bundle: a project is a folder.
    backup_folders: names, lower case, of the folders in which this DAW keeps earlier versions.
    marks: folders that this DAW puts at a project's top, so that a project file may lie deeper.
    shared_suffixes: those of the suffixes that others use too (".bak", ".mod"): a file named so that does not
    sniff is none of ours, and no failure. exchange: a format to carry music between programs (MIDI, AAF): it
    may lie beside a song, and does not make the folder its own.
    states: the folders inside a bundle that hold earlier or other versions of it; `read` takes them too.
    version: raise it when `read` learns more, and the archive reads its files again.
    """

    name: str
    title: str
    version: int
    suffixes: tuple[str, ...]
    read: Callable[[Path], ProjectInfo]
    sniff: Callable[[Path], bool]
    bundle: bool = False
    backup_suffixes: tuple[str, ...] = ()
    backup_folders: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    shared_suffixes: tuple[str, ...] = ()
    exchange: bool = False
    states: Callable[[Path], tuple[Path, ...]] = lambda _bundle: ()


@contextmanager
def translate_errors(*foreign: type[Exception]) -> Iterator[None]:
    """Turn `foreign` errors and the system's own into ReadError, at the border of a reader.

    >>> with translate_errors(KeyError):
    ...     {}["tempo"]
    Traceback (most recent call last):
    archivist.readers.base.ReadError: damaged: 'tempo'
    """
    try:
        yield
    except ReadError:
        raise
    except FileNotFoundError as error:
        raise ReadError("no such file (it vanished, or its drive did)") from error
    except PermissionError as error:
        raise ReadError("no permission to read it") from error
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise ReadError("nested too deeply") from error
    except MemoryError as error:
        raise ReadError("needs more memory than there is") from error
    except foreign as error:
        raise ReadError(f"damaged: {str(error)[:200]}") from error


def read_head(path: Path, size: int = 4096) -> bytes:
    """The first `size` bytes, or b"" where the path is a folder or cannot be opened: for `sniff`."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def read_bytes(path: Path, limit: int = MAX_FILE) -> bytes:
    """A whole file, refused when it is empty or beyond `limit`. A read past the limit never happens."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size  # read() reserves all that it is asked for
        data = file.read(min(size, limit) + 1)
    if len(data) > limit:
        raise ReadError(f"larger than {limit // 2**20} MiB")
    if not data:
        raise ReadError("empty file")
    return data


class _Bounded(io.RawIOBase):
    """A stream that raises ReadError once more than its share was read; closing it closes the stream."""

    def __init__(self, stream: IO[bytes], share: int) -> None:
        self._stream = stream
        self._left = share

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with translate_errors(EOFError, zlib.error, gzip.BadGzipFile, BadZipFile):
            data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise ReadError("unpacks to far more than a project would (a decompression bomb?)")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _share(packed: int) -> int:
    """The bytes that `packed` ones may unpack to."""
    return min(MAX_FILE, max(packed, 1024) * MAX_RATIO)


def open_plain(path: Path) -> io.BufferedReader:
    """An unpacked file as a stream bounded by MAX_FILE; close it."""
    return io.BufferedReader(_Bounded(path.open("rb"), MAX_FILE), 1 << 16)


def open_gzip(path: Path) -> io.BufferedReader:
    """A gzip file as a bounded stream; close it. Truncation and damage raise ReadError while reading."""
    return _bounded(gzip.open(path, "rb"), path.stat().st_size)  # type: ignore[arg-type]


def open_zlib(path: Path, start: int) -> io.BufferedReader:
    """The zlib stream from byte `start` of a file on, likewise."""
    return _bounded(_Inflated(path.open("rb"), start), path.stat().st_size)  # type: ignore[arg-type]


def _bounded(stream: IO[bytes], packed: int) -> io.BufferedReader:
    return io.BufferedReader(_Bounded(stream, _share(packed)), 1 << 16)


class _Inflated(io.RawIOBase):
    """The unpacked contents of a zlib stream; closing it closes the file."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        self._file = file
        self._file.seek(start)
        self._zlib = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = b""
        while not data and not self._zlib.eof:
            packed = self._zlib.unconsumed_tail or self._file.read(1 << 16)
            data = self._zlib.decompress(packed, len(buffer))
            if not packed and not data:
                raise ReadError("damaged: it ends too early")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def open_zip(path: Path) -> Iterator[ZipFile]:
    """A zip whose directory is no larger than a project's; damage raises ReadError."""
    with path.open("rb") as file:
        if _directory_size(file) > MAX_DIRECTORY:
            raise ReadError("holds more members than a project would")
        try:
            archive = ZipFile(file)
        except (BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise ReadError("a damaged or cut-off zip") from error
        with archive:
            yield archive


def _directory_size(file: IO[bytes]) -> int:
    """What a zip says its directory takes (APPNOTE 4.3.14 to 4.3.16); the most where there are several
    end records, as it is zipfile that chooses."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 22 - 0xFFFF - 76))  # the end record, its longest comment, both zip64 records
    tail = file.read()
    file.seek(0)
    declared = 0
    for end in (match.start() for match in re.finditer(b"PK\5\6", tail)):
        short = int.from_bytes(tail[end + 12 : end + 16], "little")
        if short != 0xFFFFFFFF:
            declared = max(declared, short)
        if tail[max(0, end - 20) : end].startswith(b"PK\6\7"):
            record = tail[max(0, end - 76) : end - 20]
            declared = max(declared, int.from_bytes(record[40:48], "little"))
    return declared


def open_member(archive: ZipFile, name: str) -> io.BufferedReader:
    """A member of a zip as a bounded stream; its declared size is never trusted."""
    try:
        info = archive.getinfo(name)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # lzma would reserve what it is told to
            raise NotImplementedError(f"compression method {info.compress_type}")
        stream = archive.open(info)
    except (KeyError, BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise ReadError(f"has no readable {name} inside") from error
    return _bounded(stream, info.compress_size)
