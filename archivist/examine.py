"""What can be said of files without an archive: `inspect` reads projects, `analyze` hears audio."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import taggers
from archivist import analysis, kinds, readers, vocabulary
from archivist.database import ArchiveError
from archivist.readers.base import ReadError
from archivist.records import Hearing, Inspection
from archivist.scan import Kinds, Walk
from taggers import FileTags, Tag
from taggers.vectors import INSTRUMENTS

_UNTOLD = ("chords",)
"""Taggers that say what `Hearing` has no field for, and that cost something."""


def inspect(paths: Iterable[Path]) -> Iterator[Inspection]:
    """Each project file or bundle; other folders are walked for theirs."""
    for path in paths:
        if path.is_dir() and not readers.is_project(path):
            found = (file for file in _walk(path, kinds.projects()) if not kinds.is_foreign(file))
            yield from map(_inspect, found)
        else:
            yield _inspect(path)


def _inspect(path: Path) -> Inspection:
    try:
        return Inspection(str(path), readers.read_project(path))
    except ReadError as error:
        return Inspection(str(path), error=str(error))


def _walk(folder: Path, noticed: Kinds) -> Iterator[Path]:
    return (folder / entry.rel_path for entry in Walk(folder, "", noticed))


def analyze(
    paths: Sequence[Path], workers: analysis.Workers, stop: threading.Event | None = None
) -> Iterator[Hearing]:
    """Each audio file, in the order given; folders are walked. A file that cannot be heard says why."""
    files = [file for path in paths for file in (_walk(path, kinds.audio()) if path.is_dir() else (path,))]
    names = tuple(name for name in taggers.TAGGERS if name not in _UNTOLD)
    jobs = (taggers.Job(str(file), names) for file in files)
    tag = partial(taggers.tag_file, time_limit=workers.time_limit)
    waiting: dict[str, Hearing] = {}
    due = iter(map(str, files))
    following = next(due, None)
    for batch in analysis.run_jobs(workers, tag, jobs, stop or threading.Event()):
        for job, result in batch:
            waiting[job.path] = _hearing(job.path, result)
        while following in waiting:
            yield waiting[following]
            following = next(due, None)


def listen(path: Path, fields: Set[str], workers: analysis.Workers) -> FileTags:
    """What the taggers of these fields hear in one file. Raises ArchiveError where it cannot be heard."""
    names = tuple(name for name in taggers.names() if not fields.isdisjoint(taggers.load(name).fields))
    tag = partial(taggers.tag_file, time_limit=workers.time_limit)
    job = taggers.Job(str(path.absolute()), names)
    batches = analysis.run_jobs(workers, tag, [job], threading.Event())
    [result] = [result for batch in batches for _job, result in batch]
    if isinstance(result, analysis.Crash):
        raise ArchiveError(f"{path}: {result.reason}")
    if result.error:
        raise ArchiveError(f"{path}: {result.error}")
    return result


def _hearing(path: str, result: FileTags | analysis.Crash) -> Hearing:
    if isinstance(result, analysis.Crash):
        return Hearing(path, "error", result.reason)
    if result.error:
        return Hearing(path, "error", result.error, seconds=round(result.seconds, 3))
    tags = [tag for findings in result.findings.values() for tag in findings.tags]
    heard = {tag.field: tag for tag in tags if tag.source == "machine" and tag.field not in ("flag", "instrument")}
    instruments = [tag for tag in tags if tag.source == "machine" and tag.field == "instrument"]
    facts = analysis.columns(result.facts)
    return Hearing(
        path,
        "ok",
        "; ".join(f"{name}: {reason}" for name, reason in sorted(result.errors.items())) or None,
        **{name: _rounded(value) for name, value in facts.items()},
        kind=_text(heard.get("kind")),
        kind_confidence=_confidence(heard.get("kind")),
        bpm=_number(heard.get("bpm")),
        bpm_confidence=_confidence(heard.get("bpm")),
        bpm_candidates=_candidates(heard.get("bpm")),
        key=_text(heard.get("key")),
        key_confidence=_confidence(heard.get("key")),
        key_candidates=_candidates(heard.get("key")),
        tuning_cents=_number(heard.get("tuning")),
        instrument=str(instruments[0].value) if instruments else None,
        instruments=_chances(result),
        loudness_lufs=_number(heard.get("loudness")),
        true_peak_dbtp=_number(heard.get("true_peak")),
        flags=tuple(str(tag.value) for tag in tags if tag.field == "flag"),
        declared=_declared(tags),
        engines={field: tag.engine for field, tag in sorted(heard.items())},
        seconds=round(result.seconds, 3),
    )


def _chances(result: FileTags) -> dict[str, float]:
    """The chance of every instrument of the vocabulary to play, {} where nothing was heard."""
    findings = result.findings.get("instrument")
    if findings is None or INSTRUMENTS not in findings.vectors:
        return {}
    chances = np.frombuffer(findings.vectors[INSTRUMENTS], "<f2")
    return {name: round(float(one), 3) for name, one in zip(vocabulary.INSTRUMENTS, chances, strict=True)}


def _declared(tags: Iterable[Tag]) -> dict[str, Any]:
    """The surest of what a file says of itself, for each field."""
    best: dict[str, Tag] = {}
    for tag in tags:
        if tag.source != "machine" and (tag.field not in best or tag.confidence > best[tag.field].confidence):
            best[tag.field] = tag
    return {field: _rounded(tag.value) for field, tag in sorted(best.items())}


def _candidates(tag: Tag | None) -> tuple[dict[str, Any], ...]:
    """In the contract's form; a tagger's field is the name of its value."""
    if tag is None:
        return ()
    return tuple({tag.field: _rounded(c.value), "confidence": round(c.confidence, 3)} for c in tag.candidates)


def _text(tag: Tag | None) -> str | None:
    return None if tag is None else str(tag.value)


def _number(tag: Tag | None) -> float | None:
    return None if tag is None else round(float(tag.value), 3)


def _confidence(tag: Tag | None) -> float | None:
    return None if tag is None else round(tag.confidence, 3)


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
