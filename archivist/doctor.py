"""Is all well: what archivist needs, where it works, and the archive itself, each with what to do about it.

Reads only: nothing is made, migrated or repaired. `docs/operations.md` says more of each finding.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from peewee import DatabaseError, DoesNotExist, fn

import taggers
from archivist import __version__, backup, pending, readers, roots, search, volumes
from archivist.config import Config
from archivist.database import (
    ArchiveError,
    applied_migrations,
    file_of,
    known_migrations,
    open_database,
)
from archivist.records import Finding
from archivist.tables import Analysis, Content, File, Project, Quarantine, Root, Scan, Tag, Volume, database

CHECKS = (
    *(
        "versions",
        "engines",
        "permissions",
        "archive",
        "schema",
        "disk",
        "integrity",
        "full text",
        "drives",
        "watch",
    ),
    *("stale", "quarantine", "counts", "backups"),
)
"""What findings are of, in their order."""

LIBRARIES = (
    "peewee", "textual", "typer", "lark", "watchdog", "numpy", "scipy", "soundfile", "soxr", "av", "tinytag",
    "wavinfo", "flpkit",
)  # fmt: skip
ENGINES = {
    "essentia": "hears tempo and key",
    "torch": "hears instruments, timbre and kind",
    "librosa": "hears tempo and key where there is no essentia",
}
WEIGHTS = ("timbre", "kind")

_GIB = 2**30
_LOW_SPACE = _GIB
_ENGINE_SECONDS = 120.0
_STALE_BACKUP = 2 * backup.WEEK
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds in every archive: `sql` counts what breaks it."""

    broken: str
    sql: str


RULES = (
    Rule(
        "files belong to a project of another drive",
        "SELECT COUNT(*) FROM file f JOIN project p ON p.id = f.project_id WHERE p.volume_id <> f.volume_id",
    ),
    Rule(
        "projects have versions, and none of them is the current one",
        "SELECT COUNT(*) FROM project p WHERE EXISTS (SELECT 1 FROM version v WHERE v.project_id = p.id) "
        "AND NOT EXISTS (SELECT 1 FROM version v WHERE v.project_id = p.id AND v.is_current)",
    ),
    Rule(
        "projects have no project file, not even a missing one",
        "SELECT COUNT(*) FROM project p WHERE NOT EXISTS "
        "(SELECT 1 FROM file f WHERE f.project_id = p.id AND f.is_project)",
    ),
    Rule("contents have no whole digest", "SELECT COUNT(*) FROM content WHERE length(digest) <> 20"),
    *(
        Rule(
            f"files have a {field} that nobody says",
            f"SELECT COUNT(*) FROM content c WHERE c.{field} IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM tag t WHERE t.content_id = c.id AND t.field = '{field}' AND NOT t.rejected)",
        )
        for field in ("bpm", "key", "kind", "instrument")
    ),
    Rule(
        "verdicts name their pair the wrong way round",
        "SELECT COUNT(*) FROM verdict v WHERE v.left_id > v.right_id",
    ),
)


def examine(config: Config, config_file: Path, *, engines: bool = True) -> Iterator[Finding]:
    """Every finding, as it is found. One of the check "archive" that is a problem says that it cannot be used.

    engines: try each engine in a process of its own, which takes seconds and survives a broken one.
    """
    yield from _versions()
    if engines:
        yield from _engines()
    yield from _weights()
    yield from _permissions(config, config_file)
    found = list(_archive(config))
    yield from found
    if not any((one.check, one.status) == ("schema", "ok") for one in found):
        return
    with database.connection_context():
        for check in (_integrity, _rules, _words, _roots, _watch_limit, _pending, _failures, _counts):
            try:
                yield from check()
            except DoesNotExist:  # a row that points at nothing: _integrity has named it
                continue
            except (DatabaseError, sqlite3.DatabaseError) as error:
                yield _broken(config, str(error))
                return
    yield from _backups(config)


# ---------------------------------------------------------------- this machine


def _versions() -> Iterator[Finding]:
    yield Finding(
        "versions", "ok", f"archivist {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        yield Finding("versions", "ok", f"SQLite {sqlite3.sqlite_version} with full text")
    except sqlite3.OperationalError:
        advice = "Use a Python from python.org, conda or your distribution: theirs have FTS5."
        yield Finding("versions", "problem", f"SQLite {sqlite3.sqlite_version} has no full text (FTS5)", advice)
    finally:
        connection.close()
    known = {name: _version(name) for name in LIBRARIES}
    yield Finding("versions", "ok", ", ".join(f"{name} {number}" for name, number in known.items() if number))
    if absent := [name for name, number in known.items() if number is None]:
        advice = "Install archivist again: pip install --force-reinstall studio-archivist"
        yield Finding("versions", "problem", f"not installed: {', '.join(absent)}", advice)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _engines() -> Iterator[Finding]:
    """Each in a process: a build for another processor dies at import, and would take `doctor` with it."""
    starting = {
        name: subprocess.Popen(
            [sys.executable, "-c", f"import {name}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for name in ENGINES
        if _version(name) is not None
    }
    works = {name: _ending(process) for name, process in starting.items()}
    needed = {"torch", "essentia" if "essentia" in works else "librosa"}
    for name, purpose in ENGINES.items():
        if works.get(name) == "":
            yield Finding("engines", "ok", f"{name} {_version(name)} {purpose}")
            continue
        text = f"{name} cannot be started: {works[name]}" if name in works else f"{name} is not installed"
        status: Literal["ok", "problem"] = "problem" if name in needed else "ok"
        advice = f"pip install --force-reinstall {name}" if name in needed else ""
        yield Finding("engines", status, f"{text}; it {purpose}", advice)


def _ending(process: subprocess.Popen[bytes]) -> str:
    """ "" where it ended well, else why not."""
    try:
        _out, said = process.communicate(timeout=_ENGINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"it took more than {_ENGINE_SECONDS:g} s"
    if process.returncode < 0:
        return f"it crashed (signal {-process.returncode})"
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return (lines[-1][:200] if lines else "it failed") if process.returncode else ""


def _weights() -> Iterator[Finding]:
    folder = Path(taggers.__file__).parent / "weights"
    absent = [name for name in WEIGHTS if not _size(folder / f"{name}.pt")]
    if absent:
        advice = "Install archivist again: pip install --force-reinstall studio-archivist"
        yield Finding("engines", "problem", f"no weights of {', '.join(absent)} in {folder}", advice)
    else:
        yield Finding("engines", "ok", f"the networks' weights are there: {', '.join(WEIGHTS)}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _permissions(config: Config, config_file: Path) -> Iterator[Finding]:
    """The archive and the log name everything a studio has; whoever writes the settings commands its indexer."""
    if sys.platform == "win32":
        return
    archive = file_of(config.archive)
    private = [archive, *(Path(f"{archive}{side}") for side in ("-wal", "-shm"))] if archive else []
    private += [one.path for one in backup.every(archive)] if archive else []
    private += [config.log] if config.log else []
    wrong = [(path, 0o600) for path in private if path and _mode(path) & 0o077]
    if _mode(config_file) & 0o022:
        wrong.append((config_file, 0o644))
    elif re.search(r"://[^/@]*:[^/@]+@", config.archive) and _mode(config_file) & 0o077:
        wrong.append((config_file, 0o600))  # a password in it
    for path, mode in wrong:
        yield Finding(
            "permissions", "problem", f"{path}: others may use it", f"chmod {mode:o} {backup.quoted(path)}"
        )
    if archive and (owner := _foreign_owner(archive)) is not None:
        advice = "Run archivist as that user, or give the file to this one with chown."
        yield Finding("permissions", "problem", f"{archive}: belongs to another user ({owner})", advice)
    if not wrong:
        yield Finding("permissions", "ok", "archive, backups, settings and log are their owner's alone")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _foreign_owner(path: Path) -> int | None:
    try:
        owner = path.stat().st_uid
    except OSError:
        return None
    return None if owner in (os.geteuid(), 0) or os.geteuid() == 0 else owner


# ---------------------------------------------------------------- the archive


def _archive(config: Config) -> Iterator[Finding]:
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
        opened = open_database(config.archive, read_only=True)
        database.initialize(opened)
        with opened.connection_context():
            applied, known = applied_migrations(opened), known_migrations()
    except OSError as error:
        yield Finding(
            "archive", "problem", f"{file}: cannot be read: {error.strerror}", "See the permissions above."
        )
        return
    except (ArchiveError, DatabaseError, sqlite3.DatabaseError) as error:
        yield _broken(config, str(error))
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
    where = f"{file}, {_bytes(file.stat().st_size)}" if file else "in PostgreSQL"
    yield Finding("archive", "ok", where)
    yield Finding("schema", "ok", f"up to date: {applied[-1]}")
    if file:
        yield from _place(file)


def _broken(config: Config, found: str) -> Finding:
    file = file_of(config.archive)
    if file is None:
        return Finding("archive", "problem", found, "Is the server up? See pg_isready, and the server's log.")
    if "locked" in found:
        advice = "Another archivist writes to it; look again when that has finished."
        return Finding("archive", "problem", f"{file}: {found}", advice)
    good = backup.newest_good(file)
    text = found if str(file) in found else f"{file}: {found}"
    advice = (
        f"archivist backup --restore {backup.quoted(good)}"
        if good
        else f"No good backup in {backup.folder(file)}."
    )
    return Finding("archive", "problem", text.partition("; the newest good")[0], advice)


def _place(file: Path) -> Iterator[Finding]:
    """The disk that the archive lies on."""
    mount = volumes.mount_of(file.absolute())
    if mount.network:
        advice = "Move it to a local disk, or share it by PostgreSQL: docs/operations.md."
        yield Finding("disk", "problem", f"{file}: lies on a network drive, where SQLite loses data", advice)
    free, size = shutil.disk_usage(file.parent).free, file.stat().st_size
    if free < max(_LOW_SPACE, 2 * size):
        advice = "Make room: a backup needs as much again, and a full disk stops indexing."
        yield Finding("disk", "warning", f"{_bytes(free)} are free on the archive's disk", advice)
    else:
        yield Finding("disk", "ok", f"{_bytes(free)} are free on the archive's disk")


def _bytes(count: float) -> str:
    """
    >>> _bytes(512), _bytes(3 * 2**30)
    ('512 B', '3.0 GiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def _roots() -> Iterator[Finding]:
    every = roots.every()
    if not every:
        yield Finding("drives", "warning", "the archive has no root yet", "archivist add FOLDER")
    for root in every:
        if root.status == "offline":
            advice = "Connect its drive to index it; until then it stays searchable. Moved? archivist relocate."
            yield Finding("drives", "warning", f"{root.path}: offline", advice)
            continue
        try:
            with os.scandir(root.path) as entries:
                next(entries, None)
            free = shutil.disk_usage(root.path).free
        except OSError as error:
            text = f"{root.path}: cannot be listed: {error.strerror}"
            yield Finding(
                "drives", "problem", text, "Give this user the right to read it; check the drive and cable."
            )
            continue
        if root.last_indexed is None:
            text = f"{root.path}: online, never indexed"
            yield Finding("drives", "warning", text, "archivist index")
        else:
            text = f"{root.path}: online, {root.files} files, {_bytes(free)} free"
            yield Finding("drives", "ok", text)


def _watch_limit() -> Iterator[Finding]:
    """`watch` needs one inotify watch for each folder (Linux)."""
    try:
        limit = int(_WATCHES.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    folders = File.select(fn.COUNT(fn.DISTINCT(_folder()))).where(File.missing_since.is_null()).scalar()
    if folders * 1.2 > limit:
        line = f"echo fs.inotify.max_user_watches={2 * folders}"
        advice = f"{line} | sudo tee /etc/sysctl.d/60-archivist.conf; sudo sysctl --system"
        text = f"`watch` may watch {limit} folders, and the archive has {folders}"
        yield Finding("watch", "warning", text, advice)
    else:
        yield Finding("watch", "ok", f"inotify may watch {limit} folders, the archive has {folders}")


def _folder() -> Any:
    return fn.SUBSTR(File.rel_path, 1, fn.LENGTH(File.rel_path) - fn.LENGTH(File.name))


def _integrity() -> Iterator[Finding]:
    if not search.is_sqlite(database):
        return
    said = [str(row[0]) for row in database.execute_sql("PRAGMA quick_check(3)")]
    if said != ["ok"]:
        raise sqlite3.DatabaseError(f"it is damaged: {'; '.join(said)[:300]}".replace("\n", " "))
    lost = database.execute_sql("PRAGMA foreign_key_check").fetchmany(1000)
    if lost:
        tables = ", ".join(sorted({row[0] for row in lost}))
        count = f"{len(lost)}{'+' * (len(lost) == 1000)}"
        advice = "Restore a backup from before it, or report it: archivist never leaves such rows."
        yield Finding("integrity", "problem", f"{count} rows of {tables} point at nothing", advice)
    else:
        yield Finding("integrity", "ok", "every page and every reference holds")


def _rules() -> Iterator[Finding]:
    broken = 0
    for rule in RULES:
        count = database.execute_sql(rule.sql).fetchone()[0]
        if count:
            broken += 1
            if _unfinished():
                advice = "archivist index: the last run was cut short, and the next completes it."
                yield Finding("integrity", "warning", f"{count} {rule.broken}", advice)
            else:
                advice = "archivist index; if that does not put it right, restore a backup, and report it."
                yield Finding("integrity", "problem", f"{count} {rule.broken}", advice)
    if not broken:
        yield Finding("integrity", "ok", f"all {len(RULES)} rules of the archive hold")


def _unfinished() -> bool:
    """Whether the last run over some root has not ended, or was cut short."""
    newest = Scan.select(fn.MAX(Scan.id)).group_by(Scan.root)
    return bool(
        Scan.select().where(Scan.id << newest, Scan.status << ("running", "interrupted", "failed")).exists()
    )


def _words() -> Iterator[Finding]:
    """Whether the full-text index holds each file and project, once, and is whole in itself."""
    sqlite = search.is_sqlite(database)
    broken = 0
    for table, words in (("file", "file_search"), ("project", "project_search")):
        rows, key = (f"{words}_docsize", "id") if sqlite else (words, "id")
        for text, sql in (
            (
                f"{table}s are not found by words",
                f"SELECT COUNT(*) FROM {table} WHERE id NOT IN (SELECT {key} FROM {rows})",
            ),
            (
                f"words are left of {table}s that are gone",
                f"SELECT COUNT(*) FROM {rows} WHERE {key} NOT IN (SELECT id FROM {table})",
            ),
        ):
            if count := database.execute_sql(sql).fetchone()[0]:
                broken += 1
                yield Finding("full text", "problem", f"{count} {text}", _REBUILD)
        if sqlite and (found := _fts_flaw(words)):
            broken += 1
            yield Finding("full text", *found)
    if not broken:
        yield Finding("full text", "ok", "every file and project is found by its words")


_REBUILD = "Restore the last backup and index again: archivist backup --restore FILE; archivist index"


def _fts_flaw(table: str) -> tuple[Any, str, str] | None:
    """FTS5's own check is written as an INSERT, and so waits for whoever writes."""
    try:
        with database.atomic():
            database.execute_sql(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
    except (DatabaseError, sqlite3.DatabaseError) as error:
        if any(mark in str(error) for mark in ("locked", "readonly", "full")):  # of the disk
            return "warning", f"{table} was not checked: {error}", "Run doctor when nothing else writes."
        return "problem", f"{table} is damaged: {error}", _REBUILD
    return None


def _pending() -> Iterator[Finding]:
    offline = roots.offline_volumes()
    here = File.volume.not_in(sorted(offline)) if offline else File.id > 0
    projects = pending.project_files(here, {reader.name: reader.version for reader in readers.readers()})
    sounds = pending.audio_files(here, taggers.versions())
    if projects or sounds:
        text = (
            f"{len(sounds)} sounds and {len(projects)} project files wait to be heard or read, by today's versions"
        )
        yield Finding("stale", "warning", text, "archivist index")
    else:
        yield Finding("stale", "ok", "everything was heard and read by today's taggers and readers")


def _failures() -> Iterator[Finding]:
    rows = (
        File.select(Volume.last_path, File.rel_path, Quarantine.reason)
        .join(Quarantine, on=(Quarantine.file == File.id))
        .join(Volume, on=(File.volume == Volume.id))
        .where(Quarantine.size == File.size, Quarantine.mtime_ns == File.mtime_ns)
        .order_by(File.id)
    )
    killed = list(rows.tuples())
    for mount, rel_path, reason in killed[:_EXAMPLES]:
        advice = "It is left alone until it, or what reads it, changes; please report it."
        yield Finding("quarantine", "warning", f"{Path(mount, rel_path)}: {reason}", advice)
    if len(killed) > _EXAMPLES:
        yield Finding(
            "quarantine", "warning", f"and {len(killed) - _EXAMPLES} more", "archivist index names new ones."
        )
    failed = Analysis.select(fn.COUNT(fn.DISTINCT(Analysis.content))).where(Analysis.status == "error").scalar()
    if failed:
        text = f"{failed} sounds could not be heard in full: damaged, cut short, or no audio"
        yield Finding("quarantine", "warning", text, "archivist show FILE says why.")
    if not killed and not failed:
        yield Finding("quarantine", "ok", "no file is left alone")


def _counts() -> Iterator[Finding]:
    tables: dict[str, Callable[[], int]] = {
        "files": File.select().where(~File.is_project).count,
        "contents": Content.select().count,
        "projects": Project.select().count,
        "values": Tag.select().count,
        "by hand": Tag.select().where(Tag.tagger == "user").count,
        "roots": Root.select().count,
    }
    yield Finding("counts", "ok", ", ".join(f"{count()} {name}" for name, count in tables.items()))
    ahead = File.select().where(File.first_seen_at > time.time() + 24 * 3600).count()
    if ahead:
        text = f"{ahead} files were first seen in the future: the clock was wrong then, or is now"
        yield Finding("counts", "warning", text, "Set this machine's clock; nothing else is needed.")


def _backups(config: Config) -> Iterator[Finding]:
    file = file_of(config.archive)
    if file is None:
        yield Finding("backups", "ok", "PostgreSQL's are made with pg_dump")
        return
    every = backup.every(file)
    if not every:
        yield Finding(
            "backups", "warning", "there is no backup yet", "archivist backup; index takes one each week."
        )
        return
    newest = every[0]
    if found := backup.flaw(newest.path, quick=True):
        text = f"the newest backup is no good: {newest.path}: {found}"
        yield Finding("backups", "problem", text, "archivist backup, and check that disk.")
    elif time.time() - newest.taken > _STALE_BACKUP:
        days = (time.time() - newest.taken) / 86400
        yield Finding("backups", "warning", f"the newest backup is {days:.0f} days old", "archivist backup")
    else:
        yield Finding("backups", "ok", f"{len(every)}, the newest checked: {newest.path}")
