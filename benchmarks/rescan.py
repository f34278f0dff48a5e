"""`python -m benchmarks rescan`: a second index of many unchanged files, against a bare walk of the same tree.

The files are made here, a few bytes each, and written to the archive as if heard, so that what is timed is
what every night costs: walking, comparing, and finding nothing to do. An audit hook counts the studio's
files that are opened meanwhile: none may be.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import taggers
from archivist.archive import Archive
from archivist.config import default
from archivist.records import IndexProgress
from archivist.tables import Analysis, Content, File, database

_PER_FOLDER = 200
_ROWS = 500


def make_tree(folder: Path, files: int) -> None:
    for number in range(files):
        place = folder / f"Album {number // (_PER_FOLDER * 20):03}" / f"Song {number // _PER_FOLDER:05}"
        if number % _PER_FOLDER == 0:
            place.mkdir(parents=True)
        (place / f"take {number % _PER_FOLDER:03}.wav").write_bytes(b"%d" % number)


def make_archive(archive: Archive, folder: Path) -> None:
    """A first run that is stopped when it would begin to hear; then everything counts as heard."""
    stop = threading.Event()

    def stop_at_tagging(progress: IndexProgress) -> None:
        if progress.stage == "tagging":
            stop.set()

    archive.add_root(folder)
    archive.index(jobs=1, progress=stop_at_tagging, stop=stop)
    with database.connection_context(), database.atomic():
        ids = [row[0] for row in File.select(File.id).where(File.content.is_null()).tuples()]
        for start in range(0, len(ids), _ROWS):
            batch = ids[start : start + _ROWS]
            Content.insert_many(
                [(n, b"%020d" % n, 1) for n in batch], [Content.id, Content.digest, Content.size]
            ).execute()
            heard = [(n, name, version, "ok", 0.0) for n in batch for name, version in taggers.versions().items()]
            columns = [Analysis.content, Analysis.tagger, Analysis.version, Analysis.status, Analysis.finished_at]
            Analysis.insert_many(heard, columns).execute()
        File.update(content=File.id).where(File.content.is_null()).execute()


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


def count_opens(folder: Path) -> list[str]:
    opened: list[str] = []
    prefix = str(folder) + os.sep

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(prefix):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    return opened


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rescan", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "studio"
        make_tree(folder, options.files)
        with Archive.open(replace(default(), archive=str(Path(home) / "archive.db"))) as archive:
            make_archive(archive, folder)
            opened = count_opens(folder)
            walks, rescans = [], []
            for _ in range(options.runs):
                start = time.perf_counter()
                bare_walk(folder)
                walks.append(time.perf_counter() - start)
                start = time.perf_counter()
                summary = archive.index()
                rescans.append(time.perf_counter() - start)
                if (summary.seen, summary.added, summary.failed) != (options.files, 0, 0):
                    raise SystemExit(f"the rescan saw something else: {summary}")
    walk, rescan = statistics.median(walks), statistics.median(rescans)
    result = {"files": options.files, "bare_walk_s": walk, "rescan_s": rescan, "files_opened": len(opened)}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{options.files:,} unchanged files, median of {options.runs}")
        print(f"bare walk and stat  {walk:7.2f} s")
        print(f"second index        {rescan:7.2f} s  ({rescan / walk:.1f} × the walk), {len(opened)} files opened")
