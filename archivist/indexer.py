"""One run of indexing: scan → read → tag → store. The conductor; nothing here parses or hears anything.

Each stage writes in small transactions, and each is derived from what is stored, so that a run killed
anywhere is completed by the next one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from peewee import chunked

import taggers
from archivist import analysis, kinds, pending, readers, scan, volumes
from archivist.analysis import Crash, Workers
from archivist.config import Config
from archivist.projects import ProjectFile, Song, Territory, group
from archivist.reading import ReadJob, ReadResult, digest_of, read_job
from archivist.records import IndexSummary
from archivist.rootscan import refuse, scan_root
from archivist.run import Progress, RootScan, Run
from archivist.scan import Known
from archivist.store import many, moves, opinions, people, places, songs, words
from archivist.tables import File, Project, Root, Version, database

_ASKED = 32  # new files whose twins are asked for at once: those of one batch do not know each other
_COMMIT_RESULTS = 200
_COMMIT_SECONDS = 2.0
_ROWS = 500

_Left = Mapping[int, tuple[int, Known]]
"""File id → where it seems to have moved from (volume, place)."""


def index(
    roots: Sequence[Root],
    config: Config,
    workers: Workers,
    *,
    accept_missing: bool = False,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
    waiting: Sequence[Path] = (),
    settle: float = 0.0,
) -> IndexSummary:
    """Bring these roots up to date and say what changed.

    A root whose drive is away is left alone and named in `offline`; one that lost more than the config's
    threshold is left alone and named in `refused` unless `accept_missing`. Setting `stop` ends the run
    soon, keeps what is done, and gives a summary with `interrupted`. What lies directly in a folder of `waiting`
    is left as it is: something is being written there; and so is a file that was written to in the last `settle`
    seconds. Needs an open connection.
    """
    run = Run(config, workers, progress or (lambda _: None), stop or threading.Event(), tuple(waiting), settle)
    scans = [item for root in roots if (item := scan_root(run, root))]
    if not accept_missing and not run.stop.is_set():  # of a walk that was stopped, the rest only seems gone
        arrived = [entry for item in scans for entry in item.diff.added]
        scans = [item for item in scans if not refuse(run, item, config.missing_threshold, arrived)]
    run.counts["indexed"] = len(scans)
    ended = "failed"
    try:
        if not run.stop.is_set():
            _recognize(scans)
            _apply(run, scans)
            _group(scans)
            _read_projects(run, scans)
            _reunite(run, scans)
            _settle(scans)
            _tag(run, scans)
            _reunite(run, scans)
        ended = "interrupted" if run.stop.is_set() else "done"
    finally:
        summary = run.summary()
        with database.atomic():
            for item in scans:
                places.finish_scan(item.row, ended, summary, item.diff.seen)
    run.tell("done", run.counts["analysed"], None, "", now=True)
    return summary


# ---------------------------------------------------------------- apply


def _recognize(scans: Sequence[RootScan]) -> None:
    """Now that what is there is what was known: note what the system tells of its drives."""
    mounts = {mount.path: mount for mount in volumes.mounted()}
    with database.atomic():
        for item in scans:
            if item.mount in mounts:
                places.recognize(mounts[item.mount])


def _apply(run: Run, scans: Sequence[RootScan]) -> None:
    """Write what differs; a file that left one root may have arrived in another."""
    left = {place.id: (item.volume_id, place) for item in scans for place in item.diff.missing}
    owner = {id(entry): item for item in scans for entry in item.diff.added}
    lost = [place for _volume_id, place in left.values()]
    for place, entry in scan.match_moves(lost, (entry for item in scans for entry in item.diff.added)):
        item = owner[id(entry)]
        if not entry.is_project or _same_project(place, item.mount / entry.rel_path):
            item.moves.append((place, entry))
            item.left[place.id] = left[place.id]
    moved = {place.id for item in scans for place, _entry in item.moves}
    for item in scans:
        item.diff.missing = [place for place in item.diff.missing if place.id not in moved]
        with database.atomic():
            applied = places.apply_changes(item.volume_id, item.diff, item.moves)
        item.added = applied.added
        item.projects_touched = applied.projects_touched
        run.counts["added"] += len(applied.added)
        run.counts["moved"] += len(item.moves)
        run.counts["changed"] += len(item.diff.changed)
        run.counts["missing"] += len(item.diff.missing)
        run.counts["back"] += len(item.diff.back)


def _same_project(place: Known, path: Path) -> bool:
    """Whether a project file, of the size and time of one that is gone, has its bytes too. What a person said
    follows it at once, so this cannot wait for a worker; audio is proven when it is heard."""
    known = moves.digests([place.id])
    try:
        return place.id not in known or digest_of(path)[0] == known[place.id]
    except OSError:
        return False


def _reunite(run: Run, scans: Sequence[RootScan]) -> None:
    """What moved in more than one run: see `moves.reunite`, and `people.follow` where it was tagged anew too."""
    if run.stop.is_set() or not scans:
        return
    with database.atomic():
        found = moves.reunite()
        opinions.save_names(found.contents, analysis.said_by_name, taggers.versions()["name"])
        if found.projects:
            item = scans[0]  # whichever: projects are settled by their ids
            files = {one.volume_id: _project_files(one.volume_id) for one in scans}
            backups = frozenset(f for known in files.values() for f, file in known.items() if file.is_backup)
            songs.refresh(found.projects, backups)
            item.concerned |= found.projects
        for item in scans:
            if item.looked is not None:  # what was there even then, beside what is gone now, is a copy of it
                people.follow(places.contents_since(item.looked), left=item.files)
    gone, here = set(found.gone), set(found.here)
    run.counts["moved"] += len(here)
    for item in scans:
        run.counts["missing"] -= sum(place.id in gone for place in item.diff.missing)
        run.counts["added"] -= len(here.intersection(item.added))


# ---------------------------------------------------------------- projects


def _project_files(volume_id: int) -> dict[int, ProjectFile]:
    """Every project file of a volume that is there, by id."""
    rows = File.select(File.id, File.rel_path).where(
        File.volume == volume_id, File.is_project, File.missing_since.is_null()
    )
    found = {}
    for file_id, rel_path in rows.tuples():
        path = PurePosixPath(rel_path)  # of a state inside a bundle, the bundle's name tells
        named = (readers.reader_for(Path(part)) for part in (path, *path.parents))
        if reader := next(filter(None, named), None):
            found[file_id] = ProjectFile(
                rel_path, reader.name, reader.suffixes, reader.backup_suffixes, reader.backup_folders
            )
    return found


def _group(scans: Sequence[RootScan]) -> None:
    """Tell which project files are one song's, and whose folder each audio file lies in."""
    for item in scans:
        with database.atomic():
            if item.resumes:
                item.projects_touched = True
                item.concerned |= _projects_below(item)
            if item.projects_touched:
                files = _project_files(item.volume_id)
                by_path = group(files.values())
                of_file = {file_id: by_path[file.rel_path] for file_id, file in files.items()}
                item.concerned |= songs.assign_projects(item.volume_id, of_file)
                item.concerned |= _projects_of(_changed_ids(item))
            if item.projects_touched or item.added or item.moves:
                everywhere = None if item.projects_touched else [*item.added, *(p.id for p, _ in item.moves)]
                item.concerned |= songs.assign_audio(item.volume_id, _territory(item.volume_id), everywhere)


def _changed_ids(item: RootScan) -> list[int]:
    changed = [place.id for place, _entry in (*item.diff.changed, *item.moves)]
    return [*item.added, *changed, *(place.id for place in (*item.diff.back, *item.diff.missing))]


def _projects_below(item: RootScan) -> set[int]:
    """Those whose files are all gone elsewhere too."""
    rows = Project.select(Project.id, Project.rel_path).where(Project.volume == item.volume_id)
    inside = f"{item.prefix}/" if item.prefix else ""
    return {project_id for project_id, folder in rows.tuples() if f"{folder}/".startswith(inside)}


def _projects_of(file_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for batch in chunked(file_ids, _ROWS):
        rows = File.select(File.project).where(File.id << batch, File.is_project, File.project.is_null(False))
        found.update(row[0] for row in rows.tuples())
    return found


def _territory(volume_id: int) -> Territory:
    exchange = [reader.name for reader in readers.readers() if reader.exchange]
    rows = Project.select(Project.rel_path, Project.name, Project.daw).where(
        Project.volume == volume_id, Project.daw.not_in(exchange)
    )
    roots = Root.select(Root.rel_path).where(Root.volume == volume_id)
    return Territory(
        (Song(*row) for row in rows.tuples()), (row[0] for row in roots.tuples()), kinds.bundle_suffixes()
    )


def _read_projects(run: Run, scans: Sequence[RootScan]) -> None:
    versions = {reader.name: reader.version for reader in readers.readers()}
    work = [(item, pending.project_files(item.files, versions)) for item in scans]
    total = sum(len(ids) for _item, ids in work)
    done = 0
    read = partial(read_job, time_limit=run.workers.time_limit)
    for item, ids in work:
        jobs = (ReadJob(file.id, str(path), str(item.mount / item.prefix)) for file, path in pending.files(ids))
        for batch in _saved(analysis.run_jobs(run.workers, read, jobs, run.stop)):
            with database.atomic():
                for job, result in batch:
                    with database.atomic():
                        _save_project(run, item, job, result, versions)
                    done += 1
                    run.tell("reading", done, total, job.path)


def _save_project(
    run: Run, item: RootScan, job: ReadJob, result: ReadResult | Crash, versions: dict[str, int]
) -> None:
    if isinstance(result, Crash):
        places.save_quarantine(job.file_id, pending.stamp(versions), result.reason)
        run.fail(job.path, result.reason)
        return
    if result.error:
        run.fail(job.path, result.error)
    if result.digest is None:  # could not even be opened: tried again next time
        return
    file = File.get_by_id(job.file_id)
    content_id = opinions.save_content(result.digest, result.size, {})
    File.update(content=content_id).where(File.id == file.id).execute()
    daw = file.project.daw
    version = songs.save_version(file, content_id, result.info, result.error, daw, versions[daw])
    item.versions.append(version)
    item.concerned.add(file.project_id)


def _settle(scans: Sequence[RootScan]) -> None:
    """Choose current versions, pass their values on, and find the samples that they name."""
    for item in scans:
        with database.atomic():
            if item.concerned:
                files = _project_files(item.volume_id)
                backups = frozenset(file_id for file_id, file in files.items() if file.is_backup)
                songs.refresh(item.concerned, backups)
            versions = item.versions
            if item.resumes:  # any project may wait for a file that the last run had only just added
                versions = [row[0] for row in Version.select(Version.id).tuples()]
            songs.link_samples(versions, item.added)


# ---------------------------------------------------------------- audio


def _tag(run: Run, scans: Sequence[RootScan]) -> None:
    versions = taggers.versions()
    left = {file_id: before for item in scans for file_id, before in item.left.items()}
    touched = {file_id: mtime_ns for item in scans for file_id, mtime_ns in item.diff.touched.items()}
    ids = {file_id for item in scans for file_id in pending.audio_files(item.files, versions)}
    ids |= {place.id for item in scans for place, entry in item.moves if not entry.is_project}
    ids |= touched.keys()
    of_path: dict[str, File] = {}

    def jobs() -> Iterator[taggers.Job]:
        for found in chunked(pending.files(sorted(ids)), _ASKED):
            of_path.update((str(path), file) for file, path in found)
            yield from analysis.jobs_for(found, versions)

    tag = partial(taggers.tag_file, time_limit=run.workers.time_limit)
    done = 0
    for batch in _saved(analysis.run_jobs(run.workers, tag, jobs(), run.stop)):
        with database.atomic():
            found = [(of_path.pop(job.path), job, result) for job, result in batch]
            _stamp(found, touched)
            read = (_read(run, file, job, result, versions) for file, job, result in found)
            _save_tags(run, [one for one in read if one], versions, left)
        done += len(batch)
        run.tell("tagging", done, len(ids), batch[-1][0].path)


def _stamp(found: Iterable[tuple[File, Any, taggers.FileTags | Crash]], touched: Mapping[int, int]) -> None:
    """What is known of a file that differed in its time alone is of that time, now that it was read; nothing is
    where it crashed its worker."""
    rows = {}
    for file, _job, result in found:
        content = None if isinstance(result, Crash) else file.content_id
        if file.id in touched and (isinstance(result, Crash) or result.digest is not None):
            rows[file.id] = {"mtime_ns": touched[file.id], "content": content}
    many.update(File.id, rows)


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that a worker could read, whatever it then heard."""

    file: File
    job: taggers.Job
    result: taggers.FileTags
    digest: bytes


def _save_tags(run: Run, batch: Sequence[_Read], versions: dict[str, int], left: _Left) -> None:
    ids = opinions.save_contents(
        (one.digest, one.result.size, analysis.columns(one.result.facts)) for one in batch
    )
    for one in batch:
        if one.file.id in left and one.file.content_id not in (None, ids[one.digest]):
            volume_id, place = left[one.file.id]
            moves.part(one.file, place, volume_id)
            run.counts.update(moved=-1, added=1, missing=1)
    songs.know_contents({one.file.id: ids[one.digest] for one in batch})
    heard = {one.digest: one for one in batch if not one.result.skipped}
    opinions.save_analyses(
        [(ids[one.digest], analysis.heard(one.job, one.result, versions)) for one in heard.values()]
    )
    again = {ids[one.digest] for one in batch if one.result.skipped}  # new places and names of what was heard
    several = opinions.in_several_places(set(ids.values()))
    opinions.save_names(again | several, analysis.said_by_name, versions["name"])
    words.index_contents(set(ids.values()))
    people.follow(ids[one.digest] for one in batch if one.file.content_id != ids[one.digest])
    run.counts["analysed"] += sum(not (one.result.skipped or one.result.error) for one in batch)


def _read(
    run: Run, file: File, job: taggers.Job, result: taggers.FileTags | Crash, versions: dict[str, int]
) -> _Read | None:
    """None where the file could not even be read; what failed is told of."""
    if isinstance(result, Crash):
        places.save_quarantine(file.id, pending.stamp(versions), result.reason)
        run.fail(job.path, result.reason)
        return None
    if result.error:
        run.fail(job.path, result.error)
    for tagger, reason in result.errors.items():
        run.fail(job.path, f"{tagger}: {reason}")
    return None if result.digest is None else _Read(file, job, result, result.digest)


def _saved(batches: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Gather results into batches worth a transaction: 200, or what came within 2 s."""
    held: list[Any] = []
    since = time.monotonic()
    for batch in batches:
        held += batch
        if len(held) >= _COMMIT_RESULTS or (held and time.monotonic() - since >= _COMMIT_SECONDS):
            yield held
            held, since = [], time.monotonic()
    if held:
        yield held
