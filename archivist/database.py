"""Opening an archive's database: SQLite in a file by default, PostgreSQL by URL.

peewee's `db_url` fails on pragmas in a URL, cuts a path at `#` and leaves `%20` as it is, so a plain path
opens SQLite directly and only real URLs go through it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peewee import SQL, Database, ImproperlyConfigured, NodeList, SqliteDatabase, TextField
from playhouse.db_url import connect as connect_url

from archivist.text import from_store, to_store

_PRAGMAS = {
    "journal_mode": "wal",  # readers go on while the indexer writes
    "synchronous": "normal",  # with WAL: a power cut may lose the last commit, never the file
    "foreign_keys": 1,
    "busy_timeout": 10_000,  # ms
    "temp_store": "memory",
    "cache_size": -8_192,  # KiB for each connection: the system caches the file anyway
}


class ArchiveError(Exception):
    """The archive cannot be opened or used; str(error) says what to do."""


class Gone(ArchiveError):
    """The archive holds no such file or project; it may have, until another process took it out."""


def by_bytes(database: Database, column: Any) -> Any:
    """`column` as it is compared byte by byte: what SQLite does anyway, PostgreSQL by its "C" collation."""
    return column if isinstance(database, SqliteDatabase) else NodeList((column, SQL('COLLATE "C"')))


def inside(database: Database, column: Any, folder: str) -> Any:
    """The condition that the path in `column` lies below this folder, which is not the top one."""
    path, head = by_bytes(database, column), to_store(folder)
    return (path >= head + "/") & (path < head + "0")  # "0" follows "/" in ASCII


def at_or_inside(database: Database, column: Any, folder: str) -> Any:
    """The condition that the path in `column` is this folder or lies below it; "" is the top one, around all."""
    return (column == folder) | inside(database, column, folder) if folder else True


class PathField(TextField):
    """Text of a path or file name: any bytes a file system allows but NUL come back as they went in."""

    def db_value(self, value: Any) -> Any:
        return value if value is None else to_store(str(value))

    def python_value(self, value: Any) -> Any:
        return value if value is None else from_store(value)


def open_database(url: str, *, read_only: bool = False) -> Database:
    """A database that is open lazily, per thread (`with database.connection_context():`).

    url: a path, or postgresql://user@host/name. Raises ArchiveError on a scheme it does not know.
    """
    scheme, separator, _rest = url.partition("://")
    if separator and scheme in ("postgresql", "postgres"):
        try:
            remote: Database = connect_url(url, autoconnect=False)
        except ImproperlyConfigured as error:
            raise ArchiveError("PostgreSQL needs its driver: pip install 'studio-archivist[postgres]'") from error
        except ValueError as error:  # it would repeat the URL, and a password in it
            raise ArchiveError("this URL names no database; write postgresql://user@host/name") from error
        return remote
    if separator:
        raise ArchiveError(f"{url}: archives are a SQLite file or postgresql://user@host/name")
    path = Path(url).expanduser()
    if not read_only:
        _create_private(path)
    database = SqliteDatabase(
        str(path), pragmas=_PRAGMAS, lock_type="IMMEDIATE", autoconnect=False, check_same_thread=False
    )
    database.register_function(str.lower, "LOWER", 1, deterministic=True)  # SQLite's own knows ASCII alone
    return database


def file_of(url: str) -> Path | None:
    """The SQLite file that `open_database` opens; None where the archive is PostgreSQL's."""
    return None if "://" in url else Path(url).expanduser()


def _create_private(path: Path) -> None:
    """The archive names everything a studio has: its file is made for its owner alone (0600)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be opened or made: {error.strerror}") from error
    os.close(descriptor)


def known_migrations() -> tuple[str, ...]:
    """Their names, in order."""
    return tuple(sorted(entry.stem for entry in (Path(__file__).parent / "migrations").glob("[0-9]*.py")))


def applied_migrations(database: Database) -> tuple[str, ...]:
    """Those that have run, in order; needs an open connection."""
    if not database.table_exists("schema_migration"):
        return ()
    rows = database.execute_sql("SELECT name FROM schema_migration ORDER BY name").fetchall()
    return tuple(row[0] for row in rows)


def migrate(database: Database, before: Callable[[str], object] = lambda _first: None) -> list[str]:
    """Bring the schema up to date; the names of the migrations that ran. One transaction each.

    before: told the first one that is to run on an archive which holds something already.
    """
    from playhouse.migrations import MigrationError, Runner  # 30 ms that a mere `find` saves

    folder = Path(__file__).parent / "migrations"
    known = known_migrations()
    try:
        with database.connection_context():
            runner = Runner(database, str(folder), table_name="schema_migration")
            applied = applied_migrations(database)
            newer = set(applied) - set(known)
            if newer:
                raise ArchiveError(
                    f"this archive was written by a newer archivist ({max(newer)}): update archivist"
                )
            if applied and (waiting := [name for name in known if name not in applied]):
                before(waiting[0])
            return list(runner.up())
    except MigrationError as error:
        raise ArchiveError(f"the archive's schema cannot be brought up to date: {error}") from error


def is_current(database: Database) -> bool:
    """Whether every migration has run; cheap, for the start of each command."""
    with database.connection_context():
        return applied_migrations(database) == known_migrations()
