"""The note of a sound that holds one: "A2".

The fundamental in up to FRAMES places of the sound's first seconds; it counts where most places agree within half
a semitone. essentia finds it (of 150 notes of an orchestra 125 are named right with their octave, 7 wrong), and
where there is no essentia YIN's cumulative mean normalised difference (A. de Cheveigné, H. Kawahara, "YIN, a
fundamental frequency estimator for speech and music", JASA 111(4), 2002; 114 right, 11 wrong).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taggers.by_essentia import fundamentals, has_essentia
from taggers.pitch import NOTES

RATE = 44_100
LOW, HIGH = 38.0, 2_300.0
"""Hz: from a bass's low E flat to a flute's high D."""
FRAMES = 16
_WINDOW = 4_096
_DIP = 0.15
_CLEAR = 0.3
"""Aperiodicity above which a place says nothing. Drums 0.4 and more."""
AGREEING = 0.6


Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Note:
    """name: "A2" (A4 is 440 Hz, MIDI 69). confidence: the share of places that agree, less where they are
    unclear."""

    name: str
    hertz: float
    cents: float  # from the tempered note, -50 to 50
    confidence: float


def find(mono: Samples) -> Note | None:
    """`mono` at 44,100 Hz, shape (n,), a single sound; None where it has no one pitch."""
    if len(mono) < _WINDOW // 2:
        return None
    sound = np.pad(mono, (0, max(0, _WINDOW - len(mono))))
    starts = np.arange(0, min(len(sound) - _WINDOW, 3 * RATE) + 1, 1_024)
    power = np.array([float(np.square(sound[start : start + _WINDOW]).sum()) for start in starts])
    if power.max() <= 1e-7:
        return None
    loud = starts[power > 0.05 * power.max()]
    chosen = loud[np.linspace(0, len(loud) - 1, min(FRAMES, len(loud))).astype(int)]
    heard = _pitches(np.stack([sound[start : start + _WINDOW] for start in chosen]))
    pitches = np.array([pitch for pitch, unclear in heard if unclear < _CLEAR and pitch > 0])
    if len(pitches) < AGREEING * len(heard):
        return None
    semitones = 69 + 12 * np.log2(pitches / 440)
    middle = float(np.median(semitones))
    agreeing = np.abs(semitones - middle) < 0.5
    share = float(agreeing.sum()) / len(heard)
    if share < AGREEING:
        return None
    middle = float(np.median(semitones[agreeing]))
    key = round(middle)
    unclear = float(np.mean([one for _, one in heard]))
    return Note(f"{NOTES[key % 12]}{key // 12 - 1}", 440 * 2 ** ((middle - 69) / 12), 100 * (middle - key),
                share * (1 - min(1.0, unclear)))  # fmt: skip


def _pitches(frames: Samples) -> list[tuple[float, float]]:
    if has_essentia():
        return fundamentals(frames, RATE, LOW, HIGH)
    return [_pitch(frame) for frame in frames]


def _pitch(frame: Samples) -> tuple[float, float]:
    """(Hz, aperiodicity 0 to 1) of one frame."""
    half = len(frame) // 2
    frame = (frame - frame.mean()).astype(np.float64)
    size = 2 * len(frame)
    spectrum = np.fft.rfft(frame, size)
    head = np.fft.rfft(frame[:half], size)
    correlation = np.fft.irfft(spectrum * np.conj(head), size)[: half + 1]
    squares = np.concatenate(([0.0], np.cumsum(frame**2)))
    energy = squares[half : half + half + 1] - squares[: half + 1]
    difference = np.maximum(energy[0] + energy - 2 * correlation, 0.0)
    normal = difference[1:] * np.arange(1, half + 1) / (np.cumsum(difference[1:]) + 1e-12)
    low, high = int(RATE / HIGH), min(half - 1, int(RATE / LOW))
    part = normal[low - 1 : high]
    dips = np.flatnonzero((part[1:-1] < _DIP) & (part[1:-1] <= part[:-2]) & (part[1:-1] < part[2:]))
    best = int(dips[0]) + 1 if len(dips) else int(part.argmin())
    lag = float(best + low)
    if 1 <= best < len(part) - 1:  # parabolically between the samples
        before, at, after = part[best - 1 : best + 2]
        bend = before - 2 * at + after
        lag += float((before - after) / (2 * bend)) if bend > 1e-9 else 0.0
    return RATE / lag, float(part[best])
