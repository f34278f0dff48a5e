"""Plays the songs of taggers.training.render.tunes part by part, so that training may mix them as it likes."""

from __future__ import annotations

import math
import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from taggers.training.render.midi import DRUM_CHANNEL, midi_file
from taggers.training.render.tunes import LENGTH, Part, Song, compose

FONTS = {
    "fluid-r3": "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "musescore-general": "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "timgm6mb": "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "generaluser": "/usr/share/minuet/soundfonts/GeneralUser-v1.47.sf2",
    "csound-gm": "/usr/share/sounds/sf2/sf_GMbank.sf2",
}
BATCH = 12
_RATE = 22_050  # enough below 4 kHz, and half the work
_SEGMENT = LENGTH + 3.0
_BEND = 0.03  # seconds between two steps of a vibrato

Floats = NDArray[np.float32]


def render(count: int, seed: int, scratch: Path) -> Iterator[tuple[Song, str, dict[str, Floats]]]:
    """(song, font, sound of each part at 44,100 Hz), `count` of them."""
    rng = random.Random(seed)
    for _ in range(0, count, BATCH):
        font = rng.choice(list(FONTS))
        songs = [compose(rng) for _ in range(BATCH)]
        parts = [(song, name) for song in songs for name in song.parts]
        sounds = _play(
            [song.parts[name] for song, name in parts], [name == "drums" for _, name in parts], font, scratch, rng
        )
        made: dict[int, dict[str, Floats]] = {}
        for (song, name), sound in zip(parts, sounds, strict=True):
            made.setdefault(id(song), {})[name] = sound
        for song in songs:
            yield song, font, made[id(song)]


def _play(
    parts: Sequence[Part], drums: Sequence[bool], font: str, scratch: Path, rng: random.Random
) -> Iterator[Floats]:
    events: list[tuple[float, int, bytes]] = []
    for number, (part, drum) in enumerate(zip(parts, drums, strict=True)):
        events += _events(part, number * _SEGMENT, DRUM_CHANNEL if drum else 0, rng)
    events.append((len(parts) * _SEGMENT + 0.5, 1, bytes((0xB0, 120, 0))))
    score, out = scratch / "keyed.mid", scratch / "keyed.wav"
    score.write_bytes(midi_file(events))
    effects = str(rng.randrange(2))
    command = [
        "fluidsynth",
        "-ni",
        "-q",
        "-F",
        str(out),
        "-T",
        "wav",
        "-O",
        "float",
        "-r",
        str(_RATE),
        "-g",
        "0.5",
    ]
    command += ["-R", effects, "-C", "0", "-o", "synth.dynamic-sample-loading=1", FONTS[font], str(score)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    sound, rate = soundfile.read(out, dtype="float32", always_2d=True)
    whole = sound.mean(axis=1)
    for number in range(len(parts)):
        begin = int(number * _SEGMENT * rate)
        yield np.asarray(soxr.resample(whole[begin : begin + int(LENGTH * rate)], rate, 44_100, quality="LQ"))


def _events(part: Part, begin: float, channel: int, rng: random.Random) -> Iterator[tuple[float, int, bytes]]:
    yield begin, 1, bytes((0xB0 | channel, 120, 0))
    yield begin, 2, bytes((0xC0 | channel, part.program))
    yield begin, 2, _bend(channel, part.detune)
    if part.vibrato:
        speed, phase = rng.uniform(4.5, 6.5), rng.uniform(0, 6)
        for n in range(int(LENGTH / _BEND)):
            cents = part.detune + part.vibrato * math.sin(phase + 2 * math.pi * speed * n * _BEND)
            yield begin + n * _BEND, 3, _bend(channel, cents)
    for note in part.notes:
        if note.start < LENGTH:
            ends = min(note.start + max(0.05, note.length), LENGTH + 0.5)
            yield begin + note.start, 5, bytes((0x90 | channel, note.key, note.velocity))
            yield begin + ends, 4, bytes((0x80 | channel, note.key, 0))


def _bend(channel: int, cents: float) -> bytes:
    value = max(0, min(16_383, round(8192 + cents / 200 * 8192)))  # ±2 semitones
    return bytes((0xE0 | channel, value & 0x7F, value >> 7))
