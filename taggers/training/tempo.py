"""Fits the network of taggers.tactus and its calibration, and writes weights/tempo.pt.

It learns from the corpus's loops, stems and mixes with their makers' tempo, from the pieces of
taggers.training.pieces that are installed, and from songs composed for it. Each is used at any speed within
half an octave, with its tempo moved along: nothing but `tactus.place` notices. Scores are of groups of sources
left out of the fit; the calibration is fitted on them.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from taggers import model, pulse, tactus, tempo
from taggers.onsets import FRAMES_PER_SECOND
from taggers.training import honesty, pieces, pulses

COMPOSED, COMPOSER = 720, "composed"
CUT = "cut loop"
"""The kind of a loop cut out of something longer."""
STEPS, BATCH, MEMBERS = 420, 64, 3
HIDDEN, LAST = 48, 24
STRETCH = 0.45
"""Octaves, either way."""
MOST = 36
"""Candidates of one sound; of more the middle ones."""
RIGHT = 0.04
"""As MIREX counts; the decimals are taggers.pulse.refine's work."""

GROUPS = {
    "everything-is-remixed": "everything-is-remixed",
    "incompetech": "incompetech",
    "planetblupi-music": "planetblupi",
    "lmms-demos": "lmms",
    "lmms-samples": "lmms",
    "tracker-debian": "modules",
    "modules": "modules",
    "fretsonfire": "fretsonfire",
    "sample-db": "sample-db",
    "hydrogen-demos": "drums",
    "sonic-pi-samples": "drums",
    "freedoom-render": "midi",
    "openmsx-render": "midi",
}
"""What is left out together. Sources not named are only learned from."""
WEIGHT = {
    "pop909-render": 8, "nottingham-render": 20, "freedoom-render": 15, "openmsx-render": 25,
    "everything-is-remixed": 90, "lmms-demos": 90, "composed": 300,
}  # fmt: skip
"""Of a whole source, where it is neither its number of sounds nor 45. pop909-render's files write ballads at half
of what a producer would set."""

Floats = NDArray[np.float64]
Table = tuple[Tensor, Tensor, Tensor]
"""(inputs (n, MOST, features), tempi (n, MOST), 1 where there is none, right (n, MOST)) of n examples."""


@dataclass(frozen=True)
class Example:
    sound: pulses.Sound
    tempi: Floats
    features: Floats

    @property
    def group(self) -> str:
        return GROUPS.get(self.sound.source, "")


@dataclass(frozen=True)
class Judged:
    example: Example
    said: float
    chance: float

    @property
    def exact(self) -> bool:
        return self._near(1)

    @property
    def tolerant(self) -> bool:
        return any(self._near(ratio) for ratio in (1, 2, 1 / 2, 3, 1 / 3))

    def _near(self, ratio: float) -> bool:
        return bool(self.example.sound.bpm) and abs(self.said * ratio / self.example.sound.bpm - 1) < RIGHT


def main(audio: Path, work: Path) -> None:
    stores = (
        pulses.keep(pulses.corpus(audio), work / "pulses-corpus"),
        pulses.keep(pulses.composed(audio, COMPOSED), work / "pulses-composed"),
        pulses.keep(pieces.pieces(), work / "pulses-pieces"),
    )
    fit(examples(stores))


def fit(known: list[Example], members: int = MEMBERS, steps: int = STEPS) -> list[Judged]:
    """Score, calibrate, and write the weights."""
    judged = left_out(known, members, steps)
    calibration = calibrate(judged)
    report(judged, calibration)
    network = Network(known)
    network.learn(known, members, steps)
    model.save(
        "tempo",
        network.state(),
        calibration=[round(float(value), 4) for value in calibration],
        made=datetime.date.today().isoformat(),
        command="python -m taggers.training tempo --audio AUDIO --work FOLDER",
    )
    return judged


def examples(stores: tuple[pulses.Store, ...]) -> list[Example]:
    """Every sound as it is, but of what is composed three quarters as loops; and a loop out of every other one."""
    found: list[Example | None] = []
    random = np.random.default_rng(2)
    for store in stores:
        for sound in store.sounds:
            bands = store.onsets(sound)
            composed = sound.source == COMPOSER
            if not composed or random.random() < 0.25:
                found.append(_example(sound, bands))
            if sound.bpm and sound.kind != "loop" and (composed or random.random() < 0.5):
                found.append(_example(*_looped(sound, bands, random)))
    return [one for one in found if one]


def _looped(sound: pulses.Sound, bands: pulses.Onsets, random: np.random.Generator) -> pulses.Heard:
    """Two to eight bars of it."""
    bar = 240 / sound.bpm
    most = min(len(bands) / FRAMES_PER_SECOND, pulse.LONGEST_LOOP)
    bars = int(random.choice([count for count in (2, 4, 8) if count * bar <= most] or [1]))
    frames = min(len(bands), round(bars * bar * FRAMES_PER_SECOND))
    start = int(random.integers(len(bands) - frames + 1))
    return replace(sound, kind=CUT, duration=bars * bar), bands[start : start + frames]


def _example(sound: pulses.Sound, bands: pulses.Onsets) -> Example | None:
    onsets = bands.sum(axis=1)
    if sound.duration < tempo.MIN_SECONDS or pulse.onset_count(onsets) < tempo.MIN_ONSETS:
        return None
    tempi, features = tactus.describe(bands, sound.duration, tactus.WIDEST)
    if not len(tempi):
        return None
    return Example(sound, tempi, features)


def left_out(known: list[Example], members: int, steps: int) -> list[Judged]:
    """Every example of GROUPS by networks that were told nothing of its group, as many as are asked in the end."""
    judged = []
    for group in dict.fromkeys(GROUPS.values()):
        network = Network(known)
        network.learn([one for one in known if one.group != group], members, steps)
        judged += network.judge([one for one in known if one.group == group and one.sound.bpm])
    return judged


class Network:
    """An ensemble of networks that score candidates, in torch; taggers.tactus applies what `state` gives."""

    def __init__(self, known: list[Example]) -> None:
        features = np.concatenate([one.features for one in known])
        self.mean = torch.tensor(features.mean(axis=0), dtype=torch.float32)
        self.spread = torch.tensor(features.std(axis=0) + 0.03, dtype=torch.float32)
        self.members: list[nn.Sequential] = []

    def learn(self, known: list[Example], members: int, steps: int) -> None:
        """Add so many members."""
        known = [one for one in known if one.sound.bpm]
        table, weights = self._table(known), _weights(known)
        for _ in range(members):
            self.members.append(self._member(table, weights, steps))

    def _member(self, table: Table, weights: Tensor, steps: int) -> nn.Sequential:
        inputs, tempi, right = table
        torch.manual_seed(len(self.members))
        size = len(self.mean) + len(tactus.CENTRES)
        net = nn.Sequential(
            nn.Linear(size, HIDDEN), nn.ReLU(), nn.Dropout(0.25),
            nn.Linear(HIDDEN, LAST), nn.ReLU(), nn.Dropout(0.1), nn.Linear(LAST, 1),
        )  # fmt: skip
        draws = torch.multinomial(weights, steps * BATCH, replacement=True).reshape(steps, BATCH)
        optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
        for drawn in draws:
            octaves = (torch.rand(BATCH, 1) * 2 - 1) * STRETCH * (torch.rand(BATCH, 1) < 0.7)
            moved = tempi[drawn] * 2**octaves
            scores = _scores(net, inputs[drawn], moved)
            hit = right[drawn] & _inside(moved)
            known_ones = hit.any(dim=1)
            likely = torch.logsumexp(torch.log_softmax(scores, 1).masked_fill(~hit, -1e9), 1)
            loss = -likely[known_ones].mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        return net.eval()

    def judge(self, known: list[Example]) -> list[Judged]:
        if not known:
            return []
        inputs, tempi, _ = self._table(known)
        with torch.no_grad():
            every = [_scores(net, inputs, tempi) for net in self.members]
        mean = torch.stack([scores - scores.amax(1, keepdim=True) for scores in every]).mean(0)
        chances = torch.softmax(mean, 1)
        said = tempi.gather(1, chances.argmax(1, keepdim=True))
        chances = (chances * ((tempi / said - 1).abs() < tempo.SAME)).sum(1)
        return [
            Judged(one, float(bpm), float(chance)) for one, bpm, chance in zip(known, said, chances, strict=True)
        ]

    def state(self) -> dict[str, Tensor]:
        linear = [[layer for layer in net if isinstance(layer, nn.Linear)] for net in self.members]
        found = {"mean": self.mean, "spread": self.spread}
        for depth, layers in enumerate(zip(*linear, strict=True)):
            found[f"weight{depth}"] = torch.stack([layer.weight.detach() for layer in layers])
            found[f"bias{depth}"] = torch.stack([layer.bias.detach() for layer in layers])
        return found

    def _table(self, known: list[Example]) -> Table:
        inputs = torch.zeros(len(known), MOST, len(self.mean))
        tempi = torch.ones(len(known), MOST)
        right = torch.zeros(len(known), MOST, dtype=torch.bool)
        for row, one in enumerate(known):
            chosen = np.argsort(np.abs(np.log2(one.tempi / tempo_centre())))[:MOST]
            count = len(chosen)
            features = torch.tensor(one.features[chosen], dtype=torch.float32)
            inputs[row, :count] = (features - self.mean) / self.spread
            tempi[row, :count] = torch.tensor(one.tempi[chosen], dtype=torch.float32)
            if one.sound.bpm:
                near = np.abs(one.tempi[chosen] / one.sound.bpm - 1) < RIGHT
                right[row, :count] = torch.tensor(near)
        return inputs, tempi, right


def tempo_centre() -> float:
    return float((tactus.SLOWEST * tactus.FASTEST) ** 0.5)


def _inside(tempi: Tensor) -> Tensor:
    return (tempi >= tactus.SLOWEST) & (tempi <= tactus.FASTEST)


def _scores(net: nn.Module, inputs: Tensor, tempi: Tensor) -> Tensor:
    centres = torch.tensor(tactus.CENTRES, dtype=torch.float32)
    places = torch.exp(-(((torch.log2(tempi)[..., None] - centres) / 0.3) ** 2) / 2)
    scores = net(torch.cat((inputs, places), 2))[..., 0]
    return torch.as_tensor(scores.masked_fill(~_inside(tempi), -1e9))


def _weights(known: list[Example]) -> Tensor:
    sizes = Counter(one.sound.source for one in known)
    each = {source: min(1.5, WEIGHT.get(source, min(size, 45)) / size) for source, size in sizes.items()}
    return torch.tensor([each[one.sound.source] for one in known])


def calibrate(judged: list[Judged]) -> Floats:
    """What taggers.tempo.confidence_of needs to say a chance of being right; each group weighs alike."""
    facts = np.array([_facts(one) for one in judged])
    right = np.array([one.exact for one in judged], float)
    weight = _alike(judged)

    def loss(calibration: Floats) -> float:
        said = _sure(facts, calibration).clip(1e-6, 1 - 1e-6)
        wrong = -(weight * (right * np.log(said) + (1 - right) * np.log(1 - said))).sum() / weight.sum()
        return float(wrong + 0.002 * ((calibration - [0, 1, 0, 0, 0]) ** 2).sum())

    return np.asarray(minimize(loss, np.array([0.0, 1.0, 0.0, 0.0, 0.0])).x)


def _facts(one: Judged) -> tuple[float, ...]:
    return tempo.facts(one.chance, one.said, float(one.example.sound.kind == "stem"))


def _sure(facts: Floats, calibration: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-facts @ calibration)))


def _alike(judged: list[Judged]) -> Floats:
    sizes = Counter(one.example.group for one in judged)
    return np.array([min(1.0, 60 / sizes[one.example.group]) for one in judged])


def report(judged: list[Judged], calibration: Floats) -> None:
    """Print the scores of each group and kind, and how honest the confidence is."""
    shelves: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.example.sound.bpm:
            kind = one.example.sound.kind
            shelves[f"{one.example.group} {kind}"].append(one)
            shelves[f"every {kind}"].append(one)
    print(f"{'left out':28} files exact tolerant answered of these right; 0.8 and surer: share, wrong")
    for name, those in sorted(shelves.items()):
        print(f"{name:28} {_line(those, calibration)}")
    # An honest confidence for each file needs a calibration that has not seen its group
    sure, right = [], []
    for group in dict.fromkeys(GROUPS.values()):
        own = [one for one in judged if one.example.group == group]
        own_calibration = calibrate([one for one in judged if one.example.group != group])
        sure += list(_sure(np.array([_facts(one) for one in own]), own_calibration))
        right += [one.exact for one in own]
    print(f"expected calibration error {honesty.error(np.array(sure), np.array(right)):.3f}, groups left out")
    bins = np.clip((np.array(sure) * 10).astype(int), 0, 9)
    for at in range(10):
        if (bins == at).any():
            share = np.mean(np.array(right)[bins == at])
            print(f"  {at / 10:.1f}..{at / 10 + 0.1:.1f}: {int((bins == at).sum()):4} files, right {share:.2f}")
    print("calibration", [round(float(value), 3) for value in calibration], flush=True)


def _line(those: list[Judged], calibration: Floats) -> str:
    sure = _sure(np.array([_facts(one) for one in those]), calibration)
    exact = np.array([one.exact for one in those])
    tolerant = np.array([one.tolerant for one in those])
    answered, surer = sure >= tempo.MIN_CONFIDENCE, sure >= 0.8
    wrong = (~exact[surer]).mean() if surer.any() else 0.0
    right = exact[answered].mean() if answered.any() else 0.0
    return (
        f"{len(those):5} {exact.mean():.3f} {tolerant.mean():.3f} {answered.mean():.2f} {right:.3f}; "
        f"{surer.mean():.2f} {wrong:.3f}"
    )
