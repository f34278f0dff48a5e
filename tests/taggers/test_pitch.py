"""The vocabulary of keys."""

from __future__ import annotations

import pytest

from taggers.pitch import KEYS, camelot, compatible, note_name, open_key, parse_key, relative, transpose

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


def test_every_key_comes_back_from_every_spelling() -> None:
    assert len(KEYS) == len(set(KEYS)) == len({camelot(key) for key in KEYS}) == 24
    for key in KEYS:
        assert parse_key(key) == parse_key(camelot(key)) == parse_key(open_key(key)) == key


def test_neighbours() -> None:
    assert compatible("A minor") == ("A minor", "C major", "E minor", "D minor")
    assert {camelot(key) for key in compatible("A minor")} == {"8A", "8B", "9A", "7A"}
    assert relative("D# major") == "C minor"
    assert transpose("B minor", 1) == "C minor"
    assert transpose("C major", -13) == "B major"
    assert note_name(60) == "C4"
