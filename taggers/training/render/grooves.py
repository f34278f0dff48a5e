"""Genres by their rhythm: grooves, lines and tempi, for the songs of taggers.training.render.songs.

A rhythm is a row of steps: `x` sounds, `o` sometimes does, `.` does not, `-` holds a note. Four steps are a beat,
or three where a genre is counted in triplets; a bar has as many beats as its rows say. The half-time feels
(dubstep, trap) have their snare on the third beat, the double-time feels (polka, skank) on every off-beat: it is
this that a network has to learn to count by.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Genre:
    """tempi: lowest and highest. drums: grooves, each piece → its row. bass, chords, lead: rows to choose from;
    a `-` holds the note. swing: the greatest share of a pair of steps that the first may take."""

    tempi: tuple[float, float]
    drums: tuple[dict[str, str], ...]
    bass: tuple[str, ...] = ("x-------x-------", "x-x-x-x-x-x-x-x-", "x-----x-x---x---")
    chords: tuple[str, ...] = ("x---------------", "x-------x-------")
    lead: tuple[str, ...] = ("x---x-x-x-----x-", "x-x---x-x---x---", "")
    swing: float = 0.5
    beat: int = 4
    sampled: float = 0.5
    programs: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] = field(
        default=((33, 34, 38, 39), (0, 4, 27, 48, 50, 89), (80, 81, 0, 73, 56, 11))
    )


_FOUR = "x...x...x...x..."
_BACK = "....x.......x..."
_OFF = "..x...x...x...x."
_EIGHTHS = "x.x.x.x.x.x.x.x."
_SIXTEENTHS = "xxxxxxxxxxxxxxxx"
_ROCK = ((33, 34), (25, 27, 29, 30), (29, 30, 81, 0))
_ELECTRONIC = ((38, 39, 87), (50, 51, 81, 89, 90), (80, 81, 84, 87))

GENRES: dict[str, Genre] = {
    "house": Genre(
        (117, 130),
        (
            {"kick": _FOUR, "clap": _BACK, "open": _OFF},
            {"kick": _FOUR, "clap": _BACK, "hat": "o.x.o.x.o.x.o.xo"},
            {"kick": _FOUR, "snare": "....x.......x..o", "shaker": _SIXTEENTHS, "open": _OFF},
        ),
        bass=("..x-..x-..x-..x-", "x..x..x-x..x..x-", "x-----x-..x-x---"),
        chords=("...x--..x--...x-", "x---------------", "..x-..x-..x-..x-"),
        swing=0.58,
        sampled=0.8,
        programs=_ELECTRONIC,
    ),
    "techno": Genre(
        (124, 146),
        (
            {"kick": _FOUR, "hat": _OFF},
            {"kick": _FOUR, "open": _OFF, "hat": _SIXTEENTHS, "clap": _BACK},
            {"kick": _FOUR, "ride": _EIGHTHS, "tom": "...o..o....o..o."},
        ),
        bass=("..xx..xx..xx..xx", ".xxx.xxx.xxx.xxx", "x-x-x-x-x-x-x-x-"),
        chords=("x---------------", "...x......x....."),
        lead=("x..x..x.x..x..x.", "xxxxxxxxxxxxxxxx", ""),
        sampled=0.8,
        programs=_ELECTRONIC,
    ),
    "trance": Genre(
        (130, 145),
        (
            {"kick": _FOUR, "open": _OFF, "clap": _BACK},
            {"kick": _FOUR, "hat": "..x...x...x...xx"},
        ),
        bass=("..x-..x-..x-..x-", ".xxx.xxx.xxx.xxx"),
        chords=("x---------------", "x-x-x-xx-x-x-xx-"),
        lead=("xxxxxxxxxxxxxxxx", "x-xx-xx-x-xx-xx-"),
        sampled=0.7,
        programs=_ELECTRONIC,
    ),
    "hardcore": Genre(
        (150, 190),
        (
            {"kick": _FOUR, "open": _OFF},
            {"kick": _FOUR, "clap": _BACK, "hat": _EIGHTHS},
        ),
        bass=("..x-..x-..x-..x-",),
        lead=("x-x-x-xx-x-x-x-x", "x--x--x-x--x--x-"),
        sampled=0.8,
        programs=_ELECTRONIC,
    ),
    "drum and bass": Genre(
        (160, 180),
        (
            {"kick": "x.........x.....", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.....o...x.....", "snare": "....x..o.o..x..o", "ride": _EIGHTHS},
            {"kick": "x.x.......xx....", "snare": "....x..x.x..x..o", "hat": _SIXTEENTHS},
            {"kick": "x.x.......xx....", "snare": "....x..x.x....x.", "open": "..........x....."},
        ),
        bass=("x---------------", "x-----x---x-----", "x--x--x-------x-"),
        chords=("x---------------", ""),
        sampled=0.7,
        programs=_ELECTRONIC,
    ),
    "breakbeat": Genre(
        (120, 142),
        (
            {"kick": "x.x.......x..x..", "snare": "....x..o.o..x...", "hat": _EIGHTHS},
            {"kick": "x.....x...x.....", "snare": _BACK, "hat": "x.xxx.x.x.xxx.x."},
        ),
        sampled=0.7,
        programs=_ELECTRONIC,
    ),
    "dubstep": Genre(
        (136, 146),
        (
            {"kick": "x...............", "snare": "........x.......", "hat": "x.....x...x...x."},
            {"kick": "x.....x.......o.", "snare": "........x.......", "hat": _EIGHTHS},
            {"kick": "x..x............", "clap": "........x.......", "hat": "o..o..o..o..o.o."},
        ),
        bass=("x---------------", "x-x-x-xx-x-xx---", "x--x--x--x--x-x-"),
        chords=("x---------------", ""),
        sampled=0.7,
        programs=_ELECTRONIC,
    ),
    "trap": Genre(
        (126, 162),
        (
            {"kick": "x.....x....o....", "clap": "........x.......", "hat": _EIGHTHS},
            {"kick": "x.........x.....", "snare": "........x.......", "hat": "x.x.x.xxx.x.xxxx"},
            {
                "kick": "x..o......x..o..",
                "clap": "........x.......",
                "hat": "x.x.xxx.x.x.x.xx",
                "open": "..............o.",
            },
        ),
        bass=("x---------x-----", "x-----x----x----"),
        chords=("x---------------",),
        sampled=0.8,
        programs=_ELECTRONIC,
    ),
    "boom bap": Genre(
        (80, 102),
        (
            {"kick": "x..x......x.....", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.....o.xo......", "snare": "....x..o.o..x...", "hat": _EIGHTHS},
            {"kick": "x.o....x..x.....", "snare": _BACK, "hat": "x.xxx.x.x.x.x.xo"},
        ),
        swing=0.64,
        sampled=0.7,
    ),
    "lo-fi": Genre(
        (68, 92),
        (
            {"kick": "x......x..x.....", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.........x....o", "stick": _BACK, "hat": "x.x.x.xxx.x.x.x."},
        ),
        chords=("x---------------", "x--x------x-----"),
        swing=0.66,
        programs=((33, 32), (4, 5, 24, 26), (11, 4, 73)),
    ),
    "soul": Genre(
        (88, 112),
        (
            {"kick": "x.x.......x..o..", "snare": "....x..o....x...", "hat": _SIXTEENTHS},
            {"kick": "x..x....x.x.....", "snare": _BACK, "hat": "x.x.x.x.x.x.x.x.", "shaker": "o.o.o.o.o.o.o.o."},
        ),
        bass=("x--x..xx..x-..xx", "x-..x-.xx-..x-.x"),
        chords=("..x...x...x...x.", "x...x..x..x.x..."),
        swing=0.57,
        programs=((33, 36, 37), (4, 7, 28, 17), (66, 56, 61)),
    ),
    "disco": Genre(
        (108, 128),
        (
            {"kick": _FOUR, "snare": _BACK, "open": _OFF, "hat": "x...x...x...x..."},
            {"kick": _FOUR, "snare": _BACK, "hat": _SIXTEENTHS},
        ),
        bass=("x-x-x-x-x-x-x-x-", "x-.xx-.xx-.xx-.x"),
        chords=(".xx..xx..xx..xx.", "x---------------"),
    ),
    "rock": Genre(
        (96, 144),
        (
            {"kick": "x.......x.x.....", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.....x.x.......", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.x.......x.....", "snare": _BACK, "ride": _EIGHTHS},
            {"kick": "x.......x.......", "snare": _BACK, "open": "x...x...x...x..."},
        ),
        bass=("x-x-x-x-x-x-x-x-", "x-------x-x-----"),
        chords=("x-x-x-x-x-x-x-x-", "x---------------", "x---x-x-..x-x---"),
        sampled=0.35,
        programs=_ROCK,
    ),
    "fast rock": Genre(
        (142, 192),
        (
            {"kick": "x.....x.x.......", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.......x.x.....", "snare": _BACK, "open": "x...x...x...x..."},
            {"kick": "x.....x...x.....", "snare": _BACK, "ride": "x...x...x...x..."},
            {"kick": "x...x.x...x.x...", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.......x.......", "snare": _BACK, "hat": "x...x...x...x..."},
        ),
        bass=("x-x-x-x-x-x-x-x-",),
        chords=("x-x-x-x-x-x-x-x-", "x---x---x---x---", "x---------------"),
        lead=("x---x---x-x-x---", "x-------x---x---", ""),
        sampled=0.35,
        programs=_ROCK,
    ),
    "skank": Genre(
        (160, 208),
        (
            {"kick": _FOUR, "snare": _OFF, "hat": _EIGHTHS},
            {"kick": "x...x...x...x...", "snare": _OFF, "ride": _FOUR},
        ),
        bass=("x-x-x-x-x-x-x-x-", "x---x---x---x---"),
        chords=("x-x-x-x-x-x-x-x-",),
        sampled=0.3,
        programs=_ROCK,
    ),
    "metal": Genre(
        (110, 200),
        (
            {"kick": _EIGHTHS, "snare": _BACK, "ride": "x...x...x...x..."},
            {"kick": _SIXTEENTHS, "snare": "........x.......", "open": "x...x...x...x..."},
            {"kick": "x.xxx.xxx.xxx.xx", "snare": _BACK, "hat": "x...x...x...x..."},
        ),
        bass=("x-xxx-xxx-xxx-xx", "x-x-x-x-x-x-x-x-"),
        chords=("x-xxx-xxx-xxx-xx", "x-x-x-x-x-x-x-x-", "x---------------"),
        sampled=0.3,
        programs=_ROCK,
    ),
    "ballad": Genre(
        (60, 86),
        (
            {"kick": "x.........x.....", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x......x..x.....", "stick": _BACK, "hat": _SIXTEENTHS},
        ),
        bass=("x---------x-----", "x-------x-------"),
        chords=("x-x-x-x-x-x-x-x-", "x---x---x---x---", "x---------------"),
        lead=("x---x-x-x---x---", "x-x-x---x-x-x-x-"),
        sampled=0.3,
    ),
    "slow dance": Genre(
        (56, 84),
        (
            {"kick": "x.......x...", "snare": "...x.....x..", "hat": "xxxxxxxxxxxx"},
            {"kick": "x.....x.....", "snare": "...x.....x.."},
        ),
        bass=("x-----x-----",),
        chords=("xxxxxxxxxxxx", "x--x--x--x--"),
        lead=("x--x-xx-----", ""),
        beat=3,
        sampled=0.3,
    ),
    "shuffle": Genre(
        (92, 150),
        (
            {"kick": "x.....x.....", "snare": "...x.....x..", "hat": "x.xx.xx.xx.x"},
            {"kick": "x..x..x..x..", "snare": "...x.....x..", "ride": "x.xx.xx.xx.x"},
        ),
        bass=("x--x--x--x--", "x-xx-xx-xx-x"),
        chords=("x-xx-xx-xx-x", "x-----------"),
        lead=("x-x--xx--x--", ""),
        beat=3,
        sampled=0.3,
        programs=_ROCK,
    ),
    "jazz": Genre(
        (116, 224),
        (
            {"ride": "x..x.xx..x.x", "hat": "...x.....x.."},
            {"ride": "x..x.xx..x.x", "hat": "...x.....x..", "kick": "o..o..o..o.."},
        ),
        bass=("x--x--x--x--",),
        chords=("..x--.......", "x----x------", "......x.x..."),
        lead=("x-xx-xx--..x", "..xx-x..xx-x", ""),
        beat=3,
        sampled=0.1,
        programs=((32,), (0, 26), (56, 66, 0, 11)),
    ),
    "waltz": Genre(
        (84, 186),
        (
            {"kick": "x...........", "snare": "....x...x..."},
            {"kick": "x...........", "hat": "....x...x...", "ride": "x..........."},
            {},
        ),
        bass=("x-----------", "x---x---x---"),
        chords=("....x---x---", "x-----------"),
        lead=("x---x---x---", "x-----x-x---", "x-x-x-x-x-x-"),
        sampled=0.2,
        programs=((32, 43, 58), (21, 0, 48, 24), (40, 73, 71, 21)),
    ),
    "polka": Genre(
        (104, 144),
        (
            {"kick": "x...x...x...x...", "snare": _OFF},
            {"kick": "x.......x.......", "snare": "..x...x...x...x.", "hat": _EIGHTHS},
            {},
        ),
        bass=("x-..x-..x-..x-..",),
        chords=("..x-..x-..x-..x-",),
        lead=("x-x-x-x-x-xxx-x-", "xxx-x-x-xxx-x---"),
        sampled=0.2,
        programs=((58, 32), (21, 24, 105, 0), (71, 56, 73, 72)),
    ),
    "march": Genre(
        (96, 130),
        (
            {"kick": "x...x...x...x...", "snare": "x.xxx.x.x.xxx.xx"},
            {"kick": "x.......x.......", "snare": "..x...x...x.x.xx"},
        ),
        bass=("x---x---x---x---",),
        chords=("..x-..x-..x-..x-", "x---x---x---x---"),
        lead=("x---x-x-x---x---", "x--xx---x--xx---"),
        sampled=0.2,
        programs=((58, 43), (48, 61), (56, 73, 61)),
    ),
    "orchestral": Genre(
        (76, 152),
        (
            {},
            {"tom": "x.....x.x..x..x."},
            {"tom": "x...x...x...x.x.", "snare": "o.......o...o.o."},
        ),
        bass=("x---------------", "x-x-x-x-x-x-x-x-", "x-------x-------"),
        chords=("x---------------", "x-x-x-x-x-x-x-x-", "xxxxxxxxxxxxxxxx"),
        lead=("x-------x---x---", "x-----x-x-------", "x---x---x-x-x-x-"),
        sampled=0.1,
        programs=((43, 42, 58), (48, 49, 45), (60, 56, 73, 40)),
    ),
    "reggae": Genre(
        (66, 96),
        (
            {"kick": "........x.......", "stick": "........x.......", "hat": _EIGHTHS},
            {"kick": _FOUR, "snare": "........x.......", "hat": _EIGHTHS},
        ),
        bass=("x--x--x-..x-x---", "..x-x---x--x----"),
        chords=("..x...x...x...x.", "....x.......x..."),
        swing=0.58,
    ),
    "ska": Genre(
        (120, 176),
        (
            {"kick": "x.......x.......", "snare": _BACK, "hat": _OFF},
            {"kick": _FOUR, "snare": _BACK, "hat": _EIGHTHS},
        ),
        bass=("x-x-x-x-x-x-x-x-", "x---x---x---x---"),
        chords=(_OFF,),
        lead=("x-x-..x-x---....", ""),
        sampled=0.3,
    ),
    "reggaeton": Genre(
        (86, 106),
        (
            {"kick": _FOUR, "snare": "...x..x....x..x."},
            {"kick": _FOUR, "clap": "...x..x....x..x.", "hat": _EIGHTHS},
        ),
        chords=("x---------------", "..x...x...x...x."),
        sampled=0.7,
        programs=_ELECTRONIC,
    ),
    "bossa": Genre(
        (112, 156),
        (
            {"kick": "x..xx..xx..xx..x", "stick": "x..x..x...x..x..", "hat": _EIGHTHS},
            {"kick": "x.......x.......", "stick": "x.....x...x.....", "shaker": _EIGHTHS},
        ),
        bass=("x-----x-x-----x-",),
        chords=("x..x..x...x..x..", "..x---x-..x---x-"),
        sampled=0.2,
        programs=((32, 33), (24, 0), (73, 66, 11)),
    ),
    "synthwave": Genre(
        (78, 122),
        (
            {"kick": _FOUR, "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x.......x.......", "snare": _BACK, "hat": _SIXTEENTHS},
            {"kick": "x.......x.x.....", "snare": _BACK},
        ),
        bass=("xxxxxxxxxxxxxxxx", "x-x-x-x-x-x-x-x-", "..xx..xx..xx..xx"),
        lead=("x-------x-----x-", "xxxxxxxxxxxxxxxx", ""),
        sampled=0.7,
        programs=_ELECTRONIC,
    ),
    "chip": Genre(
        (116, 184),
        (
            {"kick": "x.......x.......", "snare": _BACK, "hat": _EIGHTHS},
            {"kick": "x..x....x..x....", "snare": _BACK},
            {"kick": "x.x...x.x.x...x.", "snare": _BACK, "hat": _SIXTEENTHS},
            {},
        ),
        bass=("x-x-x-x-x-x-x-x-", "xx-xxx-xxx-xxx-x", "x--x--x-x--x--x-"),
        chords=("xxxxxxxxxxxxxxxx", "..x...x...x...x."),
        lead=("x-x-x-xxx-x-x---", "x--x--x-x-x-xxxx", "x---x-x-x---x-x-"),
        sampled=0.4,
        programs=((80, 38), (80, 81), (80, 81, 82)),
    ),
    "arpeggios": Genre(
        (76, 140),
        ({}, {"hat": _EIGHTHS}, {"kick": "x.......x......."}),
        bass=("x---------------", ""),
        chords=("x---------------",),
        lead=("x-x-x-x-x-x-x-x-", "xxxxxxxxxxxxxxxx", "x--x--x-x--x--x-"),
        programs=((38, 89), (88, 89, 90, 94, 95), (0, 11, 81, 46, 98)),
    ),
    "strumming": Genre(
        (76, 150),
        (
            {},
            {"shaker": _EIGHTHS},
            {"kick": "x.......x.......", "snare": _BACK},
        ),
        bass=("x-------x-------", ""),
        chords=("x---x-x-..x-x-x-", "x---x-xxx---x-xx", "x-x-x-x-x-x-x-x-"),
        lead=("x---x---x-x-x---", ""),
        programs=((32, 33), (24, 25), (73, 22, 40)),
    ),
    "piano": Genre(
        (66, 152),
        ({},),
        bass=("x-------x-------", "x-..x-..x-..x-..", "x-x-x-x-x-x-x-x-"),
        chords=("..x-..x-..x-..x-", "x-x-x-x-x-x-x-x-", "x---------------"),
        lead=("x-x-x---x-x-x-x-", "x---x-x-x---x---", "xxx-x-x-xxx-x---"),
        swing=0.6,
        programs=((0, 1), (0, 1), (0, 1)),
    ),
}
