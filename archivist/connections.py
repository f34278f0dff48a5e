"""Each call's connection to the archive, from any thread, and the database's errors as ours."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from peewee import DatabaseError

from archivist import backup
from archivist.database import ArchiveError, file_of
from archivist.tables import database

_HINTS = {
    "locked": "another archivist writes to it; try again when that has finished",
    "not a database": "it is no archivist archive, or damaged",
    "malformed": "it is damaged",
    "readonly": "no permission to write to it",
    "full": "the disk is full; what was finished is kept",
    "disk I/O": "it cannot be written or read (its disk fails, or a quota); what was finished is kept",
}
"""What the database says, in part → what a person is told."""


class Interrupted(Exception):
    """This read was cut short by `Connections.interrupt`."""


class Connections:
    """Of one archive. Any thread may ask."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._reading: set[sqlite3.Connection] = set()  # in the middle of a read

    @contextmanager
    def connected(self, *, writes: bool = False) -> Iterator[None]:
        """This thread's connection, opened for the outermost call and closed behind it. `interrupt` leaves
        alone the one that `writes`."""
        with translated(self._archive):
            if not database.is_closed():
                yield
                return
            with database.connection_context():
                connection = database.connection()
                if isinstance(connection, sqlite3.Connection) and not writes:
                    with self._lock:
                        self._reading.add(connection)
                try:
                    yield
                finally:
                    with self._lock:
                        self._reading.discard(connection)

    def interrupt(self) -> None:
        """Cut short the reads that run in other threads now: they raise Interrupted. PostgreSQL's run to their
        end."""
        with self._lock:
            for connection in self._reading:
                connection.interrupt()


@contextmanager
def translated(archive: str) -> Iterator[None]:
    """The database's errors as ArchiveError or Interrupted."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:  # peewee lets rows being fetched fail as they are
        text = _said(error)
        if text == "interrupted":
            raise Interrupted("cut short by a newer question") from error
        hint = next((hint for mark, hint in _HINTS.items() if mark in text), text)
        if "disk I/O" in text and (file := file_of(archive)) and shutil.disk_usage(file.parent).free < 1 << 20:
            hint = _HINTS["full"]  # a shared memory that does not fit says only that it failed
        if "damaged" in hint and (file := file_of(archive)):
            raise backup.Damaged(backup.damage(file, hint)) from error
        raise ArchiveError(f"{archive}: {hint}") from error


def _said(error: BaseException) -> str:
    """What the database said; where SQLite has rolled back by itself, as on a full disk, peewee's rollback fails
    as well and hides the reason."""
    while "cannot rollback" in str(error) and error.__context__ is not None:
        error = error.__context__
    return str(error)
