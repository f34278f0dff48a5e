"""Which of several possible tempi one counts by: what a producer would have set.

Half, double and two thirds of a tempo repeat too, so periodicity leaves the choice open. Each candidate is
described as it would sound if everything were stretched until that candidate lasts one second a beat: how strongly
each band repeats at simple multiples of it, how the bands take turns, how many onsets a beat has. One small
network scores each candidate by that and a little by where it lies; a softmax over a file's candidates chooses.
What it sees of a stretched sound is therefore the same, and the answer follows.

Tempi in beats a minute. Bands: shape (frames, BANDS), see taggers.onsets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from taggers import pulse, tempogram
from taggers.loaded import once
from taggers.onsets import FRAMES_PER_SECOND
from taggers.pulse import LONGEST_LOOP

SLOWEST, FASTEST = 46.0, 232.0
WIDEST = 1.3
"""Candidates beyond the range by so much are described too, where training stretches them into it."""
RATIOS = (1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 8 / 3, 3, 4, 6, 8)
RELATED = (1 / 4, 1 / 2, 1, 3 / 2, 2, 3, 4)
"""Multiples of a candidate at which its repetition, and the turns of its bands, are described."""
MULTIPLES = (1, 2, 1 / 2, 3 / 2, 2 / 3, 3, 1 / 3, 4 / 3, 3 / 4)
PEAKS = 8
SAME = 0.02
LOOP_BEATS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
LAYERS = 3
CENTRES = np.log2(np.geomspace(50.0, 215.0, 8))

Floats = NDArray[np.float64]
Onsets = NDArray[np.float32]


def describe(bands: Onsets, duration: float, widest: float = 1.0) -> tuple[Floats, Floats]:
    """(tempi, shape (n,); features without `place`, shape (n, m)) of every tempo worth a thought. n may be 0."""
    heard = tempogram.windows(bands)
    tempi = _worth_a_thought(heard, duration, widest)
    if not len(tempi):
        return tempi, np.zeros((0, 0))
    beats = tempi / 60
    found = tempogram.transform(heard, np.outer(RATIOS, beats).ravel())
    strengths = np.sqrt(tempogram.strengths(heard, found)).reshape(-1, len(RATIOS), len(tempi))
    which = [RATIOS.index(ratio) for ratio in RELATED]
    shape = (*found.shape[:2], len(RATIOS), len(tempi))
    related = tempogram.relations(found.reshape(shape)[:, :, which].reshape(*found.shape[:2], -1))
    total = strengths[-1]
    onsets = bands.sum(axis=1)
    busy = np.log2(pulse.onset_count(onsets) / max(len(bands) / FRAMES_PER_SECOND, 0.1) / beats + 0.1)
    columns = [
        *(2 * strengths).reshape(-1, len(tempi)),
        *(total / (total.max() + 1e-9)),
        *related.reshape(-1, len(tempi)),
        busy,
        busy**2 / 4,
        *_lengths(beats, duration),
    ]
    return tempi, np.stack(columns, axis=1)


def place(tempi: Floats) -> Floats:
    """Where tempi lie, shape (n, len(CENTRES)): near to which of CENTRES."""
    return np.asarray(np.exp(-(((np.log2(tempi)[:, None] - CENTRES) / 0.3) ** 2) / 2))


def weigh(tempi: Floats, features: Floats) -> Floats:
    """The chance of each tempo, shape (n,), sum 1, 0 outside SLOWEST to FASTEST, by what all members score."""
    network = _network()
    hidden = np.concatenate(((features - network["mean"]) / network["spread"], place(tempi)), axis=1)[None]
    for depth in range(LAYERS):
        hidden = np.maximum(hidden, 0.0) if depth else hidden
        hidden = hidden @ network[f"weight{depth}"].transpose(0, 2, 1) + network[f"bias{depth}"][:, None]
    inside = (tempi >= SLOWEST) & (tempi <= FASTEST)
    scores = np.where(inside, hidden[..., 0], -np.inf)
    mean = (scores - scores.max(axis=1, keepdims=True)).mean(axis=0)
    chance = np.exp(mean - mean.max())
    return np.asarray(chance / chance.sum())


@once
def _network() -> dict[str, NDArray[np.float32]]:
    from taggers.model import load

    return {name: value.numpy() for name, value in load("tempo")["state"].items()}


def _worth_a_thought(heard: tempogram.Windows, duration: float, widest: float) -> Floats:
    """Peaks of the tempogram and their simple multiples, and what makes a short file's length whole beats."""
    frequencies = np.arange(0.5, 10.0, 0.02)
    strength = tempogram.strengths(heard, tempogram.transform(heard, frequencies))[-1]
    slow = frequencies[frequencies <= 5.0]
    multiples = [np.interp(slow * n, frequencies, strength) for n in (1, 2, 4)]
    salience = multiples[0] + 0.7 * multiples[1] + 0.4 * multiples[2]
    inside = np.flatnonzero((salience[1:-1] > salience[:-2]) & (salience[1:-1] >= salience[2:])) + 1
    inside = inside[np.argsort(-salience[inside])][:PEAKS]
    below, top, above = salience[inside - 1], salience[inside], salience[inside + 1]
    peaks = 60 * (slow[inside] + 0.01 * (below - above) / (below - 2 * top + above - 1e-12))
    found = [60 * beats / duration for beats in LOOP_BEATS] if duration <= LONGEST_LOOP else []
    found += [peak * ratio for peak in peaks for ratio in MULTIPLES]
    distinct: list[float] = []
    for bpm in found:  # the length first, then the strongest: of two that are the same, it is the more exact
        if SLOWEST / widest <= bpm <= FASTEST * widest and all(abs(bpm / other - 1) > SAME for other in distinct):
            distinct.append(float(bpm))
    return np.sort(distinct)


def _lengths(beats: Floats, duration: float) -> list[Floats]:
    """Whether a short file is whole beats, whole bars, two to the power of something bars long."""
    if duration > LONGEST_LOOP:
        return [np.zeros(len(beats))] * 4
    count = duration * beats
    close = 0.012 * count

    def near(unit: Floats | float) -> Floats:
        whole = np.maximum(np.round(count / unit), 1) * unit
        return np.asarray(np.exp(-(((count - whole) / (close + 1e-9)) ** 2) / 2))

    doubled = np.abs(np.log2(count / 4) - np.round(np.log2(count / 4)))
    return [near(1.0) * (count < 40), near(4.0), np.exp(-((doubled / 0.015) ** 2) / 2), np.ones(len(beats))]
