"""Clips in which nothing plays, so that the networks learn to say so: hiss, rumble, hum, crackle, room.

    python -m taggers.training.nothing OUTDIR

Mono 16-bit FLACs at 44,100 Hz with a manifest.csv as taggers.training.render writes; source "nothing".
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from taggers.logmel import RATE

CLIPS = 240
SECONDS = 4

Sound = NDArray[np.float64]


def coloured(rng: np.random.Generator, slope: float) -> Sound:
    """Noise whose power falls by `slope` × 10 dB a decade: 0 white, 1 pink, 2 brown, below 0 blue."""
    spectrum = np.fft.rfft(rng.standard_normal(SECONDS * RATE))
    frequency = np.fft.rfftfreq(SECONDS * RATE, 1 / RATE)
    return np.fft.irfft(spectrum * np.maximum(frequency, 20.0) ** (-slope / 2))


def banded(rng: np.random.Generator) -> Sound:
    """Noise between two frequencies, as of a fan or a bad line."""
    spectrum = np.fft.rfft(rng.standard_normal(SECONDS * RATE))
    frequency = np.fft.rfftfreq(SECONDS * RATE, 1 / RATE)
    low = 10 ** rng.uniform(1.5, 3.7)
    return np.fft.irfft(spectrum * ((frequency > low) & (frequency < low * 10 ** rng.uniform(0.2, 1.5))))


def hum(rng: np.random.Generator) -> Sound:
    """Mains at 50 or 60 Hz with overtones, over some hiss."""
    time = np.arange(SECONDS * RATE) / RATE
    mains = rng.choice((50.0, 60.0))
    sound = sum(rng.random() / k * np.sin(2 * np.pi * mains * k * time + 6 * rng.random()) for k in range(1, 12))
    return np.asarray(sound + coloured(rng, 1.0) * rng.uniform(1, 30))


def crackle(rng: np.random.Generator) -> Sound:
    """Single odd samples and faint hiss: a bad cable, dither, an old record."""
    sound = np.zeros(SECONDS * RATE)
    count = int(10 ** rng.uniform(0.3, 2.5))
    sound[rng.integers(len(sound), size=count)] = rng.uniform(-1, 1, count)
    return sound + rng.uniform(0.0005, 0.02) * rng.standard_normal(len(sound))


def room(rng: np.random.Generator) -> Sound:
    """Rumble that comes and goes slowly."""
    swell = np.interp(np.arange(SECONDS * RATE), np.linspace(0, SECONDS * RATE, 9), rng.uniform(0.3, 1, 9))
    return coloured(rng, rng.uniform(1.0, 3.0)) * swell


def main(folder: Path) -> None:
    rng = np.random.default_rng(7)
    makers = (
        lambda rng: coloured(rng, rng.uniform(-1, 2.5)),
        lambda rng: coloured(rng, 0.0),
        banded,
        hum,
        crackle,
        room,
    )
    (folder / "nothing").mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "source", "kind", "instruments"))
        for number in range(CLIPS):
            sound = makers[number % len(makers)](rng)
            path = f"nothing/{number:03}.flac"
            soundfile.write(folder / path, 0.5 * sound / np.abs(sound).max(), RATE, subtype="PCM_16")
            writer.writerow((path, "nothing", "", ""))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
