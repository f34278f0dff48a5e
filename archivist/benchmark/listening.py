"""Has programs hear files, in worker processes as the analysis has; one worker measures the speed of one core."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from archivist.analysis import Crash, Workers, run_jobs
from archivist.benchmark.programs import Heard, Listening, hear
from archivist.records import IndexProgress


def listen(
    jobs: Sequence[Listening],
    workers: Workers,
    progress: Callable[[IndexProgress], None],
    stop: threading.Event,
) -> dict[Listening, Heard]:
    """What came of each job; without those that were not come to when `stop` was set."""
    found: dict[Listening, Heard] = {}
    started, failed = time.monotonic(), 0
    for batch in run_jobs(workers, partial(hear, time_limit=workers.time_limit), jobs, stop):
        for job, result in batch:
            found[job] = Heard(error=result.reason) if isinstance(result, Crash) else result
            failed += found[job].error is not None
        current = f"{batch[-1][0].program}: {Path(batch[-1][0].path).name}" if batch else ""
        progress(IndexProgress("tagging", len(found), len(jobs), current, failed, time.monotonic() - started))
    return found
