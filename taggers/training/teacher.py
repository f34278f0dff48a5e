"""What the published YAMNet hears in a patch: soft labels and features to learn from, never truth.

Runs `yamnet_spectra_in.tflite` (google-coral/coralmicro, Apache-2.0) with ai-edge-litert (`pip install
ai-edge-litert`); only training needs it. Input: 96 × 64 log-mel at 16 kHz, periodic Hann 400, hop 160, FFT 512,
64 HTK mel bands 125 to 7,500 Hz on the magnitude, log(x + 0.001).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taggers.logmel import RATE

CLASSES = 521
FEATURES = 1_024
_RATE, _WINDOW, _HOP, _FFT, _PATCH = 16_000, 400, 160, 512, 96

Floats = NDArray[np.float32]


class Teacher:
    """`teacher(mono at 44,100 Hz)` → (scores (521,), features (1024,)) of its first 0.96 s."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net: Any = Interpreter(str(path), num_threads=1, experimental_preserve_all_tensors=True)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        self._scores = self._net.get_output_details()[0]["index"]
        pooled = [
            one for one in self._net.get_tensor_details() if one["shape"].size and one["shape"][-1] == FEATURES
        ]
        self._features = max(
            (
                one
                for one in pooled
                if int(np.prod(one["shape"])) == FEATURES and one["dtype"] in (np.int8, np.uint8)
            ),
            key=lambda one: one["index"],
        )
        self._bank = _filterbank()

    def __call__(self, mono: Floats) -> tuple[Floats, Floats]:
        import soxr

        sound = soxr.resample(mono, RATE, _RATE, quality="LQ")
        size = _WINDOW + (_PATCH - 1) * _HOP
        sound = np.pad(sound[:size], (0, max(0, size - len(sound))))
        frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
        magnitude = np.abs(np.fft.rfft(frames * window, _FFT)).astype(np.float32)
        self._net.set_tensor(self._input, np.log(magnitude @ self._bank + 0.001)[None].astype(np.float32))
        self._net.invoke()
        scale, zero = self._features["quantization"]
        raw = self._net.get_tensor(self._features["index"]).reshape(-1).astype(np.float32)
        return self._net.get_tensor(self._scores)[0].astype(np.float32), (raw - zero) * scale


def _filterbank() -> Floats:
    def mel(hz: float) -> float:
        return float(1127 * np.log1p(hz / 700))

    bins = 1127 * np.log1p(np.arange(_FFT // 2 + 1) * _RATE / _FFT / 700)
    edges = np.linspace(mel(125), mel(7_500), 66)
    low, peak, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins[:, None] - low) / (peak - low), (high - bins[:, None]) / (high - peak)
    bank = np.maximum(0.0, np.minimum(rising, falling))
    bank[0] = 0.0
    return np.asarray(bank, np.float32)
