"""Genres by their harmony: progressions, scales and what plays them, for songs of taggers.training.render.tunes.

What matters is what makes keys hard to hear in each genre: the flat seventh of blues and rock, riffs of bare
fifths, one chord for eight bars, the minor loop that a profile takes for its relative major. A key is where the
piece is at home: mixolydian counts as major, dorian and phrygian as minor. Chords are semitones above the tonic
with a quality.
"""

from __future__ import annotations

from dataclasses import dataclass

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
