"""`python -m benchmarks instruments`: what is heard of instruments, kind and likeness, beside the teacher, in one
run.

On the sources of the test corpus ($ARCHIVIST_CORPUS, or ../shared) that no network of ours learned from, file by
file as the archive hears them. The teacher (YAMNet, `teachers/yamnet_spectra_in.tflite`, with ai-edge-litert where
it is installed) hears the same files; its 521 classes are mapped to the vocabulary by TEACHER. Measures: macro
average precision over the instruments with three clips and more; top-1, whether the instrument named is one of
those that play; kind; whether the nearest neighbour in another source is the same instrument, where there is such
a one; expected calibration error over all labels said with 0.05 and more; speed of all three together on one core,
and a worker's memory.

The chances are calibrated on the same sources (taggers/weights/timbre.md has the error with each source left out).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.analysis import CORPUS, SONG_SECONDS, SOURCES, make_song, rounds
from taggers import Job, start_worker, tag_file
from taggers.audio import Audio
from taggers.training.calibrate import HELD_OUT, Judged, average_precision, expected_error, neighbours
from taggers.training.kind import HELD_OUT as KIND_HELD_OUT
from taggers.vectors import INSTRUMENTS as CHANCES
from taggers.vectors import TIMBRE
from taggers.vocabulary import FAMILY_OF, INSTRUMENTS, with_families

TAGGERS = ("instrument", "kind", "embedding")
MOST = 200  # of one source and kind

TEACHER: dict[str, tuple[int, ...]] = {
    "kick": (163,), "snare": (160, 161, 162), "clap": (57, 58), "hihat": (167,), "cymbal": (166, 172),
    "tom": (159, 164), "percussion": (87, 156, 165, 168, 169, 170, 171), "drums": (157, 158, 159),
    "bass": (137, 189), "electric-guitar": (136,), "acoustic-guitar": (135, 138, 139, 140, 141),
    "piano": (147, 148, 155), "organ": (150, 151, 152), "electric-piano": (149,), "synth": (153, 154),
    "pad": (241,), "strings": (184, 185, 187), "violin": (186,), "cello": (188,), "brass": (180, 181, 183),
    "trumpet": (182,), "saxophone": (192,), "flute": (191,), "clarinet": (193,), "reeds": (190, 203, 204, 205),
    "mallets": (173, 174, 175, 176, 177, 178), "harp": (194,), "choir": (25,), "fx": (200, 201, 210),
    "vocals": (24, 26, 27, 28, 29, 30, 31, 32, 213, 233), "other": (142, 143, 144, 145, 146),
}  # fmt: skip
"""The teacher's classes by what they are called in the vocabulary: the greatest of them counts."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clip:
    path: Path
    source: str
    kind: str
    instruments: tuple[str, ...]

    @property
    def playing(self) -> set[str]:
        """With the families, which count with their members."""
        return with_families(self.instruments)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks instruments", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--speed-only", action="store_true")
    options = parser.parse_args(arguments)
    if not (CORPUS / "audio" / "manifest.csv").exists():
        raise SystemExit(f"no test corpus at {CORPUS} (set ARCHIVIST_CORPUS)")
    figures: dict[str, Any] = speed(options.runs)
    if not options.speed_only:
        with ProcessPoolExecutor(1, get_context("spawn"), _one_thread) as pool:
            figures |= pool.submit(accuracy).result()
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:58} {value}")


def _one_thread() -> None:
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = "1"


def accuracy() -> dict[str, Any]:
    clips = held_out(HELD_OUT)
    ours, teachers, kinds, vectors, kept = [], [], [], [], []
    teacher = _teacher()
    for clip in clips:
        findings = tag_file(Job(str(clip.path), TAGGERS)).findings
        if "instrument" not in findings or CHANCES not in findings["instrument"].vectors:
            continue
        named = [str(tag.value) for tag in findings["instrument"].tags]
        ours.append((np.frombuffer(findings["instrument"].vectors[CHANCES], "<f2").astype(float), named[:1]))
        vectors.append(np.frombuffer(findings["embedding"].vectors[TIMBRE], "<f2").astype(np.float32))
        kept.append(clip)
        if teacher is not None:
            teachers.append(teacher(clip.path))
    truth = np.array([[name in clip.playing for name in INSTRUMENTS] for clip in kept], float)
    said = np.stack([chances for chances, _ in ours])
    right = [bool(named) and named[0] in clip.playing for (_, named), clip in zip(ours, kept, strict=True)]
    judged = [
        Judged(clip.source, chances, chances, row, vector, clip.instruments[0])
        for clip, (chances, _), row, vector in zip(kept, ours, truth, vectors, strict=True)
    ]
    same, shares = neighbours(judged)
    figures: dict[str, Any] = {
        "clips of sources never learned from": len(kept),
        "macro average precision": round(_macro(truth, said), 3),
        "top-1: the instrument named plays": round(float(np.mean(right)), 3),
        "expected calibration error": round(expected_error(truth.ravel(), said.ravel())[0], 3),
        "nearest neighbour of another source is the same": round(same, 3),
        "nearest neighbour shares an instrument or its family": round(shares, 3),
    }
    if teachers:
        theirs = np.stack(teachers)
        top = [INSTRUMENTS[int(row.argmax())] in clip.playing for row, clip in zip(theirs, kept, strict=True)]
        figures |= {
            "teacher: macro average precision": round(_macro(truth, theirs), 3),
            "teacher: top-1": round(float(np.mean(top)), 3),
        }
    for clip in held_out(KIND_HELD_OUT):
        tags = tag_file(Job(str(clip.path), ("kind",))).findings["kind"].tags if clip.kind else ()
        kinds += [(clip.kind, str(tag.value)) for tag in tags if tag.field == "kind"] or [(clip.kind, "none")]
    kinds = [pair for pair in kinds if pair[0]]
    figures["kind right, of files"] = (round(float(np.mean([a == b for a, b in kinds])), 3), len(kinds))
    for name in sorted({a for a, _ in kinds}):
        mine = [a == b for a, b in kinds if a == name]
        figures[f"kind right, {name}"] = (round(float(np.mean(mine)), 3), len(mine))
    return figures


def held_out(sources: Sequence[str]) -> list[Clip]:
    taken: dict[tuple[str, str], int] = {}
    found = []
    with (CORPUS / "audio" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = (row["source"], row["kind"])
            if row["source"] in sources and taken.setdefault(place, 0) < (
                MOST if row["kind"] != "one-shot" else 10**6
            ):
                taken[place] += 1
                instruments = tuple(word for word in row["instruments"].split(";") if word)
                if instruments or sources is KIND_HELD_OUT:
                    found.append(Clip(CORPUS / "audio" / row["path"], row["source"], row["kind"], instruments))
    return found


def _macro(truth: Floats, said: Floats) -> float:
    columns = [column for column in range(truth.shape[1]) if truth[:, column].sum() >= 3]
    return float(np.mean([average_precision(truth[:, column], said[:, column]) for column in columns]))


def _teacher() -> Any:
    path = CORPUS / "teachers" / "yamnet_spectra_in.tflite"
    try:
        from taggers.training.teacher import Teacher

        hear = Teacher(path)
    except (ImportError, ValueError) as error:
        print(f"without the teacher: {error}", file=sys.stderr)
        return None

    def chances(clip: Path) -> Floats:
        mono = Audio(clip).mono
        step = int(0.96 * 44_100)
        scores = np.mean(
            [hear(mono[at : at + step])[0] for at in range(0, max(1, len(mono) - step // 2), step)], axis=0
        )
        of = {name: float(max(scores[index] for index in TEACHER.get(name, (520,)))) for name in INSTRUMENTS}
        for member, family in FAMILY_OF.items():
            of[family] = max(of[family], of[member])
        return np.array([of[name] for name in INSTRUMENTS])

    return chances


def speed(runs: int) -> dict[str, Any]:
    """Seconds of sound heard a second by one core, with decoding and beside decoding alone; one-shots a second; a
    worker's memory."""
    with tempfile.TemporaryDirectory(prefix="archivist-benchmark-") as folder:
        songs = [make_song(source, Path(folder)) for source in SOURCES]
        whole, decoding = (rounds(work, songs, runs) for work in (hear, decode))
        shots = [str(clip.path) for clip in held_out(("freepats-oneshots",))][:200]
        short = rounds(hear, shots, runs)
        with ProcessPoolExecutor(1, get_context("spawn"), start_worker) as pool:
            memory = pool.submit(_memory, songs).result()
    length = SONG_SECONDS * len(songs)
    return {
        "three-minute songs, times real time, decoding included": round(length / whole),
        "beside what decoding alone takes": round(length / max(1e-9, whole - decoding)),
        "one-shots a second": round(len(shots) / short),
        "a worker's memory, MiB": memory,
    }


def hear(path: str) -> None:
    tag_file(Job(path, TAGGERS))


def decode(path: str) -> None:
    _ = Audio(Path(path)).mono


def _memory(songs: list[str]) -> int:
    for song in songs:
        hear(song)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # KiB on Linux


if __name__ == "__main__":
    main(sys.argv[1:])
