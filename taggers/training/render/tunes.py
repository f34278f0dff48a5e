"""Songs made up by rule, so that their keys are known: chords, bass, a melody and drums in the manner of a genre
(taggers.training.render.genres). Nothing here is meant to be liked.

Pitches are MIDI keys, times are seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from taggers.pitch import key_name
from taggers.training.render.genres import GENRES, QUALITIES, ROMANS, SCALES
from taggers.training.render.jobs import Note

LENGTH = 26.0
"""Seconds of a song at least; it ends with the bar."""


@dataclass(frozen=True)
class Part:
    """vibrato: cents; detune: cents; each for the whole part."""

    program: int
    notes: tuple[Note, ...]
    vibrato: float = 0.0
    detune: float = 0.0


@dataclass(frozen=True)
class Song:
    """tonic: 0 is C. parts: of "chords", "more" (chords too), "bass", "lead", "talk", "drums", what there is."""

    genre: str
    tonic: int
    minor: bool
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return key_name(self.tonic, minor=self.minor)


Chord = tuple[int, tuple[int, ...]]  # semitones above the tonic, and what sounds above the root

SURPRISED, SURPRISES = 0.3, 0.12
"""How often a song has chords that no rule of its genre gives, and how often such a song has them."""


def compose(rng: random.Random) -> Song:
    names = list(GENRES)
    name = rng.choices(names, [GENRES[one].weight for one in names])[0]
    genre, tonic = GENRES[name], rng.randrange(12)
    minor = rng.random() < genre.share
    bars = _bars(_choice(rng, genre.minor if minor else genre.major), plain=rng.random() < 0.2)
    if rng.random() < 0.12:
        turn = rng.randrange(len(bars))
        bars = bars[turn:] + bars[:turn]
    beat = 60 / rng.uniform(*genre.tempo)
    if 4 * beat * len(bars) < LENGTH / 6 and rng.random() < 0.6:
        bars = [bar for bar in bars for _ in range(2)]  # a loop of slow harmony
    if rng.random() < SURPRISED:
        bars = [[_strange(rng)] if rng.random() < SURPRISES else bar for bar in bars]
    meter = 3 if name in ("classical", "folk", "country") and rng.random() < 0.25 else 4
    count = max(len(bars), int(LENGTH / (meter * beat)) + 1)
    bars = [bars[n % len(bars)] for n in range(count)]
    time = _Time(beat, meter, genre.swing if rng.random() < 0.8 else 0.0, rng)
    scale = SCALES[_choice(rng, genre.scales[minor])]
    parts = {
        "chords": Part(rng.choice(genre.chords), _chords(rng, time, bars, tonic, rng.choice(genre.styles))),
        "bass": Part(rng.choice(genre.basses), _bass(rng, time, bars, tonic, rng.choice(genre.lines), scale)),
        "lead": Part(
            rng.choice(genre.leads),
            _lead(rng, time, bars, tonic, scale),
            vibrato=rng.choice((0, 0, 15, 30, 50)),
            detune=rng.gauss(0, 8),
        ),
    }
    if rng.random() < 0.4:
        parts["more"] = Part(rng.choice(genre.chords), _chords(rng, time, bars, tonic, rng.choice(genre.styles)))
    if rng.random() < (0.6 if name == "hip-hop" else 0.06):
        parts["talk"] = Part(53, _talk(rng, time, count))
    if rng.random() < genre.drums:
        parts["drums"] = Part(rng.choice((0, 0, 8, 16, 24, 25, 32)), _drums(rng, time, count, name))
    return Song(name, tonic, minor, {part: one for part, one in parts.items() if one.notes})


def _choice(rng: random.Random, text: str) -> str:
    return rng.choice(text.split(" | "))


def _bars(text: str, *, plain: bool) -> list[list[Chord]]:
    """plain: triads instead of richer chords."""
    bars: list[list[Chord]] = []
    for word in text.split():
        bars.append(bars[-1] if word == "." else [_chord(one, plain) for one in word.split(",")])
    return bars


def _chord(text: str, plain: bool) -> Chord:
    roman = max((one for one in ROMANS if text.startswith(one)), key=len)
    quality = QUALITIES[text[len(roman) :]]
    return ROMANS[roman], quality[:3] if plain else quality


def _strange(rng: random.Random) -> Chord:
    return rng.randrange(12), QUALITIES[rng.choice(("", "", "m", "7", "m7", "dim"))]


@dataclass(frozen=True)
class _Time:
    beat: float
    meter: int
    swing: float  # where the second eighth falls, 0.5 or 0 is straight
    rng: random.Random

    def at(self, bar: int, beats: float) -> float:
        whole, part = divmod(beats, 1)
        if self.swing and part:
            part = part * 2 * self.swing if part <= 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        return max(0.0, (bar * self.meter + whole + part) * self.beat + self.rng.gauss(0, 0.006))


def _near(pitch_class: int, centre: float) -> int:
    """The key of this class that lies nearest to `centre`."""
    return round((centre - pitch_class) / 12) * 12 + pitch_class


def _at(bar: list[Chord], beats: float, meter: int) -> Chord:
    return bar[min(len(bar) - 1, int(beats / meter * len(bar)))]


_STRUMS = ((0, 1, 1.5, 2.5, 3), (0, 0.5, 1.5, 2, 3, 3.5), (0, 1, 2, 3), (0, 1.5, 3))
_STABS = ((0, 1.5, 3), (0.5, 1.5, 2.5, 3.5), (0, 0.75, 1.5, 3), (1.5, 3.5), (0,))


def _chords(rng: random.Random, time: _Time, bars: list[list[Chord]], tonic: int, style: str) -> tuple[Note, ...]:
    meter, centre, loud = time.meter, rng.uniform(54, 66), rng.randrange(60, 110)
    eighths = [n / 2 for n in range(2 * meter)]
    patterns: dict[str, list[tuple[float, float]]] = {  # (beat, length in beats)
        "block": [(0, meter)] if rng.random() < 0.5 else [(0, 2), (2, meter - 2)],
        "pad": [(0, meter)], "chorale": [(float(n), 1) for n in range(meter)], "drone": [(0, meter)],
        "pulse": [(float(n), 0.9) for n in range(meter)], "eighths": [(at, 0.45) for at in eighths],
        "strum": [(at, 0.5) for at in rng.choice(_STRUMS)],
        "chug": [(at, 0.3) for at in eighths if rng.random() < 0.85],
        "pedal": [(at / 2, 0.22) for at in eighths + [a + meter for a in eighths]],
        "shuffle": [(at, 0.4) for at in eighths], "comp": [(at, 0.4) for at in eighths if rng.random() < 0.35],
        "skank": [(at, 0.25) for at in ((1, 3) if rng.random() < 0.6 else (0.5, 1.5, 2.5, 3.5))],
        "stab": [(at, 0.3) for at in rng.choice(_STABS)],
        "trance": [(at / 2, 0.4) for at in range(2 * meter) if at % 4 != 0],
        "sparse": [(rng.choice((0, 0.5, 1)), 1.5)], "boom": [(1, 0.6), (3, 0.6)],
        "waltz": [(float(n), 0.8) for n in range(1, meter)],
    }  # fmt: skip
    broken = {"arpeggio": 0.5, "alberti": rng.choice((0.5, 0.25))}
    notes = []
    shape = rng.sample(range(8), 8)
    for number, bar in enumerate(bars):
        if style in broken:
            step = broken[style]
            for n in range(int(meter / step)):
                root, quality = _at(bar, n * step, meter)
                steps = sorted(_near((tonic + root + tone) % 12, centre) for tone in quality)
                key = steps[shape[n % 8] % len(steps)] if style == "arpeggio" else steps[(0, -1, 1, -1)[n % 4]]
                notes.append(Note(time.at(number, n * step), time.beat * step * rng.uniform(0.8, 1.5), key, loud))
            continue
        for at, length in patterns[style]:
            root, quality = _at(bar, at, meter)
            if at >= meter:
                continue
            tones = {_near((tonic + root + tone) % 12, centre) for tone in quality}
            if quality == QUALITIES["5"] or style in ("chug", "pedal"):  # power chords lie low, in parallel
                low = _near((tonic + root) % 12, 44)
                tones = {low, low + 7} | ({low + 12} if rng.random() < 0.5 else set())
                if style == "pedal" and at % 1 and rng.random() < 0.8:
                    tones = {_near(tonic, 42)}
            if style == "shuffle" and at % 1 == 0 and int(at) % 2:
                low = _near((tonic + root) % 12, 45)
                tones = {low, low + 9}
            elif style == "shuffle":
                low = _near((tonic + root) % 12, 45)
                tones = {low, low + 7}
            if style == "drone":
                tones = {_near(tonic, 50), _near(tonic, 50) + 7}
            spread = 0.012 * (style in ("strum", "boom"))
            for order, key in enumerate(sorted(tones)):
                velocity = max(20, min(127, loud + rng.randrange(-12, 12)))
                notes.append(Note(time.at(number, at) + spread * order, time.beat * length * 0.97, key, velocity))
    return tuple(notes)


def _bass(
    rng: random.Random, time: _Time, bars: list[list[Chord]], tonic: int, line: str, scale: Sequence[int]
) -> tuple[Note, ...]:
    meter, centre, loud = time.meter, rng.choice((33, 36, 38)), rng.randrange(80, 120)
    sixteenths = [n / 4 for n in range(4 * meter)]
    syncopated = sorted({0.0, *(at for at in sixteenths if rng.random() < 0.3)})
    riff = [
        (at, rng.choice((0, 0, 0, 7, 10, 12, 3, 5)))
        for at in sorted({0.0, *(n / 2 for n in range(2 * meter) if rng.random() < 0.5)})
    ]
    notes: list[Note] = []

    def put(bar: int, at: float, length: float, key: int) -> None:
        if at < meter:
            notes.append(
                Note(time.at(bar, at), time.beat * length, key, max(30, min(127, loud + rng.randrange(-10, 10))))
            )

    for number, bar in enumerate(bars):
        following = bars[(number + 1) % len(bars)][0]
        for part, (root, quality) in enumerate(bar):
            low = _near((tonic + root) % 12, centre)
            begin, share = part * meter / len(bar), meter / len(bar)
            fifth = 6 if 6 in quality else 7
            if line in ("root", "sub"):
                put(number, begin, share * (0.95 if line == "sub" else rng.choice((0.5, 0.95))), low)
            elif line == "inversions":
                put(
                    number,
                    begin,
                    share * 0.95,
                    _near((tonic + root + rng.choice((0, 0, *quality))) % 12, centre + 4),
                )
            elif line in ("eighths", "offbeat"):
                for n in range(int(2 * share)):
                    if line == "eighths" or n % 2:
                        put(number, begin + n / 2, 0.45, low)
            elif line == "pedal":
                for n in range(int(4 * share)):
                    if n % 4 or rng.random() < 0.5:
                        put(number, begin + n / 4, 0.2, _near(tonic, centre) if rng.random() < 0.7 else low)
            elif line == "octaves":
                for n in range(int(2 * share)):
                    put(number, begin + n / 2, 0.4, low + 12 * (n % 2))
            elif line == "fifths":
                for n in range(0, int(share), 2 if share > 1 else 1):
                    put(
                        number,
                        begin + n,
                        0.9,
                        low + (fifth - 12 if n % 4 and low + fifth > 42 else fifth if n % 4 else 0),
                    )
            elif line == "walking":
                target = _near((tonic + following[0]) % 12, low)
                for n in range(int(share)):
                    key = low + (0, *[rng.choice(quality) for _ in range(6)])[n]
                    if n == int(share) - 1:
                        key = target + rng.choice((-1, 1, -2, 2))
                    put(number, begin + n, 0.9, key)
            elif line == "shuffle":
                for n in range(int(2 * share)):
                    put(number, begin + n / 2, 0.4, low + (0, 0, 4, 4, 7, 7, 9, 9)[n % 8])
            elif line == "syncopated":
                for at in syncopated:
                    if begin <= at < begin + share:
                        put(number, at, 0.3, low + rng.choice((0, 0, 0, 0, 12, fifth)))
            elif line in ("riff", "dub"):
                for at, step in riff:
                    if begin <= at < begin + share:
                        key = low + step
                        # A riff keeps to the scale
                        put(
                            number,
                            at,
                            0.45 if line == "riff" else 0.8,
                            key if (key - tonic) % 12 in scale else low,
                        )
    return tuple(notes)


def _lead(
    rng: random.Random, time: _Time, bars: list[list[Chord]], tonic: int, scale: Sequence[int]
) -> tuple[Note, ...]:
    """Phrases that walk through the scale, lean on chord notes and come home; a motif returns."""
    meter, centre, loud = time.meter, rng.uniform(62, 76), rng.randrange(70, 120)
    steps = [tonic + octave * 12 + tone for octave in range(10) for tone in scale]
    density, rest = rng.uniform(0.25, 0.8), rng.uniform(0.0, 0.5)
    rhythms = [sorted({0.0, *(n / 2 for n in range(2 * meter) if rng.random() < density)}) for _ in range(3)]
    place = min(range(len(steps)), key=lambda n: abs(steps[n] - centre))
    notes: list[Note] = []
    motif: list[tuple[float, int]] = []
    for number, bar in enumerate(bars):
        phrase_end = number % 4 == 3
        if rng.random() < rest and not phrase_end:
            continue
        if motif and rng.random() < 0.3:
            line = motif
        else:
            line = []
            for at in rng.choice(rhythms):
                place += rng.choice((-2, -1, -1, -1, 0, 1, 1, 1, 2, 3, -3))
                if abs(steps[max(0, min(place, len(steps) - 1))] - centre) > 10:
                    place += 2 if steps[max(0, min(place, len(steps) - 1))] < centre else -2
                place = max(0, min(place, len(steps) - 1))
                key = steps[place]
                root, quality = _at(bar, at, meter)
                if at % 2 == 0 and rng.random() < 0.6:
                    key = min(
                        (_near((tonic + root + tone) % 12, key) for tone in quality),
                        key=lambda one: abs(one - key),
                    )
                line.append((at, key))
            if phrase_end and rng.random() < 0.6:
                line = [
                    *line[:-1],
                    (
                        line[-1][0],
                        _near((tonic + rng.choice((0, 0, 0, 7, scale[2 % len(scale)]))) % 12, line[-1][1]),
                    ),
                ]
            if number == 0:
                motif = line
        ends = [at for at, _ in line[1:]] + [float(meter)]
        for (at, key), end in zip(line, ends, strict=True):
            velocity = max(30, min(127, loud + rng.randrange(-15, 15)))
            notes.append(Note(time.at(number, at), (end - at) * time.beat * rng.uniform(0.6, 1.0), key, velocity))
    return tuple(notes)


def _talk(rng: random.Random, time: _Time, count: int) -> tuple[Note, ...]:
    """Syllables of someone who raps or speaks: their pitches keep to no scale."""
    centre, loud, rate = rng.choice((45, 48, 52, 57)), rng.randrange(70, 115), rng.choice((0.25, 0.5))
    notes, key = [], float(centre)
    for number in range(count):
        for n in range(int(time.meter / rate)):
            key += rng.gauss(0, 2) + (centre - key) * 0.3
            if rng.random() < 0.75:
                at, length = time.at(number, n * rate), rng.uniform(0.06, 0.25)
                notes.append(Note(at, length, round(key), loud + rng.randrange(-15, 12)))
    return tuple(notes)


def _drums(rng: random.Random, time: _Time, count: int, genre: str) -> tuple[Note, ...]:
    meter = time.meter
    kicks: tuple[float, ...] = rng.choice(((0, 2), (0, 1, 2, 3), (0, 1.5, 2), (0, 2.5), (0, 0.75, 2.5)))
    if genre in ("disco", "electronic") and rng.random() < 0.8:
        kicks = (0, 1, 2, 3)
    step = rng.choice((0.25, 0.5, 0.5, 1.0))
    stick, back = rng.choice((42, 42, 51, 46)), rng.choice((38, 40, 39))
    extra = rng.sample((54, 56, 60, 61, 62, 63, 64, 69, 70, 41, 45, 48), rng.randrange(3))
    hits = [(at, 36) for at in kicks] + [(1.0, back), (3.0, back)]
    hits += [(n * step, stick) for n in range(int(meter / step))]
    hits += [(n / 4, key) for key in extra for n in range(4 * meter) if rng.random() < 0.25]
    return tuple(
        Note(time.at(bar, at), 0.1, key, rng.randrange(60, 120))
        for bar in range(count)
        for at, key in hits
        if at < meter
    )
