"""How much each opinion on a key counts, and how sure to be of what they say together: the numbers that
taggers.key.judge weighs by, found on sources that were not trained on."""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from taggers import keynet
from taggers.key import OPINIONS, evidence, settled, weighed
from taggers.keynet import KeyNet
from taggers.pitch import KEYS as NAMES
from taggers.pitch import compatible, relative
from taggers.training import honesty
from taggers.training.key.learning import said
from taggers.training.key.songs import Pool

RIDGE = 0.002

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """What is known of one held-out recording before anything is fitted. opinions: as taggers.key has them.
    chances: how likely each of KEYS is to be its key, 1 for one where somebody knows it."""

    source: str
    kind: str
    opinions: Floats
    seconds: float
    chances: Floats


def judged(net: KeyNet, pool: Pool, chances: Floats, source: str = "") -> list[Judged]:
    """Every example, with what is likely true of it, shape (n, KEYS). source: for all, or else their own."""
    found = []
    for example, likely in zip(pool.examples, chances, strict=True):
        seconds = example.parts["all"][1] / keynet.ROWS_PER_SECOND
        heard = said(net, pool, example)
        found.append(Judged(source or example.source, example.facts["kind"], heard, seconds, likely))
    return found


def calibrate(heard: Sequence[Judged], shares: Mapping[str, float]) -> dict[str, float]:
    """The weights of taggers.key.judge that make what is likely true likeliest. shares: how much each source
    counts, 1 where it is not named."""
    sizes = Counter(one.source for one in heard)
    share = np.array([shares.get(one.source, 1.0) / sizes[one.source] for one in heard])
    share /= share.sum()
    every = np.stack([one.opinions for one in heard])
    likely = np.stack([one.chances for one in heard])

    def surprise(weights: NDArray[np.float64]) -> float:
        score = np.einsum("o,nok->nk", weights, every)
        score -= score.max(axis=1, keepdims=True)
        logs = score - np.log(np.exp(score).sum(axis=1, keepdims=True))
        return float(-(share * (likely * logs).sum(axis=1)).sum() + RIDGE * np.square(weights).sum())

    weights = minimize(surprise, [1.0, 1.0, 1.0, 0.0], bounds=[(0, None)] * (len(OPINIONS) - 1) + [(None, None)]).x
    chances = [weighed(one.opinions, weights) for one in heard]
    right = np.array([one.chances[seen.argmax()] for one, seen in zip(heard, chances, strict=True)])
    facts = [evidence(seen, one.opinions, one.seconds) for one, seen in zip(heard, chances, strict=True)]
    table = np.array([list(one.values()) for one in facts])

    def dishonesty(weights: NDArray[np.float64]) -> float:
        odds = table @ weights
        unlikely = right * np.logaddexp(0, -odds) + (1 - right) * np.logaddexp(0, odds)
        return float((share * unlikely).sum() + RIDGE * np.square(weights).sum())

    honest = minimize(dishonesty, np.zeros(table.shape[1])).x
    numbers = dict(zip(OPINIONS, weights, strict=True)) | dict(zip(facts[0], honest, strict=True))
    return {name: float(number) for name, number in numbers.items()}


def verdict(one: Judged, numbers: Mapping[str, float]) -> tuple[int, float]:
    """(the key, among KEYS; how sure), as taggers.key.judge would say."""
    chances, confidence = settled(one.opinions, one.seconds, numbers)
    return int(chances.argmax()), confidence


def report(heard: Sequence[Judged], numbers: Mapping[str, float]) -> None:
    """Prints for each source and kind how many keys are right, and how honest the confidence is."""
    print(f"{'':36} files  exact  MIREX  sure  wrong  said  error")
    groups: dict[str, list[Judged]] = {}
    for one in heard:
        for name in (one.source, f"{one.source} {one.kind}", "all"):
            groups.setdefault(name, []).append(one)
    for name, members in sorted(groups.items()):
        verdicts = [verdict(one, numbers) for one in members]
        right = np.array([one.chances[best] for one, (best, _) in zip(members, verdicts, strict=True)])
        points = [
            sum(chance * mirex(NAMES[best], NAMES[key]) for key, chance in enumerate(one.chances) if chance)
            for one, (best, _) in zip(members, verdicts, strict=True)
        ]
        sure = np.array([chance for _, chance in verdicts])
        wrong = float((1 - right[sure >= 0.8]).sum())
        print(
            f"{name:36} {len(members):5}  {right.mean():.3f}  {np.mean(points):.3f} {(sure >= 0.8).sum():5}  "
            f"{wrong:5.1f}  {sure.mean():.3f}  {honesty.error(sure, right):.3f}"
        )


def mirex(said: str, true: str) -> float:
    """MIREX's score of a key: same 1, a fifth away 0.5, relative 0.3, parallel 0.2."""
    if said == true:
        return 1.0
    if said == relative(true):
        return 0.3
    if said in compatible(true):
        return 0.5
    return 0.2 if said.split()[0] == true.split()[0] else 0.0
