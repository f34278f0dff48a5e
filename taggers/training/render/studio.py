"""Renders the jobs of all sources, cuts what comes out, and writes it with the manifest."""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import csv
import multiprocessing
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from taggers.training.render import fonts, modelled, nothing, presets, samples, speech
from taggers.training.render.jobs import LONGEST, RATE, Floats, Job

PROCESSES = 2
SILENT = 0.003
FADE = 0.02

MAKERS = (
    (fonts.NEEDS, fonts.stages),
    (speech.NEEDS, speech.stages),
    (presets.NEEDS, presets.stages),
    (nothing.NEEDS, nothing.stages),
    (modelled.NEEDS, modelled.stages),
    (samples.NEEDS, samples.stages),
)
NEEDS = {source: needs for sources, _ in MAKERS for source, needs in sources.items()}
"""Every source, with the files and programs that it takes and their Debian packages."""

Row = tuple[str, str, str, str]


@dataclass(frozen=True)
class Result:
    rows: tuple[Row, ...]
    dropped: int


def make(folder: Path, only: Collection[str] = ()) -> None:
    """Render these sources, or all, into `folder`. Exits with a line on what is unknown or not installed."""
    wanted = set(only) or set(NEEDS)
    _check(wanted)
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    dropped = 0
    rows = _rows_of_others(folder, wanted)
    stages = [stage for sources, stages_of in MAKERS if wanted & sources.keys() for stage in stages_of()]
    with multiprocessing.Pool(PROCESSES) as pool:
        for stage in stages:
            jobs = [job for job in stage if job.clips[0].source in wanted]
            if not jobs:
                continue
            for result in pool.imap_unordered(partial(render, folder=folder), jobs):
                rows += result.rows
                dropped += result.dropped
            _write_manifest(folder, sorted(rows))
            print(f"{time.monotonic() - began:5.0f} s: {len(rows)} clips, {dropped} dropped", flush=True)
    counts = Counter((source, instruments.split(";")[0]) for _, source, _, instruments in rows)
    for (source, slug), count in sorted(counts.items()):
        print(f"{source:20} {slug:18} {count:5}")


def _check(sources: set[str]) -> None:
    if unknown := sorted(sources - NEEDS.keys()):
        raise SystemExit(f"No such source: {', '.join(unknown)}. There are: {', '.join(NEEDS)}")
    missing: dict[str, list[str]] = {}
    for source in sorted(sources):
        for needed, package in NEEDS[source].items():
            if not (Path(needed).exists() if needed.startswith("/") else shutil.which(needed)):
                missing.setdefault(package, []).append(source)
    if missing:
        who = sorted({source for those in missing.values() for source in those})
        raise SystemExit(
            f"Not installed, but needed for {', '.join(who)}: apt install {' '.join(sorted(missing))}"
        )


def render(job: Job, folder: Path) -> Result:
    """Everything of one job, cut and written; a clip that came out silent is dropped."""
    rng = random.Random(job.seed)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            cuts = job.engine(job, Path(scratch), rng)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            # A preset can bring its synthesizer down; the other jobs go on.
            print(f"{job.clips[0].name} ...: {error}", flush=True)
            return Result((), len(job.clips))
    rows = []
    for clip, sound in zip(job.clips, cuts, strict=True):
        finished = finish(sound, clip.kind, rng) if clip.kind else sound
        if finished is None:
            continue
        path = Path(clip.source) / f"{clip.name}.flac"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / path, finished, RATE, subtype="PCM_16")
        rows.append((str(path), clip.source, clip.kind, clip.instruments))
    return Result(tuple(rows), len(job.clips) - len(rows))


def finish(sound: Floats, kind: str, rng: random.Random) -> Floats | None:
    """Trimmed of silence, faded where cut, at a random level."""
    level = 10 ** (rng.uniform(-18, -1) / 20)
    if not len(sound) or (peak := float(np.abs(sound).max())) < SILENT:
        return None
    heard = np.flatnonzero(np.abs(sound) > peak * 0.002)
    begin = max(0, heard[0] - int(0.005 * RATE))
    sound = sound[begin : min(heard[-1] + 1, begin + int(LONGEST[kind] * RATE))]
    if len(sound) < 0.03 * RATE:
        return None
    fade = min(int(FADE * RATE), len(sound) // 4)
    sound = sound.copy()
    sound[-fade:] *= np.linspace(1, 0, fade)
    peak = float(np.abs(sound).max())
    return sound * (level / peak) if peak >= SILENT else None


def _rows_of_others(folder: Path, rendered: set[str]) -> list[Row]:
    if not (folder / "manifest.csv").exists():
        return []
    with (folder / "manifest.csv").open(newline="") as file:
        rows = [(row["path"], row["source"], row["kind"], row["instruments"]) for row in csv.DictReader(file)]
    return [row for row in rows if row[1] not in rendered]


def _write_manifest(folder: Path, rows: Sequence[Row]) -> None:
    # Replaced whole, for whoever reads it while we go on.
    partial = folder / "manifest.csv.partial"
    with partial.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "source", "kind", "instruments"))
        writer.writerows(rows)
    partial.replace(folder / "manifest.csv")
