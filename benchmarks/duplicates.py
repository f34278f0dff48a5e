"""`python -m benchmarks duplicates`: are copies known, and look-alikes told apart, on real sounds?

Takes clips of each source, makes copies of each (COPIES), and asks `archivist.duplicates.same` of every clip with
its copies, and of every two clips of a source whose sketches are near. What the source itself holds twice counts
as found wrongly unless it is equal in every bit, so the precision is a lower bound: the pairs are listed.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr

from archivist.duplicates import RADIUS, doubt, same
from taggers.audio import Samples
from taggers.fingerprint import RATE, Print, fingerprint

SOURCES = ("hydrogen-drumkits", "philharmonia", "everything-is-remixed", "freepats-oneshots", "sonic-pi-samples")
SECONDS = 10


def _through(form: str, level: float) -> Callable[[Samples], Samples]:
    def change(sound: Samples) -> Samples:
        file = io.BytesIO()
        soundfile.write(file, sound, RATE, format=form, compression_level=level)
        file.seek(0)
        return np.asarray(soundfile.read(file, dtype="float32")[0])

    return change


def _wrapped(sound: Samples) -> Samples:
    return np.pad(sound, (round(0.3137 * RATE), RATE)).astype(np.float32)


COPIES: dict[str, Callable[[Samples], Samples]] = {
    "-6 dB": lambda sound: sound * np.float32(0.5),
    "silence": _wrapped,
    "48 kHz": lambda sound: soxr.resample(soxr.resample(sound, RATE, 48_000), 48_000, RATE),
    "vorbis": lambda sound: _through("OGG", 0.6)(sound * np.float32(0.7)),
    "mp3": lambda sound: _through("MP3", 0.5)(sound * np.float32(0.7)),
    "all": lambda sound: _through("MP3", 0.5)(_wrapped(sound) * np.float32(0.5)),
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks duplicates", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared" / "audio")
    parser.add_argument("--clips", type=int, default=60, help="of each source")
    options = parser.parse_args(arguments)
    for source in SOURCES:
        files = sorted((options.folder / source).rglob("*.ogg"))
        _measure(source, random.Random(1).sample(files, min(options.clips, len(files))))


def _measure(source: str, files: list[Path]) -> None:
    prints: dict[str, Print] = {}
    known = dict.fromkeys(COPIES, 0)
    for path in files:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=SECONDS * 48_000)
        mono = soxr.resample(sound.mean(axis=1), rate, RATE)
        found = fingerprint(mono)
        if isinstance(found, str):
            continue
        prints[path.stem] = found
        for name, copy in COPIES.items():
            other = fingerprint(copy(mono))
            known[name] += isinstance(other, Print) and same(found, other)
    recall = "  ".join(f"{name} {count / len(prints):.3f}" for name, count in known.items())
    print(f"{source}: {len(prints)} clips. Copies known: {recall}")
    wrong = list(_wrong(prints))
    right = sum(known.values())
    print(f"  precision {right / max(1, right + len(wrong)):.4f}, {len(wrong)} other pairs:")
    for one, other in wrong:
        print(f"    {doubt(prints[one], prints[other]):.2f} {one} = {other}")


def _wrong(prints: dict[str, Print]) -> list[tuple[str, str]]:
    from scipy.spatial import cKDTree

    names = list(prints)
    near = cKDTree([prints[name].sketch.astype(np.float32) for name in names]).query_pairs(RADIUS)
    pairs = [(names[i], names[j]) for i, j in sorted(near)]
    return [(a, b) for a, b in pairs if same(prints[a], prints[b]) and doubt(prints[a], prints[b]) > 0.0001]
