"""A song as a tape would play it that runs faster: n semitones higher, its tempo times 2^(n/12)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taggers.audio import RATE, Audio

SEMITONES = (-3, 2, 4)


def factor(semitones: int) -> float:
    """
    >>> factor(12), round(120 * factor(-3), 2)
    (2.0, 100.91)
    """
    return float(2 ** (semitones / 12))


@contextmanager
def shifted(path: str, semitones: int) -> Iterator[str]:
    """The file, `semitones` higher, as a WAV file (mono, 44.1 kHz, 16 bits) that goes again. Raises TagError where
    it cannot be decoded."""
    import soundfile
    import soxr

    faster = soxr.resample(Audio(Path(path)).longest, RATE * factor(semitones), RATE)
    with tempfile.TemporaryDirectory(prefix="archivist-benchmark-") as folder:
        target = Path(folder, "song.wav")
        soundfile.write(target, faster.clip(-1, 1), RATE, "PCM_16")
        yield str(target)
