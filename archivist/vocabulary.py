"""The words for what plays and for what kind of sound it is. Scripts see them: a change is a major version."""

from __future__ import annotations

from collections.abc import Iterable

FAMILIES: dict[str, tuple[str, ...]] = {
    "drums": ("kick", "snare", "clap", "hihat", "cymbal", "tom", "percussion"),
    "strings": ("violin", "cello"),
    "brass": ("trumpet",),
    "reeds": ("saxophone", "clarinet"),
    "synth": ("pad",),
    "vocals": ("choir",),
}
"""An instrument's family is found with each of its members."""

INSTRUMENTS = (
    "kick", "snare", "clap", "hihat", "cymbal", "tom", "percussion", "drums", "bass", "electric-guitar",
    "acoustic-guitar", "piano", "organ", "electric-piano", "synth", "pad", "strings", "violin", "cello",
    "brass", "trumpet", "saxophone", "flute", "clarinet", "reeds", "mallets", "harp", "vocals", "choir",
    "fx", "other",
)  # fmt: skip

KINDS = ("one-shot", "loop", "stem", "mix")


def mask(instruments: Iterable[str]) -> int:
    """A bit for each instrument: what `content.instruments` holds, and what a query tests it with.

    The order of INSTRUMENTS is therefore part of every archive: a new one goes to the end.

    >>> mask(["kick", "clap"])
    5
    """
    return sum(1 << INSTRUMENTS.index(name) for name in set(instruments) if name in INSTRUMENTS)
