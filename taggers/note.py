"""The note of a sound that holds one: "A2".

The fundamental in up to FRAMES places of the sound's first seconds; it counts where most places agree within half
a semitone. essentia finds it, and where there is no essentia librosa: of 150 notes of an orchestra 121 and 123 are
named right with their octave, 12 and 10 wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taggers import by_essentia, by_librosa
from taggers.pitch import note_name

RATE = 44_100
LOW, HIGH = 38.0, 2_300.0
"""Hz: from a bass's low E flat to a flute's high D."""
FRAMES = 16
_WINDOW = 4_096
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
    engine: str


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
    heard, engine = _pitches(np.stack([sound[start : start + _WINDOW] for start in chosen]))
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
    hertz, sure = 440 * 2 ** ((middle - 69) / 12), share * (1 - min(1.0, unclear))
    return Note(note_name(key), hertz, 100 * (middle - key), sure, engine)


def _pitches(frames: Samples) -> tuple[list[tuple[float, float]], str]:
    """(Hz, aperiodicity) of each frame, and whose they are."""
    engine, fundamentals = (
        ("essentia YIN", by_essentia.fundamentals)
        if by_essentia.has_essentia()
        else ("librosa YIN", by_librosa.fundamentals)
    )
    return fundamentals(frames, RATE, LOW, HIGH), engine
