"""The network that hears chords. Only workers and training import this: it brings torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from taggers.chordnames import QUALITIES

REGISTERS = 4
"""Heights in which the pitch classes are heard apart: see taggers.chords."""


class _Turning(nn.Module):
    """A convolution over time and around the twelve pitch classes, which have no first and no last."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inside, outside, (3, 12), padding=(1, 0), bias=False)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        around = functional.pad(x, (0, 11, 0, 0), mode="circular")
        return functional.relu(self.norm(self.convolution(around)))


class Chords(nn.Module):
    """Beats of pitch classes, (n, REGISTERS, beats, 12) → logits of every chord by its code, (n, beats, CHORDS).

    The same weights serve every root, so that a transposed song gets the transposed chords.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _Turning(REGISTERS, width), _Turning(width, width), nn.Dropout2d(0.1), _Turning(width, width)
        )
        self.chord = nn.Conv2d(width, len(QUALITIES), 1)
        self.none = nn.Linear(2 * width, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.body(x)
        chords = self.chord(maps).permute(0, 2, 1, 3).flatten(2)
        over = torch.cat((maps.mean(dim=3), maps.amax(dim=3)), dim=1).transpose(1, 2)
        return torch.cat((self.none(over), chords), dim=2)
