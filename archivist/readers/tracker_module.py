"""A tracker module, whichever format it is in, before it is told to others."""

from __future__ import annotations

from dataclasses import dataclass, field

from archivist.readers.tracker_play import ROWS_A_BEAT, Pattern
from archivist.records import Plugin
from archivist.text import clean

MAX_CHANNELS = 256
MAX_NOTES = 20_000


@dataclass(frozen=True, slots=True)
class Slot:
    """A sample or an instrument as the module lists it."""

    name: str
    sounds: bool


@dataclass(frozen=True, slots=True)
class Module:
    title: str
    tracker: str
    channels: tuple[bool, ...]  # for each whether it is muted
    version: str | None = None
    samples: tuple[Slot, ...] = ()
    instruments: tuple[Slot, ...] = ()
    patterns: dict[int, Pattern] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    speed: int = 6
    pace: float = 125
    rows_a_beat: int = ROWS_A_BEAT
    modern: bool = False
    message: str = ""
    author: str = ""
    channel_names: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    unread: tuple[str, ...] = ()


def text(data: bytes, limit: int = 1_000) -> str:
    """Text of a field of fixed size, which ends at a NUL; DOS's letters, or the Amiga's."""
    raw = data.split(b"\0", 1)[0]
    try:
        return clean(raw.decode("utf-8"), limit)
    except UnicodeDecodeError:
        return clean(raw.decode("cp437"), limit)
