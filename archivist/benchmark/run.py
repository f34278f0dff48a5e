"""One run of a benchmark: which files, which programs, what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archivist.analysis import local_workers
from archivist.benchmark import consistency
from archivist.benchmark.consistency import Consistency
from archivist.benchmark.figures import Figures, Hearings, Verdict, judge, summed_up
from archivist.benchmark.listening import listen
from archivist.benchmark.programs import OURS, Answer, Heard, Listening, tells
from archivist.benchmark.truth import Truth, Value, of_demo
from archivist.config import Config
from archivist.records import IndexProgress

REMEMBERED = "archive"
"""Under this name stands what the archive says without hearing anything again."""

Progress = Callable[[IndexProgress], None]


@dataclass(frozen=True, slots=True)
class Result:
    """seconds: how long the files last together. failures: by path, why archivist could not hear it."""

    truths: Sequence[Truth]
    heard: Hearings
    figures: Sequence[Figures]
    consistencies: Sequence[Consistency]
    seconds: float
    failures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """One program's answer on one field of one file, None for silence; `verdict` is None where there is nothing to
    be right about."""

    path: str
    field: str
    truth: Value | None
    program: str
    answer: Answer | None
    verdict: Verdict | None


def demo_studio(settings: Config, by: str | None, progress: Progress, stop: threading.Event) -> list[Truth]:
    """Built and indexed where it is not yet. Raises TruthError, ArchiveError."""
    from archivist import demo  # it brings the studio's synthesisers along

    archive, _summary = demo.run(None, settings, progress, stop)
    with archive:
        return of_demo(archive, by)


def measure(
    truths: Sequence[Truth],
    programs: Sequence[str],
    settings: Config,
    *,
    jobs: int,
    consistent: bool,
    progress: Progress,
    stop: threading.Event,
) -> Result:
    """Have each program hear each file of which it tells something that is known, in worker processes, and judge
    what it says; as far as it got when `stop` was set. consistent: also songs played faster (see `consistency`),
    which one-shots are not."""
    songs = [truth for truth in truths if consistent and truth.values.get("kind") != "one-shot"]
    wanted: list[Listening] = []
    for program in programs:
        asked = (one for one in truths if program == OURS or any(tells(program, name) for name in one.values))
        wanted += [Listening(program, str(truth.path)) for truth in (*asked, *songs)]
        wanted += consistency.jobs(program, (song.path for song in songs))
    heard = listen(list(dict.fromkeys(wanted)), local_workers(jobs, settings.time_limit), progress, stop)
    own = {job.path: one for job, one in heard.items() if job.program == OURS and not job.semitones}
    heard |= remembered(truths)
    groups: dict[str, list[Path]] = {"": [song.path for song in songs]}
    for song in songs:
        if song.group:
            groups.setdefault(song.group, []).append(song.path)
    return Result(
        truths,
        heard,
        list(summed_up(truths, heard)),
        list(consistency.compared(groups, heard)) if songs else [],
        sum(one.duration or 0.0 for one in own.values()),
        {path: one.error for path, one in own.items() if one.error},
    )


def remembered(truths: Iterable[Truth]) -> dict[Listening, Heard]:
    """What the archive says of them already, where that was asked."""
    return {
        Listening(REMEMBERED, str(truth.path)): Heard(
            {name: Answer(value, confidence) for name, (value, confidence) in truth.remembered.items()}
        )
        for truth in truths
        if truth.remembered is not None
    }


def answers(result: Result) -> Iterator[Judged]:
    """Every answer, and every silence, file by file."""
    programs = list(dict.fromkeys(job.program for job in result.heard))
    for truth in result.truths:
        for name, true in truth.values.items():
            for program in programs:
                hearing = result.heard.get(Listening(program, str(truth.path)))
                if hearing is None or not tells(program, name):
                    continue
                answer = hearing.answers.get(name)
                verdict = None if true is None else judge(name, true, answer)
                yield Judged(str(truth.path), name, true, program, answer, verdict)
