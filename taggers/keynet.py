"""The key network: from pitches over time to how likely each of 24 keys is.

Every step treats all semitones alike: convolutions over pitch, a sum over the octaves, circular convolutions over
the twelve pitch classes. So a song moved by n semitones gets its answer moved by n, but for what the ends of the
range and the three broad registers make of it. Only workers and training import this: it brings torch.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from taggers.constantq import BINS, BINS_PER_SEMITONE, FRAMES_PER_SECOND, OCTAVES, SEMITONES, Floats, lasting
from taggers.loaded import once

FRAMES = 4
ROWS_PER_SECOND = FRAMES_PER_SECOND / FRAMES
"""2.69."""
KEYS = 24
"""C major to B major, then C minor to B minor: the order of taggers.pitch.KEYS."""

MOMENTS_PER_SECOND = ROWS_PER_SECOND / 2
"""1.35: how often the network says what happens."""

_SPAN = 17  # bins, about half an octave
_REGISTERS = (8.0, 34.0, 60.0)  # semitones above C1: bass, middle, high
_CHANNELS = 32


def rows(pitches: Floats) -> Floats:
    """`pitches` (taggers.constantq) without what flashes by, averaged over FRAMES frames: shape (rows, BINS)."""
    steady = lasting(pitches)
    if len(steady) < FRAMES:
        return np.asarray(steady.mean(axis=0, keepdims=True), np.float32)
    count = len(steady) // FRAMES
    return np.asarray(steady[: count * FRAMES].reshape(count, FRAMES, BINS).mean(axis=1), np.float32)


class KeyNet(nn.Module):
    """rows, (n, time, BINS) of magnitudes → logits, (n, KEYS). 0.13 million parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.partials = _layer(2, 16, (1, 5), stride=(1, BINS_PER_SEMITONE), padding=(0, 1))
        self.notes = nn.Sequential(
            _layer(16, 16, (1, 13), padding=(0, 6)),
            _layer(16, 24, (3, 3), padding=(1, 12), dilation=(1, 12)),  # octaves, and before and after
        )
        self.chords = nn.Sequential(_Circular(24 * len(_REGISTERS), _CHANNELS), _Circular(_CHANNELS, _CHANNELS, 5))
        self.key = nn.Sequential(_Circular(2 * _CHANNELS, 2 * _CHANNELS), nn.Dropout(0.2))
        self.modes = nn.Conv2d(2 * _CHANNELS, 2, (1, 12))
        height = torch.arange(SEMITONES)[:, None] - torch.tensor(_REGISTERS)[None]
        shares = torch.cos((height / 26).clamp(-1, 1) * torch.pi / 2) ** 2 / OCTAVES
        self.register_buffer("shares", shares.view(OCTAVES, 12, len(_REGISTERS)), persistent=False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # twice as fast

    def forward(self, rows: Tensor) -> Tensor:
        return self.judge(self.hear(rows))

    def hear(self, rows: Tensor) -> Tensor:
        """What happens when, (n, _CHANNELS, time / 2 rounded up, 12)."""
        level = rows.square().mean(dim=(1, 2), keepdim=True).sqrt() + 1e-7
        loud = rows / level
        around = functional.pad(loud, (_SPAN // 2, _SPAN // 2), mode="replicate")
        floor = functional.avg_pool1d(around, _SPAN, 1)
        both = torch.stack((torch.log1p(2 * torch.relu(loud - floor)), torch.log1p(2 * loud)), dim=1)
        partials = self.partials(both.contiguous(memory_format=torch.channels_last))
        notes = self.notes(functional.avg_pool2d(partials, (2, 1), ceil_mode=True))
        n, channels, time, _ = notes.shape
        octaves = notes.reshape(n, channels, time, OCTAVES, 12)
        folded = torch.einsum("nctok,okr->ncrtk", octaves, torch.as_tensor(self.shares))
        return torch.as_tensor(self.chords(folded.reshape(n, -1, time, 12)))

    def judge(self, heard: Tensor) -> Tensor:
        """The key of everything in `heard`: logits (n, KEYS)."""
        mean = heard.mean(dim=2, keepdim=True)
        spread = (heard - mean).square().mean(dim=2, keepdim=True).add(1e-6).sqrt()
        home = self.key(torch.cat((mean, spread), dim=1))
        return torch.as_tensor(self.modes(_around(home))).flatten(1)


def _layer(inside: int, outside: int, size: tuple[int, int], **how: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, size, bias=False, **how), nn.BatchNorm2d(outside), nn.ReLU())  # type: ignore[arg-type]


class _Circular(nn.Module):
    """Convolution over all twelve pitch classes, in a circle, and over `time` rows."""

    def __init__(self, inside: int, outside: int, time: int = 1) -> None:
        super().__init__()
        self.across = nn.Conv2d(inside, outside, (1, 12), bias=False)
        self.along = (
            nn.Conv2d(outside, outside, (time, 1), padding=(time // 2, 0), groups=outside) if time > 1 else None
        )
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        y = self.across(_around(x))
        if self.along is not None:
            y = y + self.along(y)
        return torch.relu(self.norm(y))


def _around(x: Tensor) -> Tensor:
    return torch.cat((x, x[..., :11]), dim=-1)


def logs(net: KeyNet, rows: Floats) -> Floats:
    """The logarithms of the chances that `net` sees in all of `rows`, shape (KEYS,)."""
    with torch.inference_mode():
        return np.asarray(net(torch.from_numpy(rows)[None])[0].log_softmax(dim=0).numpy())


@once
def network() -> KeyNet:
    """With its weights, loaded at first use in a process."""
    from taggers import model

    torch.set_num_threads(1)
    net = KeyNet()
    net.load_state_dict(model.load("key")["state"])
    return net.eval()


class Listener:
    """What the network makes of one sound: of all of it, and of any stretch. `pitches` is taggers.constantq's."""

    def __init__(self, pitches: Floats) -> None:
        self._rows = rows(pitches)
        with torch.inference_mode():
            self._heard = network().hear(torch.from_numpy(self._rows)[None])
        self.moments = self._heard.shape[2]
        """How many there are, MOMENTS_PER_SECOND."""

    def rows(self, start: int, stop: int) -> Floats:
        """What was heard between two moments, shape (rows, BINS)."""
        return self._rows[2 * start : 2 * stop]

    def whole(self) -> Floats:
        """Log chances of each of KEYS, shape (KEYS,)."""
        return np.asarray(self.stretches([0], self.moments)[0])

    def stretches(self, starts: Iterable[int], length: int) -> Floats:
        """The same of the `length` moments from each of `starts`, a row for each."""
        with torch.inference_mode():
            pieces = torch.cat([self._heard[:, :, start : start + length] for start in starts])
            return np.asarray(network().judge(pieces).log_softmax(dim=1).numpy())
