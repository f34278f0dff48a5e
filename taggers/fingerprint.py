"""A print of the sound itself, by which the same recording is known in another format, level or file.

Everything is timed from the first audible moment, so silence at the ends says nothing, and relative to the
sound's own level, so gain says nothing. Three views of it, from coarse to strict:

- `sketch`: the spectrum of the attack and of the first seconds, in dB. Copies lie close together, so that
  candidates are found by an index of nearest neighbours.
- `words`: 32 bits a moment, each the sign of a difference of energies between neighbouring bands and moments
  (J. Haitsma, T. Kalker, "A highly robust audio fingerprinting system", ISMIR 2002). The moments are 11.6 ms apart
  for three seconds and then ever sparser: 16 minutes have 512, and every file has the same ones.
- `wave`: the first 0.19 s of the waveform at 11,025 Hz. Two hits of one drum have the same spectrum, but
  never the same waveform.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taggers.base import Findings, Tagger
from taggers.vectors import PRINT

if TYPE_CHECKING:
    from taggers.audio import Audio, Samples

RATE = 44_100
HOP = 512
FINE = 256
"""Moments HOP apart; those that follow grow by SPARSER each."""
MOMENTS = 512
SPARSER = 1.0228
MIN_SECONDS = 0.01
AUDIBLE = -35.0
"""dB below the loudest moment: what is fainter at either end counts as silence."""
SILENCE = -75.0
"""dBFS of the loudest moment: below that there is nothing but noise."""

WAVE_RATE = 11_025
WAVE = 2_048
WAVE_LEAD = 512
"""Samples at RATE by which the waveform begins before the first audible moment."""

_WINDOW = 4_096
_BLOCK = 64  # samples, 1.5 ms: how precisely the first audible moment is known
_BANDS = 33
_LOW, _HIGH = 80.0, 8_000.0  # what every codec and sample rate leaves alone
_FLOOR = -40.0
"""dB below the loudest band: what is fainter is as much the codec's as the sound's, and gives bits of 0."""
_SKETCH_BANDS = 8
_SKETCH_EDGES = np.arange(_SKETCH_BANDS) * _BANDS // _SKETCH_BANDS
_SKETCH_FLOOR = -30.0  # dB
_ATTACK = 8  # moments
SKETCH = 2 * _SKETCH_BANDS + 1
_HEAD = struct.Struct("<fffHH")


@dataclass(frozen=True, slots=True)
class Print:
    """start, length: seconds of silence before, and of audible sound. level: its energy mixed to mono,
    in dB of one second at a power of 1.

    sketch: float16, shape (SKETCH,). words: uint32, shape (≤ MOMENTS - 1,). wave: int8, shape (≤ WAVE,).
    """

    start: float
    length: float
    level: float
    sketch: NDArray[np.float16]
    words: NDArray[np.uint32]
    wave: NDArray[np.int8]

    def pack(self) -> bytes:
        """At most 4.2 KB."""
        head = _HEAD.pack(self.start, self.length, self.level, len(self.words), len(self.wave))
        return (
            head + self.sketch.astype("<f2").tobytes() + self.words.astype("<u4").tobytes() + self.wave.tobytes()
        )


def unpack(data: bytes) -> Print:
    """The reverse of `Print.pack`."""
    start, length, level, words, wave = _HEAD.unpack_from(data)
    at = _HEAD.size
    return Print(
        start,
        length,
        level,
        np.frombuffer(data, "<f2", SKETCH, at),
        np.frombuffer(data, "<u4", words, at + 2 * SKETCH),
        np.frombuffer(data, "i1", wave, at + 2 * SKETCH + 4 * words),
    )


def unpack_sketch(data: bytes) -> NDArray[np.float16]:
    """Only the sketch of what `Print.pack` made."""
    return np.frombuffer(data, "<f2", SKETCH, _HEAD.size)


def fingerprint(mono: Samples) -> Print | str:
    """The print of `mono` at RATE, shape (n,); or why there is none."""
    energy = _energy(mono)
    loudest = float(energy.max(initial=0.0))
    if loudest < 10 ** (SILENCE / 10):
        return "silence"
    audible = np.flatnonzero(energy > loudest * 10 ** (AUDIBLE / 10))
    first, last = int(audible[0]) * _BLOCK, min(len(mono), (int(audible[-1]) + 1) * _BLOCK)
    length = (last - first) / RATE
    if length < MIN_SECONDS:
        return "shorter than 10 ms: nothing to tell it by"
    bands = _bands(mono, first, last)
    level = 10 * np.log10(float(energy[audible[0] : audible[-1] + 1].sum()) * _BLOCK / RATE)
    return Print(first / RATE, length, float(level), _sketch(bands, length), _words(bands), _wave(mono, first))


def moments(length: float) -> NDArray[np.int64]:
    """Samples at RATE from the first audible moment on, as many as fall into `length` seconds."""
    grid = _grid()
    return grid[: max(2, int(np.searchsorted(grid, length * RATE)))]


@lru_cache(maxsize=1)
def _grid() -> NDArray[np.int64]:
    fine = np.arange(FINE) * HOP
    return np.concatenate(
        (fine, np.round(fine[-1] * SPARSER ** np.arange(1, MOMENTS - FINE + 1)).astype(np.int64))
    )


def _energy(mono: Samples) -> NDArray[np.float64]:
    """Mean square of each _BLOCK samples; the last block may be filled up with silence."""
    count = -(-len(mono) // _BLOCK)
    whole = mono[: len(mono) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    energy = np.zeros(count)
    energy[: len(whole)] = np.einsum("bn,bn->b", whole, whole) / _BLOCK
    rest = mono[len(whole) * _BLOCK :]
    if len(rest):
        energy[-1] = float(rest @ rest) / _BLOCK
    return energy


def _bands(mono: Samples, first: int, last: int) -> NDArray[np.float32]:
    """Power in _BANDS bands around each moment, shape (moments, _BANDS); beyond the audible part is silence."""
    from scipy import fft

    centres = moments((last - first) / RATE) + first
    half = _WINDOW // 2
    frames = np.zeros((len(centres), _WINDOW), np.float32)
    for frame, centre in zip(frames, centres.tolist(), strict=True):
        low, high = max(first, centre - half), min(last, centre + half)
        frame[low - centre + half : high - centre + half] = mono[low:high]
    frames *= _window()
    spectrum = fft.rfft(frames)
    power = spectrum.real**2 + spectrum.imag**2
    return np.add.reduceat(power[:, : _edges()[-1]], _edges()[:-1], axis=1)


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    return np.hanning(_WINDOW).astype(np.float32)


@lru_cache(maxsize=1)
def _edges() -> NDArray[np.int64]:
    """FFT bins at which the bands begin, and the last one ends: evenly in log frequency, none empty."""
    edges = np.geomspace(_LOW, _HIGH, _BANDS + 1) * _WINDOW / RATE
    for i in range(1, len(edges)):
        edges[i] = max(edges[i], edges[i - 1] + 1)
    return np.round(edges).astype(np.int64)


def _words(bands: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Shape (moments - 1,)."""
    level = np.log(np.maximum(bands, 10 ** (_FLOOR / 10) * bands.max()))
    slope = level[:, :-1] - level[:, 1:]
    bits = np.diff(slope, axis=0) > 0
    return np.packbits(bits, axis=1, bitorder="little").view("<u4").ravel()


def _sketch(bands: NDArray[np.float32], length: float) -> NDArray[np.float16]:
    """In units of about one decibel: attack, first seconds, length."""
    first = bands[:FINE]
    whole = float(first.sum(axis=1).mean()) + 1e-20
    parts = []
    for part in (bands[:_ATTACK], first):
        power = np.add.reduceat(part.mean(axis=0), _SKETCH_EDGES) / whole
        parts.append(10 * np.log10(power + 10 ** (_SKETCH_FLOOR / 10)))
    return np.concatenate((*parts, [10 * np.log(length)])).astype(np.float16)


@lru_cache(maxsize=1)
def _lowpass() -> NDArray[np.float32]:
    """Nothing is left above 5.5 kHz, where it would fold back and differ with the first sample's place."""
    from scipy.signal import firwin

    return np.asarray(firwin(127, 4_700, window=("kaiser", 6.0), fs=RATE), np.float32)


def _wave(mono: Samples, first: int) -> NDArray[np.int8]:
    """Its treble raised (first difference), the largest value 127."""
    from scipy.signal import resample_poly

    start = first - WAVE_LEAD
    part = mono[max(0, start) : start + WAVE * RATE // WAVE_RATE]
    part = np.pad(part, (max(0, -start), 0))
    slow = resample_poly(part, 1, RATE // WAVE_RATE, window=_lowpass())
    steps = np.diff(slow, prepend=slow[:1])
    return np.asarray(np.round(steps * (127 / (np.abs(steps).max() + 1e-12))), np.int8)


def tag(audio: Audio) -> Findings:
    found = fingerprint(audio.longest)
    return (
        Findings(abstained={"print": found}) if isinstance(found, str) else Findings(vectors={PRINT: found.pack()})
    )


TAGGER = Tagger("fingerprint", version=1, fields=("print",), tag=tag, vectors=(PRINT,))
