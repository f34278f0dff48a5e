"""S-KEY, a published network that hears keys, as a teacher: its chances for 24 keys (Y. Kong et al., "S-KEY:
Self-supervised Learning of Major and Minor Keys from Audio", ICASSP 2025; deezer/skey, MIT).

Its checkpoint is a pickle, which runs what its maker put in. What is read here is the tensors alone, as a
throw-away script that you trust its checkpoint in makes of it: `torch.save(torch.load("skey.pt",
weights_only=False)["stone"], "skey-tensors.pt")`. Nothing that the project ships needs it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from scipy import signal
from torch import Tensor, nn
from torch.nn import functional

RATE = 22_050
_HOP, _OCTAVES, _BINS, _HEARD = 512, 9, 99, 84  # it sees seven of the eight octaves that its transform gives
_SHIFTS = (1, 7, 13)  # semitones; the mean over them takes out what it likes of its own

Floats = NDArray[np.float32]


class Skey:
    def __init__(self, tensors: Path) -> None:
        state = torch.load(tensors, map_location="cpu", weights_only=True)
        held = {name.removeprefix("hcqt."): value.numpy() for name, value in state.items() if "hcqt." in name}
        self._kernels = [
            np.concatenate([held[f"cqt_kernels_{part}_{n}"][:, 0] for part in ("real", "imag")]).T
            for n in range(_OCTAVES)
        ]
        self._lowpass, self._lengths = held["lowpass_filter"].ravel(), np.sqrt(held["lenghts"])[:, None]
        self._net = _Net()
        self._net.load_state_dict(
            {name.removeprefix("chromanet."): value for name, value in state.items() if "chromanet." in name}
        )
        self._net.eval()

    def __call__(self, mono: Floats) -> Floats:
        """Chances, shape (24,), in the order of taggers.pitch.KEYS. mono: shape (n,) at 44,100 Hz."""
        sound = soxr.resample(mono, 44_100, RATE)
        level = 20 * np.log10(np.maximum(self._transform(sound / (np.abs(sound).max() + 1e-9)), 1e-5))
        level = np.maximum(level, level.max() - 80) / 80 + 1
        said = np.mean([np.log(self._hear(level[n : n + _HEARD], n) + 1e-6) for n in _SHIFTS], axis=0)
        chances = np.exp(said - said.max())
        return np.asarray(chances / chances.sum(), np.float32)

    def _hear(self, level: Floats, shift: int) -> Floats:
        with torch.inference_mode():
            major, minor = self._net(torch.from_numpy(level)[None, None])[0].numpy().reshape(2, 12)
        # It counts major keys from A and minor ones from B flat
        return np.concatenate((np.roll(major, 9 + shift), np.roll(minor, 11 + shift)))

    def _transform(self, sound: Floats) -> Floats:
        """Magnitudes, shape (_BINS, frames), an octave at a time, each at half the rate of the one above it."""
        octaves: list[Floats] = []
        hop = _HOP
        for kernels in self._kernels:
            padded = np.pad(sound, (len(kernels) // 2, len(kernels) // 2), mode="reflect")
            both = np.lib.stride_tricks.sliding_window_view(padded, len(kernels))[::hop] @ kernels
            octaves.insert(0, np.hypot(both[:, :12], both[:, 12:]).T)
            edge = (len(self._lowpass) - 1) // 2
            lower = signal.oaconvolve(np.pad(sound, (edge, edge)), self._lowpass[::-1], mode="valid")
            sound, hop = np.asarray(lower[::2], np.float32), hop // 2
        frames = min(one.shape[1] for one in octaves)
        whole = np.concatenate([one[:, :frames] for one in octaves])[-_BINS:]
        return np.asarray(whole * self._lengths, np.float32)


class _Net(nn.Module):
    """ConvNeXt blocks, then the mean over octaves and time."""

    def __init__(self) -> None:
        super().__init__()
        widths, sizes = (1, 2, 3, 40, 40, 30, 10, 3), (7, 7, 7, 7, 7, 5, 5)
        pairs = list(pairwise(widths))
        self.time_downsampling_blocks = nn.ModuleList(_Halving(*pair) for pair in pairs)
        self.convnext_blocks = nn.ModuleList(_Block(*both) for both in zip(widths[1:], sizes, strict=True))
        self.classifier = nn.Conv2d(3, 2, 1)
        self.batch_norm = nn.BatchNorm2d(2, affine=False)

    def forward(self, level: Tensor) -> Tensor:
        x = level
        for halve, block in zip(self.time_downsampling_blocks, self.convnext_blocks, strict=True):
            x = block(halve(x))
        n, width, pitches, time = x.shape
        x = x.view(n, width, pitches // 12, 12, time).mean(dim=2).mean(dim=3, keepdim=True)
        return torch.as_tensor(self.batch_norm(self.classifier(x)).flatten(1).softmax(-1))


class _Halving(nn.Module):
    def __init__(self, inside: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, out, (1, 2), (1, 2))

    def forward(self, x: Tensor) -> Tensor:
        return functional.gelu(self.conv(functional.layer_norm(x, x.shape[1:])))


class _Block(nn.Module):
    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, size, padding=size // 2, groups=width, padding_mode="replicate")
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.dwconv(x)
        y = functional.layer_norm(y, y.shape[1:]).permute(0, 2, 3, 1)
        y = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(y)))
        return torch.as_tensor(x + y.permute(0, 3, 1, 2))
