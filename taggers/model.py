"""The networks, and how their weights are loaded. Only workers and training import this: it brings torch.

Weights are kept as half precision numbers with the facts that belong to them (classes, calibration, training's
date and command) in one file beside its card in `weights/`, and loaded with `weights_only=True`: no pickle runs.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from taggers.loaded import forget, once
from taggers.logmel import BANDS, FLOOR
from taggers.vectors import TIMBRE_SIZE

WEIGHTS = Path(__file__).parent / "weights"

FEATURES, HIDDEN = 1024, 128


def _convolution(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = _convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, self.block(x))


class Timbre(nn.Module):
    """Patches of log-mel, (n, FRAMES, BANDS) from FLOOR to 0 → what instruments sound in them.

    `features` (n, FEATURES) feed every head: `instruments`, logits (n, classes); `hints`, the same as the trunk
    itself learned to tell them, less often right and what `kind` hears by; and `embedding`, unit vectors
    (n, TIMBRE_SIZE) that lie close for the same instrument and timbre.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        # Plain convolutions that shrink early: on a processor 2.7 times the speed of as many weights in depthwise
        # separable ones (221 against 82 patches a second in training, 676 against 318 in hearing, one core)
        self.trunk = nn.Sequential(
            _convolution(2, 16, 2),
            _convolution(16, 32, 2),
            _convolution(32, 48),
            _convolution(48, 96, 2),
            _Residual(96),
            _convolution(96, 192, 2),
            _Residual(192),
            _Residual(192),
            nn.Conv2d(192, FEATURES, 1, bias=False),
            nn.BatchNorm2d(FEATURES),
            nn.ReLU(inplace=True),
        )
        self.classify = nn.Sequential(nn.Dropout(0.2), nn.Linear(FEATURES, classes))
        self.name = nn.Sequential(  # set after training, see taggers.training.naming
            nn.Dropout(0.3), nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Dropout(0.4), nn.Linear(HIDDEN, classes)
        )
        self.project = nn.Linear(FEATURES, TIMBRE_SIZE)  # set after training, see taggers.training.calibrate
        self.trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.register_buffer("height", torch.linspace(-1, 1, BANDS)[None, None, None, :], persistent=False)

    def folded(self) -> Timbre:
        """Itself, only to hear with from now on: each normalisation is folded into the convolution before it,
        which leaves the outputs as they are and takes a third off the time."""
        self.eval()
        for part in [module for module in self.modules() if isinstance(module, nn.Sequential)]:
            for place, (layer, after) in enumerate(itertools.pairwise(part)):
                if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                    part[place], part[place + 1] = fuse_conv_bn_eval(layer, after), nn.Identity()
        self.trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    def features(self, patches: Tensor) -> Tensor:
        levels = (patches[:, None] - FLOOR / 2) / 4
        # Convolutions do not know how high they look, and a kick is a low tom
        height = torch.as_tensor(self.height)
        pictures = torch.cat((levels, height.expand_as(levels)), dim=1)
        maps = self.trunk(pictures.contiguous(memory_format=torch.channels_last))
        moments = maps.mean(dim=3)
        return torch.add(moments.mean(dim=2), moments.amax(dim=2))

    def instruments(self, features: Tensor) -> Tensor:
        return torch.as_tensor(self.name(features))

    def hints(self, features: Tensor) -> Tensor:
        return torch.as_tensor(self.classify(features))

    def embedding(self, features: Tensor) -> Tensor:
        return nn.functional.normalize(self.project(features), dim=1)


@once
def load(name: str) -> dict[str, Any]:
    """What `weights/NAME.pt` holds: "state" (tensors by name) and the facts that belong to them."""
    held: dict[str, Any] = torch.load(WEIGHTS / f"{name}.pt", map_location="cpu", weights_only=True)
    held["state"] = {
        key: value.float() if value.is_floating_point() else value for key, value in held["state"].items()
    }
    return held


def save(name: str, state: dict[str, Tensor], **facts: Any) -> None:
    """Write `weights/NAME.pt`; what was loaded before is forgotten."""
    halves = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    WEIGHTS.mkdir(exist_ok=True)
    torch.save({"state": halves, **facts}, WEIGHTS / f"{name}.pt")
    forget()
