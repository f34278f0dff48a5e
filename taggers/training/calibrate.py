"""Turn the trained network into what is shipped: `weights/timbre.pt` with honest chances, and its curve.

    python -m taggers.training.calibrate CHECKPOINT STORE [--no-plot]

On whole sources that training never saw, each instrument's pooled logit x becomes a chance 1 / (1 + exp(-(scale x
+ bias))) (Platt 1999), scale and bias drawn towards those common to all where an instrument has few examples.
Scores are printed for each source with a calibration fitted on the others, so that no chance is judged by what it
was fitted on; the shipped one is fitted on all of them. Sources count alike up to 150 clips. `weights/timbre.png`
shows the curve.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from taggers import instrument, model, timbre
from taggers.audio import Excerpt
from taggers.training.clips import Clip, Store
from taggers.vectors import TIMBRE_SIZE
from taggers.vocabulary import INSTRUMENTS, with_families

HELD_OUT = ("freepats-oneshots", "sonic-pi-samples", "vsco-subset", "sonoj-mix", "sample-db")
ALIKE = 150
EACH = 6  # clips of an instrument and source that the projection is fitted on
NAMING = 0.5  # see projection
PULL = 300.0
"""Towards the common scale and bias, as strong as so many clips."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    source: str
    logits: Floats  # (classes,), pooled over the file
    hints: Floats  # likewise
    truth: Floats  # (classes,)
    vector: NDArray[np.float32]
    slug: str


def listen(shelf: Store, clips: Iterable[Clip]) -> Iterator[tuple[Clip, timbre.Heard]]:
    """What the network, as its weights are now, hears in each clip that is not silent."""
    for clip in clips:
        sound = np.asarray(shelf.sound(clip) / 32_768, np.float32)
        heard = timbre.listen((Excerpt(0.0, sound),))
        if heard is not None:
            yield clip, heard


def judge(shelf: Store, sources: tuple[str, ...]) -> list[Judged]:
    """What it hears in each labelled clip of these sources."""
    found = []
    for clip, heard in listen(shelf, (one for one in shelf.clips if one.slug and one.source in sources)):
        playing = with_families(clip.instruments)
        truth = np.array([name in playing for name in INSTRUMENTS], float)
        vector = (heard.vectors * heard.levels[:, None]).sum(axis=0)
        found.append(
            Judged(
                clip.source,
                instrument.pooled(heard.logits, heard.levels),
                instrument.pooled(heard.hints, heard.levels),
                truth,
                vector / np.linalg.norm(vector),
                clip.slug,
            )
        )
    return found


def projection(shelf: Store, naming: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(weight (TIMBRE_SIZE, FEATURES), bias) onto the principal components of the features of what it learned
    from, alike many of each instrument and source, together with what the layer that names instruments makes of
    them: `naming` (HIDDEN, FEATURES), at NAMING of their variance. Of held-out clips the nearest by these is of
    the same instrument more often than without it (0.521 against 0.508); and by the components alone it was so
    more often than by a head that contrast trained (0.59 against 0.55, an earlier network)."""
    taken: Counter[tuple[str, str]] = Counter()
    clips = []
    for number in np.random.default_rng(0).permutation(len(shelf.clips)):
        clip = shelf.clips[number]
        if (
            clip.slug
            and clip.kind != "mix"
            and clip.source not in HELD_OUT
            and taken[clip.source, clip.slug] < EACH
        ):
            taken[clip.source, clip.slug] += 1
            clips.append(clip)
    rows = [
        (heard.features * (heard.levels / heard.levels.sum())[:, None]).sum(axis=0)
        for _, heard in listen(shelf, clips)
    ]
    table = np.stack(rows)
    middle = table.mean(axis=0)
    around, names = table - middle, naming.float().numpy()
    named = around @ names.T
    scale = (NAMING * (around**2).sum() / (named**2).sum()) ** 0.5
    both = np.concatenate((around, scale * named), axis=1)
    components = np.linalg.svd(both, full_matrices=False)[2][:TIMBRE_SIZE]
    weight = components[:, : len(middle)] + scale * components[:, len(middle) :] @ names
    return torch.from_numpy(weight), torch.from_numpy(-weight @ middle)


def fit(known: list[Judged]) -> tuple[Floats, Floats]:
    """(scale, bias), each (classes,)."""
    logits, truth = (np.stack([getattr(one, name) for one in known]) for name in ("logits", "truth"))
    sizes = Counter(one.source for one in known)
    weight = np.array([min(1.0, ALIKE / sizes[one.source]) for one in known])

    def common(line: Floats) -> float:
        return float(_loss(logits, truth, weight[:, None], line[0], line[1]))

    scale, bias = minimize(common, np.array([1.0, 0.0]), method="Nelder-Mead").x
    lines = []
    for column in range(len(INSTRUMENTS)):

        def own(line: Floats, column: int = column) -> float:
            pull = PULL * ((line[0] - scale) ** 2 + 0.3 * (line[1] - bias) ** 2)
            return float(_loss(logits[:, column], truth[:, column], weight, line[0], line[1]) + pull)

        lines.append(minimize(own, np.array([scale, bias]), method="Nelder-Mead").x)
    return np.array([line[0] for line in lines]), np.array([line[1] for line in lines])


def _loss(logits: Floats, truth: Floats, weight: Floats, scale: float, bias: float) -> float:
    said = scale * logits + bias
    return float((weight * (np.logaddexp(0, said) - truth * said)).sum())


def chances(known: list[Judged], line: tuple[Floats, Floats]) -> Floats:
    logits = np.stack([one.logits for one in known])
    return np.asarray(1 / (1 + np.exp(-(line[0] * logits + line[1]))))


def average_precision(truth: Floats, said: Floats) -> float:
    """Area under the precision-recall curve, as the mean of the precision at each hit."""
    hits = truth[np.argsort(-said, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / max(1.0, hits.sum()))


def expected_error(truth: Floats, said: Floats, bins: int = 10) -> tuple[float, list[tuple[float, float, int]]]:
    """(expected calibration error, (mean chance, share right, labels) of each bin) over labels said with 0.05 and
    more: the thousands of plain noes would hide everything else."""
    keep = said >= 0.05
    said, truth = said[keep], truth[keep]
    place = np.minimum((said * bins).astype(int), bins - 1)
    rows = [
        (float(said[place == b].mean()), float(truth[place == b].mean()), int((place == b).sum()))
        for b in range(bins)
        if (place == b).any()
    ]
    return sum(abs(chance - share) * count for chance, share, count in rows) / max(1, len(said)), rows


def ship(checkpoint: Path, store: Path, with_plot: bool = True) -> None:
    """Write `weights/timbre.pt` from what taggers.training.timbre kept, and print how good it is."""
    held = torch.load(checkpoint, weights_only=True)
    state, shelf = held["state"], Store(store)
    facts = {"instruments": held["instruments"], "steps": held["step"]}
    plain = [[1.0] * len(INSTRUMENTS), [0.0] * len(INSTRUMENTS)]
    model.save("timbre", state, **facts, calibration=plain, hints_calibration=plain)
    state["project.weight"], state["project.bias"] = projection(shelf, state["name.1.weight"])
    model.save("timbre", state, **facts, calibration=plain, hints_calibration=plain)
    known = judge(shelf, HELD_OUT)
    said = np.zeros((len(known), len(INSTRUMENTS)))
    for source in HELD_OUT:
        others = fit([one for one in known if one.source != source])
        here = [number for number, one in enumerate(known) if one.source == source]
        said[here] = chances([known[number] for number in here], others)
    truth = np.stack([one.truth for one in known])
    report(known, truth, said)
    fitted = {
        "calibration": fit(known),
        "hints_calibration": fit([replace(one, logits=one.hints) for one in known]),
    }
    model.save(
        "timbre", state, **facts, **{name: [line.tolist() for line in lines] for name, lines in fitted.items()}
    )
    if with_plot:
        plot(expected_error(truth.ravel(), said.ravel())[1], model.WEIGHTS / "timbre.png")


def report(known: list[Judged], truth: Floats, said: Floats) -> None:
    precisions = {
        name: average_precision(truth[:, column], said[:, column])
        for column, name in enumerate(INSTRUMENTS)
        if truth[:, column].sum() >= 3
    }
    for name, precision in precisions.items():
        print(
            f"{name:18} {int(truth[:, INSTRUMENTS.index(name)].sum()):4} clips, average precision {precision:.2f}"
        )
    names = [instrument.name_of(row) for row in said]
    fair = np.array([truth[row, INSTRUMENTS.index(name)] for row, name in enumerate(names)])
    exact = np.array([name == one.slug for name, one in zip(names, known, strict=True)])
    for source in HELD_OUT:
        here = np.array([one.source == source for one in known])
        print(f"{source:20} {here.sum():4} clips, right {fair[here].mean():.3f}, exactly {exact[here].mean():.3f}")
    print(f"macro average precision {np.mean(list(precisions.values())):.3f} over {len(precisions)} instruments")
    print(f"named right {fair.mean():.3f}, exactly {exact.mean():.3f}")
    same, shares = neighbours(known)
    print(f"nearest neighbour in another held-out source: same instrument {same:.3f}, shares one {shares:.3f}")
    error, rows = expected_error(truth.ravel(), said.ravel())
    print(f"expected calibration error {error:.3f}")
    for chance, share, count in rows:
        print(f"  said {chance:.2f}: right {share:.2f} of {count}")


def neighbours(known: Sequence[Judged]) -> tuple[float, float]:
    """How often a clip's nearest in another source is (of the same first instrument, of one instrument or family
    that plays in it), among those that have such a one of the same first instrument."""
    vectors, truth = (np.stack([getattr(one, name) for one in known]) for name in ("vector", "truth"))
    sources, slugs = np.array([one.source for one in known]), np.array([one.slug for one in known])
    elsewhere = sources[:, None] != sources[None, :]
    possible = ((slugs[:, None] == slugs[None, :]) & elsewhere).any(axis=1)
    nearest = np.where(elsewhere, vectors @ vectors.T, -9).argmax(axis=1)
    shares = (truth * truth[nearest]).any(axis=1)
    return float((slugs[nearest] == slugs)[possible].mean()), float(shares[possible].mean())


def plot(rows: list[tuple[float, float, int]], target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4, 4), dpi=100)
    axes.plot([0, 1], [0, 1], color="0.7")
    axes.plot([row[0] for row in rows], [row[1] for row in rows], "o-")
    for chance, share, count in rows:
        axes.annotate(str(count), (chance, share), textcoords="offset points", xytext=(4, -10), fontsize=7)
    axes.set(xlabel="chance said", ylabel="share right", title="Instruments, sources never learned from")
    figure.tight_layout()
    figure.savefig(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--plot", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    ship(given.checkpoint, given.store, given.plot)


if __name__ == "__main__":
    main()
