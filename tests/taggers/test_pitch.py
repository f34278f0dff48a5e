"""The vocabulary of keys."""

from __future__ import annotations

import pytest

from taggers.pitch import KEYS, compatible, note_name, parse_key, relative, transpose

SPELLINGS = {
    "Am": "A minor",
    "A min": "A minor",
    "a minor": "A minor",
    "Aminor": "A minor",
    "A": "A major",
    "AM": "A major",
    "Abm": "G# minor",
    "A♭ minor": "G# minor",
    "Bb": "A# major",
    "F#m": "F# minor",
    "F♯ Major": "F# major",
    "F_sharp_minor": "F# minor",
    "E flat major": "D# major",
    "Cb": "B major",
    "E#m": "F minor",
    "C-Dur": "C major",
    "8A": "A minor",
    "08a": "A minor",
    "12B": "E major",
    "1m": "A minor",
    "1d": "C major",
    " Dm ": "D minor",
    "": None,
    "H": None,
    "13A": None,
    "0A": None,
    "Am7": None,
    "A dorian": None,
    "o": None,
    "A" * 1000: None,
}


@pytest.mark.parametrize(("text", "key"), SPELLINGS.items())
def test_parse_key(text: str, key: str | None) -> None:
    assert parse_key(text) == key


WHEEL = {
    "A": ["G#", "D#", "A#", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"],  # minor
    "B": ["B", "F#", "C#", "G#", "D#", "A#", "F", "C", "G", "D", "A", "E"],  # major
}
"""Camelot's wheel as DJs have it on the wall: the keys of 1A to 12A, and of 1B to 12B."""


def test_every_key_has_its_place_on_the_wheel() -> None:
    named = {}
    for letter, mode, open_letter in (("A", "minor", "m"), ("B", "major", "d")):
        for number, note in enumerate(WHEEL[letter], 1):
            named[f"{number}{letter}"] = named[f"{(number + 4) % 12 + 1}{open_letter}"] = f"{note} {mode}"
    assert len(named) == 48
    assert {text: parse_key(text) for text in named} == named
    assert sorted(set(named.values())) == sorted(KEYS)
    assert [parse_key(key) for key in KEYS] == list(KEYS)


def test_neighbours() -> None:
    assert compatible("A minor") == ("A minor", "C major", "E minor", "D minor")
    assert set(compatible("A minor")) == set(map(parse_key, ("8A", "8B", "9A", "7A")))
    assert relative("D# major") == "C minor"
    assert transpose("B minor", 1) == "C minor"
    assert transpose("C major", -13) == "B major"
    assert note_name(60) == "C4"
