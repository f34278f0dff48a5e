"""The vocabulary of taggers as the archive keeps it: `mask` packs what plays into one number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from taggers.vocabulary import FAMILIES, FAMILY_OF, INSTRUMENTS, KINDS

__all__ = ["CHORDS_ASKED", "FAMILIES", "FAMILY_OF", "INSTRUMENTS", "KINDS", "joined", "mask"]

CHORDS_ASKED = 12
"""Chords that a query may ask for in a row: the index of chords holds every run of so many, each once."""


def mask(instruments: Iterable[str]) -> int:
    """A bit for each instrument: what `content.instruments` holds, and what a query tests it with.

    The order of INSTRUMENTS is therefore part of every archive: a new one goes to the end.

    >>> mask(["kick", "clap"])
    5
    """
    return sum(1 << INSTRUMENTS.index(name) for name in set(instruments) if name in INSTRUMENTS)


def joined(name: str) -> str:
    """By what words are compared that people write in several ways.

    >>> joined("One Shot") == joined("one-shot") == joined("oneshot")
    True
    """
    return re.sub(r"[\s_-]+", "", name.lower())
