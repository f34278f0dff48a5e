"""Train what names instruments, on a trunk that has been trained: the second step of `weights/timbre.pt`.

The trunk learned from patches mixed with one another most of the time, pulled at by four aims. A small head of its
own on its frozen features, from patches as they are and as many mixed ones as
a third of them, is right more often on sources that neither saw (named right 0.75 against 0.72, macro average
precision 0.72 against 0.70). Trained by binary cross entropy alone, it says a family where the member is unclear.
"""

# ruff: noqa: T201 - it says what it does

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from taggers.model import FEATURES, Timbre
from taggers.training.pool import unpack
from taggers.training.timbre import BATCH, Pool, batches
from taggers.vocabulary import INSTRUMENTS

EPOCHS, SIZE, PEAK_RATE = 3, 512, 2e-3
MIXED = 1 / 3  # beside each patch as it is
STRIDE = 256

Rows = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""(features (n, FEATURES), truth (n, classes), weight (n, classes)); see taggers.training.timbre.Labels."""


def learn(checkpoint: Path, pools: Sequence[Path]) -> None:
    """Give the network that `checkpoint` holds a new head, learned from these pools."""
    held = torch.load(checkpoint, weights_only=True)
    net = Timbre(len(INSTRUMENTS))
    net.load_state_dict({name: value for name, value in held["state"].items() if not name.startswith("name.")},
                        strict=False)  # fmt: skip
    pool = Pool(pools)
    rows = [*plain(net.eval(), pool), *mixed(net, pool)]
    features, truth, weight = (np.concatenate([row[part] for row in rows]) for part in range(3))
    print(f"{len(features)} patches", flush=True)
    fit(net, features, truth, weight)
    held["state"] = net.state_dict()
    torch.save(held, checkpoint)


def plain(net: Timbre, pool: Pool) -> Iterator[Rows]:
    """Every patch as it lies in the pool."""
    for start in range(0, len(pool), STRIDE):
        chosen = slice(start, start + STRIDE)
        clip = pool.clip[chosen]
        yield (
            hear(net, torch.from_numpy(unpack(pool.pictures[chosen]))),
            pool.labels.truth[clip],
            pool.labels.weight[clip],
        )


def mixed(net: Timbre, pool: Pool) -> Iterator[Rows]:
    """Patches as the trunk learned from them: half of them are mixes of two or three."""
    rng = np.random.default_rng(3)
    for batch in islice(batches(pool, rng), round(len(pool) * MIXED / BATCH)):
        yield hear(net, batch["pictures"]), batch["truth"].numpy(), batch["weight"].numpy()


def hear(net: Timbre, pictures: Tensor) -> NDArray[np.float32]:
    with torch.inference_mode():
        return np.asarray(net.features(pictures).numpy(), np.float32)


def fit(
    net: Timbre, features: NDArray[np.float32], truth: NDArray[np.float32], weight: NDArray[np.float32]
) -> None:
    """Set `net.name`. features (n, FEATURES), truth and weight (n, classes)."""
    torch.manual_seed(0)
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    inputs = torch.from_numpy((features - middle) / spread)
    wanted, weighed = torch.from_numpy(truth), torch.from_numpy(weight)
    head = Timbre(truth.shape[1]).name
    optimiser = torch.optim.AdamW(head.parameters(), lr=PEAK_RATE, weight_decay=0.05)
    steps = EPOCHS * -(-len(inputs) // SIZE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(EPOCHS):
        for some in torch.split(torch.randperm(len(inputs)), SIZE):
            each = F.binary_cross_entropy_with_logits(
                head(inputs[some]), wanted[some] * 0.97 + 0.01, reduction="none"
            )
            # Most labels of most patches say no
            loss = (each * weighed[some] * (1 + 2 * wanted[some])).mean() * 4
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            falling.step()
    _take_in(head, torch.from_numpy(middle), torch.from_numpy(spread))
    net.name.load_state_dict(head.state_dict())


def _take_in(head: nn.Sequential, middle: Tensor, spread: Tensor) -> None:
    """From now on it takes features as they are, not standardised ones."""
    first = next(layer for layer in head if isinstance(layer, nn.Linear))
    assert first.in_features == FEATURES
    with torch.no_grad():
        first.weight.div_(spread)
        first.bias.sub_(first.weight @ middle)
