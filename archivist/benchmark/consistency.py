"""Do key and tempo follow a song that is played faster and higher? A measure that needs no truth.

Resampled by n semitones, a song's key moves by n and its tempo by the factor 2^(n/12). Whoever hears the song, and
no accident of it, says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from archivist.benchmark import measures
from archivist.benchmark.figures import Hearings, Share, share
from archivist.benchmark.programs import Answer, Listening, tells
from archivist.benchmark.shifts import SEMITONES, factor
from taggers.pitch import NOTES, key_name


@dataclass(frozen=True, slots=True)
class Consistency:
    """Of the songs whose tempo (or key) a program says: at how many of the SEMITONES its answer follows, within
    4 % (or exactly), silence counted as not. silent: how often that was. ratios: of tempi, said over due."""

    program: str
    field: str
    group: str
    songs: int
    follows: Share | None
    silent: int
    ratios: Mapping[str, int]


def jobs(program: str, paths: Iterable[Path]) -> Iterator[Listening]:
    """What has to be heard beside the songs themselves."""
    return (Listening(program, str(path), semitones) for path in paths for semitones in SEMITONES)


def compared(groups: Mapping[str, Iterable[Path]], heard: Hearings) -> Iterator[Consistency]:
    """Field by field, all songs ("") and each group, each program that has heard them shifted."""
    programs = list(dict.fromkeys(job.program for job in heard if job.semitones))
    for name in ("bpm", "key"):
        for group, paths in groups.items():
            for program in programs:
                if tells(program, name):
                    yield _compared(program, name, group, [str(path) for path in paths], heard)


def _compared(program: str, name: str, group: str, paths: Iterable[str], heard: Hearings) -> Consistency:
    scores: list[float] = []
    ratios: Counter[str] = Counter()
    songs = silent = 0
    for path in paths:
        job = Listening(program, path)
        answer = heard[job].answers.get(name) if job in heard else None
        if answer is None:
            continue
        songs += 1
        for semitones in SEMITONES:
            job = Listening(program, path, semitones)
            if job not in heard:
                continue
            said = heard[job].answers.get(name)
            silent += said is None
            due = shifted_value(answer, semitones)
            if said is not None and name == "bpm":
                ratio = measures.tempo_ratio(float(due), float(said.value))
                ratios["other" if ratio is None else str(ratio)] += 1
                scores.append(float(ratio == 1))
            else:
                scores.append(float(said is not None and said.value == due))
    return Consistency(program, name, group, songs, share(scores), silent, dict(ratios.most_common()))


def shifted_value(answer: Answer, semitones: int) -> float | str:
    """What has to be said of the song that is played `semitones` higher.

    >>> shifted_value(Answer("B minor"), 2)
    'C# minor'
    """
    if isinstance(answer.value, float):
        return answer.value * factor(semitones)
    note, mode = answer.value.split()
    return key_name(NOTES.index(note) + semitones, minor=mode == "minor")
