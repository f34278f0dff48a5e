"""Who hears: archivist as it analyses, and the programs it is measured against, each where it is installed.

Rivals with no decoder of their own get the samples that archivist decodes, at the rate they are made for, and
their time includes it. What each calls a confidence is taken as it is where it lies between 0 and 1; not all of
them mean the chance of being right by it.
"""

from __future__ import annotations

import faulthandler
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import taggers
from archivist.benchmark.shifts import shifted
from taggers.audio import RATE, Audio
from taggers.base import Tag, TagError
from taggers.by_essentia import standard
from taggers.pitch import key_name, parse_key

Value = float | str

MULTIFEATURE_SUREST = 5.32
"""What RhythmExtractor2013's confidence reaches at most, says its documentation."""
LIBROSA_RATE = 22_050
"""What librosa loads by default."""
WARMING = 180.0
"""Seconds more for a program's first file in a process: librosa's first calls compile for up to 75 s."""

# C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990), from the tonic up
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


@dataclass(frozen=True, slots=True)
class Answer:
    value: Value
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """A job: this program hears this file, played so many semitones higher. Picklable."""

    program: str
    path: str
    semitones: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it. A field without an answer: the program abstains. seconds: of a core's time, which does not
    depend on what else the machine does. duration: of the file, in seconds."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    seconds: float = 0.0
    duration: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """package: what has to be installed. fields: what it tells. hear: one file, by its path; never raises."""

    name: str
    package: str
    fields: tuple[str, ...]
    hear: Callable[[str], Heard]


def hear(job: Listening, time_limit: float) -> Heard:
    """One file by one program; the first in a process is heard twice, for what is loaded and compiled then is not
    the file's fault. Beyond `time_limit` seconds the process ends. For workers only."""
    program = BY_NAME[job.program]
    warm = job.program in _warm
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(time_limit + (0 if warm else WARMING), exit=True, file=nowhere)
        try:
            if not warm:
                program.hear(job.path)
                _warm.add(job.program)
            if not job.semitones:
                return program.hear(job.path)
            with shifted(job.path, job.semitones) as path:
                return program.hear(path)
        except TagError as error:
            return Heard(error=str(error))
        finally:
            faulthandler.cancel_dump_traceback_later()


_warm: set[str] = set()


# ---------------------------------------------------------------- archivist

OURS = "archivist"


def _ours(path: str) -> Heard:
    """Every tagger, as `archivist analyze` runs them. What a file's name and tags say is no hearing."""
    started = time.process_time()
    result = taggers.tag_file(taggers.Job(path, tuple(taggers.TAGGERS)))
    best: dict[str, Tag] = {}
    for tag in (tag for findings in result.findings.values() for tag in findings.tags):
        if tag.source == "machine" and (tag.field not in best or tag.confidence > best[tag.field].confidence):
            best[tag.field] = tag
    answers = {name: Answer(tag.value, tag.confidence) for name, tag in best.items()}
    failed = result.error or "; ".join(f"{name}: {reason}" for name, reason in sorted(result.errors.items()))
    duration = result.facts.duration if result.facts else None
    return Heard(answers, time.process_time() - started, duration, failed or None)


# ---------------------------------------------------------------- rivals


def _rival(
    name: str, package: str, fields: tuple[str, ...], answer: Callable[[Path], dict[str, Answer]]
) -> Program:
    def hear(path: str) -> Heard:
        started = time.process_time()
        try:
            answers = answer(Path(path))
        except TagError as error:
            return Heard(error=str(error))
        except Exception as error:  # noqa: BLE001 - each program fails in ways of its own, and that is a result
            return Heard(error=f"{type(error).__name__}: {error}"[:200])
        return Heard(answers, time.process_time() - started)

    return Program(name, package, fields, hear)


def _multifeature(path: Path) -> dict[str, Answer]:
    # Fresh for each file: a used estimator returns the last file's answer
    bpm, _ticks, confidence, *_rest = standard().RhythmExtractor2013(method="multifeature")(Audio(path).longest)
    return _tempo(bpm, min(1.0, float(confidence) / MULTIFEATURE_SUREST))


def _percival(path: Path) -> dict[str, Answer]:
    return _tempo(standard().PercivalBpmEstimator()(Audio(path).longest))


def _profile(name: str) -> Callable[[Path], dict[str, Answer]]:
    def hear(path: Path) -> dict[str, Answer]:
        note, mode, strength = standard().KeyExtractor(profileType=name)(Audio(path).mono)
        return _key(f"{note} {mode}", float(strength))

    return hear


def _librosa_tempo(path: Path) -> dict[str, Answer]:
    import librosa

    return _tempo(librosa.feature.tempo(y=_at_librosa_s_rate(Audio(path).longest), sr=LIBROSA_RATE)[0])


def _librosa_key(path: Path) -> dict[str, Answer]:
    """librosa tells no key: its chroma, and the profile that it resembles most."""
    import librosa
    import numpy as np

    chroma = librosa.feature.chroma_cqt(y=_at_librosa_s_rate(Audio(path).mono), sr=LIBROSA_RATE).mean(axis=1)
    likeness = {
        key_name(tonic, minor=minor): float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1])
        for minor, profile in ((False, _MAJOR), (True, _MINOR))
        for tonic in range(12)
    }
    return _key(max(likeness, key=lambda key: likeness[key]))


def _at_librosa_s_rate(samples: Any) -> Any:
    import librosa

    return librosa.resample(samples, orig_sr=RATE, target_sr=LIBROSA_RATE)


def _sonara(path: Path) -> dict[str, Answer]:
    os.environ["RAYON_NUM_THREADS"] = "1"
    import sonara

    found = sonara.analyze_file(str(path), features=["bpm", "key"])
    return _tempo(found["bpm"], float(found["bpm_confidence"])) | _key(
        found["key"], float(found["key_confidence"])
    )


def _tempo(bpm: Any, confidence: float | None = None) -> dict[str, Answer]:
    return {"bpm": Answer(float(bpm), _finite(confidence))} if float(bpm) > 0 else {}


def _key(name: str, confidence: float | None = None) -> dict[str, Answer]:
    key = parse_key(name)
    return {} if key is None else {"key": Answer(key, _finite(confidence))}


def _finite(confidence: float | None) -> float | None:
    """Of silence some make a confidence that is no number."""
    return confidence if confidence is not None and math.isfinite(confidence) else None


PROGRAMS = (
    Program(OURS, "taggers", ("bpm", "key", "instrument", "kind"), _ours),
    _rival("essentia multifeature", "essentia", ("bpm",), _multifeature),
    _rival("essentia percival", "essentia", ("bpm",), _percival),
    _rival("essentia edma", "essentia", ("key",), _profile("edma")),
    _rival("essentia bgate", "essentia", ("key",), _profile("bgate")),
    _rival("librosa tempo", "librosa", ("bpm",), _librosa_tempo),
    _rival("librosa chroma", "librosa", ("key",), _librosa_key),
    _rival("sonara", "sonara", ("bpm", "key"), _sonara),
)
BY_NAME = {program.name: program for program in PROGRAMS}


def tells(program: str, name: str) -> bool:
    """Whether a program says anything of a field. What is none of PROGRAMS may say of all."""
    return program not in BY_NAME or name in BY_NAME[program].fields


def installed() -> tuple[str, ...]:
    """The programs that can run here, archivist first."""
    return tuple(program.name for program in PROGRAMS if find_spec(program.package))
