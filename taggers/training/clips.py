"""Labelled clips to learn from, decoded once: mono int16 at 44,100 Hz in one file, read where needed.

A folder of clips has a `manifest.csv` with the columns path, source, kind and instruments (as `../shared/audio`
has, and as taggers.training.render writes). What is said of a clip is complete, except for most mixes and
songs: there an instrument that is not named may play all the same.
"""

# ruff: noqa: T201 - it says what it does

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taggers.logmel import RATE

COMPLETE_MIXES = ("pop909-render", "planetblupi-music")
NOTHING = "nothing"
"""The source in whose clips no instrument plays."""
LONGEST = 60  # seconds of one clip


@dataclass(frozen=True, slots=True)
class Clip:
    """start, frames: where its samples lie in the store. complete: whether `instruments` are all that play."""

    path: str
    source: str
    kind: str
    instruments: tuple[str, ...]
    complete: bool
    start: int
    frames: int

    @property
    def slug(self) -> str:
        """The most specific instrument, "" where none is known."""
        return self.instruments[0] if self.instruments else ""


class Store:
    """Clips and their sound. `store.sound(clip)` has shape (clip.frames,), int16, read from disk when used."""

    def __init__(self, folder: Path) -> None:
        listed = json.loads((folder / "clips.json").read_text())
        self.clips = [Clip(**{**one, "instruments": tuple(one["instruments"])}) for one in listed]
        self._sound = np.memmap(folder / "clips.i16", np.int16, "r")

    def sound(self, clip: Clip) -> NDArray[np.int16]:
        return np.asarray(self._sound[clip.start : clip.start + clip.frames])


def gather(folders: Sequence[Path], store: Path) -> Store:
    """Decode everything that the folders' manifests list into `store`; what is there already stays."""
    if not (store / "clips.json").exists():
        store.mkdir(parents=True, exist_ok=True)
        clips, start = [], 0
        with (store / "clips.i16").open("wb") as out, ProcessPoolExecutor(2) as pool:
            for folder in folders:
                rows = list(_rows(folder))
                for row, sound in zip(rows, pool.map(partial(_decode, folder), rows, chunksize=32), strict=True):
                    if sound is None:
                        continue
                    out.write(sound.tobytes())
                    clips.append(_clip(row, start, len(sound)))
                    start += len(sound)
                print(f"{folder}: {len(rows)} clips, {start / RATE / 3600:.1f} h so far", flush=True)
        (store / "clips.json").write_text(json.dumps([asdict(clip) for clip in clips]))
    return Store(store)


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _clip(row: dict[str, str], start: int, frames: int) -> Clip:
    instruments = tuple(word for word in row["instruments"].split(";") if word)
    complete = row["source"] == NOTHING or (
        bool(instruments) and (row["kind"] != "mix" or row["source"] in COMPLETE_MIXES)
    )
    return Clip(row["path"], row["source"], row["kind"], instruments, complete, start, frames)


def _decode(folder: Path, row: dict[str, str]) -> NDArray[np.int16] | None:
    import soundfile
    import soxr

    try:
        sound, rate = soundfile.read(folder / row["path"], dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError):
        return None
    mono = soxr.resample(sound[: LONGEST * rate].mean(axis=1), rate, RATE)
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-4:
        return None
    return np.asarray(mono * (0.9 * 32_767 / peak)).astype(np.int16)  # level is taught by none of them
