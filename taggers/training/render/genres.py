"""Songs made up by rule, so that their keys are known: chords, bass, a melody and drums in the manner of a genre.

Nothing here is meant to be liked. What matters is what makes keys hard to hear in each genre: the flat seventh of
blues and rock, riffs of bare fifths, one chord for eight bars, the minor loop that a profile takes for its
relative major, a bass alone. A key is where the piece is at home: mixolydian counts as major, dorian and phrygian
as minor.

Pitches are MIDI keys, times are seconds, and chords are semitones above the tonic with a quality.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from taggers.pitch import key_name
from taggers.training.render.jobs import Note

LENGTH = 26.0
"""Seconds of a song at least; it ends with the bar."""

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "M7": (0, 4, 7, 11),
    "dim": (0, 3, 6), "h7": (0, 3, 6, 10), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14), "M9": (0, 4, 7, 11, 14), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "aug": (0, 4, 8),
}  # fmt: skip
ROMANS = {
    "I": 0,
    "bII": 1,
    "II": 2,
    "bIII": 3,
    "III": 4,
    "IV": 5,
    "#IV": 6,
    "V": 7,
    "bVI": 8,
    "VI": 9,
    "bVII": 10,
    "VII": 11,
}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10), "lydian": (0, 2, 4, 6, 7, 9, 11),
    "aeolian": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11), "major pentatonic": (0, 2, 4, 7, 9), "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10), "major blues": (0, 2, 3, 4, 7, 9),
}  # fmt: skip


@dataclass(frozen=True)
class Genre:
    """major, minor: progressions, with "|" between them, a chord for each bar ("." repeats it, "I,V" shares one).
    chords, basses, leads: General MIDI programs. styles, lines: how chords and bass are played. What is written
    twice is chosen twice as often."""

    major: str
    minor: str
    share: float  # of songs in minor
    scales: tuple[str, str]  # of a major melody, of a minor one
    chords: tuple[int, ...]
    styles: tuple[str, ...]
    basses: tuple[int, ...]
    lines: tuple[str, ...]
    leads: tuple[int, ...]
    tempo: tuple[int, int]
    drums: float = 0.9  # how often there are any
    swing: float = 0.0
    weight: float = 1.0


GENRES: dict[str, Genre] = {
    "pop": Genre(
        major=(
            "I V VIm IV | I VIm IV V | I IV VIm V | IV I V VIm | I IIIm IV V | I . IV . | I IV V IV | I V IIm "
            "IV | I V VIm IIIm IV I IV V | IIm V I VIm | IV V IIIm VIm IV V I . | I IVm I IVm | I Vsus4 VIm7 "
            "IVM7 | I I7 IV IVm"
        ),
        minor=(
            "Im bVI bIII bVII | Im bVII bVI bVII | Im IVm bVI V | Im bVI IVm V | Im bIII bVII IV | Im Vm bVI "
            "bVII | Im IVm bVII bIII | bVI bVII Im Im | Im bVI bVII Im | Im bVII IVm bVI | Im7 IVm7 Vm7 Im7"
        ),
        share=0.5,
        scales=("major | major | major pentatonic", "aeolian | aeolian | minor pentatonic | harmonic"),
        chords=(0, 1, 4, 25, 27, 48, 50, 81, 89, 90, 5),
        styles=("block", "pulse", "strum", "arpeggio", "pad"),
        basses=(33, 34, 38, 39),
        lines=("root", "eighths", "fifths", "syncopated", "octaves"),
        leads=(0, 52, 53, 54, 73, 80, 81, 85, 65, 25),
        tempo=(70, 150),
    ),
    "rock": Genre(
        major=(
            "I bVII IV I | I IV V IV | I bVII IV . | I5 IV5 I5 V5 | I5 bVII5 IV5 I5 | I . IV V | I5 bIII5 IV5 "
            "I5 | I IV bVII IV | V5 IV5 I5 . | I bIII IV I | I5 . bVII5 IV5 | I V IV IV | I IV I V | I bVI "
            "bVII I | I II IV I"
        ),
        minor=(
            "I5 bVI5 bVII5 I5 | I5 bIII5 IV5 I5 | Im bVII bVI V | I5 bVII5 bVI5 bVII5 | I5 IV5 bIII5 bVII5 | "
            "I5 . . bVII5 | Im bVII IV Im | I5 bIII5 bVII5 IV5 | Im IVm bVI bVII | I5 V5 bVI5 IV5"
        ),
        share=0.45,
        scales=("mixolydian | major pentatonic | blues | major", "minor pentatonic | aeolian | blues | dorian"),
        chords=(27, 28, 29, 30, 30, 29, 16, 18, 25),
        styles=("strum", "chug", "eighths", "block"),
        basses=(33, 34, 34),
        lines=("eighths", "root", "riff", "fifths"),
        leads=(29, 30, 52, 53, 85, 18, 27),
        tempo=(80, 170),
        drums=0.95,
        weight=1.4,
    ),
    "metal": Genre(
        major="I5 bVII5 IV5 I5 | I5 IV5 V5 I5 | I5 bVI5 bVII5 I5",
        minor=(
            "I5 bII5 I5 bVII5 | I5 . bVI5 bVII5 | I5 bIII5 bII5 I5 | I5 #IV5 bVI5 V5 | I5 . bII5 . | I5 bVI5 "
            "bIII5 bVII5 | I5 V5 bVI5 bII5 | I5 I5 IV5 bIII5 | I5 bVII5 bVI5 bII5"
        ),
        share=0.88,
        scales=("mixolydian | minor pentatonic | major", "aeolian | phrygian | minor pentatonic | harmonic"),
        chords=(29, 30, 30),
        styles=("chug", "pedal", "eighths"),
        basses=(33, 34),
        lines=("eighths", "pedal", "riff"),
        leads=(29, 30, 53, 85),
        tempo=(90, 190),
        drums=0.97,
    ),
    "blues": Genre(
        major=(
            "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7 | I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7 | I7 I7 I7 I7 "
            "IV7 IV7 I7 I7 V7 V7 I7 I7 | I7 . . . | I7 V7 IV7 IV7 I7 V7 I7 V7 | I7 IV7 I7 VI7 II7 V7 I7 V7 | "
            "I6 I6 IV6 I6 V7 IV7 I6 V7"
        ),
        minor=(
            "Im7 Im7 Im7 Im7 IVm7 IVm7 Im7 Im7 bVI7 V7 Im7 V7 | Im IVm Im Im IVm IVm Im Im Vm IVm Im V7 | Im7 "
            ". IVm7 Im7"
        ),
        share=0.14,
        scales=("blues | minor pentatonic | major blues | mixolydian", "blues | minor pentatonic | aeolian"),
        chords=(0, 26, 27, 16, 25, 3, 29, 22),
        styles=("shuffle", "strum", "block"),
        basses=(32, 33, 33),
        lines=("walking", "shuffle", "riff", "fifths"),
        leads=(22, 27, 26, 65, 66, 52, 85, 0, 29),
        tempo=(55, 140),
        drums=0.8,
        swing=0.66,
        weight=1.8,
    ),
    "jazz": Genre(
        major=(
            "IIm7 V7 IM7 VI7 | IM7 VI7 IIm7 V7 | IM7 VIm7 IIm7 V7 | IM7 . IVm7 bVII7 | IM7 bIII7 IIm7 bII7 | "
            "IIm7 V7 IM7 . | IM9 IVM7 IIIm7 VI7 IIm9 V9 I6 . | I6 II7 IIm7 V7 | IM7 #IVh7 IIIm7 VI7"
        ),
        minor=(
            "IIh7 V7 Im7 . | Im7 IVm7 IIh7 V7 | Im6 . IIh7 V7 | Im7 . . . | IVm7 bVII7 bIIIM7 bVIM7 IIh7 V7 "
            "Im6 . | Im7 bVI7 IIh7 V7 | Im9 IV9 Im9 IV9"
        ),
        share=0.4,
        scales=("major | major | major blues", "dorian | harmonic | aeolian | blues"),
        chords=(0, 4, 26, 16, 11, 0),
        styles=("comp", "block", "strum"),
        basses=(32, 32, 33),
        lines=("walking", "root"),
        leads=(65, 66, 56, 59, 71, 0, 11, 73, 52, 26),
        tempo=(70, 220),
        drums=0.8,
        swing=0.64,
        weight=1.2,
    ),
    "country": Genre(
        major=(
            "I IV I V | I . V . | I IV V I | I . IV . V . I . | I V IV I | I . . V . . . I | I VIm IV V | I II V I"
        ),
        minor="Im bVII Im Vm | Im IVm Im V7 | Im bVI bVII Im",
        share=0.12,
        scales=("major pentatonic | major | major blues", "minor pentatonic | aeolian"),
        chords=(25, 24, 25, 27, 0, 105),
        styles=("strum", "boom", "arpeggio"),
        basses=(32, 33),
        lines=("fifths", "fifths", "root", "walking"),
        leads=(40, 22, 52, 85, 25, 105, 110, 54),
        tempo=(80, 150),
        drums=0.75,
    ),
    "reggae": Genre(
        major="I IV I IV | I IV V IV | I V VIm IV | I IIm I IIm | I bVII I bVII | I . IV . | I . . .",
        minor=(
            "Im IVm Im IVm | Im bVII Im bVII | Im . IVm . | Im Vm IVm Im | Im bVI bVII Im | Im . . . | Im7 IV7 "
            "Im7 IV7 | IVm . Im ."
        ),
        share=0.5,
        scales=("major | major pentatonic | mixolydian", "aeolian | minor pentatonic | dorian"),
        chords=(0, 16, 18, 27, 28, 25),
        styles=("skank",),
        basses=(33, 33, 34, 38),
        lines=("dub", "riff", "syncopated"),
        leads=(52, 53, 85, 56, 61, 22, 16),
        tempo=(62, 96),
        drums=0.92,
        weight=1.2,
    ),
    "hip-hop": Genre(
        major="I . . . | IM7 IVM7 IM7 IVM7 | I bVII I bVII | I7 . . . | IM9 IIIm7 IIm9 IVM7 | I IV I IV",
        minor=(
            "Im . . . | Im bVI Im bVI | Im bII Im bII | Im IVm Im V | Im . bVI V | Im Im bVII bVI | Im9 IVm9 "
            "Im9 IVm9 | Im . IVm . | Im bVI bIII bVII | Im7 . . . | Im Vm bVI Vm | bVI . Im . | Im bVI V V"
        ),
        share=0.8,
        scales=(
            "major pentatonic | mixolydian | blues",
            "aeolian | minor pentatonic | phrygian | harmonic | blues | dorian",
        ),
        chords=(0, 4, 11, 46, 48, 45, 8, 12, 24, 88, 92, 61, 10),
        styles=("sparse", "arpeggio", "block", "pad", "stab"),
        basses=(38, 39, 33, 35),
        lines=("sub", "riff", "syncopated", "root"),
        leads=(73, 10, 80, 85, 52, 75, 46, 4),
        tempo=(64, 150),
        drums=0.97,
        weight=1.5,
    ),
    "disco": Genre(
        major=(
            "IM7 IIm7 IM7 IIm7 | I IV I IV | I7 . . . | I9 . IV9 . | IM7 VIm7 IIm7 V7 | I bVII IV I | IIIm7 "
            "VIm7 IIm7 V7 | I VIm IIm V | I7 IV7 I7 IV7 | I IIIm IIm V"
        ),
        minor=(
            "Im7 IV7 Im7 IV7 | Im . . . | Im bVII bVI bVII | Im7 IVm7 bVII bIII | Im bVI bVII Im | Im9 . IVm9 "
            ". | Im IVm V Im | Im7 . bVII . | Im bVI IVm V"
        ),
        share=0.6,
        scales=("major | mixolydian | major pentatonic | blues", "dorian | aeolian | minor pentatonic | harmonic"),
        chords=(48, 27, 28, 4, 7, 0, 61, 62, 50, 49),
        styles=("stab", "comp", "pulse", "skank", "pad"),
        basses=(33, 36, 37, 38),
        lines=("octaves", "octaves", "riff", "syncopated", "walking"),
        leads=(48, 61, 52, 53, 85, 65, 27, 81),
        tempo=(95, 135),
        drums=0.97,
        weight=1.2,
    ),
    "electronic": Genre(
        major="I V VIm IV | I . IV . | IM7 . . . | I bVII IV I | VIm IV I V | I II I II",
        minor=(
            "Im bVI bIII bVII | Im bVII bVI bVII | Im . . . | Im . bVII . | Im bVI . bVII | I5 . bII5 . | Im "
            "IVm bVI Vm | Im bIII bVII IV | bVI bVII Im . | Im bVI IVm bVII | Im7 IV Im7 IV | Im bII bVII Im | "
            "bVI bIII bVII Im | IVm bVI Im bVII | bVI . bVII Im"
        ),
        share=0.82,
        scales=(
            "major | major pentatonic | lydian",
            "aeolian | aeolian | phrygian | dorian | minor pentatonic | harmonic",
        ),
        chords=(50, 51, 62, 63, 81, 80, 88, 89, 90, 95, 54),
        styles=("stab", "pad", "pulse", "arpeggio", "eighths", "trance"),
        basses=(38, 39, 87),
        lines=("offbeat", "eighths", "pedal", "syncopated", "octaves", "sub"),
        leads=(80, 81, 82, 84, 85, 86, 87, 90, 98, 54),
        tempo=(100, 176),
        weight=1.8,
    ),
    "classical": Genre(
        major=(
            "I IV V I | I IIm V7 I | I V I V7 I IV V7 I | I VIm IIm V7 | I,V VIm,IIIm IV,I IV,V | I VII,IIIm "
            "VIm II7 V V7 I . | I . V7 . V7 . I . | I IV I V II7 V VIm,IIm V7,I | I I7 IV IVm I V7 I . | I VI7 "
            "IIm V7 I IV V7 I"
        ),
        minor=(
            "Im IVm V7 Im | Im V7 Im V7 | Im bVI IIdim V7 | Im IVm bVII bIII bVI IIh7 V V7 | Im VIIdim Im V7 | "
            "Im . V7 . V7 . Im . | Im bII V7 Im | Im I7 IVm bVII7 bIII bVI IIdim V7"
        ),
        share=0.42,
        scales=("major", "harmonic | aeolian"),
        chords=(0, 0, 48, 48, 6, 19, 46, 24, 49, 68, 60),
        styles=("alberti", "block", "arpeggio", "chorale", "waltz"),
        basses=(43, 42, 0, 70, 48),
        lines=("root", "fifths", "inversions"),
        leads=(40, 73, 68, 71, 0, 56, 42, 48, 60, 6),
        tempo=(50, 160),
        drums=0.03,
        weight=1.2,
    ),
    "folk": Genre(
        major="I . V I | I IV I V | I bVII I bVII | I5 . bVII5 I5 | I V VIm IV | I . . .",
        minor="Im bVII Im bVII | I5 . bVII5 I5 | Im . IV Im | Im Vm Im bVII | Im . . .",
        share=0.4,
        scales=("major | mixolydian | major pentatonic", "dorian | aeolian | dorian"),
        chords=(24, 25, 21, 109, 46, 105, 15),
        styles=("strum", "arpeggio", "drone", "waltz"),
        basses=(32, 43),
        lines=("root", "fifths"),
        leads=(73, 74, 40, 21, 105, 79, 110, 109, 75, 22),
        tempo=(70, 150),
        drums=0.25,
    ),
    "modal": Genre(
        major="I II I II | I . IIm . | IM7 . bVIIM7 . | I bVI I bVI | Isus2 IVsus2 I . | I . . .",
        minor=(
            "Im bVI Im bVI | Im IV Im IV | Im bII Im bII | Im9 . bVIM7 . | Im . bVII . | I5 . . . | Im IIIm Im "
            "bVI | Im Vm Im Vm | Im bVI bIII IVm"
        ),
        share=0.6,
        scales=(
            "lydian | major | mixolydian | major pentatonic",
            "dorian | aeolian | phrygian | harmonic | minor pentatonic",
        ),
        chords=(88, 89, 91, 92, 48, 52, 94, 95, 46, 49, 61),
        styles=("pad", "arpeggio", "drone", "block"),
        basses=(38, 43, 89, 33),
        lines=("pedal", "root", "sub"),
        leads=(73, 40, 68, 80, 46, 11, 52, 56, 60),
        tempo=(55, 120),
        drums=0.5,
    ),
    "soul": Genre(
        major=(
            "IM7 IVM7 IM7 IVM7 | IIm7 V9 IM7 VIm7 | I7 . IV7 . | IM7 IIIm7 IVM7 V9 | I IV I IV | I VIm IIm V | "
            "IVM7 V9 IIIm7 VIm7 | I9 . . . | I IIIm IV V"
        ),
        minor=(
            "Im7 IV9 Im7 IV9 | Im9 IVm9 Im9 V7 | Im7 . IVm7 . | Im9 bVIM7 IVm9 V7 | Im7 . . . | bVIM7 Vm7 IVm9 "
            "Im9 | Im7 Vm7 Im7 Vm7"
        ),
        share=0.5,
        scales=(
            "major | mixolydian | major blues | major pentatonic",
            "dorian | minor pentatonic | aeolian | blues",
        ),
        chords=(4, 5, 0, 27, 16, 26, 7, 48, 61),
        styles=("comp", "skank", "stab", "block", "pad"),
        basses=(33, 36, 37, 38),
        lines=("syncopated", "riff", "octaves", "walking"),
        leads=(52, 53, 54, 85, 65, 66, 56),
        tempo=(65, 125),
        drums=0.93,
        weight=1.2,
    ),
}


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
