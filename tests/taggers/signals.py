"""Sounds made by formula: float64, shape (frames,), at RATE unless a rate is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100
Sound = NDArray[np.float64]


def seconds(length: float, rate: int = RATE) -> Sound:
    return np.arange(round(length * rate)) / rate


def sine(frequency: float, length: float, level: float = 0.5, rate: int = RATE) -> Sound:
    return level * np.sin(2 * np.pi * frequency * seconds(length, rate))


def noise(length: float, level: float = 0.2, rate: int = RATE) -> Sound:
    return level * np.random.default_rng(7).standard_normal(round(length * rate))


def hit(length: float = 0.15) -> Sound:
    """A snare: noise that dies away."""
    return noise(length, 0.5) * np.exp(-seconds(length) * 40)


def place(sound: Sound, at: Sequence[float], length: float) -> Sound:
    """`sound` started at each of these moments, cut to `length`."""
    whole = np.zeros(round((length + 10) * RATE))
    for start in at:
        first = round(start * RATE)
        whole[first : first + len(sound)] += sound
    return whole[: round(length * RATE)]


def beats(bpm: float, length: float) -> Sound:
    """A drum part: kick on every beat, snare on two and four, quiet hats on the eighths."""
    beat = 60 / bpm
    count = int(length / beat) + 1
    kick = sine(55, 0.2, 0.8) * np.exp(-seconds(0.2) * 20)
    return (
        place(kick, [n * beat for n in range(count)], length)
        + place(hit(), [n * beat for n in range(1, count, 2)], length)
        + 0.2 * place(hit(0.04), [n * beat / 2 for n in range(2 * count)], length)
    )


def chord(pitches: Sequence[int], length: float) -> Sound:
    """MIDI notes with four overtones, struck and fading."""
    time = seconds(length)
    tone = sum(
        np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * k * time) / k
        for pitch in pitches
        for k in (1, 2, 3, 4)
    )
    return np.asarray(0.06 * tone * np.exp(-time * 1.5))


def cadence(tonic: int, minor: bool, bpm: float = 100.0, times: int = 3) -> Sound:
    """I-IV-V-I or i-iv-V-i around a MIDI tonic, two beats a chord: nothing states a key more plainly."""
    third = 3 if minor else 4
    degrees = ((0, third), (5, third), (7, 4), (0, third))
    chords = [chord((tonic + d - 12, tonic + d, tonic + d + t, tonic + d + 7), 120 / bpm) for d, t in degrees]
    return np.concatenate(chords * times)


def speech(length: float) -> Sound:
    """Voiced syllables of gliding pitch and uneven length, with pauses."""
    random = np.random.default_rng(3)
    whole = np.zeros(round(length * RATE))
    at = 0
    while at < len(whole) - RATE // 2:
        size = int(random.integers(4_000, 14_000))
        time = np.arange(size) / RATE
        pitch = random.uniform(100, 220) * (1 + 0.2 * np.sin(2 * np.pi * time / time[-1]))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        voice = sum(np.sin(k * phase) / k for k in range(1, 15))
        whole[at : at + size] += 0.1 * random.uniform(0.3, 1) * np.hanning(size) * voice
        at += size + int(random.exponential(4_000))
    return whole


def write(path: Path, sound: Sound, rate: int = RATE, **options: str) -> Path:
    soundfile.write(path, sound, rate, **options)
    return path
