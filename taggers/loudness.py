"""Integrated loudness in LUFS and true peak in dBTP: ITU-R BS.1770-4 and EBU R 128, over the whole file.

Channels are taken in WAVE order (L R C LFE, then surrounds). A mono file counts once, as one channel of a
stereo pair would, so it reads 3 LU below its own copy on two channels: so do the meters that engineers use.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from taggers.base import Findings, Tag, Tagger

if TYPE_CHECKING:
    from taggers.audio import Audio

ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU

_SIDE = 1.41  # BS.1770-4 table 4: azimuth between 60° and 120°
_WEIGHTS: dict[int, tuple[float, ...]] = {
    4: (1, 1, _SIDE, _SIDE),
    5: (1, 1, 1, _SIDE, _SIDE),
    6: (1, 1, 1, 0, _SIDE, _SIDE),
    7: (1, 1, 1, 0, 1, _SIDE, _SIDE),
    8: (1, 1, 1, 0, 1, 1, _SIDE, _SIDE),
}
"""By the number of channels; every other number weighs all alike."""

# BS.1770-4 annex 2: 48 taps in four phases. Phase 3 is phase 0 reversed, phase 2 is phase 1.
_PHASE_0 = (
    0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
    0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
)  # fmt: skip
_PHASE_1 = (
    -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
    0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
)  # fmt: skip
_PHASES = tuple(np.array(phase, np.float32) for phase in (_PHASE_0, _PHASE_1, _PHASE_1[::-1], _PHASE_0[::-1]))
_TAPS = 12
_MOST_GAIN = max(float(np.abs(phase).sum()) for phase in _PHASES)
_CHUNK = 2**14  # samples whose peak is looked for at once: they fit the cache

Block = NDArray[np.float32]


class LoudnessMeter:
    """Fed every sample in blocks; `integrated()` and `true_peak()` answer for what came so far."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._numerator, self._denominator = k_weighting(sample_rate)
        self._weights = np.array(_WEIGHTS.get(channels, (1,) * channels), float)
        self._memory = np.zeros((channels, len(self._denominator) - 1))
        self._step = round(sample_rate / 10)  # gating blocks of 400 ms overlap by three quarters
        self._rest = np.zeros((channels, 0))
        self._powers: list[NDArray[np.float64]] = []  # weighted mean square of each 100 ms
        self._oversampled = sample_rate < 96_000  # at more, BS.1770-4 lets the samples speak for themselves
        self._tail = np.zeros((channels, _TAPS - 1), np.float32)
        self._peak = 0.0

    def feed(self, block: Block) -> None:
        from scipy.signal import lfilter

        weighted, self._memory = lfilter(
            self._numerator, self._denominator, block.astype(np.float64), zi=self._memory
        )
        weighted = np.concatenate((self._rest, weighted), axis=1)
        whole = weighted.shape[1] // self._step
        steps = weighted[:, : whole * self._step].reshape(len(block), whole, self._step)
        self._powers.append(self._weights @ np.einsum("cns,cns->cn", steps, steps) / self._step)
        self._rest = weighted[:, whole * self._step :].copy()
        self._measure_peak(block)

    def integrated(self) -> float | None:
        """LUFS; None where no 400 ms of the file rise above the absolute gate."""
        powers = np.concatenate(self._powers) if self._powers else np.zeros(0)
        if len(powers) < 4:
            return None
        blocks = np.lib.stride_tricks.sliding_window_view(powers, 4).mean(axis=1)
        loud = blocks[blocks > _power(ABSOLUTE_GATE)]
        if not len(loud):
            return None
        return _lufs(loud[loud > loud.mean() * 10 ** (RELATIVE_GATE / 10)].mean())

    def true_peak(self) -> float | None:
        """dBTP; None for digital silence."""
        peak = max(self._peak, self._peak_between(np.pad(self._tail, ((0, 0), (0, _TAPS)))))
        return 20 * math.log10(peak) if peak > 0 else None

    def _measure_peak(self, channels: Block) -> None:
        self._peak = max(self._peak, float(channels.max()), float(-channels.min()))
        if not self._oversampled:
            return
        joined = np.concatenate((self._tail, channels), axis=1)
        self._tail = joined[:, -(_TAPS - 1) :].copy()
        for start in range(0, joined.shape[1], _CHUNK):
            chunk = joined[:, start : start + _CHUNK + _TAPS - 1]
            # No value between samples exceeds the samples by more than the filter's gain
            if _MOST_GAIN * max(float(chunk.max()), float(-chunk.min())) > self._peak:
                self._peak = max(self._peak, self._peak_between(chunk))

    def _peak_between(self, channels: Block) -> float:
        """The largest magnitude of `channels`, shape (channels, n ≥ 12), four times oversampled."""
        if not self._oversampled or (count := channels.shape[1] - _TAPS + 1) < 1:
            return 0.0
        peak = 0.0
        term = np.empty((len(channels), count), np.float32)
        for phase in _PHASES:
            between = channels[:, :count] * phase[0]
            for tap in range(1, _TAPS):
                np.multiply(channels[:, tap : tap + count], phase[tap], out=term)
                between += term
            peak = max(peak, float(between.max()), float(-between.min()))
        return peak


def k_weighting(sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(numerator, denominator) of the K-weighting filter at any rate, order 4.

    BS.1770-4 gives coefficients for 48 kHz only; these are the analogue shelf and high-pass that yield
    them (as in libebur128), transformed bilinearly.
    """
    tangent = math.tan(math.pi * 1681.974450955533 / sample_rate)
    quality = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    scale = 1 + tangent / quality + tangent**2
    shelf = (
        (high + band * tangent / quality + tangent**2) / scale,
        2 * (tangent**2 - high) / scale,
        (high - band * tangent / quality + tangent**2) / scale,
    )
    shelf_poles = (1.0, 2 * (tangent**2 - 1) / scale, (1 - tangent / quality + tangent**2) / scale)
    tangent = math.tan(math.pi * 38.13547087602444 / sample_rate)
    quality = 0.5003270373238773
    scale = 1 + tangent / quality + tangent**2
    pass_poles = (1.0, 2 * (tangent**2 - 1) / scale, (1 - tangent / quality + tangent**2) / scale)
    numerator = np.convolve(shelf, (1.0, -2.0, 1.0))
    return numerator, np.convolve(shelf_poles, pass_poles)


def _power(lufs: float) -> float:
    return 10 ** ((lufs + 0.691) / 10)


def _lufs(power: float) -> float:
    return float(-0.691 + 10 * math.log10(power))


def tag(audio: Audio) -> Findings:
    meter = cast(LoudnessMeter, audio.meters[TAGGER.name])
    tags = []
    abstained = {}
    if (peak := meter.true_peak()) is not None:
        tags.append(Tag("true_peak", round(peak, 2), engine="BS.1770-4"))
    else:
        abstained["true_peak"] = "digital silence"
    if (loudness := meter.integrated()) is not None:
        tags.append(Tag("loudness", round(loudness, 2), engine="BS.1770-4"))
    else:
        abstained["loudness"] = "shorter than 400 ms" if audio.duration < 0.4 else "silence (below -70 LUFS)"
    return Findings(tuple(tags), abstained)


TAGGER = Tagger("loudness", version=1, fields=("loudness", "true_peak"), tag=tag, meter=LoudnessMeter)
