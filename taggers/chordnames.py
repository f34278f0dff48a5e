"""The vocabulary of chords: one spelling for all of them. Needs nothing but the standard library.

A chord is a number, its code: NONE, or 1 + 12 * quality + root, the root a pitch class (0 is C). It is written as
musicians do, sharps only: Am, F, C7, Fmaj7, Dm7, Gsus, Bdim, N.
"""

from __future__ import annotations

import re

from taggers.pitch import NOTES

QUALITIES = ("maj", "min", "7", "maj7", "min7", "sus", "dim")
"""sus: of the second or the fourth. dim: half-diminished and diminished sevenths too."""

SUFFIXES = ("", "m", "7", "maj7", "m7", "sus", "dim")
"""How each of QUALITIES is written behind its root."""

RICHER = {"maj": ("maj", "7", "maj7"), "min": ("min", "min7")}
"""What else a triad stands for: who looks for Am means Am7 too."""

NONE = 0
CHORDS = 1 + 12 * len(QUALITIES)
"""How many codes there are."""

_SPELLED = {
    "": 0, "M": 0, "maj": 0, "major": 0, "m": 1, "min": 1, "minor": 1, "7": 2, "dom7": 2, "maj7": 3, "M7": 3,
    "major7": 3, "Δ": 3, "Δ7": 3, "m7": 4, "min7": 4, "minor7": 4, "sus": 5, "sus2": 5, "sus4": 5, "7sus4": 5,
    "dim": 6, "dim7": 6, "°": 6, "°7": 6, "o": 6, "o7": 6, "m7b5": 6, "ø": 6, "ø7": 6,
}  # fmt: skip
_WRITTEN = re.compile(r"([A-Ga-g])([#♯b♭]?)(.*)")
_BENT = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def code_of(root: int, quality: int) -> int:
    """`root`: any integer, C is 0; `quality`: its place in QUALITIES."""
    return 1 + 12 * quality + root % 12


def root_of(code: int) -> int:
    """Of a chord, not of NONE."""
    return (code - 1) % 12


def quality_of(code: int) -> int:
    """Of a chord, not of NONE."""
    return (code - 1) // 12


def chord_name(code: int) -> str:
    """
    >>> [chord_name(code) for code in (0, code_of(9, 1), code_of(5, 3))]
    ['N', 'Am', 'Fmaj7']
    """
    return "N" if code == NONE else NOTES[root_of(code)] + SUFFIXES[quality_of(code)]


def parse_chord(text: str) -> int | None:
    """The code of a chord as people write it, or None. A bass note behind a stroke counts for nothing.

    >>> [parse_chord(text) for text in ("Bbm7", "am", "C/E", "N", "H")]
    [59, 22, 1, 0, None]
    """
    text = text.strip()[:32]
    if text in ("N", "n", "N.C.", "NC"):
        return NONE
    match = _WRITTEN.fullmatch(text.partition("/")[0])
    if not match:
        return None
    quality = _SPELLED.get(match[3], _SPELLED.get(match[3].lower()))
    return None if quality is None else code_of(_LETTERS[match[1].upper()] + _BENT[match[2]], quality)


def triad(code: int) -> int:
    """The plainest chord that a search for it finds: a seventh without its seventh."""
    if code == NONE:
        return NONE
    quality = QUALITIES[quality_of(code)]
    plain = next((name for name, richer in RICHER.items() if quality in richer), quality)
    return code_of(root_of(code), QUALITIES.index(plain))
