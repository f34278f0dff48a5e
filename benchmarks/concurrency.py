"""`python -m benchmarks concurrency`: what `find` costs while another process indexes.

An archive of invented songs and samples is asked the same queries alone, and while a second process indexes
made-up files into it. That process hears each file in no time, so it does nothing but write: more than an
`index` that really listens ever does. Each answer is timed whole, the connection and the first rows included.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import taggers
from archivist.archive import Archive
from archivist.config import Config, default
from benchmarks.archive import FINDS, SCREEN
from benchmarks.invented import make_archive
from benchmarks.rescan import make_tree
from taggers import AudioFacts, FileTags, Findings, Job, Tag


def hear(job: Job, time_limit: float | None = None) -> FileTags:  # noqa: ARG001 - as tag_file is called
    """As if every tagger had found something."""
    digest = hashlib.blake2b(job.path.encode(), digest_size=20).digest()
    bpm = 60.0 + digest[0] / 2
    said = Findings((Tag("bpm", bpm, 0.9), Tag("key", "A minor", 0.8)))
    facts = AudioFacts(4.0, 44_100, 2, 24, "pcm_s24le")
    return FileTags(job.path, digest, 1, facts, dict.fromkeys(job.taggers, said))


def settings(home: Path) -> Config:
    return replace(default(), archive=str(home / "archive.db"), jobs=1, log=None, cache=home)


def write(home: Path, folder: Path, writing: Event, done: Event) -> None:
    """Index `folder`: the second process."""
    from archivist import analysis

    taggers.tag_file = hear
    analysis.local_workers = lambda _jobs, limit, **_more: analysis.Workers(1, ThreadPoolExecutor, limit)
    with Archive.open(settings(home)) as archive:
        archive.index([folder], progress=lambda told: writing.set() if told.stage == "tagging" else None)
    done.set()


def ask(archive: Archive, query: str) -> float:
    """Milliseconds until the first rows of one answer are there."""
    start = time.perf_counter()
    archive.find(query, limit=200).rows(0, SCREEN)
    return 1_000 * (time.perf_counter() - start)


def measure(archive: Archive, rounds: int, until: Event | None = None) -> dict[str, list[float]]:
    """Every query in turn, so many times or until the event."""
    times: dict[str, list[float]] = {query: [] for query in FINDS}
    while not until.is_set() if until else len(times[FINDS[0]]) < rounds:
        for query in FINDS:
            times[query].append(ask(archive, query))
            time.sleep(0.01)
    return times


def compare(files: int, written: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_archive(folder / "archive.db", files)
        make_tree(folder / "tree", written)
        with Archive.open(settings(folder)) as archive:
            archive.add_root(folder / "tree")
            measure(archive, 2)  # start-up is not what is measured
            alone = measure(archive, rounds)
            context = multiprocessing.get_context("spawn")
            writing, done = context.Event(), context.Event()
            other = context.Process(target=write, args=(folder, folder / "tree", writing, done))
            other.start()
            writing.wait(600)
            start = time.perf_counter()
            meanwhile = measure(archive, rounds, done)
            seconds = time.perf_counter() - start
            other.join()
        median = {query: statistics.median(times) for query, times in alone.items()}
        busy = {query: statistics.median(times) for query, times in meanwhile.items()}
        return {
            "files": files,
            "written_per_second": round(written / seconds),
            "alone_ms": {query: round(value, 1) for query, value in median.items()},
            "meanwhile_ms": {query: round(value, 1) for query, value in busy.items()},
            "times_slower": round(statistics.median(busy[query] / median[query] for query in FINDS), 2),
            "times_slower_worst_query": round(max(busy[query] / median[query] for query in FINDS), 2),
            "slowest_ms": round(max(max(times) for times in meanwhile.values()), 1),
        }


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks concurrency", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="in the archive")
    parser.add_argument("--written", type=int, default=4_000, help="indexed meanwhile")
    parser.add_argument("--rounds", type=int, default=20, help="of all queries, alone")
    options = parser.parse_args(arguments)
    print(json.dumps(compare(options.files, options.written, options.rounds), indent=2))
