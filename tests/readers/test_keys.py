from __future__ import annotations

import pytest

from archivist.readers.keys import from_accidentals, from_name

NAMES = {
    "C major": "C major",
    "Bb major": "A# major",
    "C Major": "C major",
    "G# Natural Minor": "G# minor",
    "B flat minor": "A# minor",
    "Cb major": "B major",
    "F♯ minor": "F# minor",
    "Am": "A minor",
    "Bbm": "A# minor",
    "CM": "C major",
    " E min ": "E minor",
    "D Dorian": None,
    "H minor": None,
    "C": None,
    "": None,
}

SIGNATURES = {
    (0, False): "C major",
    (0, True): "A minor",
    (7, False): "C# major",
    (-7, False): "B major",
    (-7, True): "G# minor",
    (2, True): "B minor",
    (-3, True): "C minor",
    (8, False): None,
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert from_name(name) == NAMES[name]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures(signature: tuple[int, bool]) -> None:
    assert from_accidentals(*signature) == SIGNATURES[signature]
