"""Which pitches sound when: a spectrogram with three bins a semitone, on the sound's own tuning.

A bin holds the root of the energy in a triangle of ±1/3 semitone around its pitch, so a sine of a given level
measures the same at every pitch. Two Fourier transforms serve it: long windows below 220 Hz, where semitones
lie closer than 13 Hz, shorter ones above. No wavelet is computed as such (J. C. Brown, "Calculation of a constant
Q spectral transform", JASA 89, 1991, for the axis); that would cost many times as much.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
HOP = 4096
FRAMES_PER_SECOND = RATE / HOP
"""10.77: frame n is centred on n / FRAMES_PER_SECOND seconds."""
LOWEST = 24
"""MIDI: C1, 32.7 Hz; the highest is B7, below 4 kHz."""
OCTAVES = 7
SEMITONES = 12 * OCTAVES
BINS_PER_SEMITONE = 3
BINS = BINS_PER_SEMITONE * SEMITONES
"""252. Bins 3 n + 1 lie on semitone LOWEST + n, those beside them a third of a semitone off."""

_SPLIT = 57  # MIDI: A3, 220 Hz
_SLOWER = 4  # of the rate, for the upper band; again for the lower one
_UPPER_WINDOW, _LOWER_WINDOW = 4096, 2048  # 0.37 s and 0.74 s
_BATCH = 256
_FLOOR_SPAN = 17  # bins, about half an octave
_SOFT = 3.0
_RISE, _FALL = (26, 38), (72, 108)  # MIDI pitches between which what counts for `fold` begins and ends

Samples = NDArray[np.float32]
Floats = NDArray[np.float32]


def pitches(mono: Samples, cents: float = 0.0) -> Floats:
    """How loud each pitch is, shape (frames, BINS), from MIDI pitch LOWEST up; full-scale sine 0.5.

    mono: shape (n,) at RATE, any n. cents: how far the sound is tuned above A = 440 Hz; bins are laid there.
    """
    import soxr

    upper = soxr.resample(mono, RATE, RATE // _SLOWER, quality="LQ")
    lower = soxr.resample(upper, RATE // _SLOWER, RATE / _SLOWER**2, quality="LQ")
    frames = len(mono) // HOP + 1
    cents = 5.0 * round(cents / 5)
    middle = BINS_PER_SEMITONE * (_SPLIT - LOWEST)
    found = np.empty((frames, BINS), np.float32)
    _measure(lower, RATE / _SLOWER**2, _LOWER_WINDOW, cents, found[:, :middle], 0)
    _measure(upper, RATE / _SLOWER, _UPPER_WINDOW, cents, found[:, middle:], middle)
    return found


def lasting(pitches: Floats) -> Floats:
    """What of `pitches` sounds for more than one of three frames (0.28 s), as no drum does; same shape."""
    if len(pitches) < 3:
        return pitches
    before, at, after = pitches[:-2], pitches[1:-1], pitches[2:]
    middle = np.maximum(np.minimum(before, at), np.minimum(np.maximum(before, at), after))
    return np.asarray(np.concatenate((pitches[:1], middle, pitches[-1:])))


def tones(pitches: Floats) -> Floats:
    """What of `pitches` lasts and stands out of its surroundings, for drums and hiss do neither; same shape."""
    return standing(lasting(pitches))


def standing(pitches: Floats) -> Floats:
    """What is louder than the mean of the bins within a quarter of an octave, by how much; same shape."""
    return np.asarray(np.maximum(0, pitches - _surroundings(pitches)))


def chroma(pitches: Floats) -> Floats:
    """The pitch classes that sound, shape (frames, 12), C first, 0 to about 1; all 0 where nothing does.

    Loudness is compressed, log(1 + x), with x in units of the sound's own level. The range has soft ends, or a
    song moved by a few semitones would be another one.
    """
    return fold(tones(pitches))


def fold(tones: Floats) -> Floats:
    """The same of what `tones` gave."""
    level = np.sqrt(np.square(tones).mean()) + 1e-6
    on_pitch = tones.reshape(len(tones), SEMITONES, BINS_PER_SEMITONE).max(axis=2)
    loud = np.log1p(on_pitch / (_SOFT * level)) * _heights()
    return np.asarray(loud.reshape(len(loud), OCTAVES, 12).mean(axis=1), np.float32)


@lru_cache(maxsize=1)
def _heights() -> Floats:
    """How much each semitone counts in `fold`, 0 to 1."""
    pitch = LOWEST + np.arange(SEMITONES)
    rise, fall = (np.clip((pitch - low) / (high - low), 0, 1) for low, high in (_RISE, _FALL))
    return np.asarray((0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 + 0.5 * np.cos(np.pi * fall)), np.float32)


def _surroundings(spectrum: Floats) -> Floats:
    """The mean of the bins within a quarter of an octave."""
    from scipy.ndimage import uniform_filter1d

    return np.asarray(uniform_filter1d(spectrum, _FLOOR_SPAN, axis=1, mode="nearest"), np.float32)


def _measure(sound: Samples, rate: float, window: int, cents: float, found: Floats, first: int) -> None:
    from scipy import fft

    hop = HOP * rate / RATE
    centred = np.pad(sound, (window // 2, window))
    pieces = np.lib.stride_tricks.sliding_window_view(centred, window)[:: round(hop)][: len(found)]
    shape, kernel, (low, high) = _kernel(rate, window, cents, first, found.shape[1])
    for start in range(0, len(found), _BATCH):
        piece = pieces[start : start + _BATCH]
        spectrum = fft.rfft(piece * shape)[:, low:high]
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        found[start : start + len(piece)] = np.sqrt(power @ kernel)


@lru_cache(maxsize=64)
def _kernel(
    rate: float, window: int, cents: float, first: int, count: int
) -> tuple[Floats, Floats, tuple[int, int]]:
    """(window, triangles of shape (bins of the transform, count), the range of those bins)."""
    pitch = LOWEST + (first + np.arange(count) - 1) / BINS_PER_SEMITONE + cents / 100
    centre = 440 * 2 ** ((pitch - 69) / 12) * window / rate  # in bins of the transform
    width = np.maximum(1.0, centre * (2 ** (1 / 12 / BINS_PER_SEMITONE) - 1))
    low, high = int(centre[0] - width[0]), min(window // 2 + 1, int(centre[-1] + width[-1]) + 2)
    triangles = np.maximum(0, 1 - np.abs(np.arange(low, high)[:, None] - centre) / width).astype(np.float32)
    hann = np.hanning(window + 1)[:-1].astype(np.float32)
    return hann / np.float32(hann.sum()), triangles, (low, high)
