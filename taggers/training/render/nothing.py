"""Clips in which nothing plays, so that the networks learn to say so: hiss, rumble, hum, crackle, room."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from taggers.training.render.jobs import RATE, Clip, Floats, Job, Stage

NEEDS: dict[str, dict[str, str]] = {"nothing": {}}
CLIPS = 240
SECONDS = 4


def coloured(rng: np.random.Generator, slope: float) -> Floats:
    """Noise whose power falls by `slope` × 10 dB a decade: 0 white, 1 pink, 2 brown, below 0 blue."""
    spectrum = np.fft.rfft(rng.standard_normal(SECONDS * RATE))
    frequency = np.fft.rfftfreq(SECONDS * RATE, 1 / RATE)
    return np.fft.irfft(spectrum * np.maximum(frequency, 20.0) ** (-slope / 2))


def banded(rng: np.random.Generator) -> Floats:
    """Noise between two frequencies, as of a fan or a bad line."""
    spectrum = np.fft.rfft(rng.standard_normal(SECONDS * RATE))
    frequency = np.fft.rfftfreq(SECONDS * RATE, 1 / RATE)
    low = 10 ** rng.uniform(1.5, 3.7)
    return np.fft.irfft(spectrum * ((frequency > low) & (frequency < low * 10 ** rng.uniform(0.2, 1.5))))


def hum(rng: np.random.Generator) -> Floats:
    """Mains at 50 or 60 Hz with overtones, over some hiss."""
    time = np.arange(SECONDS * RATE) / RATE
    mains = rng.choice((50.0, 60.0))
    sound = sum(rng.random() / k * np.sin(2 * np.pi * mains * k * time + 6 * rng.random()) for k in range(1, 12))
    return np.asarray(sound + coloured(rng, 1.0) * rng.uniform(1, 30))


def crackle(rng: np.random.Generator) -> Floats:
    """Single odd samples and faint hiss: a bad cable, dither, an old record."""
    sound = np.zeros(SECONDS * RATE)
    count = int(10 ** rng.uniform(0.3, 2.5))
    sound[rng.integers(len(sound), size=count)] = rng.uniform(-1, 1, count)
    return sound + rng.uniform(0.0005, 0.02) * rng.standard_normal(len(sound))


def room(rng: np.random.Generator) -> Floats:
    """Rumble that comes and goes slowly."""
    swell = np.interp(np.arange(SECONDS * RATE), np.linspace(0, SECONDS * RATE, 9), rng.uniform(0.3, 1, 9))
    return coloured(rng, rng.uniform(1.0, 3.0)) * swell


def stages() -> list[Stage]:
    clips = tuple(Clip(f"{number:03}", "nothing", "", "", ()) for number in range(CLIPS))
    return [[Job(noises, "", clips, seed=7)]]


def noises(job: Job, _scratch: Path, _rng: random.Random) -> Iterator[Floats]:
    rng = np.random.default_rng(job.seed)
    makers = (
        lambda rng: coloured(rng, rng.uniform(-1, 2.5)),
        lambda rng: coloured(rng, 0.0),
        banded,
        hum,
        crackle,
        room,
    )
    for number in range(len(job.clips)):
        sound = makers[number % len(makers)](rng)
        yield 0.5 * sound / np.abs(sound).max()
