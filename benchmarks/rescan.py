"""`python -m benchmarks rescan`: a second index of many unchanged files, against what it has to do at least.

That is a bare walk with a stat of each file, and one pass over their rows. The files are made here, a few bytes
each, and written to the archive as if heard, so that what is timed is what every night costs: walking, comparing,
and finding nothing to do. An audit hook counts the studio's files that are opened meanwhile: none may be.
Seconds are the process's own, which say the same on a machine that has much else to do; by the clock, beside them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from peewee import Cast, Node, Value

import taggers
from archivist.archive import Archive
from archivist.config import Config, default
from archivist.records import IndexProgress
from archivist.tables import Analysis, Content, File, database

_PER_FOLDER = 200


def make_tree(folder: Path, files: int) -> None:
    for number in range(files):
        place = folder / f"Album {number // (_PER_FOLDER * 20):03}" / f"Song {number // _PER_FOLDER:05}"
        if number % _PER_FOLDER == 0:
            place.mkdir(parents=True)
        (place / f"take {number % _PER_FOLDER:03}.wav").write_bytes(b"%d" % number)


def settings(home: Path) -> Config:
    return replace(default(), archive=str(home / "archive.db"), log=None, backups=1)


def make_archive(home: Path, folder: Path) -> None:
    """A first run that is stopped when it would begin to hear; then everything counts as heard."""
    stop = threading.Event()

    def stop_at_tagging(progress: IndexProgress) -> None:
        if progress.stage == "tagging":
            stop.set()

    with Archive.open(settings(home)) as archive:
        archive.add_root(folder)
        archive.index(jobs=1, progress=stop_at_tagging, stop=stop)
    with database.connection_context(), database.atomic():
        Content.delete().execute()  # of the few that it heard nevertheless
        of_each_file(Content, id=File.id, digest=Cast(File.id, "BLOB"), size=1)
        for name, version in taggers.versions().items():
            of_each_file(Analysis, content=File.id, tagger=name, version=version, status="ok", finished_at=0.0)
        File.update(content=File.id).execute()


def of_each_file(table: Any, **values: Any) -> None:
    """A row of `table` for every file."""
    defaults = {name: "{}" if value == {} else value for name, value in table._meta.get_default_dict().items()}
    columns = defaults | values
    rows = File.select(*(value if isinstance(value, Node) else Value(value) for value in columns.values()))
    table.insert_from(rows, [getattr(table, name) for name in columns]).execute()


def bare_walk(folder: Path) -> int:
    """What any scanner has to do at least: list every folder, stat every file."""
    seen = 0
    todo = [str(folder)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    seen += 1
    return seen


def bare_rows() -> int:
    """One pass over what is known of the files."""
    with database.connection_context():
        columns = "id, rel_path, size, mtime_ns, missing_since, name"
        return sum(1 for _row in database.execute_sql(f"SELECT {columns} FROM file ORDER BY rel_path"))


def count_opens(folder: Path) -> list[str]:
    opened: list[str] = []
    prefix = str(folder) + os.sep

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(prefix):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    return opened


def timed(what: Callable[[], object]) -> tuple[float, float]:
    """(seconds of the process, seconds by the clock)."""
    cpu, wall = time.process_time(), time.perf_counter()
    what()
    return time.process_time() - cpu, time.perf_counter() - wall


def peak_mib() -> int | None:
    """The most memory that this process has had; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def measure(files: int, runs: int) -> dict[str, float | int | None]:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "studio"
        make_tree(folder, files)
        making = multiprocessing.get_context("spawn").Process(target=make_archive, args=(Path(home), folder))
        making.start()  # in a process of its own, whose memory is not counted
        making.join()
        with Archive.open(settings(Path(home))) as archive:
            opened = count_opens(folder)
            archive.index()  # takes the week's backup
            parts: dict[str, Callable[[], object]] = {
                "bare_walk": lambda: bare_walk(folder),
                "bare_rows": bare_rows,
                "rescan": lambda: unchanged(archive, files),
            }
            times = [{name: timed(part) for name, part in parts.items()} for _ in range(runs)]
    result: dict[str, float | int | None] = {"files": files, "files_opened": len(opened), "peak_mib": peak_mib()}
    for name in parts:
        for clock, ending in enumerate(("cpu_s", "wall_s")):
            result[f"{name}_{ending}"] = round(statistics.median(one[name][clock] for one in times), 2)
    least = float(result["bare_walk_cpu_s"] or 0) + float(result["bare_rows_cpu_s"] or 0)
    return result | {"times_the_least": round(float(result["rescan_cpu_s"] or 0) / least, 2)}


def unchanged(archive: Archive, files: int) -> None:
    summary = archive.index()
    if (summary.seen, summary.added, summary.changed, summary.analysed, summary.failed) != (files, 0, 0, 0, 0):
        raise SystemExit(f"the rescan saw something else: {summary}")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rescan", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    print(json.dumps(measure(options.files, options.runs), indent=2))
