"""Averages of a network's weights: along its training (B. Polyak, A. Juditsky, "Acceleration of stochastic
approximation by averaging", SIAM 30(4), 1992), and of several that come from the same beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


def follow(average: nn.Module, net: nn.Module, keep: float) -> None:
    """Move the average towards the weights of now; so much of what it was stays."""
    now = net.state_dict()
    with torch.no_grad():
        for name, held in average.state_dict().items():
            if held.is_floating_point():
                held.mul_(keep).add_(now[name], alpha=1 - keep)
            else:
                held.copy_(now[name])


def mean(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Of weights that come from the same beginning: about as good as the mean of what their networks answer."""
    means = {name: torch.stack([state[name].float() for state in states]).mean(dim=0) for name in states[0]}
    return {name: value.to(states[0][name].dtype) for name, value in means.items()}
