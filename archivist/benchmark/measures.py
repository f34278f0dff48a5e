"""One answer against the truth, and what many such comparisons come to.

Tempo and key are judged by mir_eval (C. Raffel et al., "mir_eval: A Transparent Implementation of Common MIR
Metrics", ISMIR 2014): a tempo is right within 4 %, keys score as in MIREX (1 the same, 0.5 a fifth above, 0.3 the
relative, 0.2 the parallel key).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import mir_eval.key
import mir_eval.tempo
import numpy as np

from taggers.vocabulary import with_families

TOLERANCE = 0.04
"""Of a tempo, relative: MIREX's for one that is to be the one."""
RATIOS = (Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 3), Fraction(3))
"""Said over true: what an octave-tolerant measure takes for right."""
FINE = 0.1
"""Beats a minute: what a tempo may be off where a DAW's grid is to fit."""
CONFIDENT = 0.8
"""A wrong answer with this much confidence or more is one that misleads."""
BINS = 10
RESAMPLES = 1_000


def tempo_ratio(true: float, said: float) -> Fraction | None:
    """By which of RATIOS what was said is right, or None.

    >>> tempo_ratio(140.0, 70.3), tempo_ratio(140.0, 105.0)
    (Fraction(1, 2), None)
    """
    return next((ratio for ratio in RATIOS if _same_tempo(true * ratio, said)), None)


def _same_tempo(true: float, said: float) -> bool:
    """mir_eval wants two tempi of each, the slower first; that of weight 1 counts."""
    score, _one, _both = mir_eval.tempo.detection(np.array([0.0, true]), 0.0, np.array([0.0, said]), tol=TOLERANCE)
    return bool(score)


def key_score(true: str, said: str) -> float:
    """
    >>> key_score("A minor", "A minor"), key_score("A minor", "C major"), key_score("C major", "G major")
    (1.0, 0.3, 0.5)
    """
    return float(mir_eval.key.weighted_score(true, said))


def plays(true: frozenset[str], said: str) -> bool:
    """Whether the instrument named is one that plays, or the family of one."""
    return said in with_families(true)


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Expected calibration error over ten bins of equal width (C. Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017): how far, on average, confidence lies from the share of right answers. None of none.

    >>> round(calibration_error([0.9, 0.9, 0.9, 0.9], [True, True, True, False]), 2)
    0.15
    """
    if not confidences:
        return None
    said, truth = np.asarray(confidences, float), np.asarray(right, float)
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = (abs(said[bins == one].sum() - truth[bins == one].sum()) for one in range(BINS))
    return float(sum(gaps)) / len(said)


def interval(scores: Sequence[float]) -> tuple[float, float]:
    """Of their mean, with 95 % confidence, by the bootstrap's percentiles (B. Efron, 1979). The same scores give
    the same. Takes files for independent: several clips of one song make it too narrow."""
    draws = np.random.default_rng(0).choice(np.asarray(scores, float), (RESAMPLES, len(scores)))
    low, high = np.percentile(draws.mean(axis=1), (2.5, 97.5))
    return float(low), float(high)
