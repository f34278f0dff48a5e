"""One file's sound, decoded once and shared by every tagger.

`Audio.mono` is float32 at 44,100 Hz, the mean of all channels, finite. What needs every sample at the
file's own rate and channels (loudness, flags) is a Meter, fed while the file is decoded.

A file beyond 16 minutes is kept as excerpts of two minutes, evenly spaced over the whole of it: every
2nd, every 4th, … so that eight at most remain. Meters still get every sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taggers.base import AudioFacts, Meter, TagError
from taggers.decode import Block, open_stream
from taggers.onsets import band_onsets

if TYPE_CHECKING:
    from taggers.harmony import Harmony
    from taggers.tempo import Tempo
    from taggers.timbre import Heard

RATE = 44_100
"""Hz, of `mono`: what essentia's rhythm extractors are made for."""

EXCERPT_SECONDS = 120
MAX_EXCERPTS = 8
MAX_LEVEL = 1_000.0
"""+60 dBFS. Beyond it a float file holds garbage, not sound."""

Samples = NDArray[np.float32]
MeterMaker = Callable[[int, int], Meter]


@dataclass(frozen=True, slots=True)
class Excerpt:
    start: float  # seconds from the file's start
    samples: Samples  # mono at RATE


@dataclass(frozen=True, slots=True)
class _Sound:
    facts: AudioFacts
    excerpts: tuple[Excerpt, ...]
    meters: dict[str, Meter]


class Audio:
    """The sound of one file, decoded at the first need of it: then any attribute but `path` may raise TagError.

    makers: by tagger's name, what makes the meter to feed while decoding, from (sample rate, channels).
    """

    def __init__(self, path: Path, makers: Mapping[str, MeterMaker] | None = None) -> None:
        self.path = path
        self._makers = dict(makers or {})

    @property
    def facts(self) -> AudioFacts:
        return self._sound.facts

    @property
    def duration(self) -> float:
        return self.facts.duration

    @property
    def meters(self) -> dict[str, Meter]:
        return self._sound.meters

    @property
    def excerpts(self) -> tuple[Excerpt, ...]:
        return self._sound.excerpts

    @cached_property
    def mono(self) -> Samples:
        """All excerpts in a row, shape (frames,)."""
        return np.concatenate([excerpt.samples for excerpt in self.excerpts])

    @cached_property
    def longest(self) -> Samples:
        """The longest stretch without a seam, shape (frames,): the whole file up to 16 minutes."""
        return max((excerpt.samples for excerpt in self.excerpts), key=len)

    @cached_property
    def onsets(self) -> Samples:
        """Onset strength of `longest`, 100 values a second, shape (n,): see taggers.onsets."""
        return np.asarray(self.band_onsets.sum(axis=1))

    @cached_property
    def band_onsets(self) -> Samples:
        """The same by height, shape (n, taggers.onsets.BANDS)."""
        return band_onsets(self.longest)

    @cached_property
    def harmony(self) -> Harmony:
        """How tonal `mono` is, and how it is tuned: see taggers.harmony."""
        from taggers.harmony import hear

        return hear(self.mono)

    @cached_property
    def pitches(self) -> Samples:
        """How loud each pitch of `mono` is, on its own tuning: shape (frames, 252), three bins a semitone from C1
        up, taggers.constantq.FRAMES_PER_SECOND (10.77) frames a second."""
        from taggers.constantq import pitches

        return pitches(self.mono, self.harmony.tuning)

    @cached_property
    def chroma(self) -> Samples:
        """The pitch classes that sound in `mono`, on its own tuning, at the same moments as `pitches`: shape
        (frames, 12), C first, 0 to about 1, all 0 where nothing does. Beyond 16 minutes the excerpts follow each
        other."""
        from taggers.constantq import chroma

        return chroma(self.pitches)

    @cached_property
    def timbre(self) -> Heard | str:
        """What the timbre network hears, for the taggers that share it; or why there is nothing to hear."""
        from taggers.timbre import hear

        return hear(self)

    @cached_property
    def instruments(self) -> dict[str, float]:
        """The chance of each instrument to play (taggers.instrument), {} where there is nothing to hear."""
        from taggers.instrument import chances

        return chances(self)

    @cached_property
    def kind(self) -> dict[str, float]:
        """The chance of each kind of sound (taggers.kind), {} where there is nothing to hear."""
        from taggers.kind import chances

        return chances(self)

    @cached_property
    def tempo(self) -> Tempo | str:
        """The tempo of `longest` as the tempo tagger hears it, or why there is none."""
        from taggers.tempo import hear

        return hear(self)

    @cached_property
    def beats(self) -> NDArray[np.float64]:
        """Seconds into `longest` of each beat at that tempo, rising, shape (n,); empty where there is none."""
        from taggers.beats import beat_times

        found = self.tempo
        return np.zeros(0) if isinstance(found, str) else beat_times(self.onsets, found.bpm)

    @cached_property
    def _sound(self) -> _Sound:
        with open_stream(self.path) as stream:
            meters = {name: make(stream.sample_rate, stream.channels) for name, make in self._makers.items()}
            mono = _Mono(stream.sample_rate)
            frames = 0
            for block in stream.blocks:
                clean = _finite(np.ascontiguousarray(block.T))  # sums along a row are far faster
                frames += clean.shape[1]
                for meter in meters.values():
                    meter.feed(clean)
                mono.feed(clean)
        if not frames:
            raise TagError("no sound inside (0 samples)")
        facts = AudioFacts(
            frames / stream.sample_rate, stream.sample_rate, stream.channels, stream.bit_depth, stream.codec
        )
        return _Sound(facts, mono.excerpts(), meters)


def _finite(block: Block) -> Block:
    """`block` with NaN and infinity as 0 and everything within ±MAX_LEVEL; itself where that holds already."""
    if block.min() >= -MAX_LEVEL and block.max() <= MAX_LEVEL:  # False for NaN
        return block
    return np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).clip(-MAX_LEVEL, MAX_LEVEL)


class _Mono:
    """Mixes down, resamples to RATE, and keeps evenly spaced excerpts of what it is fed."""

    def __init__(self, sample_rate: int) -> None:
        import soxr

        self._resampler = None if sample_rate == RATE else soxr.ResampleStream(sample_rate, RATE, 1, "float32")
        self._stride = 1  # every stride-th excerpt is kept
        self._number = 0  # of the excerpt being filled
        self._filled = 0
        self._parts: list[Samples] = []
        self._kept: dict[int, Samples] = {}

    def feed(self, block: Block) -> None:
        mono = block[0] if len(block) == 1 else block.mean(axis=0, dtype=np.float32)
        self._keep(mono if self._resampler is None else self._resampler.resample_chunk(mono))

    def excerpts(self) -> tuple[Excerpt, ...]:
        """What was kept. The last one may be shorter; it goes where it is too short to hear anything in."""
        if self._resampler is not None:
            self._keep(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        if self._filled >= 10 * RATE or not self._kept or self._stride == 1:
            self._close()
        if self._stride == 1:
            return (Excerpt(0.0, np.concatenate(list(self._kept.values()))),)
        return tuple(Excerpt(n * float(EXCERPT_SECONDS), samples) for n, samples in self._kept.items())

    def _keep(self, mono: Samples) -> None:
        while len(mono):
            room = EXCERPT_SECONDS * RATE - self._filled
            part, mono = mono[:room], mono[room:]
            if self._number % self._stride == 0:
                self._parts.append(part)
            self._filled += len(part)
            if self._filled == EXCERPT_SECONDS * RATE:
                self._close()

    def _close(self) -> None:
        if self._parts:
            self._kept[self._number] = np.concatenate(self._parts)
        self._number += 1
        self._filled = 0
        self._parts = []
        if len(self._kept) > MAX_EXCERPTS:
            self._stride *= 2
            self._kept = {n: samples for n, samples in self._kept.items() if n % self._stride == 0}
