"""`python -m benchmarks indexing [FOLDER]`: what of a first index is hearing, and what scanning and writing.

A folder of real sounds (of the test corpus, $ARCHIVIST_CORPUS or ../shared, where none is named) is put into a new
archive. The workers hear; the process that the command runs in walks, writes and does all else: what it takes of
the processor, beside the time that passes, is what hearing waits for. Workers' start and imports count as hearing.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from archivist.archive import Archive
from archivist.config import default
from benchmarks.analysis import CORPUS


def measure(folder: Path, jobs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        settings = replace(default(), archive=str(Path(home) / "archive.db"), jobs=jobs, log=None, cache=None)
        with Archive.open(settings) as archive:
            archive.add_root(folder)
            started, busy = time.perf_counter(), time.process_time()
            summary = archive.index()
            wall, busy = time.perf_counter() - started, time.process_time() - busy
        return {
            "files": summary.seen,
            "heard": summary.analysed,
            "wall, s": round(wall, 2),
            "scanner and writer, CPU s": round(busy, 2),
            "of the wall time": round(busy / wall, 4),
        }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks indexing", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CORPUS / "audio" / "freepats-oneshots")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = measure(options.folder, options.jobs)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value:>10}")
