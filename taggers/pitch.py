"""The vocabulary of keys: one spelling for all of them, and how they lie to each other.

A key is "C# minor" or "A major": sharps only, mode in full. Needs nothing but the standard library.
Camelot and Open Key number the circle of fifths: A minor is 8A and 1m, C major 8B and 1d.
"""

from __future__ import annotations

import re

NOTES: tuple[str, ...] = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

KEYS: tuple[str, ...] = tuple(f"{note} {mode}" for mode in ("major", "minor") for note in NOTES)

_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_MINOR = {"m", "min", "minor", "moll"}
_MAJOR = {"", "M", "maj", "major", "dur"}

_NAMED = re.compile(
    r"(?P<letter>[A-Ga-g])[\s_-]?(?P<accidental>#|♯|♭|b|sharp|flat|)[\s_-]*"
    r"(?P<mode>major|minor|maj|min|moll|dur|m|M|)",
    re.IGNORECASE,
)
_CAMELOT = re.compile(r"0?(1[0-2]|[1-9])\s?([AB])", re.IGNORECASE)
_OPEN_KEY = re.compile(r"0?(1[0-2]|[1-9])\s?([md])", re.IGNORECASE)


def parse_key(text: str) -> str | None:
    """The key that `text` as a whole names, or None. A note without a mode is major, as in ID3's TKEY.

    >>> parse_key("Abm"), parse_key("F_sharp_minor"), parse_key("8a"), parse_key("1d"), parse_key("H2O")
    ('G# minor', 'F# minor', 'A minor', 'C major', None)
    """
    text = text.strip()[:32]
    if match := _CAMELOT.fullmatch(text):
        return _on_circle(int(match[1]) - 8, minor=match[2] in "aA")
    if match := _OPEN_KEY.fullmatch(text):
        return _on_circle(int(match[1]) - 1, minor=match[2] in "mM")
    if not (match := _NAMED.fullmatch(text)):
        return None
    mode = match["mode"] if match["mode"] in ("m", "M") else match["mode"].lower()
    pitch = _LETTERS[match["letter"].lower()] + _ACCIDENTALS[match["accidental"].lower()]
    return key_name(pitch, minor=mode in _MINOR) if mode in _MINOR | _MAJOR else None


def key_name(pitch: int, *, minor: bool) -> str:
    """`pitch`: the tonic's class, 0 is C; any integer.

    >>> key_name(-3, minor=True)
    'A minor'
    """
    return f"{NOTES[pitch % 12]} {'minor' if minor else 'major'}"


def transpose(key: str, semitones: int) -> str:
    """
    >>> transpose("A minor", 4)
    'C# minor'
    """
    note, mode = key.split()
    return key_name(NOTES.index(note) + semitones, minor=mode == "minor")


def relative(key: str) -> str:
    """
    >>> relative("A minor"), relative("C major")
    ('C major', 'A minor')
    """
    fifths, minor = _place(key)
    return _on_circle(fifths, minor=not minor)


def compatible(key: str) -> tuple[str, ...]:
    """The keys that mix with `key`, itself first: its relative and both neighbours on the circle of fifths.

    >>> compatible("A minor")
    ('A minor', 'C major', 'E minor', 'D minor')
    """
    fifths, minor = _place(key)
    return (key, relative(key), _on_circle(fifths + 1, minor=minor), _on_circle(fifths - 1, minor=minor))


def note_name(midi: int) -> str:
    """A MIDI note in scientific pitch: 60 is middle C, C4.

    >>> note_name(60), note_name(45)
    ('C4', 'A2')
    """
    return f"{NOTES[midi % 12]}{midi // 12 - 1}"


def _place(key: str) -> tuple[int, bool]:
    """(position on the circle of fifths, minor): C major and A minor are at 0."""
    note, mode = key.split()
    minor = mode == "minor"
    return (NOTES.index(note) + (3 if minor else 0)) * 7 % 12, minor


def _on_circle(fifths: int, *, minor: bool) -> str:
    return key_name(fifths * 7 - (3 if minor else 0), minor=minor)
