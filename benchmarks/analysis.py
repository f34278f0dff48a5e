"""`python -m benchmarks analysis`: how fast audio is heard, beside the peers, in one run.

Songs of about three minutes, 44.1 kHz 16-bit stereo FLAC, made in a temporary folder of the real music in the test
corpus ($ARCHIVIST_CORPUS, or ../shared). Each program hears them file by file in a process of its own with one
thread, after one to warm up; the median of `--runs` rounds stands, in a core's time (user and system), which does
not depend on what else the machine does. Ours does all that `index` asks for, every tagger and the digest; what
each of them takes, with the features that it is the first to need, stands below. Beside it essentia's
MusicExtractor, and sonara with the same few features and in its full mode. `--workers` also tells what two workers
gain, by the clock, beside what a bare loop gains on the same machine at the same time; `--long` hears an hour at
96 kHz, for its memory.
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
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from taggers import Job, load, names, start_worker, tag_file
from taggers.audio import Audio

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


def sonara_full(path: str) -> None:
    import sonara

    sonara.analyze_file(path, mode="full")


PROGRAMS: dict[str, tuple[str, Callable[[str], None]]] = {
    "archivist": ("taggers", ours),
    "essentia MusicExtractor": ("essentia", music_extractor),
    "sonara": ("sonara", sonara),
    "sonara, full mode": ("sonara", sonara_full),
}
"""Name: the package it needs, and what hears one file."""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks analysis", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", action="store_true", help="also what two workers gain; wants a quiet machine")
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
            name: round(length / rounds(hear, songs, options.runs), 1)
            for name, (package, hear) in PROGRAMS.items()
            if find_spec(package)
        }
        found["seconds by tagger"] = by_tagger(songs)
        if options.workers:
            found["two workers to one"] = gains(
                {"archivist": (ours, songs * 2), "a bare loop": (loop, [""] * 8)}, options.runs
            )
        if options.long:
            found["MiB for an hour at 96 kHz"] = {
                suffix: peak_memory(make_long(songs[0], Path(folder) / f"long.{suffix}"))
                for suffix in ("flac", "wav")
            }
    print(json.dumps(found) if options.json else table(found))


def rounds(hear: Callable[[str], None], songs: list[str], runs: int) -> float:
    """Median of a core's time for all songs, in seconds, in a process that is warm."""
    timed = partial(_timed, hear)
    with ProcessPoolExecutor(1, get_context("spawn"), _one_thread) as pool:
        list(pool.map(timed, songs[:1] * 2))
        return statistics.median(sum(pool.map(timed, songs)) for _ in range(runs))


def _timed(hear: Callable[[str], None], path: str) -> float:
    start = time.process_time()
    hear(path)
    return time.process_time() - start


def by_tagger(songs: list[str]) -> dict[str, float]:
    """What each tagger takes of a core's time for all songs, in seconds; "sound" is decoding, with the meters."""
    with ProcessPoolExecutor(1, get_context("spawn"), _one_thread) as pool:
        first, *others = pool.map(_by_tagger, [songs[0], *songs])
    return {name: round(sum(one[name] for one in others), 3) for name in first}


def _by_tagger(path: str) -> dict[str, float]:
    taggers = [load(name) for name in names()]
    audio = Audio(Path(path), {one.name: one.meter for one in taggers if one.meter})
    steps: dict[str, Callable[[], object]] = {"sound": lambda: audio.facts}
    steps |= {tagger.name: partial(tagger.tag, audio) for tagger in taggers}
    found = {}
    for name, step in steps.items():
        start = time.process_time()
        step()
        found[name] = time.process_time() - start
    return found


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
    taken = found["seconds by tagger"]
    for name, seconds in sorted(taken.items(), key=lambda item: -item[1]):
        lines.append(f"  {name:24} {seconds:8.2f} s {100 * seconds / sum(taken.values()):11.0f} % of ours")
    for name, gain in found.get("two workers to one", {}).items():
        lines.append(f"{'two workers, ' + name:26} {gain:8.2f} × one worker")
    for suffix, weighed in found.get("MiB for an hour at 96 kHz", {}).items():
        lines.append(
            f"{'an hour, 96 kHz ' + suffix:26} {weighed['peak']:8.0f} MiB at most, "
            f"{weighed['times real time']:.0f} × real time"
        )
    return "\n".join(lines)
