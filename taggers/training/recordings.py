"""Whole songs of which nobody said anything, to learn from what stays true of them when they are changed: a folder
with a folder of songs for each source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from taggers.audio import RATE

SHORTEST = 8.0
"""Seconds."""
SILENT = 1e-6
"""Power: -60 dBFS."""
SMALLEST = 300_000
"""Bytes: what is smaller is no song but an effect."""
SOUNDS = (".flac", ".mp3", ".ogg", ".opus", ".wav")

Samples = NDArray[np.float32]


def songs(folder: Path) -> Iterator[tuple[str, Path]]:
    """(source, path) of each."""
    for source in sorted(folder.iterdir()):
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in SOUNDS and path.stat().st_size > SMALLEST:
                yield source.name, path


def stretches(path: Path, seconds: float, most: int) -> Iterator[tuple[float, Samples]]:
    """(where it begins in seconds, mono at RATE) of at most so many stretches so long, spread over a song; the
    middle of a song too short for two. Silent ones and what cannot be read are left out."""
    try:
        with soundfile.SoundFile(path) as file:
            for start in _starts(len(file) / file.samplerate, seconds, most):
                file.seek(int(start * file.samplerate))
                sound = file.read(int(seconds * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
                if len(sound) >= SHORTEST * file.samplerate and np.square(sound).mean() >= SILENT:
                    yield start, np.ascontiguousarray(soxr.resample(sound, file.samplerate, RATE), np.float32)
    except soundfile.LibsndfileError as error:
        print(f"{path}: left out, {error}", flush=True)  # noqa: T201 - what is missing is part of the result


def _starts(duration: float, seconds: float, most: int) -> list[float]:
    count = min(most, int(duration // seconds))
    if count < 2:
        return [max(0.0, (duration - seconds) / 2)]
    return [float(start) for start in np.linspace(0, duration - seconds - 1, count)]
