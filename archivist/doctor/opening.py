"""Whether the archive can be opened and is of this archivist's schema, and the disk that it lies on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from peewee import DatabaseError

from archivist import backup, volumes
from archivist.config import Config
from archivist.database import ArchiveError, applied_migrations, file_of, known_migrations, open_database
from archivist.records import Finding
from archivist.tables import database
from archivist.text import size_text

_LOW_SPACE = 2**30


def opened(config: Config) -> Iterator[Finding]:
    """Whether it can be opened, and is of this archivist's schema. Leaves `database` bound to it."""
    file = file_of(config.archive)
    try:
        if file:
            backup.whole(file)
            if not file.exists():
                advice = "archivist add FOLDER makes it."
                yield Finding("archive", "warning", f"{file}: there is no archive yet", advice)
                return
            with file.open("rb"):
                pass
        found = open_database(config.archive, read_only=True)
        database.initialize(found)
        with found.connection_context():
            applied, known = applied_migrations(found), known_migrations()
    except OSError as error:
        yield Finding(
            "archive", "problem", f"{file}: cannot be read: {error.strerror}", "See the permissions above."
        )
        return
    except (ArchiveError, DatabaseError, sqlite3.DatabaseError) as error:
        yield broken(config, str(error))
        return
    if newer := set(applied) - set(known):
        text = f"it was written by a newer archivist ({max(newer)})"
        yield Finding("archive", "problem", text, "Update archivist: pip install -U studio-archivist")
        return
    if waiting := [name for name in known if name not in applied]:
        text = f"its schema is older than this archivist: {', '.join(waiting)} has not run"
        yield Finding(
            "schema", "warning", text, "Any command, such as archivist roots, updates it after a backup."
        )
        return
    where = f"{file}, {size_text(file.stat().st_size)}" if file else "in PostgreSQL"
    yield Finding("archive", "ok", where)
    yield Finding("schema", "ok", f"up to date: {applied[-1]}")
    if file:
        yield from _disk(file)


def broken(config: Config, found: str) -> Finding:
    file = file_of(config.archive)
    if file is None:
        return Finding("archive", "problem", found, "Is the server up? See pg_isready, and the server's log.")
    if "locked" in found:
        advice = "Another archivist writes to it; look again when that has finished."
        return Finding("archive", "problem", f"{file}: {found}", advice)
    if "readonly" in found or "unable to open" in found:  # SQLite writes beside the archive even to read it
        advice = "Run archivist as the user who owns it, or give this one the right to write to it and its folder."
        return Finding("archive", "problem", f"{file}: this user may not write to it", advice)
    good = backup.newest_good(file)
    text = found if str(file) in found else f"{file}: {found}"
    advice = (
        f"archivist backup --restore {backup.quoted(good)}"
        if good
        else f"No good backup in {backup.folder(file)}."
    )
    return Finding("archive", "problem", text.partition("; the newest good")[0], advice)


def _disk(file: Path) -> Iterator[Finding]:
    """The disk that the archive lies on."""
    mount = volumes.mount_of(file.absolute())
    if mount.network:
        advice = "Move it to a local disk, or share it by PostgreSQL: docs/operations.md."
        yield Finding("disk", "problem", f"{file}: lies on a network drive, where SQLite loses data", advice)
    free, size = shutil.disk_usage(file.parent).free, file.stat().st_size
    if free < max(_LOW_SPACE, 2 * size):
        advice = "Make room: a backup needs as much again, and a full disk stops indexing."
        yield Finding("disk", "warning", f"{size_text(free)} are free on the archive's disk", advice)
    else:
        yield Finding("disk", "ok", f"{size_text(free)} are free on the archive's disk")
