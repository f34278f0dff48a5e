"""`python -m benchmarks similar`: how soon a big archive finds what sounds alike.

Makes an archive of invented songs and samples with invented vectors, unless FILE is one already, and prints
how long `Archive.similar` takes: the first time ever (the vectors are read from the table and kept beside it), the
first time in a process, then again as in the UI, alone and within queries; and the whole command, Python's start
and all. Each is asked `--runs` times but the first ever; the median stands.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from archivist.archive import Archive
from archivist.config import Config, default
from archivist.tables import Embedding, database
from benchmarks.invented import add_vectors, benchmark
from taggers.vectors import TIMBRE

QUERIES = ("", "kind:loop", "bpm:120..126 key:~Am date:<2022", "kick", "-kick")
WEIGHTS = ({"timbre": 0.0}, {"timbre": 0.0, "rhythm": 0.0})


def milliseconds(runs: int, work: Callable[[], object]) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1_000 * statistics.median(times)


@contextmanager
def opened(config: Config) -> Iterator[Archive]:
    with Archive.open(config) as archive:
        yield archive


def measure(file: Path, runs: int) -> dict[str, float]:
    """Milliseconds by what was asked."""
    with tempfile.TemporaryDirectory() as cache:
        return _measure(replace(default(), archive=str(file), cache=Path(cache)), runs)


def _measure(config: Config, runs: int) -> dict[str, float]:
    with opened(config) as archive:
        examples = list(archive.find("kind:loop", limit=3).ids)
        with database.connection_context():
            number = Embedding.select().where(Embedding.model == TIMBRE).count()
        measured = {
            f"first time ever, of {number:,}": milliseconds(1, lambda: archive.similar(examples[:1])),
        }
    with opened(config) as archive:
        measured["first time in a process"] = milliseconds(1, lambda: archive.similar(examples[:1]))
        for query in QUERIES:
            found = len(archive.find(query))
            took = milliseconds(runs, lambda query=query: archive.similar(examples[:1], query=query))  # type: ignore[misc]
            measured[f"again, in {query or 'everything'} ({found:,})"] = took
        measured["again, two examples and one unlike"] = milliseconds(
            runs, lambda: archive.similar(examples[:2], unlike=examples[2:])
        )
        for weights in WEIGHTS:
            took = milliseconds(runs, lambda weights=weights: archive.similar(examples[:1], weights=weights))  # type: ignore[misc]
            measured[f"again, {', '.join(f'{aspect}=0' for aspect in weights)}"] = took
    measured["the command, whole"] = milliseconds(runs, lambda: _command(config, examples[0]))
    measured["peak memory of the command, MB"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_000
    return measured


def _command(config: Config, example: int) -> None:
    assert config.cache is not None
    settings = config.cache / "settings.toml"
    settings.write_text(f'cache = "{config.cache}"\n', encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "archivist", "--config", settings, "similar", str(example), "--json"],
        env=os.environ | {"ARCHIVIST_ARCHIVE": config.archive},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def main(arguments: list[str]) -> None:
    benchmark("similar", __doc__, arguments, add_vectors, measure)
