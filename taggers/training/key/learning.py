"""Teaches taggers.keynet: first by made-up songs alone, then by real ones too."""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from taggers.key import opinions
from taggers.keynet import KeyNet, logs
from taggers.pitch import KEYS as NAMES
from taggers.training import averages
from taggers.training.key.excerpts import Cutter
from taggers.training.key.labels import chances, moved, target
from taggers.training.key.songs import Example, Pool

BATCH = 32
PLAYED_OFTEN = 1.5
"""How often a song that was played is taken, beside one that was drawn."""
AVERAGED = 0.998
"""Of the average of weights that is kept, at each step."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Course:
    """lengths: rows of a batch's excerpts. falls: the share of the steps after which the rate falls, in a line, to
    `last` of it. real: how many of a batch's BATCH excerpts are of real songs, and how many once the rate falls.
    labels: the steps at which the network says anew what the real songs are in."""

    steps: int
    rate: float
    lengths: tuple[int, ...]
    seed: int
    rises: int = 150
    falls: float = 1.0
    last: float = 0.03
    real: tuple[int, int] = (0, 0)
    labels: tuple[float, ...] = ()


ALONE = Course(1_800, 3e-3, (14, 20, 28, 40, 56, 70), seed=5)
"""5 to 26 s."""
TOGETHER = Course(
    2_600, 2e-3, (20, 28, 40, 56, 70, 76), seed=7, rises=100, falls=0.45, real=(11, 14), labels=(0.35, 0.6, 0.8)
)
AGAIN = replace(TOGETHER, steps=2_200, seed=9, labels=(0.3, 0.6))
LAST = replace(TOGETHER, steps=1_000, seed=11, labels=(0.5,))
"""From the average of the others."""


class Songs:
    """What excerpts are drawn from: examples, each with the chance of its keys, and how often it is taken."""

    def __init__(self, pool: Pool, targets: Floats, often: NDArray[np.float64]) -> None:
        self.pool, self.targets, self.often = pool, targets, often / often.sum()


def made_up(pool: Pool) -> Songs:
    targets = np.stack([target(NAMES.index(one.facts["key"])) for one in pool.examples])
    often = np.array([PLAYED_OFTEN if one.source == "played" else 1.0 for one in pool.examples])
    return Songs(pool, targets, often)


def said(net: KeyNet, pool: Pool, example: Example) -> Floats:
    """What the tagger would make of the whole of it: taggers.key.opinions."""
    rows = pool.part(example, "all")
    return opinions(logs(net, rows), rows, np.asarray(example.facts["chroma"]))


def real(pool: Pool, net: KeyNet) -> Songs:
    """The surer, the more often; of a long song or a large source each segment less; as often minor as major."""
    facts = [one.facts for one in pool.examples]
    targets = chances(facts, [said(net, pool, one) for one in pool.examples])
    sure = targets.max(axis=1)
    sizes = Counter(one["path"] for one in facts)
    often = np.array([(0.15 + p**2) / sizes[one["path"]] ** 0.5 for p, one in zip(sure, facts, strict=True)])
    minor = targets[:, 12:].sum(axis=1)
    share = (often * minor).sum() / often.sum()
    often *= minor * 0.5 / share + (1 - minor) * 0.5 / (1 - share)
    sources: Counter[str] = Counter()
    for part, one in zip(often, facts, strict=True):
        sources[one["source"]] += part
    often /= np.sqrt([sources[one["source"]] for one in facts])
    print(f"real: {len(facts)} segments, sure {sure.mean():.3f}", flush=True)
    return Songs(pool, targets, often)


def learn(course: Course, net: KeyNet, invented: Pool, recorded: Pool | None, out: Path) -> KeyNet:
    """The average of the weights on the way, which goes to `out` too; skipped where that is there."""
    mean = deepcopy(net).eval()
    if out.exists():
        mean.load_state_dict(torch.load(out, weights_only=True))
        return mean
    torch.set_num_threads(1)
    torch.manual_seed(course.seed)
    chance = np.random.default_rng(course.seed)
    cutter, songs = Cutter(invented, chance), [made_up(invented)]
    if recorded is not None:
        songs.append(real(recorded, mean))
    renewed = {int(course.steps * share) for share in course.labels} if recorded is not None else set()
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), course.rate, weight_decay=0.02)
    begin, total = time.monotonic(), 0.0
    for step in range(1, course.steps + 1):
        done = step / course.steps
        for group in optimizer.param_groups:
            group["lr"] = course.rate * _share(course, step)
        many = course.real[done >= course.falls] if recorded is not None else 0
        count = int(chance.choice(course.lengths))
        rows, targets = [], []
        for source, size in zip(songs, (BATCH - many, many), strict=False):
            for number in chance.choice(len(source.often), size, p=source.often):
                heard, semitones = cutter.cut(source.pool, source.pool.examples[number], count)
                rows.append(heard)
                targets.append(moved(source.targets[number], semitones))
        loss = functional.cross_entropy(net(torch.from_numpy(np.stack(rows))), torch.from_numpy(np.stack(targets)))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        averages.follow(mean, net, min(AVERAGED, step / (step + 20)))
        total += float(loss.detach())
        if step % 100 == 0:
            print(f"step {step}: loss {total / 100:.3f}, {time.monotonic() - begin:.0f} s", flush=True)
            total = 0.0
        if recorded is not None and step in renewed:
            songs[1] = real(recorded, mean)
    torch.save(mean.state_dict(), out)
    return mean


def _share(course: Course, step: int) -> float:
    """Of the rate."""
    left = (1 - step / course.steps) / (1 - course.falls) if course.falls < 1 else 1.0
    return min(1.0, step / course.rises, max(course.last, left))


def average(nets: Sequence[KeyNet]) -> KeyNet:
    net = KeyNet()
    net.load_state_dict(averages.mean([one.state_dict() for one in nets]))
    return net.eval()
