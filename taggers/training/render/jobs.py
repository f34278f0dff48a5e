"""What a clip is, and what one run of a renderer makes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 44100
LONGEST = {"one-shot": 4.0, "loop": 6.0}
GAP = 1.5
"""Between two clips of one render, for the reverb of the one before."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Note:
    start: float
    length: float
    key: int
    velocity: int


@dataclass(frozen=True)
class Clip:
    """`kind` is "" for a clip that is written as its engine made it."""

    name: str
    source: str
    kind: str
    instruments: str
    notes: tuple[Note, ...]
    program: int = 0
    drums: bool = False
    modulation: int = 0
    preset: str = ""


Engine = Callable[["Job", Path, random.Random], Iterable[Floats]]
"""(job, folder to work in, chance) → the sound of each clip, with silence around it or empty where it failed."""


@dataclass(frozen=True)
class Job:
    """What one run of a renderer makes. resource: a sound font, where the engine needs one."""

    engine: Engine
    resource: str
    clips: tuple[Clip, ...]
    seed: int


Stage = list[Job]


def split(engine: Engine, resource: str, clips: list[Clip], size: int, seed: int) -> Stage:
    parts = [clips[at : at + size] for at in range(0, len(clips), size)]
    return [Job(engine, resource, tuple(part), seed + place) for place, part in enumerate(parts)]


def mono(path: Path) -> Floats:
    sound, rate = soundfile.read(path, dtype="float64", always_2d=True)
    mixed = sound.mean(axis=1)
    return mixed if rate == RATE else np.asarray(resample_poly(mixed, RATE, rate))
