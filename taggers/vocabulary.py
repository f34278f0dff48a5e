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

FAMILY_OF = {member: family for family, members in FAMILIES.items() for member in members}


def with_families(instruments: Iterable[str]) -> set[str]:
    """
    >>> sorted(with_families(["kick", "bass"]))
    ['bass', 'drums', 'kick']
    """
    named = set(instruments)
    return named | {FAMILY_OF[name] for name in named if name in FAMILY_OF}
