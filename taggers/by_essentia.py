"""essentia, made quiet: the pitch of single notes, and a peer to measure against and, in keys, to learn from."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taggers.pitch import parse_key


@cache
def has_essentia() -> bool:
    """It has no build for Windows."""
    return find_spec("essentia") is not None


@cache
def standard() -> Any:
    """`essentia.standard`; importing it prints a line that would break a script's JSON. ImportError without it."""
    import essentia

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    import essentia.standard

    return essentia.standard


def key(mono: NDArray[np.float32], profile: str = "bgate") -> str:
    """The key, one of taggers.pitch.KEYS, by its chroma and a profile, "bgate" or "edma" (A. Faraldo, "Tonality
    Estimation in Electronic Dance Music", 2017). `mono`: shape (n,) at 44,100 Hz; it names one for any sound, so
    ask of what has one."""
    tonic, scale, _strength = standard().KeyExtractor(profileType=profile)(np.ascontiguousarray(mono, np.float32))
    named = parse_key(f"{tonic} {scale}")
    assert named is not None, f"essentia names a key {tonic} {scale}"
    return named


def fundamentals(frames: NDArray[np.float32], rate: int, low: float, high: float) -> list[tuple[float, float]]:
    """(Hz, aperiodicity 0 to 1) of each of `frames`, shape (n, window), between `low` and `high` Hz: YIN on the
    spectrum (P. Brossier, "Automatic Annotation of Musical Audio for Interactive Applications", 2006). 0 Hz where
    it finds none."""
    es, size = standard(), frames.shape[1]
    window, spectrum = es.Windowing(type="hann", size=size), es.Spectrum(size=size)
    yin = es.PitchYinFFT(frameSize=size, sampleRate=rate, minFrequency=low, maxFrequency=high)
    heard = (yin(spectrum(window(np.ascontiguousarray(frame, np.float32)))) for frame in frames)
    return [(float(hertz), 1 - float(confidence)) for hertz, confidence in heard]
