"""Train what tells one-shots, loops, stems and mixes apart: `weights/kind.pt`. Needs `weights/timbre.pt`.

    python -m taggers.training.kind AUDIO STORE

AUDIO is the folder with the manifest (for tempi), STORE its decoded clips (taggers.training.clips). Lengths are no
shortcut: stems and mixes are cut at random, loops of whole bars are cut out of them where the tempo is known, and
sequenced from one-shots. The sources in HELD_OUT are only scored.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from taggers import kind, model, timbre
from taggers.audio import Excerpt
from taggers.logmel import RATE
from taggers.onsets import onset_strength
from taggers.training.clips import Store
from taggers.training.pool import UNPITCHED, Sampler
from taggers.vocabulary import KINDS

HELD_OUT = (
    "freepats-oneshots", "sonic-pi-samples", "vsco-subset", "sonoj-mix", "sample-db", "incompetech",
    "wesnoth-music", "hyperrogue-music",
)  # fmt: skip
ONE_SHOTS, SEQUENCED, PER_SOURCE = 900, 500, 130
LONGEST_LOOP = 12  # seconds: where clips of loops are cut
CROPS = (14, 40)  # seconds of a stem or a mix
HIDDEN = 48
STEPS = 1_500

Sound = NDArray[np.float32]
Example = tuple[str, str, Sound]  # source, kind, sound
Facts = tuple[str, str, kind.Facts]


def examples(audio: Path, store: Path, part: int, parts: int) -> Iterator[Example]:
    """Every parts-th example, beginning with number `part`."""
    shelf = Store(store)
    with (audio / "manifest.csv").open(newline="", encoding="utf-8") as file:
        tempi = {row["path"]: float(row["bpm"]) for row in csv.DictReader(file) if row["bpm"]}
    rng = np.random.default_rng(part)
    rows = [clip for clip in shelf.clips if clip.kind in KINDS]
    np.random.default_rng(0).shuffle(rows)
    taken: Counter[tuple[str, str]] = Counter()
    for number, clip in enumerate(rows):
        taken[clip.source, clip.kind] += 1
        if taken[clip.source, clip.kind] > (PER_SOURCE if clip.kind != "one-shot" else ONE_SHOTS // 6):
            continue
        if number % parts != part:
            continue
        sound: Sound = np.asarray(shelf.sound(clip) / 32_768, np.float32)
        yield clip.source, clip.kind, sound
        if clip.source in HELD_OUT or clip.kind not in ("stem", "mix"):
            continue
        length = int(rng.uniform(*CROPS) * RATE)
        if len(sound) > length + RATE:
            start = int(rng.integers(len(sound) - length))
            yield clip.source, clip.kind, sound[start : start + length]
        if clip.path in tempi:
            bars = int(rng.choice((1, 2, 4, 8)))
            length = int(bars * 4 * 60 / tempi[clip.path] * RATE)
            if length < min(len(sound), 17 * RATE):
                start = _downbeat(sound[: len(sound) - length])
                cut = sound[start : start + min(length, LONGEST_LOOP * RATE)].copy()
                if np.abs(cut).max() > 0.1:
                    cut[-200:] *= np.linspace(1, 0, len(cut[-200:]), dtype=np.float32)
                    yield clip.source, "loop", cut
    sampler = Sampler([shelf], HELD_OUT)
    for _ in range(SEQUENCED // parts):
        yield "sequenced", "loop", _loop(sampler, rng)


def _downbeat(sound: Sound) -> int:
    """Where the strongest onset in a random half is: loops are cut at hits."""
    onsets = onset_strength(sound[: 20 * RATE])
    return max(0, int(onsets.argmax()) * 441 - 200)


def _loop(sampler: Sampler, rng: np.random.Generator) -> Sound:
    """One to eight bars of one to three instruments, each a pattern that repeats, ending where it begins."""
    bpm, bars = float(rng.uniform(70, 175)), int(rng.choice((1, 1, 2, 2, 4, 4, 8)))
    step = 60 / bpm / 4 * RATE
    out = np.zeros(int(step * 16 * bars), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        number = sampler.draw(rng)
        while sampler.clips[number][1].kind != "one-shot":
            number = sampler.draw(rng)
        clip = sampler.clips[number][1]
        relatives = sampler.relatives(number)
        kit = [number] if clip.slug in UNPITCHED else rng.choice(relatives, min(4, len(relatives)), replace=False)
        pattern = np.flatnonzero(rng.random(16) < rng.uniform(0.15, 0.6))
        pattern = pattern if len(pattern) else np.array([0])
        voices = rng.integers(len(kit), size=16)
        gate = int(rng.uniform(1, 8) * step)
        for bar in range(bars):
            for at in pattern:
                shelf, note = sampler.clips[int(kit[voices[at]])]
                sound = shelf.sound(note)
                start = int((bar * 16 + at) * step)
                piece = sound[: min(gate, len(out) - start)].astype(np.float32) / 32_768
                fade = min(600, len(piece))
                piece[len(piece) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
                out[start : start + len(piece)] += piece * float(rng.uniform(0.6, 1))
    return np.asarray(out / (np.abs(out).max() + 1e-6), np.float32)[: LONGEST_LOOP * RATE]


def _described(part: int, audio: Path, store: Path, parts: int) -> list[Facts]:
    torch.set_num_threads(1)
    found = []
    for source, which, sound in examples(audio, store, part, parts):
        heard = timbre.listen((Excerpt(0.0, sound),))
        if heard is None:
            continue
        found.append((source, which, kind.facts(sound, onset_strength(sound), len(sound) / RATE, heard)))
    return found


def fit(known: list[Facts], seed: int = 3) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    table = torch.from_numpy(np.stack([facts for _, _, facts in known]))
    truth = torch.tensor([KINDS.index(which) for _, which, _ in known])
    mean, spread = table.mean(0), table.std(0) + 1e-2
    inner, outer = nn.Linear(kind.SIZE, HIDDEN), nn.Linear(HIDDEN, len(KINDS))
    counts = Counter((source, which) for source, which, _ in known)
    weight = torch.tensor([min(1.0, 60 / counts[source, which]) for source, which, _ in known])
    for which in range(len(KINDS)):
        weight[truth == which] /= weight[truth == which].sum() / len(known)
    optimiser = torch.optim.AdamW([*inner.parameters(), *outer.parameters()], lr=3e-3, weight_decay=0.3)
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - step / STEPS)
        noisy = (table - mean) / spread + 0.25 * torch.randn_like(table)
        hidden = F.dropout(torch.relu(inner(noisy)), 0.3)
        loss = (F.cross_entropy(outer(hidden), truth, reduction="none", label_smoothing=0.04) * weight).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    state = {
        "inner": inner.weight.T, "inner_bias": inner.bias, "outer": outer.weight.T, "outer_bias": outer.bias,
        "mean": mean, "spread": spread,
    }  # fmt: skip
    return {name: value.detach().contiguous() for name, value in state.items()}


def train(audio: Path, store: Path, parts: int = 2) -> None:
    """Write `weights/kind.pt`, working in so many processes, and print how good it is."""
    with ProcessPoolExecutor(parts) as pool:
        work = partial(_described, audio=audio, store=store, parts=parts)
        everything = [one for some in pool.map(work, range(parts)) for one in some]
    known = [one for one in everything if one[0] not in HELD_OUT]
    print(f"{len(known)} examples: {Counter(which for _, which, _ in known)}")
    model.save("kind", fit(known), kinds=list(KINDS))
    report([one for one in everything if one[0] in HELD_OUT])


def report(unseen: list[Facts]) -> None:
    right: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    said: Counter[tuple[str, str]] = Counter()
    sure = []
    for source, which, facts in unseen:
        chances = kind.weigh(facts)
        guess = KINDS[int(chances.argmax())]
        asked[source, which] += 1
        right[source, which] += guess == which
        said[which, guess] += 1
        sure.append((float(chances.max()), guess == which))
    for group, count in sorted(asked.items()):
        print(f"{group[0]:20} {group[1]:9} {count:4} right {right[group] / count:.3f}")
    print(f"held out: {sum(right.values()) / sum(asked.values()):.3f}; said for truth: {dict(said)}")
    for low in (0.4, 0.6, 0.8, 0.9):
        inside = [hit for chance, hit in sure if chance >= low]
        print(f"confidence {low} and more: {len(inside)} files, right {np.mean(inside):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--parts", type=int, default=2, help="processes")
    given = parser.parse_args()
    train(given.audio, given.store, given.parts)


if __name__ == "__main__":
    main()
