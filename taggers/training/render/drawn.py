"""Draws the spectrogram of a song of taggers.training.render.tunes instead of playing it: much faster.

A note is a row of harmonics with the envelope of an instrument that never was; each part gets its own. What
taggers.constantq would say of a sine is asked once, so that drawn and heard notes have the same width.
"""

from __future__ import annotations

import random
from functools import cache

import numpy as np
from numpy.typing import NDArray

from taggers import constantq
from taggers.constantq import BINS, BINS_PER_SEMITONE, FRAMES_PER_SECOND, LOWEST, SEMITONES
from taggers.training.render.jobs import Note
from taggers.training.render.tunes import LENGTH, Part, Song

FRAMES = int(LENGTH * FRAMES_PER_SECOND)
_FINER = 4  # sines asked for in each bin

Floats = NDArray[np.float32]


def draw(song: Song, rng: random.Random) -> dict[str, Floats]:
    """Magnitudes of each part, shape (FRAMES, BINS), as taggers.constantq.pitches gives them of sound."""
    chance = np.random.default_rng(rng.randrange(2**32))
    return {
        name: _drums(part, chance) if name == "drums" else _notes(part, chance, glides=name == "talk")
        for name, part in song.parts.items()
    }


def _notes(part: Part, chance: np.random.Generator, *, glides: bool) -> Floats:
    """glides: no note is on a semitone."""
    power = np.zeros((FRAMES + 60, BINS), np.float32)
    colour = _Colour(chance, part.vibrato)
    lasts = chance.choice([0.15, 0.3, 0.6, 1.2, 3.0, 30.0])  # seconds until it has faded to a third
    release = chance.choice([0.03, 0.1, 0.3, 0.8])
    spectra: dict[int, Floats] = {}
    for note in part.notes:
        if note.start >= LENGTH:
            continue
        if glides:
            spectra = {note.key: colour.spectrum(note.key, float(chance.uniform(-50, 50)))}
        elif note.key not in spectra:
            spectra[note.key] = colour.spectrum(note.key, part.detune)
        first, envelope = _envelope(note, lasts, release)
        power[first : first + len(envelope)] += envelope[:, None] * spectra[note.key]
    power[1:-1] = power[1:-1] / 2 + (power[:-2] + power[2:]) / 4  # a window hears its neighbours
    return np.sqrt(power[:FRAMES])


def _envelope(note: Note, lasts: float, release: float) -> tuple[int, Floats]:
    """(first frame, power in each)."""
    begin, end = note.start * FRAMES_PER_SECOND, (note.start + note.length) * FRAMES_PER_SECOND
    first = int(begin)
    count = min(60, int(end - first + 3 * release * FRAMES_PER_SECOND) + 1)
    at = first + np.arange(count, dtype=np.float32)
    sounding = np.minimum(at + 1, end) - np.maximum(at, begin)
    fade = np.exp(-np.maximum(0, at - begin) / (lasts * FRAMES_PER_SECOND))
    rest = np.exp(-np.maximum(0, at + 0.5 - end) / (release * FRAMES_PER_SECOND))
    amplitude = fade * np.where(sounding > 0, np.minimum(1, sounding + (sounding < 1) * rest * 0.5), rest)
    amplitude[at < begin - 1] = 0
    return first, np.asarray(np.square(amplitude * (note.velocity / 100) ** 1.5), np.float32)


class _Colour:
    """An instrument: how loud each harmonic is."""

    def __init__(self, chance: np.random.Generator, vibrato: float) -> None:
        self.count = int(chance.choice([3, 6, 12, 20, 30]))
        self.slope = chance.uniform(0.3, 2.2)
        self.each = np.exp(chance.normal(0, chance.choice([0.2, 0.6, 1.0]), self.count))
        if chance.random() < 0.15:
            self.each[1::2] *= 0.1
        if chance.random() < 0.1:
            self.each[2::3] *= 3  # stops of an organ: fifths are loud
        self.stretch = 1 + abs(chance.normal(0, 0.0004))
        self.formants = [
            (chance.uniform(40, 105), chance.uniform(3, 10), chance.uniform(0.3, 3)) for _ in range(3)
        ]
        self.chorus = vibrato / 100 / 1.4 if vibrato else chance.choice([0, 0, 0.06])  # semitones either way

    def spectrum(self, key: int, detune: float) -> Floats:
        """Power of a note, shape (BINS,)."""
        order = np.arange(1, self.count + 1)
        pitch = key + detune / 100 + 12 * np.log2(order) * self.stretch
        level = self.each * order**-self.slope
        for centre, width, gain in self.formants:
            level = level * (1 + gain * np.exp(-(((pitch - centre) / width) ** 2)))
        power = np.zeros(BINS, np.float32)
        sines = _sines()
        for shift in (-self.chorus, self.chorus) if self.chorus else (0.0,):
            place = np.round((pitch + shift - LOWEST + 1 / BINS_PER_SEMITONE) * BINS_PER_SEMITONE * _FINER).astype(
                int
            )
            inside = (place >= 0) & (place < len(sines))
            power += np.square(level[inside]).astype(np.float32) @ sines[place[inside]]
        return np.asarray(power / (power.sum() + 1e-9), np.float32)


@cache
def _sines() -> Floats:
    """Power that a sine makes in every bin, for pitches a twelfth of a semitone apart, as heard by constantq."""
    time = np.arange(int(1.2 * constantq.RATE)) / constantq.RATE
    found = []
    for place in range(BINS_PER_SEMITONE * SEMITONES * _FINER):
        pitch = LOWEST + (place / _FINER - 1) / BINS_PER_SEMITONE
        sine = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time).astype(np.float32)
        found.append(np.square(constantq.pitches(sine)[6]))
    return np.stack(found)


def _drums(part: Part, chance: np.random.Generator) -> Floats:
    """Bursts of noise, each piece with its own colour: kicks and toms low, cymbals high and long."""
    power = np.zeros((FRAMES + 60, BINS), np.float32)
    axis = np.arange(BINS)
    colours: dict[int, tuple[Floats, float]] = {}
    for note in part.notes:
        if note.start >= LENGTH:
            continue
        if note.key not in colours:
            low = note.key in (35, 36, 41, 43, 45, 47, 48)
            centre = chance.uniform(10, 80) if low else chance.uniform(120, 300)
            width = chance.uniform(6, 25) if low else chance.uniform(60, 160)
            lasts = chance.uniform(0.05, 0.5 if low or note.key in (46, 49, 51) else 0.2)
            colours[note.key] = (np.exp(-(((axis - centre) / width) ** 2)).astype(np.float32) / width, lasts)
        colour, lasts = colours[note.key]
        first, envelope = _envelope(Note(note.start, lasts, note.key, note.velocity), lasts, 0.03)
        burst = chance.exponential(1.0, (len(envelope), BINS)).astype(np.float32)
        power[first : first + len(envelope)] += envelope[:, None] * colour * burst
    return np.sqrt(power[:FRAMES])
