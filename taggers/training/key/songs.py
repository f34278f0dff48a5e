"""Songs to learn keys from, and what is heard of them: stored once, as rows of taggers.keynet, part by part."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taggers import constantq, harmony, keynet
from taggers.audio import Audio
from taggers.constantq import BINS
from taggers.key import MIN_TONALITY, keyless
from taggers.pitch import parse_key
from taggers.training import recordings
from taggers.training.render import drawn, keyed, tunes

DRAWN, PLAYED = 7_000, 180
SEGMENT = 30.0
"""Seconds."""
SEGMENTS = 3
"""Of a whole song at most, spread over it."""

Floats = NDArray[np.float32]
Song = tuple[dict[str, Any], dict[str, Floats]]
"""(facts: source, key, and what else is known; rows of each part)."""
Ask = Callable[[Floats], dict[str, Any]]
"""What others say of a sound, shape (n,) at 44,100 Hz."""


@dataclass(frozen=True)
class Example:
    """parts: by name, the first of its rows in the store, and how many. facts: as stored, "key" among them, None
    where nobody knows it."""

    source: str
    store: int
    parts: dict[str, tuple[int, int]]
    facts: dict[str, Any]


class Pool:
    """Examples of several stores (NAME.json, and NAME.f16 with the rows)."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.examples: list[Example] = []
        self._rows: list[NDArray[np.float16]] = []
        for number, name in enumerate(names):
            path = folder / f"{name}.f16"
            none = np.zeros((0, BINS), np.float16)  # an empty file cannot be mapped
            self._rows.append(np.memmap(path, np.float16, "r").reshape(-1, BINS) if path.stat().st_size else none)
            for one in json.loads((folder / f"{name}.json").read_text()):
                parts = {part: (start, count) for part, (start, count) in one["parts"].items()}
                self.examples.append(Example(one["source"], number, parts, one))

    def where(self, keep: Callable[[Example], bool]) -> Pool:
        """The same with some of its examples."""
        some = Pool(Path(), ())
        some.examples, some._rows = [one for one in self.examples if keep(one)], self._rows
        return some

    def part(self, example: Example, name: str, first: int = 0, count: int | None = None) -> Floats:
        start, length = example.parts[name]
        stop = length if count is None else min(length, first + count)
        return self._rows[example.store][start + first : start + stop].astype(np.float32)


def store(folder: Path, name: str, songs: Iterable[Song]) -> None:
    """Write NAME.f16 with the rows, and last NAME.json with all else; what is there already stays."""
    if (folder / f"{name}.json").exists():
        return
    listed, start = [], 0
    with (folder / f"{name}.f16").open("wb") as out:
        for facts, parts in songs:
            places = {}
            for part, rows in parts.items():
                out.write(rows.astype(np.float16).tobytes())
                places[part] = (start, len(rows))
                start += len(rows)
            listed.append({**facts, "parts": places})
    (folder / f"{name}.json").write_text(json.dumps(listed))
    print(f"{name}: {len(listed)} songs", flush=True)  # noqa: T201 - what it prints is its result


def drawn_songs() -> Iterator[Song]:
    rng = random.Random(21)
    for _ in range(DRAWN):
        song = tunes.compose(rng)
        parts = {name: keynet.rows(sound) for name, sound in drawn.draw(song, rng).items()}
        levelled = {name: rows * 0.1 / (np.sqrt(np.square(rows).mean()) + 1e-9) for name, rows in parts.items()}
        yield {"source": "drawn", "key": song.key, "genre": song.genre}, levelled


def played_songs(work: Path) -> Iterator[Song]:
    for song, font, sounds in keyed.render(PLAYED, 11, work):
        parts = {name: keynet.rows(constantq.pitches(sound)) for name, sound in sounds.items()}
        yield {"source": "played", "key": song.key, "genre": song.genre, "font": font}, parts


def labelled_clips(audio: Path, sources: Sequence[str]) -> Iterator[Song]:
    """Of `audio`, a folder with a manifest, what has a key."""
    for row in _listed(audio, sources):
        if not (key := parse_key(row["key"])):
            continue
        sound = Audio(audio / row["path"])
        reason = keyless(sound.harmony)
        facts = {name: row[name] for name in ("source", "path", "kind", "truth")}
        chroma = [float(share) for share in sound.harmony.chroma]
        yield {**facts, "key": key, "keyless": reason, "chroma": chroma}, {"all": keynet.rows(sound.pitches)}


def mixes(audio: Path, sources: Sequence[str], ask: Ask) -> Iterator[Song]:
    """Of `audio`, what is a whole song or an excerpt of one, whatever its key."""
    for row in _listed(audio, sources):
        if row["kind"] == "mix":
            yield from _segments(row["source"], audio / row["path"], ask)


def whole_songs(folder: Path, ask: Ask) -> Iterator[Song]:
    """Of `folder`, in which each source has a folder with its songs."""
    for source, path in recordings.songs(folder):
        yield from _segments(source, path, ask)


def _listed(audio: Path, sources: Sequence[str]) -> list[dict[str, str]]:
    with (audio / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["source"] in sources]


def _segments(source: str, path: Path, ask: Ask) -> Iterator[Song]:
    for start, mono in recordings.stretches(path, SEGMENT, SEGMENTS):
        heard = harmony.hear(mono)
        if heard.tonality < MIN_TONALITY:
            continue
        facts = {"source": source, "path": str(path), "start": start, "key": None, "kind": "mix"}
        chroma = [float(share) for share in heard.chroma]
        rows = keynet.rows(constantq.pitches(mono, heard.tuning))
        yield {**facts, "chroma": chroma, "keyless": keyless(heard), **ask(mono)}, {"all": rows}
