"""How tonal a sound is, which pitch classes it holds, and how far from 440 Hz it is tuned.

Spectral peaks that last over three frames (0.28 s) are tones; what flashes by is a drum, what has no peaks
is noise. Between 80 and 2,500 Hz, where chords live.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RATE = 44_100
_WINDOW = 8192
_HOP = 4096
_LOW, _HIGH = 15, 465  # bins: 81 Hz, 2.5 kHz
_MAX_FRAMES = 600  # spread over longer files: tonality is an average
_FLOOR_BINS = 45  # ten groups of them
_FLOOR_TIMES = 3.0
_INAUDIBLE = 0.02  # magnitude of a sine at -100 dBFS

# How much each pitch class belongs to a key, from the tonic up: A. Faraldo, E. Gomez, S. Jorda and P. Herrera's
# manual adaptation for modern music, in A. Faraldo, "Tonality Estimation in Electronic Dance Music", 2017
_MAJOR = (1.0, 0.0, 0.42, 0.0, 0.53, 0.37, 0.0, 0.77, 0.0, 0.38, 0.21, 0.3)
_MINOR = (1.0, 0.0, 0.36, 0.39, 0.0, 0.38, 0.0, 0.74, 0.27, 0.0, 0.42, 0.23)

Samples = NDArray[np.float32]
Floats = NDArray[np.float32]
Peaks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Harmony:
    """tonality: lasting tones' share of the sound: noise 0, drums 0.05, mixes 0.05 to 0.5, a solo flute 0.8.
    chroma: shape (12,), C first, sum 1 (all 0 without tones). movement: how much it changes from moment to
    moment, 0 for a held note to about 0.5. persistence: the share of the tones that still sound 0.1 s later: drums
    0.05 to 0.2, music 0.25 to 0.8. tuning: cents from A = 440 Hz, -50 to 50, and how far the tones
    agree on it, 0 to 1."""

    tonality: float
    chroma: NDArray[np.float64]
    movement: float
    persistence: float
    tuning: float
    tuning_agreement: float

    @property
    def pitch_classes(self) -> float:
        """How many pitch classes sound, 0 to 12: the exponential of their entropy. A single note with its
        overtones has 1 to 3, a triad 3 to 4, a song 6 and more."""
        shares = self.chroma[self.chroma > 0]
        return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0


def resemblance(chroma: NDArray[np.floating]) -> NDArray[np.float64]:
    """How well pitch classes, shape (12,), C first, fit each of taggers.pitch.KEYS: correlations, shape (24,), all
    0 where nothing sounds."""
    if not np.ptp(chroma) > 0:
        return np.zeros(24)
    profiles = np.stack([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    return np.asarray(np.corrcoef(np.vstack((chroma, profiles)))[0, 1:])


def hear(mono: Samples) -> Harmony:
    """`mono`: shape (n,) at 44,100 Hz, any n."""
    spectrum = _spectrum(mono)
    lasting = _median_of_three(spectrum)
    floor = np.median(spectrum.reshape(len(spectrum), -1, _FLOOR_BINS), axis=2)
    tones = np.maximum(0, lasting - _INAUDIBLE - _FLOOR_TIMES * np.repeat(floor, _FLOOR_BINS, axis=1))
    tonality = float(tones.sum() / (spectrum.sum() + 1e-9))
    peaks = _peaks(tones)
    if not peaks.any():
        return Harmony(tonality, np.zeros(12), 0.0, 0.0, 0.0, 0.0)
    frame, pitch, weight = _pitches(peaks, tones, lasting)
    turn = (weight * np.exp(2j * np.pi * pitch)).sum() / weight.sum()
    tuning = float(np.angle(turn)) / (2 * np.pi)
    place = frame * 12 + np.round(pitch - tuning).astype(int) % 12
    moments = np.bincount(place, weight, 12 * len(tones)).reshape(-1, 12).astype(np.float64)
    chroma = moments.sum(axis=0)
    return Harmony(
        tonality, chroma / chroma.sum(), _movement(moments), _persistence(peaks), 100 * tuning, float(abs(turn))
    )


def _median_of_three(spectrum: Floats) -> Floats:
    """Of each frame and its neighbours in time; the ends stay as they are, and so do one or two frames."""
    if len(spectrum) < 3:
        return spectrum
    before, at, after = spectrum[:-2], spectrum[1:-1], spectrum[2:]
    middle = np.maximum(np.minimum(before, at), np.minimum(np.maximum(before, at), after))
    return np.concatenate((spectrum[:1], middle, spectrum[-1:]))


def _movement(moments: NDArray[np.float64]) -> float:
    """1 - the mean cosine between each moment's chroma and the whole's, louder moments counting more."""
    whole = moments.sum(axis=0)
    lengths = np.linalg.norm(moments, axis=1)
    return float(1 - (moments @ whole).sum() / (np.linalg.norm(whole) * lengths.sum()))


def _spectrum(mono: Samples) -> Floats:
    """Magnitudes, shape (frames, bins from _LOW to _HIGH)."""
    from scipy import fft

    padded = np.pad(mono, (0, max(0, _WINDOW - len(mono))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    if len(frames) > _MAX_FRAMES:  # in runs of six, so that neighbours stay neighbours
        runs = len(frames) // 6
        chosen = np.linspace(0, runs - 1, _MAX_FRAMES // 6).astype(int)[:, None] * 6 + np.arange(6)
        frames = frames[chosen.ravel()]
    window = np.hanning(_WINDOW).astype(np.float32)
    parts = []
    for start in range(0, len(frames), 64):
        batch = frames[start : start + 64]
        batch = (batch - batch.mean(axis=1, keepdims=True)) * window  # an offset leaks into the bass
        parts.append(np.abs(fft.rfft(batch)[:, _LOW:_HIGH]))
    return np.concatenate(parts)


def _peaks(tones: Floats) -> Peaks:
    """Where a tone is louder than both its neighbours; shape (frames, bins - 2), without the outermost."""
    middle = tones[:, 1:-1]
    return np.asarray((middle > 0) & (middle >= tones[:, :-2]) & (middle > tones[:, 2:]))


def _persistence(peaks: Peaks) -> float:
    after = peaks[1:].copy()  # in the same bin or beside it
    after[:, 1:] |= peaks[1:, :-1]
    after[:, :-1] |= peaks[1:, 1:]
    return float((peaks[:-1] & after).sum() / max(1, peaks[:-1].sum()))


def _pitches(
    peaks: Peaks, tones: Floats, spectrum: Floats
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """(frame, MIDI pitch, weight) of each peak, parabolically between the bins."""
    frame, bin_ = np.nonzero(peaks)
    before, at, after = (np.log(spectrum[frame, bin_ + k] + 1e-9).astype(float) for k in range(3))
    bend = before - 2 * at + after
    shift = np.where(bend < 0, (before - after) / (2 * np.minimum(bend, -1e-9)), 0.0).clip(-0.5, 0.5)
    frequency = (bin_ + 1 + shift + _LOW) * _RATE / _WINDOW
    # The square root keeps one loud bass from being all there is
    return frame, 69 + 12 * np.log2(frequency / 440), np.sqrt(tones[frame, bin_ + 1]).astype(float)
