"""Patches to learn from: clips as they might sound in somebody else's studio.

A clip is drawn (instruments alike often, then sources alike often), and changed in ways that leave its instruments
what they are: notes of one instrument sequenced to riffs and chords, pitch and speed moved, reverb, soft
clipping, noise. What is cheap on log-mel pictures (mixing, equalising, low-pass) is done anew at each use, by
taggers.training.timbre. With each patch goes what the teacher hears in the very same sound.

    python -m taggers.training.pool STORE… --teacher FILE --out FOLDER --patches N [--without SOURCE…]

A pool is a folder of .npz shards: pictures (n, FRAMES, BANDS) uint8 (see `pack`), clip (n,) index into the
clips.json beside them, single (n,) whether one instrument alone, scores (n, 521) and features (n, 1024) float16.
"""

# ruff: noqa: T201 - it says how far it is

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taggers.logmel import FLOOR, PATCH, RATE, patch
from taggers.training.clips import Clip, Store
from taggers.training.teacher import Teacher

SHARD = 2_048
UNLABELLED = 0.06  # of all patches: songs that only the teacher speaks of
UNPITCHED = frozenset(("kick", "snare", "clap", "hihat", "cymbal", "tom", "percussion", "drums", "fx", "other"))
CHORDAL = frozenset(
    ("acoustic-guitar", "electric-guitar", "piano", "organ", "electric-piano", "synth", "pad", "strings", "brass",
     "mallets", "harp", "choir")
)  # fmt: skip
WEIGHTS = {"drums": 1.5, "": 2.0}
"""Grooves are many things at once, and silence about noise has to be learnt too."""

Sound = NDArray[np.float32]


def pack(levels: Sound) -> NDArray[np.uint8]:
    """Levels FLOOR to 0 as 0 to 255."""
    return np.asarray(np.rint((levels - FLOOR) * (255 / -FLOOR))).astype(np.uint8)


def unpack(pictures: NDArray[np.uint8]) -> Sound:
    return pictures.astype(np.float32) * np.float32(-FLOOR / 255) + np.float32(FLOOR)


class Sampler:
    """Draws clips: an instrument by the root of how many sources have it, then a source, then a clip."""

    def __init__(self, stores: Sequence[Store], without: Sequence[str] = ()) -> None:
        self.clips = [(store, clip) for store in stores for clip in store.clips if clip.source not in without]
        shelves: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._kin: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._unlabelled: list[int] = []
        for number, (_, clip) in enumerate(self.clips):
            if not clip.slug and not clip.complete:
                self._unlabelled.append(number)
                continue
            shelves[clip.slug if clip.kind != "mix" else "mix"][clip.source].append(number)
            if clip.kind == "one-shot":
                self._kin[kin(clip)].append(number)
        self._shelves = {slug: list(sources.values()) for slug, sources in shelves.items()}
        self._slugs = list(self._shelves)
        weights = np.array([min(len(self._shelves[slug]), 12) ** 0.5 for slug in self._slugs])
        weights *= [WEIGHTS.get(slug, 1.0) for slug in self._slugs]
        self._weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> int:
        if self._unlabelled and rng.random() < UNLABELLED:
            return int(rng.choice(self._unlabelled))
        sources = self._shelves[self._slugs[rng.choice(len(self._slugs), p=self._weights)]]
        sizes = (
            np.array([len(source) for source in sources]) ** 0.5
        )  # a source of two clips is not worth one of 200
        source = sources[rng.choice(len(sources), p=sizes / sizes.sum())]
        return source[rng.integers(len(source))]

    def relatives(self, number: int) -> list[int]:
        return self._kin[kin(self.clips[number][1])]


def kin(clip: Clip) -> tuple[str, str, str]:
    """Clips of one kin can stand in one riff: the same instrument of the same source, in one way of playing."""
    name = Path(clip.path).stem.split("-", 1)[-1]
    return clip.source, ";".join(clip.instruments), name.split("_")[0][:12]


def make(sampler: Sampler, rng: np.random.Generator) -> tuple[int, Sound, bool]:
    """(clip's number, sound of PATCH samples, whether of one instrument alone)."""
    for _ in range(20):
        number = sampler.draw(rng)
        store, clip = sampler.clips[number]
        sound = store.sound(clip)
        family = clip.instruments[-1] if clip.instruments else ""
        if clip.kind == "one-shot" and rng.random() < 0.5:
            wave = _riff(sampler, number, rng)
        else:
            wave = _excerpt(sound, rng, stretch=0.35 if clip.slug in UNPITCHED else 0.25)
        if np.abs(wave).max(initial=0) > 0.02:
            wave = _room(wave, rng)
            single = clip.complete and len(set(clip.instruments) - {family}) <= 1
            return number, wave, single
    return make(sampler, rng)


def _excerpt(sound: NDArray[np.int16], rng: np.random.Generator, stretch: float) -> Sound:
    """A patch's length from where something sounds, moved in pitch and speed by up to `stretch` octaves."""
    speed = 2 ** float(rng.uniform(-stretch, stretch)) if rng.random() < 0.7 else 1.0
    need = int(PATCH * speed) + 2
    spare = len(sound) - need
    if spare <= 0:
        start = 0
    else:
        start = int(rng.integers(spare)) if rng.random() < 0.75 else 0
        for _ in range(6):
            part = sound[start : start + need]
            if np.abs(part[::16]).max() > 1_500:
                break
            start = int(rng.integers(spare))
    part = np.asarray(sound[start : start + need] / 32_768, np.float32)
    wave = part if speed == 1.0 else np.interp(np.arange(0, len(part) - 1, speed), np.arange(len(part)), part)
    late = int(rng.integers(PATCH // 3)) if rng.random() < 0.3 and spare <= 0 else 0
    wave = np.pad(wave.astype(np.float32), (late, 0))[:PATCH]
    return np.pad(wave, (0, PATCH - len(wave)))


def _riff(sampler: Sampler, number: int, rng: np.random.Generator) -> Sound:
    """Notes or hits of one instrument on a grid of sixteenths: a riff, a roll, a strum, a chord."""
    clip = sampler.clips[number][1]
    relatives = sampler.relatives(number)
    step = 60 / rng.uniform(70, 170) / 4
    pitched = clip.slug not in UNPITCHED
    chord = clip.slug in CHORDAL and rng.random() < 0.4
    gate = float(rng.uniform(0.5, 4.0)) * step if rng.random() < 0.5 else 4.0
    chosen = [number, *rng.choice(relatives, min(3, len(relatives)), replace=False).tolist()]
    out = np.zeros(PATCH, np.float32)
    lead = rng.uniform(0.0, 0.6)  # the patch begins somewhere within the riff
    place = -lead
    while place < PATCH / RATE:
        notes = int(rng.integers(2, 5)) if chord else 1
        for note in range(notes):
            one = sampler.clips[chosen[rng.integers(len(chosen))]]
            sound = one[0].sound(one[1])
            semitones = float(rng.integers(-7, 8)) if pitched else float(rng.normal(0, 0.3))
            speed = 2 ** (semitones / 12)
            start = int((place + note * rng.uniform(0, 0.03)) * RATE)
            skip = max(0, -start)
            length = min(PATCH - max(0, start), int(gate * RATE) - skip, int(len(sound) / speed) - skip - 1)
            if length <= 64:
                continue
            at = (np.arange(length) + skip) * speed
            low = at.astype(np.int64)
            piece = sound[low] + (at - low) * (
                sound[np.minimum(low + 1, len(sound) - 1)].astype(np.float32) - sound[low]
            )
            piece = piece.astype(np.float32) / 32_768
            if int(gate * RATE) - skip == length:
                fade = min(1_500, length)
                piece[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
            out[max(0, start) : max(0, start) + length] += piece * float(rng.uniform(0.4, 1.0))
        place += step * int(rng.choice([1, 2, 2, 3, 4, 4, 6, 8]))
    return out


def _room(wave: Sound, rng: np.random.Generator) -> Sound:
    """The same in another room, through another chain."""
    wave = wave / (np.abs(wave).max() + 1e-9)
    if rng.random() < 0.35:
        from scipy.signal import fftconvolve

        decay = float(10 ** rng.uniform(-0.9, 0.4))  # seconds to -60 dB
        time = np.arange(int(min(decay, 1.2) * RATE)) / RATE
        response = rng.standard_normal(len(time)).astype(np.float32) * np.exp(-6.9 * time / decay).astype(
            np.float32
        )
        response /= np.sqrt((response**2).sum()) + 1e-9
        wave = wave + float(10 ** rng.uniform(-1.1, -0.1)) * fftconvolve(wave, response)[: len(wave)].astype(
            np.float32
        )
    if rng.random() < 0.2:
        drive = float(rng.uniform(1.0, 4.0))
        wave = np.tanh(drive * wave / (np.abs(wave).max() + 1e-9))
    if rng.random() < 0.25:
        hiss = rng.standard_normal(len(wave)).astype(np.float32)
        if rng.random() < 0.5:
            hiss = np.cumsum(hiss - hiss.mean())
            hiss /= np.abs(hiss).max() + 1e-9
        wave = wave + float(10 ** rng.uniform(-3.3, -1.7)) * np.abs(wave).max() * hiss
    return wave.astype(np.float32)


def shard(
    number: int, stores: Sequence[Path], teacher: Path, out: Path, without: Sequence[str], size: int = SHARD
) -> None:
    """Make one shard; the same number makes the same shard."""
    sampler = Sampler([Store(folder) for folder in stores], without)
    hear = Teacher(teacher)
    rng = np.random.default_rng(number)
    made = [make(sampler, rng) for _ in range(size)]
    heard = [hear(wave) for _, wave, _ in made]
    target = out / f"{number:05}.npz"
    np.savez(
        target.with_suffix(".tmp.npz"),
        pictures=np.stack([pack(patch(wave)) for _, wave, _ in made]),
        clip=np.array([clip for clip, _, _ in made], np.int32),
        single=np.array([single for _, _, single in made]),
        scores=np.stack([scores for scores, _ in heard]).astype(np.float16),
        features=np.stack([features for _, features in heard]).astype(np.float16),
    )
    target.with_suffix(".tmp.npz").rename(target)


def fill(
    out: Path,
    stores: Sequence[Path],
    teacher: Path,
    patches: int,
    without: Sequence[str] = (),
    first: int = 0,
    size: int = SHARD,
) -> None:
    """Make the pool `out` of at least so many patches, in whole shards of `size`, numbered from `first`: pools
    that are learned from together begin at different numbers. Shards that are there already stay."""
    out.mkdir(parents=True, exist_ok=True)
    sampler = Sampler([Store(folder) for folder in stores], without)
    (out / "clips.json").write_text(json.dumps([asdict(clip) for _, clip in sampler.clips]))
    every = range(first, first + -(-patches // size))
    numbers = [number for number in every if not (out / f"{number:05}.npz").exists()]
    if not numbers:
        return
    # One thread each is ten times as fast. It is read when numpy is loaded: so in new processes, not in forks
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    work = partial(shard, stores=stores, teacher=teacher, out=out, without=without, size=size)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        for done, _ in enumerate(processes.map(work, numbers), 1):
            print(f"{done * size} patches", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stores", nargs="+", type=Path)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--patches", type=int, default=120_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--without", nargs="*", default=[])
    given = parser.parse_args()
    fill(given.out, given.stores, given.teacher, given.patches, given.without, given.first)


if __name__ == "__main__":
    main()
