"""Songs at known tempi, sequenced by genre (taggers.training.render.grooves): what is played at the tempo that a
producer sets."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from taggers.training.render.fonts import FONTS
from taggers.training.render.grooves import GENRES, Genre
from taggers.training.render.jobs import RATE
from taggers.training.render.midi import DRUM_CHANNEL, midi_file
from taggers.training.render.notes import SCALES

GAP = 1.0
KEYS = {
    "kick": 36,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "open": 46,
    "ride": 51,
    "stick": 37,
    "tom": 45,
    "shaker": 70,
}
PIECES = {"kick": "kick", "snare": "snare", "clap": "clap", "hat": "hihat", "open": "hihat", "ride": "cymbal",
          "stick": "percussion", "tom": "tom", "shaker": "percussion"}  # fmt: skip
"""Of a kit of one-shots: the instrument that each piece is taken from."""

Audio = NDArray[np.float32]
Kit = dict[str, Audio]


@dataclass(frozen=True)
class Song:
    genre: str
    bpm: float
    seconds: float
    events: tuple[tuple[float, int, bytes], ...]
    hits: tuple[tuple[float, str, float], ...]
    """Seconds, piece, loudness: drums that a kit of one-shots plays."""


def compose(rng: random.Random) -> Song:
    name = rng.choice(list(GENRES))
    genre = GENRES[name]
    bpm = rng.uniform(*genre.tempi)
    bpm = float(round(bpm)) if rng.random() < 0.7 else bpm
    step, swing = 60 / bpm / genre.beat, rng.uniform(0.5, genre.swing)
    groove = rng.choice(genre.drums)
    size = len(next(iter(groove.values()), rng.choice(genre.bass) or genre.chords[0]))
    bars = max(3, round(rng.uniform(12, 20) / (size * step)))
    loose = rng.choice((0.0, 0.003, 0.006, 0.012))

    def at(position: int) -> float:
        late = (swing - 0.5) * 2 * step if position % 2 and genre.beat == 4 else 0.0
        return max(0.0, 0.1 + position * step + late + rng.gauss(0, loose))

    layers = {"drums": 0.9, "bass": 0.8, "chords": 0.75, "lead": 0.6}
    playing = {layer for layer, chance in layers.items() if rng.random() < chance} or {"drums", "bass"}
    if rng.random() < 0.2:
        playing = {rng.choice(list(layers))}
    events: list[tuple[float, int, bytes]] = []
    hits: list[tuple[float, str, float]] = []
    if "drums" in playing:
        sampled = rng.random() < genre.sampled
        silent = set(range(rng.randrange(bars), bars)) if rng.random() < 0.15 else set()
        for position, piece, loudness in _drums(rng, groove, size, bars):
            if position // size in silent:
                continue
            if sampled:
                hits.append((at(position), piece, loudness))
            else:
                events += _note(at(position), 0.1, DRUM_CHANNEL, KEYS[piece], int(20 + 100 * loudness))
    events += _pitched(rng, genre, playing, size, bars, step, at)
    return Song(name, bpm, bars * size * step + 0.2, tuple(events), tuple(hits))


def _drums(rng: random.Random, groove: dict[str, str], size: int, bars: int) -> Iterator[tuple[int, str, float]]:
    without = rng.choice(list(groove)) if len(groove) > 2 and rng.random() < 0.25 else ""
    variants = [{piece: _settle(rng, row) for piece, row in groove.items() if piece != without} for _ in range(2)]
    crash = rng.random() < 0.5
    for bar in range(bars):
        fill = rng.random() < 0.6 and bar % 4 == 3
        for piece, row in variants[bar % 4 == 3 or (bar % 2 == 1 and rng.random() < 0.3)].items():
            for position, sign in enumerate(row):
                if sign == "x" and not (fill and piece in ("snare", "kick") and position >= size * 3 // 4):
                    accent = 1.0 if position % 4 == 0 else 0.75
                    yield bar * size + position, piece, accent * rng.uniform(0.7, 1.0)
        if fill:
            for position in range(size * 3 // 4, size, rng.choice((1, 1, 2))):
                yield bar * size + position, rng.choice(("snare", "snare", "tom")), rng.uniform(0.5, 1.0)
        if crash and bar % 4 == 0:
            yield bar * size, "ride", 1.0


def _settle(rng: random.Random, row: str) -> str:
    return "".join("x" if sign == "x" or (sign == "o" and rng.random() < 0.5) else "." for sign in row)


def _pitched(
    rng: random.Random,
    genre: Genre,
    playing: set[str],
    size: int,
    bars: int,
    step: float,
    at: Callable[[int], float],
) -> list[tuple[float, int, bytes]]:
    events: list[tuple[float, int, bytes]] = []
    scale, root = rng.choice(SCALES[:3]), rng.randrange(12)
    degrees = [rng.choice((0, 3, 4, 5, 1, 2)) for _ in range(4)]
    each = rng.choice((1, 1, 1, 2))  # bars to a chord

    def key(degree: int, low: int) -> int:
        return int(low + root + scale[degree % len(scale)] + 12 * (degree // len(scale)))

    for channel, (layer, rows, low) in enumerate(
        (("bass", genre.bass, 28), ("chords", genre.chords, 52), ("lead", genre.lead, 64))
    ):
        row = rng.choice(rows)
        if layer not in playing or not row:
            continue
        row = (row * -(-size // len(row)))[:size]
        events.append((0.0, 3, bytes((0xC0 | channel, rng.choice(genre.programs[channel])))))
        motif = [rng.randrange(-2, 8) for _ in range(2 * size)]
        wait = rng.choice((0, 0, 0, bars // 2))
        broken = layer == "chords" and rng.random() < 0.3
        for bar in range(wait, bars):
            degree = degrees[bar // each % 4]
            for position, sign in enumerate(row):
                if sign != "x" or (layer == "lead" and rng.random() < 0.08):
                    continue
                held = 1 + next(
                    (n for n, other in enumerate(row[position + 1 :]) if other != "-"), size - position - 1
                )
                start, length = at(bar * size + position), held * step * rng.uniform(0.7, 0.98)
                if layer == "bass":
                    keys = [key(degree, low) + rng.choice((0, 0, 0, 0, 12, 7))]
                elif layer == "chords":
                    keys = [key(degree + third, low) for third in (0, 2, 4)]
                    keys = [keys[position % 3]] if broken else keys
                else:
                    keys = [key(degree + motif[bar % 2 * size + position], low)]
                accent = 12 if position % genre.beat == 0 else 0
                for one in keys:
                    events += _note(start, length, channel, one, rng.randint(70, 100) + accent)
    return events


def _note(start: float, length: float, channel: int, key: int, velocity: int) -> list[tuple[float, int, bytes]]:
    return [
        (start, 5, bytes((0x90 | channel, key, min(127, velocity)))),
        (start + length, 4, bytes((0x80 | channel, key, 0))),
    ]


def render(
    songs: Sequence[Song], font: str, kits: Sequence[Kit], scratch: Path, rng: random.Random
) -> Iterator[Audio]:
    """Each song's sound at RATE, mono: one run of fluidsynth for all of them, then the drums of one kit each."""
    events: list[tuple[float, int, bytes]] = []
    starts, begin = [], 0.0
    for song in songs:
        starts.append(begin)
        events += [(begin + time, order, data) for time, order, data in song.events]
        begin += song.seconds + GAP
        events += [(begin - GAP / 2, 1, bytes((0xB0 | channel, 120, 0))) for channel in (0, 1, 2, DRUM_CHANNEL)]
    (scratch / "songs.mid").write_bytes(midi_file(events))
    out = scratch / "songs.wav"
    command = ["fluidsynth", "-ni", "-q", "-F", str(out), "-T", "wav", "-O", "float", "-r", str(RATE), "-g", "0.5"]
    command += ["-R", str(rng.randrange(2)), "-C", "0", "-o", "synth.dynamic-sample-loading=1"]
    subprocess.run(
        [*command, FONTS[font], str(scratch / "songs.mid")], check=True, capture_output=True, timeout=900
    )
    sound = soundfile.read(out, dtype="float32", always_2d=True)[0].mean(axis=1)
    out.unlink()
    for song, start in zip(songs, starts, strict=True):
        frames = int(song.seconds * RATE)
        part = sound[int(start * RATE) :][:frames]
        part = np.pad(part / (np.abs(part).max(initial=0.0) + 1e-6), (0, frames - len(part)))
        yield _mastered(part + rng.uniform(0.4, 1.5) * _hit(song, rng.choice(kits)), rng)


def _hit(song: Song, kit: Kit) -> Audio:
    out = np.zeros(int(song.seconds * RATE), np.float32)
    for time, piece, loudness in song.hits:
        start, sound = int(time * RATE), kit.get(piece)
        if sound is not None:
            sound = sound[: max(0, len(out) - start)]
            out[start : start + len(sound)] += loudness * sound
    peak = np.abs(out).max(initial=0.0)
    return out / peak if peak > 0 else out


def _mastered(sound: Audio, rng: random.Random) -> Audio:
    """As if through somebody's chain: duller or brighter, and pushed."""
    if rng.random() < 0.5:
        from scipy.signal import lfilter

        edge = rng.uniform(-0.6, 0.6)
        sound = lfilter([1.0, -edge], [1.0], sound).astype(np.float32)
    sound = sound / (np.abs(sound).max(initial=0.0) + 1e-6)
    return np.tanh(sound * rng.uniform(1.0, 5.0)).astype(np.float32) if rng.random() < 0.5 else sound
