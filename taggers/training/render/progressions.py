"""Songs whose chords are known, since they were made up: written as MIDI and played by fluidsynth.

A song has one or two sections, each a progression that repeats. Accompaniment, bass, melody and drums come and go
from song to song, in many styles and sounds, so that what the songs share is their harmony alone.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from taggers.chordnames import NONE, QUALITIES, code_of, quality_of, root_of
from taggers.training.render.jobs import Floats
from taggers.training.render.midi import DRUM_CHANNEL, midi_file

TONES: dict[str, tuple[tuple[tuple[int, ...], float], ...]] = {
    "maj": (((0, 4, 7), 8), ((0, 4, 7, 14), 1), ((0, 4, 7, 9), 0.5)),
    "min": (((0, 3, 7), 8), ((0, 3, 7, 14), 0.7)),
    "7": (((0, 4, 7, 10), 6), ((0, 4, 7, 10, 14), 1), ((0, 4, 10), 1)),
    "maj7": (((0, 4, 7, 11), 6), ((0, 4, 7, 11, 14), 1)),
    "min7": (((0, 3, 7, 10), 6), ((0, 3, 7, 10, 14), 1), ((0, 3, 10), 0.7)),
    "sus": (((0, 5, 7), 5), ((0, 2, 7), 2), ((0, 5, 7, 10), 1)),
    "dim": (((0, 3, 6), 3), ((0, 3, 6, 9), 2), ((0, 3, 6, 10), 3)),
}
"""Semitones above the root, and how often it is played so."""

SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}

Weighted = tuple[tuple[int, str, float], ...]
"""(semitones above the tonic, quality, weight)."""

STYLES: dict[tuple[str, str], Weighted] = {
    ("pop", "major"): (
        (0, "maj", 6), (7, "maj", 5), (9, "min", 5), (5, "maj", 5), (2, "min", 2.5), (4, "min", 2), (10, "maj", 1),
        (7, "sus", 0.8), (0, "sus", 0.5), (5, "min", 0.5), (2, "maj", 0.5), (4, "maj", 0.4), (7, "7", 0.8),
        (11, "dim", 0.4),
    ),
    ("pop", "minor"): (
        (0, "min", 6), (8, "maj", 5), (3, "maj", 4), (10, "maj", 4.5), (5, "min", 3), (7, "min", 2),
        (7, "maj", 1.5), (7, "7", 0.8), (5, "maj", 0.6), (2, "dim", 0.8), (10, "sus", 0.5), (0, "sus", 0.4),
        (1, "maj", 0.5),
    ),
    ("sevenths", "major"): (
        (0, "maj7", 5), (2, "min7", 5), (7, "7", 5), (9, "min7", 4), (5, "maj7", 4), (4, "min7", 3), (9, "7", 1),
        (2, "7", 1), (10, "7", 0.8), (1, "dim", 0.8), (11, "dim", 0.8), (0, "maj", 1), (5, "min7", 0.6),
        (7, "sus", 0.8), (3, "maj7", 0.4),
    ),
    ("sevenths", "minor"): (
        (0, "min7", 6), (5, "min7", 4), (7, "7", 3), (8, "maj7", 4), (3, "maj7", 3), (10, "7", 3), (7, "min7", 2),
        (2, "dim", 3), (0, "min", 2), (11, "dim", 0.8), (10, "sus", 0.6), (5, "7", 0.8),
    ),
    ("blues", "major"): (
        (0, "7", 6), (5, "7", 4), (7, "7", 3), (2, "7", 0.5), (9, "7", 0.5), (6, "dim", 0.6), (8, "7", 0.4),
    ),
}  # fmt: skip
ANY = (5.0, 4.0, 2.0, 1.5, 2.0, 1.5, 1.5)
"""Of QUALITIES, where a style is to surprise."""

COMP = (
    0, 0, 1, 2, 4, 4, 5, 5, 6, 7, 11, 12, 16, 17, 18, 19, 21, 24, 24, 25, 25, 26, 27, 27, 28, 29, 29, 30, 30, 46,
    48, 49, 50, 51, 52, 54, 61, 62, 63, 80, 81, 81, 84, 88, 89, 89, 90, 90, 91, 92, 94, 95, 104, 105, 107,
)  # fmt: skip
"""General MIDI programs, those heard most in music more than once."""
PAD = (16, 19, 20, 48, 49, 50, 51, 52, 53, 54, 88, 89, 90, 91, 92, 93, 94, 95)
BASS = (32, 33, 33, 33, 34, 34, 35, 36, 37, 38, 38, 38, 39, 39, 43, 58, 87)
LEAD = (
    0, 11, 24, 26, 29, 30, 40, 41, 53, 54, 56, 59, 61, 64, 65, 66, 68, 71, 73, 75, 80, 80, 81, 81, 82, 84, 85, 87,
)  # fmt: skip

RENDERED = 22_050
"""Hz: chords lie far below."""

Event = tuple[float, int, bytes]


@dataclass(frozen=True)
class Span:
    """A chord from `start` to `end`, seconds."""

    start: float
    end: float
    chord: int


@dataclass
class Song:
    beat: float  # seconds
    spans: list[Span] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0

    def play(self, channel: int, start: float, length: float, key: int, velocity: float) -> None:
        loud = max(20, min(127, round(velocity)))
        self.events.append((start, 5, bytes((0x90 | channel, key, loud))))
        self.events.append((start + max(0.05, length), 4, bytes((0x80 | channel, key, 0))))


def compose(rng: random.Random, seconds: float = 40.0) -> Song:
    """A song of about that length."""
    meter = rng.choice((4, 4, 4, 4, 3))
    song = Song(60 / rng.choice((rng.uniform(62, 100), rng.uniform(90, 150), rng.uniform(120, 180))))
    tonic, mode = rng.randrange(12), rng.choice(("major", "minor"))
    style = rng.choices(("pop", "sevenths", "blues"), (6, 4, 0.8))[0]
    sections = [_section(rng, style, mode, meter) for _ in range(rng.choice((1, 2, 2)))]
    bars = max(4, round(seconds / (song.beat * meter)))
    plan: list[tuple[float, int]] = []  # (beats, chord)
    while sum(beats for beats, _ in plan) < bars * meter:
        repeats = rng.choice((1, 2, 2))
        for _ in range(repeats):
            plan += [(beats, code_of(tonic + degree, quality)) for beats, degree, quality in rng.choice(sections)]
        if rng.random() < 0.1:
            plan.append((float(meter * rng.choice((1, 2))), NONE))
    if rng.random() < 0.1:
        plan.insert(0, (float(meter * rng.choice((1, 2))), NONE))
    at = 0.2
    for beats, chord in plan:
        song.spans.append(Span(at, at + beats * song.beat, chord))
        at += beats * song.beat
    song.seconds = at
    _arrange(rng, song, tonic, mode, meter)
    return song


def _section(rng: random.Random, style: str, mode: str, meter: int) -> list[tuple[float, int, int]]:
    """(beats, semitones above the tonic, quality) of each chord."""
    choices = STYLES.get((style, mode)) or STYLES[style, "major"]
    count = rng.choice((2, 3, 4, 4, 4, 4, 6, 8))
    half, uneven = (meter, meter / 2, meter / 2), (1, meter - 1, meter)
    lengths = rng.choice(((meter,), (meter,), (meter,), half, (meter / 2,), (2 * meter,), uneven))
    found: list[tuple[float, int, int]] = []
    before = None
    for number in range(count):
        degree, quality, _ = rng.choices(choices, [weight for *_, weight in choices])[0]
        if rng.random() < 0.1:
            degree, quality = rng.randrange(12), rng.choices(QUALITIES, ANY)[0]
        if (degree, quality) == before:
            continue
        before = (degree, quality)
        found.append((float(lengths[number % len(lengths)]), degree, QUALITIES.index(quality)))
    return found


# ---------------------------------------------------------------- who plays


def _arrange(rng: random.Random, song: Song, tonic: int, mode: str, meter: int) -> None:
    ways = ["block", "strum", "arpeggio", "held", "stabs", "power"]
    comp = rng.choices(ways, (3, 3, 3, 3, 2, 0.8))[0]
    parts = [(0, comp, rng.choice(COMP), rng.randrange(52, 66))]
    if rng.random() < 0.35:
        parts.append((1, rng.choice(("held", "arpeggio", "strum")), rng.choice(COMP), rng.randrange(55, 74)))
    if rng.random() < 0.3:
        parts.append((2, "held", rng.choice(PAD), rng.randrange(50, 70)))
    quiet = rng.choice((None, None, None, 0))  # the chords lie in the other parts alone for a while
    for channel, way, program, centre in parts:
        _sound(rng, song, channel, program)
        _accompany(rng, song, channel, way, centre, quiet == channel and len(parts) > 1)
    if rng.random() < 0.8:
        _sound(rng, song, 3, rng.choice(BASS))
        _bass(rng, song)
    for channel in range(4, 4 + rng.choice((0, 1, 1, 1, 2))):
        _sound(rng, song, channel, rng.choice(LEAD))
        _melody(rng, song, channel, tonic, mode)
    if rng.random() < 0.7:
        _drums(rng, song, meter)


def _sound(rng: random.Random, song: Song, channel: int, program: int) -> None:
    song.events.append((0.0, 0, bytes((0xC0 | channel, program))))
    song.events.append((0.0, 1, bytes((0xB0 | channel, 7, rng.randrange(65, 127)))))


def _voicing(rng: random.Random, chord: int, centre: int) -> list[int]:
    choices = TONES[QUALITIES[quality_of(chord)]]
    tones = rng.choices([tones for tones, _ in choices], [weight for _, weight in choices])[0]
    keys = []
    for tone in tones:
        pitch = (root_of(chord) + tone) % 12
        keys.append(centre - 6 + (pitch - centre + 6) % 12 + (12 if tone > 12 else 0))
    if rng.random() < 0.25:
        keys.append(min(keys) - 12 if rng.random() < 0.5 else min(keys) + 12)
    return sorted(keys)


def _accompany(rng: random.Random, song: Song, channel: int, way: str, centre: int, pausing: bool) -> None:
    loud = rng.uniform(60, 105)
    unit = rng.choice((0.25, 0.5, 0.5, 1.0))
    pattern = [rng.random() < 0.6 for _ in range(16)]
    pattern[0] = True
    shape = rng.choice(("up", "down", "both", "any"))
    gate = rng.uniform(0.4, 1.05)
    for number, span in enumerate(song.spans):
        if span.chord == NONE or (pausing and number % 8 > 4):
            continue
        keys = _voicing(rng, span.chord, centre)
        length = span.end - span.start
        if way == "power":
            root = centre - 12 + (root_of(span.chord) - centre) % 12
            keys = [root, root + 7, root + 12]
        if way == "held":
            for key in keys:
                song.play(channel, span.start + rng.uniform(0, 0.02), length * rng.uniform(0.9, 1.0), key, loud)
            continue
        step = song.beat * (unit if way in ("arpeggio", "strum", "power") else 1.0 if way == "block" else 0.5)
        orders = {"up": keys, "down": keys[::-1], "both": keys + keys[-2:0:-1], "any": rng.sample(keys, len(keys))}
        order, sounding = orders[shape], step * gate * (0.5 if way == "stabs" else 1)
        for place in range(max(1, round(length / step))):
            start = span.start + place * step
            if way == "arpeggio":
                key = order[place % len(order)]
                song.play(channel, start, sounding * rng.choice((1, 1, 2)), key, loud + rng.gauss(0, 6))
            elif way in ("block", "power") or pattern[place % 16]:
                for voice, key in enumerate(keys):
                    late = 0.012 * voice if way == "strum" else rng.uniform(0, 0.008)
                    song.play(channel, start + late, sounding, key, loud + rng.gauss(0, 6))


def _bass(rng: random.Random, song: Song) -> None:
    way = rng.choice(("root", "root", "pulse", "pulse", "fifths", "octaves", "walking", "rhythm"))
    loud = rng.uniform(75, 115)
    low = rng.randrange(28, 38)
    turned = rng.choice((0.0, 0.05, 0.25))
    pattern = [True, *(rng.random() < 0.4 for _ in range(7))]
    for span in song.spans:
        if span.chord == NONE:
            continue
        tones = TONES[QUALITIES[quality_of(span.chord)]][0][0]
        lowest = rng.choice(tones[1:3]) if rng.random() < turned else 0
        key = low + (root_of(span.chord) + lowest - low) % 12
        length = span.end - span.start
        if way == "root":
            song.play(3, span.start, length * 0.95, key, loud)
            continue
        step = song.beat / 2 if way in ("pulse", "octaves", "rhythm") else song.beat
        for place in range(max(1, round(length / step))):
            note = key
            if way == "fifths" and place % 2:
                note = key + (7 if quality_of(span.chord) != QUALITIES.index("dim") else 6)
            elif way == "octaves" and place % 2:
                note = key + 12
            elif way == "walking" and place:
                note = low + (root_of(span.chord) + rng.choice((*tones, *tones, 2, 9)) - low) % 12
            elif way == "rhythm" and not pattern[place % 8]:
                continue
            song.play(3, span.start + place * step, step * 0.9, note, loud + rng.gauss(0, 5))


def _melody(rng: random.Random, song: Song, channel: int, tonic: int, mode: str) -> None:
    scale = [(tonic + step) % 12 for step in SCALE[mode]]
    loud, key = rng.uniform(65, 112), rng.randrange(60, 80)
    unit = rng.choice((0.5, 0.5, 1.0, 0.25))
    resting, home = rng.choice((0.1, 0.3, 0.6)), rng.choice((0.35, 0.6, 0.85))
    for span in song.spans:
        if span.chord == NONE or rng.random() < resting * 0.5:
            continue
        inside = [(root_of(span.chord) + tone) % 12 for tone in TONES[QUALITIES[quality_of(span.chord)]][0][0]]
        at = span.start
        while at < span.end - 0.05:
            length = song.beat * unit * rng.choice((1, 1, 2, 3))
            length = min(length, span.end - at)
            wanted = inside if rng.random() < home else scale
            near = [each for each in range(key - 5, key + 6) if each % 12 in wanted and 55 <= each <= 88]
            key = rng.choice(near) if near else 60 + (key - 60) % 12
            if rng.random() > resting:
                song.play(channel, at, length * rng.uniform(0.6, 1.0), key, loud + rng.gauss(0, 8))
            at += length


def _drums(rng: random.Random, song: Song, meter: int) -> None:
    step = song.beat / 2
    kick = [place % meter == 0 or rng.random() < 0.15 for place in range(2 * meter)]
    snare = [place % 4 == 2 or rng.random() < 0.06 for place in range(2 * meter)]
    hat, loud = rng.choice((42, 44, 46, 51, 70)), rng.uniform(60, 115)
    song.events.append((0.0, 0, bytes((0xC0 | DRUM_CHANNEL, rng.choice((0, 0, 8, 16, 25, 40))))))
    song.events.append((0.0, 1, bytes((0xB0 | DRUM_CHANNEL, 7, rng.randrange(60, 127)))))
    for place in range(int(song.seconds / step)):
        at, inside = 0.2 + place * step, place % (2 * meter)
        if kick[inside]:
            song.play(DRUM_CHANNEL, at, 0.1, 36, loud)
        if snare[inside]:
            song.play(DRUM_CHANNEL, at, 0.1, rng.choice((38, 38, 40)), loud)
        if rng.random() < 0.85:
            song.play(DRUM_CHANNEL, at, 0.1, hat, loud * 0.7)


# ---------------------------------------------------------------- how it sounds


def render(songs: Sequence[Song], font: str, scratch: Path, *, effects: bool) -> list[Floats]:
    """Each song's sound, mono at RENDERED, shape (n,)."""
    found = []
    for number, song in enumerate(songs):
        score, sound = scratch / f"{number}.mid", scratch / f"{number}.wav"
        end = (song.seconds + 0.5, 9, bytes((0xB0, 123, 0)))  # something to wait for
        score.write_bytes(midi_file([*song.events, end]))
        command = ["fluidsynth", "-ni", "-q", "-F", str(sound), "-T", "wav", "-O", "float", "-r", str(RENDERED)]
        command += ["-g", "0.3", "-R", str(int(effects)), "-C", str(int(effects))]
        command += ["-o", "synth.dynamic-sample-loading=1", font, str(score)]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        found.append(soundfile.read(sound, dtype="float64", always_2d=True)[0].mean(axis=1))
        sound.unlink()
    return found
