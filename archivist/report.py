"""What is new since last time: takes, projects and what they changed, lost samples, conflicts, failures, disk.

Told from what the archive holds anyway: when a place was first seen, when a version was first read, how each
root's last look went. Only since when values conflict and samples are lost is noted, at the end of each run.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from peewee import SQL, chunked, fn

from archivist import roots
from archivist.changes import differences
from archivist.details import iso, state_of, value_text
from archivist.query.states import file_state
from archivist.records import (
    ChangedProject,
    Disagreement,
    Failure,
    IndexSummary,
    LostSamples,
    NewFiles,
    NewProject,
    Report,
)
from archivist.resolve import effective
from archivist.store import resolving, runs
from archivist.tables import (
    Analysis,
    Conflict,
    File,
    IndexRun,
    LostSample,
    Project,
    Quarantine,
    Root,
    SampleUse,
    Scan,
    Tag,
    Version,
    Volume,
)
from archivist.text import from_store

LAST = "last"
LISTED = 1_000
"""The most of one sort that are listed one by one; `counts` tells how many there are."""

_ROWS = 500
_AGE = re.compile(r"(\d{1,6})\s*([hdw])")
_SECONDS = {"h": 3_600, "d": 86_400, "w": 604_800}


def note(summary: IndexSummary, *, unnoted: bool) -> None:
    """At the end of a run: since when values conflict and samples are lost. One without news is spared."""
    if not (unnoted or runs.has_news(summary)):
        return
    here = File.content.is_null(False) & File.missing_since.is_null() & ~File.is_project
    runs.note_conflicts(File.select(File.content).where(here, file_state("conflict")).distinct())
    runs.note_lost_samples(
        Version.select(Version.project, SampleUse.raw_path)
        .join(SampleUse)
        .left_outer_join(File, on=(SampleUse.file == File.id))
        .where(
            Version.is_current,
            File.missing_since.is_null(False) | (SampleUse.file.is_null() & (SampleUse.status == "missing")),
        )
    )


def moment(text: str, now: float | None = None) -> float:
    """Seconds since 1970 of "last" (when the `archivist index` before the newest one ended; 0 without one),
    "12h", "30d", "2w", or an ISO date or time, local where it names no zone. Raises ValueError."""
    if text == LAST:
        return _last()
    if age := _AGE.fullmatch(text.strip().lower()):
        return (time.time() if now is None else now) - int(age[1]) * _SECONDS[age[2]]
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"write {LAST}, 12h, 30d, 2w, 2026-05-17 or 2026-05-17T01:00") from None


def _last() -> float:
    newest = list(IndexRun.select().where(IndexRun.command == "index").order_by(IndexRun.id.desc()).limit(2))
    if len(newest) < 2:
        return 0.0
    return float(min(newest[1].finished_at, newest[0].started_at))  # the clock may have been set between the two


def report(since: float) -> Report:
    """Needs an open connection."""
    files, file_count, added = _new_files(since)
    new, changed = _projects(since)
    gone = File.missing_since > since
    gone_files, gone_bytes = File.select(fn.COUNT(File.id), fn.SUM(File.size)).where(gone).tuples().get()
    lost, conflicts = _lost_samples(since), list(_conflicts(since))
    failures = _failures(since)
    offline, refused = _roots(since)
    counts = {
        "new_files": file_count,
        "new_projects": len(new),
        "changed_projects": len(changed),
        "lost_samples": sum(len(one.samples) for one in lost),
        "conflicts": len(conflicts),
        "failures": len(failures),
        "gone_files": gone_files,
    }
    return Report(
        since=iso(since) if since else None,
        until=iso(time.time()),
        counts=counts,
        bytes_added=added,
        bytes_gone=int(gone_bytes or 0),
        new_files=files,
        new_projects=tuple(new[:LISTED]),
        changed_projects=tuple(changed[:LISTED]),
        lost_samples=tuple(lost[:LISTED]),
        conflicts=tuple(conflicts[:LISTED]),
        failures=tuple(failures[:LISTED]),
        offline=offline,
        refused=refused,
    )


def _new_files(since: float) -> tuple[tuple[NewFiles, ...], int, int]:
    """By project, how many, and the bytes of all that is new, project files too."""
    new = (File.first_seen_at > since) & File.missing_since.is_null()
    added = File.select(fn.SUM(File.size)).where(new).scalar() or 0
    heard = (
        File.select(File.project, File.name, Project.name, Volume.last_path, Project.rel_path)
        .left_outer_join(Project, on=(File.project == Project.id))
        .left_outer_join(Volume, on=(Project.volume == Volume.id))
        .where(new, ~File.is_project, Project.is_factory.is_null() | ~Project.is_factory)
        .order_by(Project.sort_name, File.project, File.sort_name)
    )
    groups: dict[int | None, tuple[str | None, str | None, list[str]]] = {}
    counts: dict[int | None, int] = defaultdict(int)
    for project_id, name, project, mount, rel_path in heard.tuples().iterator():
        counts[project_id] += 1
        if project_id not in groups and len(groups) < LISTED:
            path = str(Path(mount, rel_path)) if project_id is not None else None
            groups[project_id] = (project, path, [])
        if project_id in groups and len(groups[project_id][2]) < _ROWS:
            groups[project_id][2].append(name)
    found = [NewFiles(*group[:2], counts[key], tuple(group[2])) for key, group in groups.items()]
    return tuple(found), sum(counts.values()), int(added)


def _projects(since: float) -> tuple[list[NewProject], list[ChangedProject]]:
    touched = Version.select(Version.project).where(Version.first_read_at > since).distinct()
    rows = Project.select().where(Project.id << touched, ~Project.is_factory).order_by(Project.sort_name)
    new, changed = [], []
    for project in rows:
        path = str(Path(project.volume.last_path, project.rel_path))
        versions = list(Version.select().where(Version.project == project.id))
        before = [version for version in versions if (version.first_read_at or 0.0) <= since]
        if not before:
            if not _known_before(project.id, since):
                new.append(NewProject(project.id, project.name, path, project.daw))
            continue
        current = next((version for version in versions if version.is_current), None)
        if current is None or current in before:
            continue
        readable = [version for version in before if version.status != "error"]
        base = max(readable, key=lambda version: version.saved_at, default=None)
        found = differences(state_of(base), state_of(current)) if base is not None else ()
        changed.append(ChangedProject(project.id, project.name, path, project.daw, found[:LISTED]))
    return new, changed


def _known_before(project_id: int, since: float) -> bool:
    """Whether one of its files was in the archive before, unread."""
    known = File.select(File.id).where(File.project == project_id, File.is_project, File.first_seen_at <= since)
    return bool(known.exists())


def _lost_samples(since: float) -> list[LostSamples]:
    rows = (
        LostSample.select(
            LostSample.project, LostSample.raw_path, Project.name, Volume.last_path, Project.rel_path
        )
        .join(Project)
        .join(Volume)
        .where(LostSample.since > since, ~Project.is_factory, Project.missing_since.is_null())
        .order_by(Project.sort_name, LostSample.raw_path)
    )
    names: dict[int, tuple[str, str]] = {}
    lost: dict[int, list[str]] = defaultdict(list)
    for project_id, raw_path, name, mount, rel_path in rows.tuples():
        names[project_id] = (name, str(Path(mount, rel_path)))
        lost[project_id].append(raw_path)
    return [LostSamples(project_id, *names[project_id], tuple(paths)) for project_id, paths in lost.items()]


def _conflicts(since: float) -> Iterator[Disagreement]:
    """Those that are new and that nobody has decided meanwhile."""
    ids = [row[0] for row in Conflict.select(Conflict.content).where(Conflict.since > since).tuples()]
    limits = resolving.limits()
    for batch in chunked(ids, _ROWS):
        opinions = resolving.opinions_of(Tag.content, batch)
        places = (
            File.select(fn.MIN(File.id), File.content, File.rel_path, Volume.last_path)
            .join(Volume)
            .where(File.content << batch, File.missing_since.is_null())
            .group_by(File.content, File.rel_path, Volume.last_path)
        )
        first = {content: (file_id, str(Path(mount, path))) for file_id, content, path, mount in places.tuples()}
        for content_id in sorted(first):
            for field, decision in sorted(effective(opinions[content_id], limits).items()):
                if decision.against is not None:
                    file_id, path = first[content_id]
                    heard, said = value_text(decision.against.value), value_text(decision.value)
                    yield Disagreement(file_id, path, field, heard, said, decision.opinion.source)


def _failures(since: float) -> list[Failure]:
    """By path: what the tables hold, and what the runs said of folders and of files that could not be opened."""
    reasons: dict[str, str] = {}
    heard = (
        File.select(Volume.last_path, File.rel_path, fn.MIN(Analysis.error))
        .join(Volume)
        .switch(File)
        .join(Analysis, on=(Analysis.content == File.content))
        .where(Analysis.status == SQL("'error'"), Analysis.finished_at > since, File.missing_since.is_null())
        .group_by(Volume.last_path, File.rel_path)
    )
    read = (
        File.select(Volume.last_path, File.rel_path, Version.error)
        .join(Volume)
        .switch(File)
        .join(Version, on=(Version.file == File.id) & (Version.content == File.content))
        .where(Version.first_read_at > since, Version.error.is_null(False), File.missing_since.is_null())
    )
    killed = (
        File.select(Volume.last_path, File.rel_path, Quarantine.reason)
        .join(Volume)
        .switch(File)
        .join(Quarantine, on=(Quarantine.file == File.id))
        .where(Quarantine.at > since, File.missing_since.is_null())
    )
    for rows in (heard, read, killed):
        for mount, rel_path, reason in rows.tuples():
            reasons[str(Path(mount, rel_path))] = reason
    for run in IndexRun.select().where(IndexRun.finished_at > since).order_by(IndexRun.id):
        for failure in run.summary["failures"]:
            reasons[from_store(failure["path"])] = from_store(failure["reason"])
    return [Failure(path, reason) for path, reason in sorted(reasons.items())]


def _roots(since: float) -> tuple[tuple[str, ...], tuple[Failure, ...]]:
    """The roots whose last look found their drive away, and those that lost too much at once."""
    offline, refused = [], []
    for root in Root.select().order_by(Root.id):
        scan: Any = (
            Scan.select().where(Scan.root == root.id, Scan.started_at > since).order_by(Scan.id.desc()).first()
        )
        if scan is not None and scan.status == "offline":
            offline.append(str(roots.path_of(root)))
        elif scan is not None and scan.status == "refused":
            refused.append(Failure(str(roots.path_of(root)), scan.error or ""))
    return tuple(offline), tuple(refused)
