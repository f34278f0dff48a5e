"""Train the network that hears instruments and timbre: `weights/timbre.pt`.

    python -m taggers.training.timbre POOL… --hours 1.0 --out FOLDER

Learns from a pool of patches (taggers.training.pool), changed once more at each use: mixed with one another (power
adds, so on pictures too), equalised, low-passed, masked in time and frequency. Four things pull at once:

- which instruments play: binary cross entropy on what is known, and cross entropy on what a lone instrument is;
- embeddings of one instrument from different sources, or of one clip, lie closer than others (supervised contrast,
  Khosla et al. 2020, arXiv:2004.11362), the last few thousand of former batches among them (X. Wang et al. 2020,
  arXiv:1912.06798); pairs of one source that are different clips count neither way, so that a recording chain is
  no reason to be near, nor do a family and its member;
- the teacher's features, each as far from its mean as it mostly is, and scores (distillation), also on songs that
  nobody labelled. They are no truth: they only shape the trunk, by heads that are thrown away.

The average of the weights over the last steps is kept (Polyak), as half precision.
"""

# ruff: noqa: T201 - it says how far it is

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from taggers.logmel import BANDS, FLOOR, FRAMES
from taggers.model import FEATURES, Timbre
from taggers.training import averages, teacher
from taggers.training.clips import Clip
from taggers.training.pool import unpack
from taggers.vocabulary import FAMILY_OF, INSTRUMENTS

BATCH = 128
MIXED = 0.35  # of the patches in a batch
PEAK_RATE = 2e-3
CONTRAST, ALONE, TAUGHT_FEATURES, TAUGHT_SCORES = 0.25, 0.5, 2.0, 20.0  # beside the weight 1 of the instruments
TEMPERATURE = 0.1
REMEMBERED = 4_096  # embeddings of former batches
SAME_CLIP = 0.5  # a positive of the same clip counts half of one of another source
SPREAD_OF = 7  # the spread of the teacher's features is that of every seventh patch
SONG_POSITIVE = 0.3  # an instrument of a song need not sound in this second of it


class Labels:
    """What is known of each clip, by its number: `truth` and `weight` (n, classes), `slug` and `source` (n,)."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.truth = np.zeros((len(clips), len(INSTRUMENTS)), np.float32)
        self.weight = np.zeros_like(self.truth)
        sources = {source: number for number, source in enumerate(sorted({clip.source for clip in clips}))}
        self.source = np.array([sources[clip.source] for clip in clips])
        self.slug = np.full(len(clips), -1)
        for number, clip in enumerate(clips):
            playing = [INSTRUMENTS.index(word) for word in clip.instruments if word in INSTRUMENTS]
            self.truth[number, playing] = 1.0
            self.weight[number] = 1.0 if clip.complete else 0.0
            self.weight[number, playing] = SONG_POSITIVE if clip.kind == "mix" else 1.0
            self.slug[number] = playing[0] if playing else -1


class Pool:
    """All shards of some folders in memory. Each clip lies in it several times, each another way it may sound."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._shards: list[Path] = []
        self.refresh()

    def refresh(self) -> None:
        """Take in the shards that have been made since."""
        paths = [path for folder in self._folders for path in sorted(folder.glob("[0-9]*[0-9].npz"))]
        if paths == self._shards:
            return
        self._shards = paths
        listed = [json.loads((folder / "clips.json").read_text()) for folder in self._folders]
        first = dict(zip(self._folders, np.cumsum([0, *map(len, listed)]), strict=False))
        clips = [Clip(**{**one, "instruments": tuple(one["instruments"])}) for some in listed for one in some]
        self.labels = Labels(clips)
        shards = [np.load(path) for path in paths]
        numbered = zip(paths, shards, strict=True)
        self.clip = np.concatenate([shard["clip"] + first[path.parent] for path, shard in numbered])
        for name in ("pictures", "single", "scores", "features"):
            setattr(self, name, np.concatenate([shard[name] for shard in shards]))

    pictures: NDArray[np.uint8]
    single: NDArray[np.bool_]
    scores: NDArray[np.float16]
    features: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.clip)


def batches(pool: Pool, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
    """Endless. Mixed patches have what either holds; the teacher's word on them is the stronger of two."""
    while True:
        pool.refresh()
        order = rng.permutation(len(pool))
        for start in range(0, len(order) - 2 * BATCH, BATCH):
            one = np.sort(order[start : start + BATCH])
            yield _batch(pool, one, rng)


def _batch(pool: Pool, one: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
    labels, clip = pool.labels, pool.clip[one]
    pictures = torch.from_numpy(unpack(pool.pictures[one]))
    truth, weight = labels.truth[clip].copy(), labels.weight[clip].copy()
    scores, features = pool.scores[one].astype(np.float32), pool.features[one].astype(np.float32)
    alone = pool.single[one].copy()
    taught = np.ones(BATCH, np.float32)
    mixed = np.flatnonzero(rng.random(BATCH) < MIXED)
    for parts in (mixed, mixed[rng.random(len(mixed)) < 0.4]):  # two play, or three
        other = rng.integers(len(pool), size=len(parts))
        gain = torch.from_numpy(rng.uniform(-2.6, 2.6, (len(parts), 1, 1)).astype(np.float32))  # ±11 dB
        pictures[parts] = torch.logaddexp(pictures[parts], torch.from_numpy(unpack(pool.pictures[other])) + gain)
        there = labels.truth[pool.clip[other]]
        known = labels.weight[pool.clip[other]]
        truth_here = np.maximum(truth[parts], there)
        # That something is absent is known only where it is known of both
        there_known = np.maximum(weight[parts] * (truth[parts] > 0), known * (there > 0))
        weight[parts] = np.where(truth_here > 0, there_known, np.minimum(weight[parts], known))
        truth[parts] = truth_here
        alone[parts] = False
        taught[parts] = 0.0
    return {
        "pictures": _changed(pictures, rng),
        "truth": torch.from_numpy(truth),
        "weight": torch.from_numpy(weight),
        "alone": torch.from_numpy(alone & (labels.slug[clip] >= 0)),
        "slug": torch.from_numpy(labels.slug[clip]),
        "source": torch.from_numpy(labels.source[clip]),
        "clip": torch.from_numpy(clip.astype(np.int64)),
        "taught": torch.from_numpy(taught),
        "scores": torch.from_numpy(scores),
        "features": torch.from_numpy(features),
    }


def _changed(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Faster or slower, higher or lower, through another equaliser and another converter, in other noise, and with
    pieces missing."""
    count = len(pictures)
    pictures = _noisy(_faded(_moved(pictures, rng), rng), rng)
    height = torch.linspace(0, 1, BANDS)
    curve = torch.zeros(count, BANDS)
    for turns in (0.5, 1.0, 2.0):
        size = torch.from_numpy(rng.normal(0, 0.7, (count, 1)).astype(np.float32))
        phase = torch.from_numpy(rng.uniform(0, 6.28, (count, 1)).astype(np.float32))
        curve += size * torch.cos(6.28 * turns * height + phase)
    cut = torch.from_numpy(
        np.where(rng.random(count) < 0.25, rng.uniform(0.55, 1.0, count), 2.0).astype(np.float32)
    )
    curve -= 40 * torch.relu(height - cut[:, None])
    pictures = pictures + curve[:, None, :]
    pictures = torch.clamp(pictures - pictures.amax(dim=(1, 2), keepdim=True), min=FLOOR)
    for extent, most in ((FRAMES, 24), (BANDS, 12)):
        width = torch.from_numpy(rng.integers(0, most, (count, 1)))
        first = torch.from_numpy((rng.random((count, 1)) * extent).astype(np.int64))
        place = torch.arange(extent)[None, :]
        hidden = (place >= first) & (place < first + width) & torch.from_numpy(rng.random((count, 1)) < 0.4)
        pictures = pictures.masked_fill(hidden[:, :, None] if extent == FRAMES else hidden[:, None, :], FLOOR)
    return pictures


def _moved(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """By up to three bands, and faster or slower by up to a third of an octave."""
    count = len(pictures)
    change = torch.zeros(count, 2, 3)
    change[:, 0, 0] = 1
    change[:, 0, 2] = _some(rng.uniform(-3, 3, count) * 2 / BANDS, 0.0, rng.random(count) < 0.5)
    speed = _some(2 ** rng.uniform(-0.35, 0.35, count), 1.0, rng.random(count) < 0.4)
    change[:, 1, 1], change[:, 1, 2] = speed, speed - 1
    grid = F.affine_grid(change, [count, 1, FRAMES, BANDS], align_corners=False)
    return F.grid_sample((pictures - FLOOR)[:, None], grid, align_corners=False)[:, 0] + FLOOR


def _faded(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    count = len(pictures)
    slope = _some(rng.uniform(-1.5, 1.5, count), 0.0, rng.random(count) < 0.3)[:, None, None]
    slopes = slope * torch.linspace(0, 1, FRAMES)[None, :, None]
    return pictures + torch.where(pictures > FLOOR + 0.5, slopes, 0.0)


def _noisy(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    count = len(pictures)
    level = _some(rng.uniform(-13, -6, count), -30.0, rng.random(count) < 0.2)[:, None, None]
    tilt = torch.from_numpy(rng.normal(0, 1.5, count).astype(np.float32))[:, None, None]
    noise = level + tilt * torch.linspace(-1, 1, BANDS) + 0.4 * torch.randn(count, FRAMES, BANDS)
    return torch.logaddexp(pictures, noise)


def _some(values: NDArray[np.float64], otherwise: float, chosen: NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(np.where(chosen, values, otherwise).astype(np.float32))


class Pupil(nn.Module):
    """The network with what is thrown away after training: the head that contrast pulls at (what lies below it
    compares better, Chen et al. 2020, arXiv:2002.05709), and two that imitate the teacher. `taught`: some of the
    teacher's features, (n, teacher.FEATURES), to know how they are spread."""

    def __init__(self, taught: NDArray[np.float32]) -> None:
        super().__init__()
        self.net = Timbre(len(INSTRUMENTS))
        self.to_contrast = nn.Sequential(nn.Linear(FEATURES, 256), nn.ReLU(inplace=True), nn.Linear(256, EMBEDDED))
        self.to_features = nn.Linear(FEATURES, teacher.FEATURES)
        self.to_scores = nn.Linear(FEATURES, teacher.CLASSES)
        self.middle, self.spread = (torch.from_numpy(one) for one in (taught.mean(0), taught.std(0) + 0.05))
        self.memory = Memory()

    def loss(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        features = self.net.features(batch["pictures"])
        logits = self.net.hints(features)
        each = F.binary_cross_entropy_with_logits(logits, batch["truth"] * 0.97 + 0.01, reduction="none")
        each = each * (1 + 2 * batch["truth"])  # most labels of most patches say no
        parts = {"instruments": (each * batch["weight"]).sum() / batch["weight"].sum() * 4}
        alone = batch["alone"]
        if alone.sum() > 4:
            parts["alone"] = ALONE * F.cross_entropy(logits[alone], batch["slug"][alone], label_smoothing=0.05)
            vectors = F.normalize(self.to_contrast(features[alone]), dim=1)
            what = torch.stack([batch[name][alone] for name in ("slug", "source", "clip")], dim=1)
            parts["contrast"] = CONTRAST * self.memory.contrast(vectors, what)
        taught = batch["taught"].bool()
        wanted = ((batch["features"][taught] - self.middle) / self.spread).clamp(-5, 5)
        parts["features"] = TAUGHT_FEATURES * F.mse_loss(self.to_features(features[taught]), wanted)
        scores = F.binary_cross_entropy_with_logits(self.to_scores(features[taught]), batch["scores"][taught])
        parts["scores"] = TAUGHT_SCORES * scores
        return parts


EMBEDDED = 128


class Memory:
    """Embeddings of former batches, and `what` they were of: (n, 3) slug, source, clip."""

    def __init__(self) -> None:
        self._vectors = torch.zeros(0, EMBEDDED)
        self._what = torch.zeros(0, 3, dtype=torch.long)
        self._kin = torch.eye(len(INSTRUMENTS), dtype=torch.bool)
        for member, family in FAMILY_OF.items():
            pair = [INSTRUMENTS.index(member), INSTRUMENTS.index(family)]
            self._kin[pair, pair[::-1]] = True

    def contrast(self, vectors: Tensor, what: Tensor) -> Tensor:
        """The loss of these, among themselves and all that is remembered; they are remembered from now on."""
        others, of = torch.cat((vectors, self._vectors)), torch.cat((what, self._what))
        same_slug, same_source, same_clip = (what[:, None, column] == of[None, :, column] for column in range(3))
        another = torch.ones_like(same_slug)
        another[:, : len(vectors)].fill_diagonal_(False)
        positive = ((same_slug & ~same_source) | same_clip) & another
        counted = (positive | ~self._kin[what[:, None, 0], of[None, :, 0]]) & another
        likeness = (vectors @ others.T / TEMPERATURE).masked_fill(~counted, -1e4)
        log_chance = likeness - likeness.logsumexp(dim=1, keepdim=True)
        self._vectors, self._what = (
            torch.cat((old, new))[-REMEMBERED:]
            for old, new in ((self._vectors, vectors.detach()), (self._what, what))
        )
        has = positive.any(dim=1)
        weight = positive * (1 - SAME_CLIP * same_clip.float())
        mean = (log_chance * weight).sum(1)[has] / weight.sum(1)[has]
        return -mean.mean() if has.any() else vectors.sum() * 0


def train(pool: Pool, hours: float, out: Path, threads: int, seed: int = 1) -> None:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    rng = np.random.default_rng(seed)
    pupil = Pupil(pool.features[::SPREAD_OF].astype(np.float32))
    average = deepcopy(pupil.net)
    optimiser = torch.optim.AdamW(pupil.parameters(), lr=PEAK_RATE, weight_decay=0.02)
    started, step = time.monotonic(), 0
    sums: dict[str, float] = {}
    for batch in batches(pool, rng):
        done = (time.monotonic() - started) / (hours * 3600)
        if done >= 1:
            break
        rate = PEAK_RATE * min(1.0, (step + 1) / 300) * (0.5 + 0.5 * float(np.cos(np.pi * done))) + 1e-6
        for group in optimiser.param_groups:
            group["lr"] = rate
        parts = pupil.loss(batch)
        optimiser.zero_grad()
        sum(parts.values(), torch.zeros(())).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(pupil.parameters(), 5.0)
        optimiser.step()
        step += 1
        averages.follow(average, pupil.net, min(0.999, step / (step + 20)))
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) * 0.98 + 0.02 * float(value.detach())
        if step % 100 == 0:
            shown = " ".join(f"{name} {value / (1 - 0.98**step):.3f}" for name, value in sums.items())
            print(
                f"{done:5.1%} step {step} {step * BATCH / (time.monotonic() - started):.0f}/s {shown}", flush=True
            )
        if step % 1000 == 0:
            keep(average, out, step)
    keep(average, out, step)


def keep(net: nn.Module, out: Path, step: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    held: dict[str, Any] = {"state": net.state_dict(), "instruments": list(INSTRUMENTS), "step": step}
    torch.save(held, out / "timbre.tmp")
    (out / "timbre.tmp").rename(out / "timbre.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pools", nargs="+", type=Path)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    pool = Pool(given.pools)
    print(f"{len(pool)} patches of {len(pool.labels.slug)} clips", flush=True)
    train(pool, given.hours, given.out, given.threads)


if __name__ == "__main__":
    main()
