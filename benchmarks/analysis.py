"""`python -m benchmarks analysis`: how fast audio is heard, beside the peers, in one run.

Songs of about three minutes, 44.1 kHz 16-bit stereo FLAC, made in a temporary folder of the real music in the test
corpus ($ARCHIVIST_CORPUS, or ../shared). Each program hears them file by file in a process of its own with one
thread, after one to warm up; the median of `--runs` rounds stands. Ours does key, tempo, loudness, true peak,
flags, what the file declares, and the digest. What two workers gain stands beside what a bare loop gains on the
same machine at the same time. `--long` also hears an hour at 96 kHz, for its memory.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from taggers import Job, names, start_worker, tag_file

CORPUS = Path(os.environ.get("ARCHIVIST_CORPUS") or Path(__file__).parents[2] / "shared")
SOURCES = ("incompetech", "nexuiz-music", "warzone2100-music", "wesnoth-music")
SONG_SECONDS = 180
RATE = 44_100
LONG_RATE, LONG_SECONDS = 96_000, 3_600


def ours(path: str) -> None:
    result = tag_file(Job(path, names()))
    if result.error or result.errors:
        raise SystemExit(f"{path}: {result.error or result.errors}")


def music_extractor(path: str) -> None:
    from taggers.by_essentia import standard

    standard().MusicExtractor(lowlevelStats=["mean"], rhythmStats=["mean"], tonalStats=["mean"])(path)


def sonara(path: str) -> None:
    import sonara

    sonara.analyze_file(path, features=["bpm", "key", "loudness"])


PROGRAMS: dict[str, tuple[str, Callable[[str], None]]] = {
    "archivist": ("taggers", ours),
    "essentia MusicExtractor": ("essentia", music_extractor),
    "sonara": ("sonara", sonara),
}
"""Name: the package it needs, and what hears one file."""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks analysis", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--long", action="store_true", help="also the memory for an hour at 96 kHz (4 GB of disk)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not (CORPUS / "audio" / "manifest.csv").exists():
        raise SystemExit(f"no test corpus at {CORPUS} (set ARCHIVIST_CORPUS)")
    with tempfile.TemporaryDirectory(prefix="archivist-benchmark-") as folder:
        songs = [make_song(source, Path(folder)) for source in SOURCES]
        length = sum(_seconds(song) for song in songs)
        found: dict[str, Any] = {"songs": len(songs), "seconds": round(length, 1)}
        found["times real time"] = {
            name: round(length / rounds(hear, songs, 1, options.runs), 1)
            for name, (package, hear) in PROGRAMS.items()
            if find_spec(package)
        }
        found["two workers to one"] = gains(
            {"archivist": (ours, songs * 2), "a bare loop": (loop, [""] * 8)}, options.runs
        )
        if options.long:
            found["MiB for an hour at 96 kHz"] = {
                suffix: peak_memory(make_long(songs[0], Path(folder) / f"long.{suffix}"))
                for suffix in ("flac", "wav")
            }
    print(json.dumps(found) if options.json else table(found))


def rounds(hear: Callable[[str], None], songs: list[str], workers: int, runs: int) -> float:
    """Median wall time of all songs in `workers` processes that are warm."""
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        list(pool.map(hear, songs[:workers] * 2))
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            list(pool.map(hear, songs))
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def gains(works: dict[str, tuple[Callable[[str], None], list[str]]], runs: int) -> dict[str, float]:
    """By name: time with one worker over time with two, taken in turns, median of the rounds."""
    context = get_context("spawn")
    found: dict[str, list[float]] = {name: [] for name in works}
    with ProcessPoolExecutor(1, context, _one_thread) as one, ProcessPoolExecutor(2, context, _one_thread) as two:
        for turn in range(runs + 1):
            for name, (work, items) in works.items():
                times = []
                for pool in (one, two):
                    start = time.perf_counter()
                    list(pool.map(work, items))
                    times.append(time.perf_counter() - start)
                if turn:  # the first warms up
                    found[name].append(times[0] / times[1])
    return {name: round(statistics.median(ratios), 2) for name, ratios in found.items()}


def loop(_: str) -> None:
    for _number in range(15_000_000):
        pass


def _one_thread() -> None:
    start_worker()
    os.environ["RAYON_NUM_THREADS"] = "1"  # sonara's threads


def peak_memory(path: str) -> dict[str, float]:
    with ProcessPoolExecutor(1, get_context("spawn"), start_worker) as pool:
        return pool.submit(_hear_and_weigh, path).result()


def _hear_and_weigh(path: str) -> dict[str, float]:
    import resource

    start = time.perf_counter()
    ours(path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    return {"peak": round(peak), "times real time": round(LONG_SECONDS / seconds, 1)}


def make_song(source: str, folder: Path) -> str:
    """Pieces of one source in a row, spread over two channels."""
    import numpy as np
    import soundfile
    import soxr

    with (CORPUS / "audio" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        paths = [row["path"] for row in csv.DictReader(file) if row["source"] == source and row["kind"] == "mix"]
    parts: list[Any] = []
    while sum(map(len, parts)) < SONG_SECONDS * RATE:
        mono, rate = soundfile.read(CORPUS / "audio" / paths[len(parts) % len(paths)], dtype="float32")
        parts.append(soxr.resample(mono, rate, RATE))
    mono = np.concatenate(parts)[: SONG_SECONDS * RATE]
    side = 0.2 * np.roll(mono, RATE // 50)
    path = folder / f"{source}.flac"
    soundfile.write(path, 0.9 * np.stack([mono + side, mono - side], axis=1), RATE)
    return str(path)


def make_long(song: str, path: Path) -> str:
    """An hour of `song` over and over, 24 bits at 96 kHz."""
    import soundfile

    block, _ = soundfile.read(song, dtype="float32", always_2d=True)
    with soundfile.SoundFile(path, "w", LONG_RATE, 2, "PCM_24") as out:
        for part in _repeated(block, LONG_RATE * LONG_SECONDS):
            out.write(part)
    return str(path)


def _repeated(block: Any, frames: int) -> Iterator[Any]:
    while frames > 0:
        yield block[:frames]
        frames -= len(block)


def _seconds(path: str) -> float:
    import soundfile

    return float(soundfile.info(path).duration)


def table(found: dict[str, Any]) -> str:
    lines = [f"{found['songs']} songs, {found['seconds']:.0f} s, one thread each", ""]
    own = found["times real time"]["archivist"]
    for name, speed in found["times real time"].items():
        lines.append(f"{name:26} {speed:8.1f} × real time {speed / own:8.2f} of ours")
    for name, gain in found["two workers to one"].items():
        lines.append(f"{'two workers, ' + name:26} {gain:8.2f} × one worker")
    for suffix, weighed in found.get("MiB for an hour at 96 kHz", {}).items():
        lines.append(
            f"{'an hour, 96 kHz ' + suffix:26} {weighed['peak']:8.0f} MiB at most, "
            f"{weighed['times real time']:.0f} × real time"
        )
    return "\n".join(lines)
