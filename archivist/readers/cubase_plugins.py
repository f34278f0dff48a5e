"""The plugins in the slots of a Cubase or Nuendo project's mixer channels, as attributes store them.

A slot is a group of attributes with what it "isA" and a group "Plugin" (or, of one that was not loaded,
"Unload Attributes" in that): "Plugin UID" with a "GUID", "Plugin Name", where its user renamed it "Original
Plugin Name", and its state as "audioComponent". The filter and panners that every channel has are no slots, and
its equaliser is one of its own kind: none of these is listed. A vendor is not stored.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

from archivist.readers.base import MAX_ITEMS
from archivist.readers.cubase_archive import Archive, Thing
from archivist.records import Plugin, PluginFormat

_PLUGIN = re.compile(
    rb"(?:Plugin|Unload Attributes)\0\0\x02.{6}\0\0\0\x0bPlugin UID\0\0\x02.{6}"
    rb"\0\0\0\x05GUID\0\0\x08.{4}[0-9A-F]{32}(?:\0(?:\xef\xbb\xbf)?)?\0\0\0\x0cPlugin Name\0\0\x08",
    re.DOTALL,
)
_ORIGINAL = b"\0\0\0\x15Original Plugin Name\0\0\x08"
_EQUALISER = b"VstCtrlEQ\0"
_WRAPPED = b"VstW"  # how the state of a VST 2 plugin begins


class Slot(NamedTuple):
    """`shown` is what its user calls it."""

    position: int
    plugin: Plugin
    shown: str


def slots(archive: Archive, instruments: list[Thing]) -> list[Slot]:
    """The plugins in an archive's slots, in order. `instruments` are its instrument tracks: they hold their
    channel twice, and what is repeated is left out."""
    doubled = [(track.start, track.end) for track in instruments]
    seen: set[tuple[int, bytes]] = set()
    kept: list[Slot] = []
    for found in islice(_PLUGIN.finditer(archive.data), MAX_ITEMS):
        if _EQUALISER in archive.data[max(0, found.start() - 40) : found.start()]:
            continue
        slot = _slot(archive, found)
        if slot is None:
            continue
        copy = blake2b(archive.data[found.start() : found.start() + 4096]).digest()
        owner = bisect_right(doubled, (slot.position, 0)) - 1
        if owner >= 0 and slot.position < doubled[owner][1]:
            if (owner, copy) in seen:
                continue
            seen.add((owner, copy))
        kept.append(slot)
    return kept


def _slot(archive: Archive, found: re.Match[bytes]) -> Slot | None:
    end = len(archive.data)
    name = archive.text(found.end(), end)
    if name is None:
        return None
    shown, position = name
    original = None
    if archive.data.startswith(_ORIGINAL, position):
        original = archive.text(position + len(_ORIGINAL), end)
    state = archive.data.find(b"audioComponent\0", position, position + 1_000)
    wrapped = state >= 0 and _WRAPPED in archive.data[state : state + 100]
    kind: PluginFormat = "vst2" if wrapped else "vst3"
    return Slot(found.start(), Plugin((original or name)[0] or shown, None, kind), shown)
