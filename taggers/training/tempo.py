"""Fits the weights of taggers.pulse.FEATURES and taggers.tempo.CALIBRATION, and prints them.

    python -m taggers.training.tempo AUDIO

AUDIO holds `manifest.csv` (path, source, kind, bpm). Scores are of sources left out of the fit:
loops, stems and mixes with their makers' tempo; one-shots are what has none. pop909-render counts little: its
MIDI files write ballads at half of what a producer would set.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from taggers import pulse, tempo
from taggers.audio import Audio

PER_GROUP = {"pop909-render": 30, "nottingham-render": 20, "freedoom-render": 15, "openmsx-render": 15}
ONE_SHOTS = 150
MISLEADING = {"pop909-render": 0.3}
RIDGE = 0.005
RIGHT = 0.04
"""As MIREX counts; the decimals are taggers.pulse.refine's work."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    source: str
    tempi: Floats
    features: Floats
    right: NDArray[np.bool_]  # all False for a one-shot
    steadiness: float
    share: float
    weight: float


def main(audio: Path) -> None:
    examples = _examples(audio)
    columns = np.concatenate([one.features for one in examples])
    print(f"{len(examples)} files; weights fitted on all, scores on the source left out\n")
    judged: list[tuple[Example, float, bool]] = []
    for source in sorted({one.source for one in examples}):
        weights = _fit_choice([one for one in examples if one.source != source], columns.std(axis=0))
        held_out = [(one, *_choose(one, weights)) for one in examples if one.source == source]
        judged += held_out
        print(f"{source:24} {len(held_out):4} exact {np.mean([right for _, _, right in held_out]):.2f}")
    weights = _fit_choice(examples, columns.std(axis=0))
    for name, weight in zip(pulse.FEATURES, weights, strict=True):
        print(f'    "{name}": {weight:.3f},')
    calibration = _fit_calibration(judged)
    print("CALIBRATION =", tuple(round(float(value), 3) for value in calibration))
    for low in np.arange(0.0, 1.0, 0.1):
        inside = [
            right for one, chance, right in judged if low <= _calibrated(calibration, chance, one) < low + 0.1
        ]
        if inside:
            print(f"confidence {low:.1f}..{low + 0.1:.1f}: {len(inside):4} files, right {np.mean(inside):.2f}")


def _examples(audio_folder: Path) -> list[Example]:
    with (audio_folder / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(1).shuffle(rows)
    taken: Counter[str] = Counter()
    found = []
    for row in rows:
        group = row["source"] if row["bpm"] else row["kind"]
        limit = PER_GROUP.get(group, 200) if row["bpm"] else ONE_SHOTS if group == "one-shot" else 0
        if taken[group] >= limit:
            continue
        audio = Audio(audio_folder / row["path"])
        if audio.duration < tempo.MIN_SECONDS or pulse.onset_count(audio.onsets) < tempo.MIN_ONSETS:
            continue
        _, guesses = tempo.guess(audio)
        if not guesses:
            continue
        taken[group] += 1
        tempi, features = pulse.describe(audio.onsets, audio.duration, guesses)
        right = np.abs(tempi / float(row["bpm"]) - 1) < RIGHT if row["bpm"] else np.zeros(len(tempi), bool)
        _, steadiness, share = pulse.clarity(audio.onsets)
        weight = MISLEADING.get(row["source"], 1.0)
        found.append(Example(row["source"], tempi, features, right, steadiness, share, weight))
    sizes = Counter(one.source for one in found)
    return [Example(**{**vars(one), "weight": one.weight * min(1.0, 30 / sizes[one.source])}) for one in found]


def _fit_choice(examples: list[Example], scale: Floats) -> Floats:
    """Multinomial logistic regression over each file's tempi; the prior is given, not fitted."""
    known = [one for one in examples if one.right.any()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        ridge = RIDGE * len(known) * (weights * scale**2)
        total, slope = float(weights @ ridge) / 2, ridge
        for one in known:
            score = pulse.prior(one.tempi) + one.features @ weights
            chance = np.exp(score - score.max())
            chance /= chance.sum()
            hit = chance[one.right].sum()
            total -= one.weight * float(np.log(hit))
            slope = slope + one.weight * one.features.T @ (chance - chance * one.right / hit)
        return total, slope

    return np.asarray(minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B").x)


def _choose(one: Example, weights: Floats) -> tuple[float, bool]:
    score = pulse.prior(one.tempi) + one.features @ weights
    chance = np.exp(score - score.max())
    best = int(chance.argmax())
    return float(chance[best] / chance.sum()), bool(one.right[best])


def _fit_calibration(judged: list[tuple[Example, float, bool]]) -> Floats:
    weight = np.array([one.weight for one, _, _ in judged])
    right = np.array([float(hit) for _, _, hit in judged])

    def loss(calibration: Floats) -> float:
        said = np.array([_calibrated(calibration, chance, one) for one, chance, _ in judged]).clip(1e-6, 1 - 1e-6)
        return float(-(weight * (right * np.log(said) + (1 - right) * np.log(1 - said))).sum())

    return np.asarray(minimize(loss, np.array([0.0, 1.0, 0.0, 0.0]), method="Nelder-Mead").x)


def _calibrated(calibration: Floats, chance: float, one: Example) -> float:
    odds = np.log(max(chance, 1e-6) / max(1 - chance, 1e-6))
    logit = calibration @ np.array([1.0, odds, np.log(one.steadiness), np.log(one.share)])
    return float(1 / (1 + np.exp(-logit)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
