"""What still has to be read or heard, and running it in worker processes that may die.

Pending work is derived from the tables, never queued: a killed run resumes by itself, and raising one
tagger's or reader's version makes only its rows stale. Workers have no database: they take a job and
return a value, so that any executor (processes here, Dask's elsewhere) will do.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import taggers
from archivist import pending, processes
from archivist.database import ArchiveError
from archivist.store import moves
from archivist.store.opinions import Heard, Said
from archivist.tables import File
from taggers.filename import read_name

log = logging.getLogger(__name__)

J = TypeVar("J")
R = TypeVar("R")

_TASKS_PER_WORKER = 2_000  # then a fresh process: C libraries leak (essentia's name a dozen cases)
_POLL = 0.2  # seconds between looks at the stop event


@dataclass(frozen=True, slots=True)
class Crash:
    """In place of a result: this job killed its worker, or held it beyond the time limit."""

    reason: str


@dataclass(slots=True)
class Workers:
    """How to make executors: `make(n)` with n workers. `jobs` is how many run at once."""

    jobs: int
    make: Callable[[int], Executor]
    time_limit: float


def local_workers(jobs: int, time_limit: float, *, nice: bool = False) -> Workers:
    """Processes on this machine: spawned, for a fork of a process with threads or torch may hang.

    nice: they let all other processes go first.
    """
    context = multiprocessing.get_context("spawn")

    def make(count: int) -> Executor:
        return ProcessPoolExecutor(
            count,
            mp_context=context,
            initializer=_start_nice_worker if nice else taggers.start_worker,
            max_tasks_per_child=_TASKS_PER_WORKER,
        )

    return Workers(jobs, make, time_limit)


def _start_nice_worker() -> None:
    processes.give_way()
    taggers.start_worker()


def dask_workers(address: str, time_limit: float) -> Workers:
    """Workers of a Dask scheduler; they must see the drives under the same paths. Raises ArchiveError."""
    try:
        from distributed import Client  # type: ignore[import-not-found]
    except ImportError as error:
        raise ArchiveError("a scheduler needs Dask: pip install distributed") from error

    client = Client(address)
    jobs = max(1, sum(client.nthreads().values()))
    return Workers(jobs, lambda _count: client.get_executor(), time_limit)


def run_jobs(
    workers: Workers, function: Callable[[J], R], jobs: Iterable[J], stop: threading.Event
) -> Iterator[list[tuple[J, R | Crash]]]:
    """Jobs with their results as they finish, at most 4 × workers in flight.

    Yields several times a second, an empty list where nothing has finished, so that the caller can save
    what it holds. function: picklable, and ends its own process at the time limit. When a worker dies,
    nobody can tell which of the jobs in flight killed it, so these run again, each in a process of its
    own. Returns early once `stop` is set; what was in flight then is simply still pending.
    """
    remaining = iter(jobs)
    first = list(islice(remaining, 1))
    if not first:
        return
    pool = _Pool(workers, function)
    try:
        pool.submit(first)
        while not stop.is_set():
            pool.submit(islice(remaining, max(0, 4 * workers.jobs - len(pool.running))))
            if not pool.running:
                return
            results, suspects = pool.finished()
            yield results
            if suspects:
                pool.restart()
            for job in suspects:
                if stop.is_set():
                    return
                yield [(job, _run_alone(workers, function, job))]
    finally:
        pool.close()


class _Pool(Generic[J, R]):
    """An executor and its jobs in flight; restartable."""

    def __init__(self, workers: Workers, function: Callable[[J], R]) -> None:
        self._workers = workers
        self._function = function
        self._executor = workers.make(workers.jobs)
        self.running: dict[Future[R], J] = {}

    def submit(self, jobs: Iterable[J]) -> None:
        for job in jobs:
            try:
                self.running[self._executor.submit(self._function, job)] = job
            except BrokenProcessPool as error:  # it broke since the last look: seen again at the next wait
                broken: Future[R] = Future()
                broken.set_exception(error)
                self.running[broken] = job

    def finished(self) -> tuple[list[tuple[J, R | Crash]], list[J]]:
        """What has finished by now or within a moment; and, if a worker died, every job in flight."""
        done, _ = wait(self.running, timeout=_POLL, return_when=FIRST_COMPLETED)
        results: list[tuple[J, R | Crash]] = []
        suspects: list[J] = []
        for future in done:
            job = self.running.pop(future)
            try:
                results.append((job, future.result()))
            except BrokenProcessPool:
                suspects.append(job)
            except Exception as error:  # noqa: BLE001 - a worker's bug arrives here as any type
                results.append((job, _bug(job, error)))
        return results, suspects + list(self.running.values()) if suspects else []

    def restart(self) -> None:
        self.close()
        self.running.clear()
        self._executor = self._workers.make(self._workers.jobs)

    def close(self) -> None:
        at_work = _processes(self._executor) if self.running else []  # after its shutdown it names none
        # Idle workers end at once, and not waited for they race the interpreter's exit, which tells of a closed
        # handle then. One in the middle of a file would hold it until it is through.
        self._executor.shutdown(wait=not at_work, cancel_futures=True)
        for process in at_work:
            process.terminate()


def _processes(executor: Executor) -> list[Any]:
    return list((getattr(executor, "_processes", None) or {}).values())


def _run_alone(workers: Workers, function: Callable[[J], R], job: J) -> R | Crash:
    started = time.monotonic()
    processes: list[Any] = []
    with workers.make(1) as executor:
        try:
            executor.submit(os.getpid).result()  # it is there: a slow start is no part of the job's time
            started, processes = time.monotonic(), _processes(executor)
            return executor.submit(function, job).result()
        except BrokenProcessPool:
            for process in processes:
                process.join(1)
            by_signal = any((process.exitcode or 0) < 0 for process in processes)  # it ends itself with 1
            if not by_signal and time.monotonic() - started >= workers.time_limit:
                return Crash(f"took longer than {workers.time_limit:g} s")
            return Crash("crashed the process that read it")
        except Exception as error:  # noqa: BLE001 - a worker's bug arrives here as any type
            return _bug(job, error)


def _bug(job: object, error: Exception) -> Crash:
    log.warning("a worker failed on %s", job, exc_info=error)
    return Crash(f"failed in the worker: {type(error).__name__}: {error}")


def columns(facts: taggers.AudioFacts | None) -> dict[str, Any]:
    """AudioFacts as columns of `content`."""
    names = ("duration", "sample_rate", "channels", "bit_depth", "codec")
    return {name: getattr(facts, name) for name in names} if facts is not None else {}


def jobs_for(places: Sequence[tuple[File, Path]], versions: Mapping[str, int]) -> Iterator[taggers.Job]:
    """What has to be heard of these files; one that may be a copy is only hashed when it proves to be one."""
    twins = pending.known_digests([file.id for file, _path in places if file.content_id is None], versions)
    read = {file.id: file.content_id for file, _path in places if file.content_id is not None}
    stale = pending.stale_taggers(list(read.values()), versions)
    digests = moves.digests(read)
    for file, path in places:
        if file.id in read:
            names = stale[read[file.id]]
            yield taggers.Job(str(path), names or tuple(versions), frozenset(() if names else (digests[file.id],)))
        else:
            yield taggers.Job(str(path), tuple(versions), twins[file.id])


def heard(job: taggers.Job, result: taggers.FileTags, versions: Mapping[str, int]) -> list[Heard]:
    """A worker's result as the archive keeps it: how each tagger of the job fared.

    A file that no decoder reads still says something by its tags and its name.
    """
    seconds = result.seconds / max(1, len(job.taggers))
    rows = []
    for name in job.taggers:
        findings = result.findings.get(name)
        error = None if findings else result.errors.get(name) or result.error
        rows.append(
            Heard(
                tagger=name,
                version=versions[name],
                status="error" if error else "ok",
                said=tuple(map(_said, findings.tags)) if findings else (),
                abstained=findings.abstained if findings else {},
                vectors=findings.vectors if findings else {},
                error=error,
                seconds=seconds,
            )
        )
    return rows


def said_by_name(name: str) -> list[Said]:
    """What a file's name says: for any place of a content, which needs no hearing."""
    return [_said(tag) for tag in read_name(name).tags]


def _said(tag: taggers.Tag) -> Said:
    number = tag.value if isinstance(tag.value, float) else None
    return Said(
        field=tag.field,
        text="" if number is not None else str(tag.value),
        number=number,
        source=tag.source,
        confidence=tag.confidence,
        engine=tag.engine,
        candidates=tuple((str(one.value), one.confidence) for one in tag.candidates),
    )
