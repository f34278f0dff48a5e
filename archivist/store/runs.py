"""Runs of indexing that came to their end, and since when what they saw wrong has been so."""

from __future__ import annotations

import socket
import time
from dataclasses import asdict, replace
from typing import Any

from peewee import chunked

from archivist.records import Failure, IndexSummary
from archivist.tables import Conflict, IndexRun, LostSample, Setting, database
from archivist.text import clean, to_store

_FAILURES = 1_000  # kept of one run
_ROWS = 500
_UNNOTED = "unnoted"
"""The setting that stands while a run goes on, and after one that was killed: what it saw is noted by the next."""


def begin() -> bool:
    """Whether the run before did not come to its end."""
    unnoted = Setting.get_or_none(Setting.key == _UNNOTED) is not None
    Setting.insert(key=_UNNOTED, value=str(time.time())).on_conflict_ignore().execute()
    return unnoted


def end(command: str, started_at: float, summary: IndexSummary) -> None:
    """Keep the run. Of one that watched and saw nothing nobody needs to know."""
    Setting.delete().where(Setting.key == _UNNOTED).execute()
    if command != "watch" or has_news(summary):
        kept = replace(
            summary,
            failures=tuple(map(_stored, summary.failures[:_FAILURES])),
            refused=tuple(map(_stored, summary.refused)),
            offline=tuple(map(to_store, summary.offline)),
        )
        IndexRun.create(
            command=command,
            host=clean(socket.gethostname()),
            started_at=started_at,
            finished_at=time.time(),
            summary=asdict(kept),
        )


def has_news(summary: IndexSummary) -> bool:
    counts = ("added", "changed", "moved", "missing", "back", "analysed", "failed")
    return any(getattr(summary, name) for name in counts)


def _stored(failure: Failure) -> Failure:
    return Failure(to_store(failure.path), clean(to_store(failure.reason)))


def note_conflicts(contents: Any) -> None:
    """contents: a query for the ids of those whose values contradict each other now. The others are forgotten."""
    now = time.time()
    with database.atomic():
        apart = {row[0] for row in contents.tuples()}
        known = {row[0] for row in Conflict.select(Conflict.content).tuples()}
        for batch in chunked(known - apart, _ROWS):
            Conflict.delete().where(Conflict.content << batch).execute()
        for batch in chunked(apart - known, _ROWS):
            Conflict.insert_many([{"content": content_id, "since": now} for content_id in batch]).execute()


def note_lost_samples(uses: Any) -> None:
    """uses: a query for (project, raw path) of what is not there now. The others are forgotten."""
    now = time.time()
    with database.atomic():
        lost = set(uses.tuples())
        known = set(LostSample.select(LostSample.project, LostSample.raw_path).tuples())
        for project, raw in known - lost:
            LostSample.delete().where(LostSample.project == project, LostSample.raw_path == raw).execute()
        for batch in chunked(lost - known, _ROWS):
            LostSample.insert_many(
                [{"project": project, "raw_path": raw, "since": now} for project, raw in batch]
            ).execute()
