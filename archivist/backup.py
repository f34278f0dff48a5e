"""Copies of an archive that can be trusted: made while it is in use, checked, kept by number, and put back.

They lie in the folder `backups` beside the archive, one self-contained SQLite file each, named by the moment
they were taken (UTC): `archive-2026-11-27-014500.db`, and with `-before-0003_runs` behind it where one was
taken before that migration. A copy that does not pass SQLite's integrity check never gets its name.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

from archivist.database import ArchiveError, known_migrations
from archivist.text import printable

WEEK = 7 * 24 * 3600.0
"""Seconds after which `index` takes the next backup by itself."""

_STAMP = "%Y-%m-%d-%H%M%S"
_NAME = re.compile(r"-(\d{4}-\d\d-\d\d-\d{6})(?:-\d+)?(?:-before-\w+)?\.db$")
_SIDES = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database
_PART = ".part"
_LOCKED = 60.0  # seconds to wait for an archive that somebody has locked
_ABANDONED = 24 * 3600.0  # seconds: so old a part is no running backup's

# sqlite.org/src, os_unix.c: every connection to a WAL database holds a shared lock on these bytes.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


class Damaged(ArchiveError):
    """The archive itself does not pass the check; str(error) names the newest good backup."""


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    taken: float  # seconds since 1970


def folder(archive: Path) -> Path:
    return archive.parent / "backups"


def every(archive: Path) -> list[Backup]:
    """This archive's backups, newest first."""
    found = []
    for path in folder(archive).glob("*.db"):
        match = _NAME.search(path.name)
        if match and path.name[: match.start()] == archive.stem:
            with suppress(ValueError, OSError):  # 2026-99-99; gone since it was listed
                taken = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC).timestamp()
                found.append((taken, path.stat().st_mtime_ns, Backup(path, taken)))  # several within a second
    return [one for *_when, one in sorted(found, key=lambda row: row[:2], reverse=True)]


def newest_good(archive: Path) -> Path | None:
    """The newest backup that passes the check; reads each until one does."""
    return next((one.path for one in every(archive) if flaw(one.path) is None), None)


def is_due(archive: Path, now: float | None = None) -> bool:
    """Whether a week has gone since the last; one from the future (a clock that jumped) counts for nothing."""
    moment = time.time() if now is None else now
    return not any(-3600 <= moment - one.taken < WEEK for one in every(archive))


def take(archive: Path, target: Path | None = None, *, keep: int, reason: str = "") -> Path:
    """Copy the archive while others use it, check the copy, name it; where it is.

    target: a file, or a folder for a dated one; None is the archive's own folder of backups, of which the
    newest `keep` stay. reason: goes into the name, such as "before-0003_runs".

    Raises Damaged where the archive does not pass the check, ArchiveError where it is not there or the copy cannot
    be written; nothing is left behind, and no older backup goes before the new one is whole.
    """
    whole(archive)
    if not archive.exists():
        raise ArchiveError(f"{archive}: there is no archive yet, so nothing to back up")
    home = target is None
    target = folder(archive) if target is None else target.expanduser()
    if home:
        _make_private(target)
        _clear_parts(target, archive.stem)
    if target.is_dir():
        target = _free_name(target, archive.stem, reason)
    elif target.exists() and (target.samefile(archive) or flaw(target) is not None):
        raise ArchiveError(f"{target}: exists, and is no backup that may be replaced; name another file")
    try:
        with _part(target) as part:
            _copy(archive, part)
            if found := flaw(part):
                raise Damaged(damage(archive, found))
            _publish(part, target)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.DatabaseError) and _is_damage(error):
            raise Damaged(damage(archive, str(error))) from error
        raise ArchiveError(f"{target}: the backup cannot be written: {_why(error)}") from error
    if home:
        for old in every(archive)[max(1, keep) :]:
            with suppress(OSError):  # it stays, and goes with the next
                old.path.unlink()
    return target


def restore(archive: Path, source: Path) -> Path | None:
    """Put a backup in the archive's place; where the replaced archive lies now, None where there was none.

    Raises ArchiveError, and changes nothing, where `source` does not pass the check or another process has
    the archive open.
    """
    source = source.expanduser()
    if not source.is_file():
        raise ArchiveError(f"{source}: no such backup{_hint(archive)}")
    if archive.exists() and source.samefile(archive):
        raise ArchiveError(f"{source}: is the archive itself; name a backup of it{_hint(archive)}")
    aside = _free_name(archive.parent, archive.stem, "replaced")
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        _clear_parts(archive.parent, archive.name)
        with _part(archive) as part, _alone(archive):
            if Path(f"{source}-wal").exists():  # a replaced archive: its last changes lie there
                _copy(source, part)
            else:
                shutil.copyfile(source, part)
            if found := flaw(part):  # the copy, so that what was checked is what counts
                raise ArchiveError(f"{source}: {found}; nothing was changed{_hint(archive)}")
            replaced = _set_aside(archive, aside)
            _publish(part, archive)
    except (OSError, sqlite3.Error) as error:
        raise ArchiveError(f"{archive}: cannot be replaced by {source}: {_why(error)}") from error
    return aside if replaced else None


def whole(archive: Path) -> None:
    """Raises Damaged where an archive that was backed up is gone or empty: a new one must not take its place.
    Raises ArchiveError where it is a folder, or not to be read."""
    try:
        if archive.is_dir():
            raise ArchiveError(f"{archive}: a folder; name a file in it")
        there = archive.exists()
        if (not there or archive.stat().st_size == 0) and every(archive):
            raise Damaged(damage(archive, "it is empty" if there else "it is not there"))
        if there and _is_cut_short(archive):
            raise Damaged(damage(archive, "it is damaged: cut short"))
    except OSError as error:
        raise ArchiveError(f"{archive}: cannot be opened: {error.strerror or error}") from error


def _is_cut_short(archive: Path) -> bool:
    """Whether the file ends before the last page that its own header counts, which SQLite notices only when it
    comes to that page. With a write-ahead log beside it the header may be ahead of the file."""
    log = archive.with_name(f"{archive.name}-wal")
    if log.exists() and log.stat().st_size:
        return False
    with archive.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0") or header[24:28] != header[92:96]:
        return False  # something else, or written by an SQLite that did not count (before 3.7)
    page = int.from_bytes(header[16:18], "big")
    return archive.stat().st_size < (65_536 if page == 1 else page) * int.from_bytes(header[28:32], "big")


def damage(archive: Path, found: str) -> str:
    """One line: what is wrong with the archive, and which backup to restore."""
    return f"{archive}: {found.replace(chr(10), ' ')}{_hint(archive)}"


def _hint(archive: Path) -> str:
    good = newest_good(archive)
    if good is None:
        return f"; no good backup lies in {folder(archive)}"
    return f"; the newest good backup: archivist backup --restore {quoted(good)}"


def quoted(path: Path) -> str:
    """As one word of a command line, and fit for a screen."""
    text = printable(str(path))
    return text if re.fullmatch(r"[\w@%+=:,./\\~-]+", text) else f'"{text}"'


def flaw(path: Path, *, quick: bool = False) -> str | None:
    """Why this file is no good archive, None where it is one. Reads it whole, writes nothing, nor beside it.

    quick: without comparing each index with its table, which takes six times as long (measured: 3 s of processor
    time for 100,000 files).
    """
    try:
        if path.stat().st_size == 0:
            return "it is empty"
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            check = "quick_check" if quick else "integrity_check"
            said = [str(row[0]) for row in connection.execute(f"PRAGMA {check}(3)")]
            if said != ["ok"]:
                return f"it is damaged ({'; '.join(said)[:200]})".replace("\n", " ")
            names = {row[0] for row in connection.execute("SELECT name FROM schema_migration")}
    except sqlite3.Error as error:
        if "no such table" in str(error) or "not a database" in str(error):
            return "it is no archivist archive, or its beginning is damaged"
        return f"it is damaged or cut short ({error})"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if newer := names - set(known_migrations()):
        return f"it was written by a newer archivist ({max(newer)}): update archivist first"
    return None


def _why(error: OSError | sqlite3.Error) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return "malformed" in str(error) or "not a database" in str(error)


def _copy(archive: Path, part: Path) -> None:
    """By SQLite's backup API, in one step: with a WAL it is one moment's picture, and nobody waits for it."""
    with (
        closing(sqlite3.connect(f"{archive.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as source,
        closing(sqlite3.connect(part)) as copy,
    ):
        source.backup(copy, progress=_patient(_LOCKED))
        copy.execute("PRAGMA journal_mode = delete")  # one file, that needs nothing beside it
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'index_lock'").fetchone():
            with copy:
                copy.execute("DELETE FROM index_lock")  # who indexes now does not index the copy


def _patient(seconds: float) -> Callable[[int, int, int], None]:
    """sqlite3 tries for ever to copy an archive that somebody has locked."""
    since = time.monotonic()

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() - since > seconds:
            raise OSError("the archive is locked by another archivist; try again when that has finished")

    return look


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """A new file beside `target`, for its owner alone; gone afterwards unless it was renamed."""
    descriptor, name = tempfile.mkstemp(_PART, f".{target.name}-", target.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
    finally:
        for leftover in (part, *(Path(f"{part}{side}") for side in _SIDES)):
            with suppress(OSError):
                leftover.unlink()


def _publish(part: Path, target: Path) -> None:
    """Give a written file its name, so that a power cut leaves either none or a whole one."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
    if sys.platform != "win32":
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear_parts(place: Path, stem: str) -> None:
    """Remove what a killed backup left."""
    for part in place.glob(f".{escape(stem)}*-????????{_PART}*"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED:
                part.unlink()


def _make_private(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{place}: cannot be made for backups: {error.strerror}") from error


def _free_name(place: Path, stem: str, reason: str) -> Path:
    stamp = datetime.now(UTC).strftime(_STAMP)
    tail = f"-{reason}" if reason else ""
    for number in range(1, 1000):
        path = place / f"{stem}-{stamp}{f'-{number}' if number > 1 else ''}{tail}.db"
        if not path.exists():
            return path
    raise ArchiveError(f"{place}: a thousand backups within a second")


def _set_aside(archive: Path, aside: Path) -> bool:
    """Rename the archive with what lies beside it: a strange -wal would be played into the restored file."""
    there = archive.exists()
    if there:
        archive.rename(aside)
    for side in _SIDES:
        with suppress(FileNotFoundError):
            Path(f"{archive}{side}").rename(f"{aside}{side}")
            there = True
    return there


@contextmanager
def _alone(archive: Path) -> Iterator[None]:
    """Hold the archive against every other process, even where it is too damaged for SQLite to say who has it.

    Windows refuses to rename a file that is open, which does the same. Raises ArchiveError where one has it open.
    """
    if sys.platform == "win32" or not archive.exists():
        yield
        return
    import fcntl

    with archive.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except OSError as error:
            raise ArchiveError(
                f"{archive}: another archivist has it open; restore when that has finished. Nothing was changed"
            ) from error
        yield
