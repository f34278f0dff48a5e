"""What an engineer wants to be warned of: clipped, silent, dc-offset, mono-as-stereo."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from taggers.base import Findings, Tag, Tagger

if TYPE_CHECKING:
    from taggers.audio import Audio

FULL_SCALE = 1 - 1.5 * 2.0**-15
"""The largest positive value of 16 bits and everything above it."""
CLIPPED_RUN = 3
"""Samples in a row at full scale; converters and meters count from three on."""
SILENT_RANGE = 0.002
"""Between the lowest and the highest sample of every channel: -60 dBFS, the hum of an open input."""
DC_OFFSET = 0.005
MIN_DC_SECONDS = 0.5
"""A short low note is nowhere near a whole number of periods: its mean says nothing."""
SAME = 1e-4
"""Difference between channels that dither and lossy codecs make."""

Block = NDArray[np.float32]


class FlagMeter:
    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate = sample_rate
        self._frames = 0
        self._sum = np.zeros(channels)
        self._low = np.full(channels, np.inf)
        self._high = np.full(channels, -np.inf)
        self._apart = 0.0  # the largest difference between left and right
        self._clipped = False
        self._edge = np.zeros((channels, CLIPPED_RUN - 1), bool)  # full-scale samples at the last block's end

    def feed(self, block: Block) -> None:
        self._frames += block.shape[1]
        self._sum += block.sum(axis=1, dtype=np.float64)
        low, high = block.min(axis=1), block.max(axis=1)
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        if len(block) == 2 and self._apart <= SAME:
            self._apart = max(self._apart, float(np.abs(block[0] - block[1]).max()))
        if not self._clipped:
            self._look_for_clipping(block, max(float(high.max()), float(-low.min())))

    def _look_for_clipping(self, block: Block, peak: float) -> None:
        if peak < FULL_SCALE:
            self._edge[:] = False
            return
        full = np.concatenate((self._edge, np.abs(block) >= FULL_SCALE), axis=1)
        count = block.shape[1]
        run = full[:, :count].copy()
        for offset in range(1, CLIPPED_RUN):
            run &= full[:, offset : offset + count]
        self._clipped = bool(run.any())
        self._edge = full[:, -(CLIPPED_RUN - 1) :]

    def flags(self) -> tuple[str, ...]:
        silent = bool((self._high - self._low).max() < SILENT_RANGE)
        offset = bool(np.abs(self._sum / max(self._frames, 1)).max() > DC_OFFSET)
        found = {
            "clipped": self._clipped,
            "silent": silent,
            "dc-offset": offset and self._frames >= MIN_DC_SECONDS * self._rate,
            "mono-as-stereo": len(self._sum) == 2 and self._apart <= SAME and not silent,
        }
        return tuple(name for name, raised in found.items() if raised)


def tag(audio: Audio) -> Findings:
    meter = cast(FlagMeter, audio.meters[TAGGER.name])
    return Findings(tuple(Tag("flag", flag, engine="samples") for flag in meter.flags()))


TAGGER = Tagger("flags", version=1, fields=("flag",), tag=tag, meter=FlagMeter)
