"""Volumes, roots, scans and files: where things lie."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from peewee import chunked, fn

from archivist.database import by_bytes, inside
from archivist.records import IndexSummary
from archivist.scan import Diff, Entry, Known
from archivist.store import many, words
from archivist.tables import File, Quarantine, Root, Scan, Volume, database
from archivist.text import clean, from_store, to_store
from archivist.volumes import Mount

_ROWS = 500


def recognize(mount: Mount) -> None:
    """A drive that was known by its mount point is known by what its system tells of it from now on."""
    if mount.formerly and not Volume.select().where(Volume.key == mount.key).exists():
        Volume.update(key=mount.key, label=clean(mount.label)).where(
            Volume.key << mount.formerly, Volume.last_path == str(mount.path)
        ).execute()


def save_volume(mount: Mount) -> Volume:
    """The volume's row, made on first sight, with where and when it was seen last."""
    recognize(mount)
    Volume.insert(
        key=mount.key, label=clean(mount.label), last_path=str(mount.path), last_seen_at=time.time()
    ).on_conflict(
        conflict_target=[Volume.key], preserve=[Volume.label, Volume.last_path, Volume.last_seen_at]
    ).execute()
    row: Volume = Volume.get(Volume.key == mount.key)
    return row


def save_root(mount: Mount, rel_path: str, kind: str) -> Root:
    volume = save_volume(mount)
    Root.insert(volume=volume, rel_path=rel_path, kind=kind).on_conflict(
        conflict_target=[Root.volume, Root.rel_path], preserve=[Root.kind]
    ).execute()
    row: Root = Root.get(Root.volume == volume, Root.rel_path == rel_path)
    return row


def remove_root(root: Root) -> None:
    """Forget a root; what was found below it stays in the archive until it is pruned."""
    root.delete_instance()


def start_scan(root: Root) -> Scan:
    now = time.time()
    host = clean(socket.gethostname())
    row: Scan = Scan.create(root=root, started_at=now, heartbeat_at=now, status="running", host=host)
    return row


def was_cut_short(root: Root) -> bool:
    """Whether the last run that looked into this root ended in the middle: killed, or by an error. What it wrote
    is whole, and what it would have derived from that is not there yet."""
    looked = Scan.select(Scan.status).where(Scan.root == root, Scan.status.not_in(("offline", "refused")))
    last = looked.order_by(Scan.id.desc()).first()
    return last is not None and last.status not in ("done", "interrupted")


def last_looked(root: Root) -> float | None:
    """When the last run that looked through all of this root ended; None before the first."""
    ended = Scan.select(fn.MAX(Scan.finished_at)).where(Scan.root == root, Scan.status == "done")
    when: float | None = ended.scalar()
    return when


def contents_since(when: float) -> Iterator[int]:
    """What files that are there hold and were first seen after `when`."""
    rows = File.select(File.content).where(
        File.first_seen_at > when, File.missing_since.is_null(), File.content.is_null(False)
    )
    return (row[0] for row in rows.distinct().tuples())


def finish_scan(
    scan: Scan, status: str, summary: IndexSummary | None = None, seen: int = 0, error: str | None = None
) -> None:
    """End a root's scan; `summary` is the whole run's, `seen` what lay below this root."""
    scan.finished_at = scan.heartbeat_at = time.time()
    scan.status = status
    scan.error = error
    if summary is not None:
        names = ("seen", "added", "changed", "moved", "missing", "back", "analysed", "failed")
        scan.counts = {name: getattr(summary, name) for name in names} | {"seen": seen}
    scan.save()


def below(volume_id: int, prefix: str) -> Any:
    """The condition that a file lies below this folder of this volume."""
    condition = File.volume == volume_id
    return condition & inside(database.obj, File.rel_path, prefix) if prefix else condition


def known_places(volume_id: int, prefix: str) -> Iterator[Known]:
    """Every place below `prefix`, in the byte order of paths; streamed, never all in memory."""
    query = File.select(File.id, File.rel_path, File.size, File.mtime_ns, File.missing_since.is_null(False)).where(
        below(volume_id, prefix)
    )
    sql, parameters = query.order_by(by_bytes(database.obj, File.rel_path)).sql()
    # Plain rows: peewee's own conversion would triple the time of a rescan.
    for file_id, path, size, mtime_ns, missing in database.execute_sql(sql, parameters):
        yield Known(file_id, path if path.isascii() else from_store(path), size, mtime_ns, bool(missing))


@dataclass(frozen=True, slots=True)
class Applied:
    """Ids of what a scan changed. `projects_touched`: a project file came, went or moved."""

    added: tuple[int, ...]
    moved: tuple[int, ...]
    projects_touched: bool


def apply_changes(volume_id: int, diff: Diff, moves: Sequence[tuple[Known, Entry]]) -> Applied:
    """Write one root's differences. A moved file keeps its row, and so its tags, labels and history."""
    now = time.time()
    moved_from = {place.id for place, _entry in moves}
    moved_to = {entry.rel_path for _place, entry in moves}
    here = {"volume": volume_id, "missing_since": None}
    many.update(File.id, {place.id: here | columns(entry) for place, entry in moves})
    added = _insert(volume_id, [entry for entry in diff.added if entry.rel_path not in moved_to], now)
    # Other bytes now: what is known of the old ones stays with their content.
    unread = {"content": None, "missing_since": None}
    touched = diff.touched  # keep their time too until they are read: a run that is cut short has not proven them
    stamps = {place.id: {"size": entry.size, "mtime_ns": entry.mtime_ns} for place, entry in diff.changed}
    many.update(File.id, {id_: unread | stamp for id_, stamp in stamps.items() if id_ not in touched})
    _update_each([*touched, *(place.id for place in diff.back)], missing_since=None)
    _update_each([place.id for place in diff.missing if place.id not in moved_from], missing_since=now)
    words.index_files([place.id for place, _entry in moves])
    differ = [*added, *moved_from, *(place.id for place, _ in diff.changed)]
    differ += [place.id for place in (*diff.back, *diff.missing)]
    return Applied(tuple(added), tuple(moved_from), _any_project(differ))


def columns(entry: Entry) -> dict[str, Any]:
    """Of `file`, what a walk tells."""
    return {
        "rel_path": entry.rel_path,
        "name": entry.name,
        "sort_name": to_store(entry.name).casefold(),
        "suffix": PurePosixPath(entry.name).suffix.lower(),
        "size": entry.size,
        "mtime_ns": entry.mtime_ns,
        "is_project": entry.is_project,
    }


def _insert(volume_id: int, entries: Sequence[Entry], now: float) -> list[int]:
    last = File.select(File.id).order_by(File.id.desc()).limit(1).scalar() or 0
    for batch in chunked(entries, _ROWS):
        rows = [columns(entry) | {"volume": volume_id, "first_seen_at": now} for entry in batch]
        many.insert(File, rows, key=[File.volume, File.rel_path], replace=[File.size, File.mtime_ns])
    added = [row[0] for row in File.select(File.id).where(File.id > last).tuples().iterator()]
    words.index_files(added)
    return added


def _update_each(ids: Iterable[int], **values: Any) -> None:
    for batch in chunked(ids, _ROWS):
        File.update(**values).where(File.id << batch).execute()


def _any_project(ids: Iterable[int]) -> bool:
    return any(
        File.select(File.id).where(File.id << batch, File.is_project).exists() for batch in chunked(ids, _ROWS)
    )


def save_quarantine(file_id: int, stamp: str, reason: str) -> None:
    """This file killed its worker: it is left alone until it, or what killed it, has changed."""
    file = File.get_by_id(file_id)
    Quarantine.insert(
        file=file_id,
        size=file.size,
        mtime_ns=file.mtime_ns,
        stamp=stamp,
        reason=clean(reason),
        at=time.time(),
    ).on_conflict(
        conflict_target=[Quarantine.file],
        preserve=[Quarantine.size, Quarantine.mtime_ns, Quarantine.stamp, Quarantine.reason, Quarantine.at],
    ).execute()
