"""How many results carry each key, tempo, DAW, instrument, kind and year."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from peewee import SQL, Select, Value, fn

from archivist.offline import NOTHING, Offline
from archivist.query.compile import compile
from archivist.query.nodes import EVERYTHING, Query
from archivist.records import Facet, FacetCount
from archivist.tables import Content, File, Project, database
from archivist.vocabulary import FAMILIES

_CHUNK = 5_000  # rows counted at a time
_NANOSECONDS = 1_000_000_000


def facets(
    query: Query, *, projects: bool = False, offline: Offline = NOTHING, now: float | None = None
) -> tuple[Facet, ...]:
    """Counts of each facet, most first; years newest first, tempi upwards. Needs an open connection.

    A row counts once for its instrument and once more for the instrument's family.
    """
    moment = time.time() if now is None else now
    counters = _counted(query, projects, offline, moment)
    return tuple(_facet(name, counters[name]) for name in _TERMS if counters.get(name))


_TERMS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "key": lambda key: (key, f'key:"{key}"'),
    "bpm": lambda band: (f"{band * 10}–{band * 10 + 9}", f"bpm:{band * 10}..{band * 10 + 9}"),
    "instrument": lambda name: (name, f"instrument:{name}"),
    "kind": lambda name: (name, f"kind:{name}"),
    "daw": lambda name: (name, f"daw:{name}"),
    "year": lambda year: (str(year), f"date:{year}"),
}
"""What stands for a value, and the term that asks for it."""


def _facet(name: str, counter: Counter[Any]) -> Facet:
    if name == "bpm":
        ordered = sorted(counter.items())
    elif name == "year":
        ordered = sorted(counter.items(), reverse=True)
    else:
        ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return Facet(name, tuple(FacetCount(*_TERMS[name](value), count) for value, count in ordered))


def _counted(query: Query, projects: bool, offline: Offline, now: float) -> dict[str, Counter[Any]]:
    select = compile(query, projects=projects, offline=offline, now=now, ordered=False)
    if projects:
        columns = {"key": Project.key, "bpm": _band(Project.bpm), "daw": Project.daw}
        counters, changes = _pass(select, columns, Project.modified_at)
        return {**counters, "year": _years(changes)}
    if query.where == EVERYTHING:
        counters = _of_all_files()
    else:
        columns = {
            "key": Content.key,
            "bpm": _band(Content.bpm),
            "instrument": Content.instrument,
            "kind": Content.kind,
            "project": File.project,
        }
        counters, changes = _pass(select, columns, File.mtime_ns)
        counters["year"] = _years(changes, _NANOSECONDS)
    counters["daw"] = _daws(counters.pop("project"))
    for family, members in FAMILIES.items():
        counters["instrument"][family] += sum(counters["instrument"][member] for member in members)
    return {name: +counter for name, counter in counters.items()}


def _pass(select: Select, columns: Mapping[str, Any], changed: Any) -> tuple[dict[str, Counter[Any]], list[float]]:
    """One pass over the rows, counted by the thousand: a GROUP BY for each column would sort each time."""
    counters: dict[str, Counter[Any]] = {name: Counter() for name in columns}
    changes: list[float] = []
    cursor = database.execute_sql(*select.columns(*columns.values(), changed).sql())
    while rows := cursor.fetchmany(_CHUNK):
        *values, times = zip(*rows, strict=True)
        for counter, column in zip(counters.values(), values, strict=True):
            counter.update(column)
        changes += times
    for counter in counters.values():
        counter.pop(None, None)
    return counters, changes


def _of_all_files() -> dict[str, Counter[Any]]:
    """The same for all files present, nearly from indexes alone: each content once, then its copies more,
    less those that no present file holds."""
    columns = {"key": Content.key, "instrument": Content.instrument, "kind": Content.kind}
    counters = {name: _grouped(column, Content.select()) for name, column in columns.items()}
    counters["bpm"] = _bands()
    columns["bpm"] = _band(Content.bpm)
    present = (File.missing_since.is_null(), ~File.is_project)
    places = File.select(File.content, fn.COUNT(File.id).alias("number")).where(*present).group_by(File.content)
    copied = places.having(fn.COUNT(File.id) > 1).alias("copied")
    copies = Content.select(*columns.values(), copied.c.number - 1).join(
        copied, on=(copied.c.content_id == Content.id)
    )
    absent = Content.select(*columns.values(), Value(-1)).where(
        ~fn.EXISTS(File.select(File.id).where(File.content == Content.id, *present))
    )
    for *values, difference in chain(database.execute(copies), database.execute(absent)):
        for name, value in zip(columns, values, strict=True):
            counters[name][value] += difference
    for name in columns:
        counters[name].pop(None, None)
    counters["project"] = _grouped(File.project, File.select().where(*present))
    counters["year"] = _years_of_all_files(present)
    return counters


def _grouped(column: Any, select: Any) -> Counter[Any]:
    rows = select.columns(column, fn.COUNT(SQL("*"))).group_by(column)
    return Counter({value: number for value, number in database.execute(rows) if value is not None})


def _band(bpm: Any) -> Any:
    """The decade that a tempo rounds into; bpm:120..129 asks for the same numbers."""
    return fn.FLOOR((bpm + 0.5) / 10).cast("INTEGER")


def _bands() -> Counter[Any]:
    """By one look into the index for each decade, as grouping by an expression would sort all tempi."""
    last = Content.select(fn.MAX(Content.bpm)).scalar() or 0.0
    bands: Counter[Any] = Counter()
    for band in range(int(last + 0.5) // 10 + 1):
        within = (Content.bpm >= band * 10 - 0.5) & (Content.bpm < band * 10 + 9.5)
        bands[band] = Content.select().where(within).count()
    return bands


def _daws(projects: Counter[Any]) -> Counter[Any]:
    daws: Counter[Any] = Counter()
    for project, daw in Project.select(Project.id, Project.daw).tuples():
        daws[daw] += projects[project]
    return daws


def _years(changes: list[float], unit: int = 1) -> Counter[Any]:
    """Local years, as date:2024 means them. `unit`: how many of the numbers make a second."""
    changes.sort()  # nearly sorted already, as ids follow time: this takes milliseconds
    years: Counter[Any] = Counter()
    start = 0
    while start < len(changes):
        year = datetime.fromtimestamp(changes[start] / unit).year
        end = bisect_left(changes, _start_of(year + 1) * unit, lo=start)
        years[year] = end - start
        start = end
    return years


def _years_of_all_files(present: tuple[Any, ...]) -> Counter[Any]:
    ends = [File.select(end(File.mtime_ns)).where(*present).scalar() for end in (fn.MIN, fn.MAX)]
    if None in ends:
        return Counter()
    first, last = (datetime.fromtimestamp(end / _NANOSECONDS).year for end in ends)
    years: Counter[Any] = Counter()
    for year in range(first, last + 1):
        start, end = (round(_start_of(each) * _NANOSECONDS) for each in (year, year + 1))
        years[year] = File.select().where(*present, File.mtime_ns >= start, File.mtime_ns < end).count()
    return years


def _start_of(year: int) -> float:
    return datetime(year, 1, 1).timestamp()
