"""Onsets to learn tempo from, heard once: band onsets (taggers.onsets) of sounds whose tempo is known.

A store is a folder with sounds.json (a list of Sound) and onsets.npy, shape (frames, BANDS), float16.
"""

# ruff: noqa: T201 - it says how far it is

from __future__ import annotations

import csv
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taggers.audio import RATE
from taggers.onsets import BANDS, FRAMES_PER_SECOND, band_onsets
from taggers.training.render import songs
from taggers.training.render.fonts import FONTS

BATCH = 24
"""Songs that one run of fluidsynth plays."""

CUT, LONG = 12.0, 60.0
"""Seconds: where the corpus cuts loops, and a length that says nothing."""

Onsets = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sound:
    """duration: seconds. start, frames: its rows in the store."""

    source: str
    name: str
    kind: str
    bpm: float
    duration: float
    start: int = 0
    frames: int = 0


Heard = tuple[Sound, Onsets]


class Store:
    def __init__(self, folder: Path) -> None:
        self.sounds = [Sound(**one) for one in json.loads((folder / "sounds.json").read_text())]
        self._onsets = np.load(folder / "onsets.npy", mmap_mode="r")

    def onsets(self, sound: Sound) -> Onsets:
        """Shape (sound.frames, BANDS)."""
        return np.asarray(self._onsets[sound.start : sound.start + sound.frames], np.float32)


def keep(heard: Iterable[Heard], folder: Path) -> Store:
    """Everything heard into `folder`; what is there already stays."""
    if not (folder / "sounds.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        sounds: list[Sound] = []
        pieces: list[NDArray[np.float16]] = []
        at = 0
        for sound, onsets in heard:
            sounds.append(Sound(**{**asdict(sound), "start": at, "frames": len(onsets)}))
            pieces.append(onsets.astype(np.float16))
            at += len(onsets)
            if len(sounds) % 100 == 0:
                print(f"{folder.name}: {len(sounds)} sounds, {at / FRAMES_PER_SECOND / 3600:.1f} h", flush=True)
        np.save(folder / "onsets.npy", np.concatenate(pieces) if pieces else np.zeros((0, BANDS), np.float16))
        (folder / "sounds.json").write_text(json.dumps([asdict(sound) for sound in sounds]))
    return Store(folder)


def corpus(audio: Path) -> Iterator[Heard]:
    """The sounds of `audio`/manifest.csv with a tempo."""
    with (audio / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["bpm"]]
    for row in rows:
        mono = decode(audio / row["path"])
        duration = len(mono) / RATE
        if row["kind"] == "loop" and abs(duration - CUT) < 0.05:
            duration = LONG  # its end is lost, and with it what its length says
        yield (
            Sound(row["source"], Path(row["path"]).stem, row["kind"], float(row["bpm"]), duration),
            band_onsets(mono),
        )


def decode(path: Path) -> Onsets:
    """Mono at RATE, shape (n,)."""
    import soundfile
    import soxr

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), np.float32)


def composed(audio: Path, count: int, seed: int = 1) -> Iterator[Heard]:
    """`count` songs of taggers.training.render.songs."""
    rng = random.Random(seed)
    kits = [_kit(audio, rng) for _ in range(60)]
    fonts = [font for font in FONTS if Path(FONTS[font]).exists()]
    made = 0
    while made < count:
        batch = [songs.compose(rng) for _ in range(min(BATCH, count - made))]
        with tempfile.TemporaryDirectory() as scratch:
            for song, mono in zip(
                batch, songs.render(batch, rng.choice(fonts), kits, Path(scratch), rng), strict=True
            ):
                sound = Sound("composed", f"{made:05}-{song.genre}", "mix", song.bpm, len(mono) / RATE)
                yield sound, band_onsets(mono)
                made += 1


def _kit(audio: Path, rng: random.Random) -> dict[str, Onsets]:
    """A one-shot of the corpus for each piece of a drum kit, at full level."""
    shelves = _shelves(audio)
    kit = {}
    for piece, instrument in songs.PIECES.items():
        mono = decode(rng.choice(shelves[instrument]))
        mono = mono[: int((0.12 if piece == "hat" else 1.5) * RATE)]
        kit[piece] = mono / (np.abs(mono).max() + 1e-6) * (0.5 if instrument in ("hihat", "cymbal") else 1.0)
    return kit


@cache
def _shelves(audio: Path) -> dict[str, list[Path]]:
    shelves: dict[str, list[Path]] = defaultdict(list)
    with (audio / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "one-shot":
                shelves[row["instruments"].split(";")[0]].append(audio / row["path"])
    return shelves
