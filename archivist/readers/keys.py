"""Keys as the archive spells them: one of twelve tonics with sharps only, "major" or "minor"."""

from __future__ import annotations

import re

TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_NAME = re.compile(
    r"([A-G])[ -]?(#|♯|b|♭|sharp|flat)?[ -]?(?:natural[ -])?(major|minor|maj|min|m)?", re.IGNORECASE
)
_STEPS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}


def from_name(text: str) -> str | None:
    """The key that a DAW names; None for other modes and for what is no key at all.

    >>> from_name("Bb major"), from_name("G# Natural Minor"), from_name("D Dorian")
    ('A# major', 'G# minor', None)
    """
    match = _NAME.fullmatch(text.strip())
    if match is None or match[3] is None:
        return None
    tonic = TONICS.index(match[1].upper()) + _STEPS.get((match[2] or "").lower(), 0)
    minor = match[3] == "m" or match[3].lower().startswith("min")
    return f"{TONICS[tonic % 12]} {'minor' if minor else 'major'}"


def from_accidentals(sharps: int, minor: bool) -> str | None:
    """The key of a signature: `sharps` from 7 to -7, where less than none are flats (as in MIDI files).

    >>> from_accidentals(3, minor=False), from_accidentals(-3, minor=True)
    ('A major', 'C minor')
    """
    if not -7 <= sharps <= 7:
        return None
    return f"{TONICS[(7 * sharps + (9 if minor else 0)) % 12]} {'minor' if minor else 'major'}"
