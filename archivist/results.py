"""What a query found: the ids of everything, and the rows of whatever part is looked at.

A million ids are 8 MB, a million rows would be gigabytes; so rows come page by page, by id and never by
OFFSET. A list is a picture of the moment it was asked: rows that have gone since are left out.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from peewee import Select, fn

from archivist.facets import facets
from archivist.offline import NOTHING, Offline
from archivist.query.compile import compile
from archivist.query.nodes import NEWEST_FIRST, Query, Sort
from archivist.records import FileRow, ProjectRow
from archivist.tables import Content, File, Project, Version, Volume, database

__all__ = ["Results", "Row", "facets", "find"]

Row: TypeAlias = FileRow | ProjectRow
Connect: TypeAlias = Callable[[], AbstractContextManager[Any]]
"""Opens this thread's connection for a while; `database.connection_context` is one."""

PAGE = 100  # rows
MANY = 2_000  # results, which take some 10 ms to collect
_PAGES = 50  # kept; a screen looks at two or three


def find(
    query: Query,
    *,
    projects: bool = False,
    offline: Offline = NOTHING,
    limit: int | None = None,
    now: float | None = None,
    connect: Connect | None = None,
) -> Results:
    """Everything that `query` finds, or its first `limit`, which is fast whatever the query.

    Needs an open connection; `connect` opens one when rows are looked at later. Raises QueryError on an order that
    projects do not have.
    """
    moment = time.time() if now is None else now
    ask = partial(compile, query, projects=projects, offline=offline, now=moment)
    ids = _ids(ask()) if limit is None else _first(ask, query.sort, limit)
    return Results(ids, projects, offline, connect or database.connection_context)


def _first(ask: Callable[..., Select], sort: Sort, limit: int) -> array[int]:
    """A few are best all collected, by the best index there is, then sorted; of many the first are best met
    on the way through all files in order. A bounded look in no order tells which it is."""
    some = _ids(ask(ordered=False).limit(MANY))
    if len(some) < MANY and sort == NEWEST_FIRST:
        return array("q", sorted(some, reverse=True)[:limit])
    if len(some) == MANY and len(ids := _ids(ask(dense=True).limit(limit))) == limit:
        return ids
    return _ids(ask().limit(limit))


def _ids(select: Select) -> array[int]:
    return array("q", (row[0] for row in database.execute(select)))


class Results:
    """A sequence of rows. May be read from several threads."""

    def __init__(self, ids: array[int], projects: bool, offline: Offline, connect: Connect) -> None:
        self.ids = ids
        self.projects = projects
        self._offline = offline
        self._connect = connect
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()  # least recently used first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Row]:
        """All rows, one page in memory at a time."""
        for start in range(0, len(self.ids), PAGE):
            yield from self._fetch(self.ids[start : start + PAGE])

    def rows(self, start: int, stop: int) -> list[Row]:
        """Rows start to stop - 1, from pages kept where they were looked at before."""
        stop = min(stop, len(self.ids))
        if start >= stop:
            return []
        first, last = start // PAGE, (stop - 1) // PAGE
        rows = [row for page in range(first, last + 1) for row in self._page(page)]
        return rows[start - first * PAGE : stop - first * PAGE]

    def forget(self) -> None:
        """Read rows anew from now on, after their values have changed."""
        with self._lock:
            self._pages.clear()

    def _page(self, number: int) -> list[Row]:
        with self._lock:
            if number in self._pages:
                self._pages.move_to_end(number)
                return self._pages[number]
        rows = self._fetch(self.ids[number * PAGE : (number + 1) * PAGE])
        with self._lock:
            self._pages[number] = rows
            while len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return rows

    def _fetch(self, ids: array[int]) -> list[Row]:
        with self._connect():
            found = _project_rows(ids, self._offline) if self.projects else _file_rows(ids, self._offline)
        return [found[id_] for id_ in ids if id_ in found]


def _file_rows(ids: array[int], offline: Offline) -> dict[int, Row]:
    select = (
        File.select(
            File.id, Volume.last_path, File.rel_path, File.name, Project.name, Project.daw, Content.kind,
            Content.bpm, Content.key, Content.instrument, Content.duration, Content.loudness, File.size,
            File.mtime_ns, File.missing_since, File.volume, Volume.label,
        )
        .join(Volume)
        .left_outer_join(Content, on=(File.content == Content.id))
        .left_outer_join(Project, on=(File.project == Project.id))
        .where(File.id << ids.tolist())
    )  # fmt: skip
    rows: dict[int, Row] = {}
    for id_, volume_path, rel_path, name, *middle, mtime_ns, missing_since, volume, drive in select.tuples():
        state = _state(missing_since, offline.holds(volume, rel_path))
        path = str(Path(volume_path, rel_path))
        rows[id_] = FileRow(*(id_, path, name, *middle, _iso(mtime_ns / 1e9), state, drive))
    return rows


def _project_rows(ids: array[int], offline: Offline) -> dict[int, Row]:
    current = Version.alias()
    versions = Version.select(fn.COUNT(Version.id)).where(Version.project == Project.id)
    files = File.select(fn.COUNT(File.id)).where(File.project == Project.id, ~File.is_project)
    select = (
        Project.select(
            Project.id, Volume.last_path, Project.rel_path, Project.name, Project.daw, current.daw_version,
            Project.bpm, Project.key, Project.time_signature, Project.track_count, versions, files,
            Project.modified_at, Project.missing_since, Project.volume, Volume.label,
        )
        .join(Volume)
        .left_outer_join(current, on=(current.project == Project.id) & current.is_current)
        .where(Project.id << ids.tolist())
    )  # fmt: skip
    rows: dict[int, Row] = {}
    for id_, volume_path, rel_path, *middle, modified_at, missing_since, volume, drive in select.tuples():
        state = _state(missing_since, offline.holds(volume, rel_path))
        path = str(Path(volume_path, rel_path))
        rows[id_] = ProjectRow(*(id_, path, *middle, _iso(modified_at), state, drive))
    return rows


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _state(missing_since: float | None, is_offline: bool) -> Literal["present", "missing", "offline"]:
    if is_offline:  # nobody can say whether it is still there
        return "offline"
    return "present" if missing_since is None else "missing"
