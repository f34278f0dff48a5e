"""Vectors by which files are compared: what they sound like, and how their onsets repeat.

Timbre: the network's embedding, averaged over the file's patches, louder ones counting more. Rhythm: the scale
transform of the autocorrelated onset strength (A. Holzapfel, Y. Stylianou, "Scale transform in rhythmic similarity
of music", IEEE TASLP 19(1), 2011), which is the same at any tempo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taggers.base import Findings, Tagger
from taggers.onsets import FRAMES_PER_SECOND
from taggers.vectors import RHYTHM, RHYTHM_SIZE, TIMBRE

if TYPE_CHECKING:
    from taggers.audio import Audio, Samples

MIN_RHYTHM = 1.4  # seconds
MIN_ONSETS = 4
_LAGS = (0.08, 6.0)  # seconds
_POINTS = 128


def tag(audio: Audio) -> Findings:
    heard = audio.timbre
    if isinstance(heard, str):
        return Findings(abstained={"embedding": heard})
    timbre = (heard.vectors * heard.levels[:, None]).sum(axis=0)
    timbre = timbre / max(float(np.linalg.norm(timbre)), 1e-9)
    return Findings(vectors={TIMBRE: _packed(timbre), RHYTHM: _packed(rhythm(audio.onsets))})


def rhythm(onsets: Samples) -> NDArray[np.float32]:
    """Shape (RHYTHM_SIZE,), unit length; all 0 where there are too few onsets to repeat."""
    from taggers.pulse import onset_count

    none = np.zeros(RHYTHM_SIZE, np.float32)
    if len(onsets) < MIN_RHYTHM * FRAMES_PER_SECOND or onset_count(onsets) < MIN_ONSETS:
        return none
    around = onsets - onsets.mean()
    size = 1 << (2 * len(around) - 1).bit_length()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(around, size)) ** 2)[: len(around)]
    correlation = np.maximum(correlation / max(float(correlation[0]), 1e-9), 0.0)
    longest = min(_LAGS[1], len(correlation) / FRAMES_PER_SECOND / 2)
    lags = np.geomspace(_LAGS[0], longest, _POINTS)
    at = np.interp(lags, np.arange(len(correlation)) / FRAMES_PER_SECOND, correlation) * np.sqrt(lags)
    scale = np.abs(np.fft.rfft(at - at.mean(), 2 * _POINTS))[1 : RHYTHM_SIZE + 1]
    length = float(np.linalg.norm(scale))
    return np.asarray(scale / length, np.float32) if length > 1e-6 else none


def _packed(vector: NDArray[np.floating]) -> bytes:
    return vector.astype("<f2").tobytes()


TAGGER = Tagger("embedding", version=4, fields=("embedding",), tag=tag, vectors=(TIMBRE, RHYTHM))
