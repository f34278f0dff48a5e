"""The patterns of tracker modules, as far as they say something about time.

Each function takes the pattern's bytes, cut at its end, and raises IndexError or struct.error where they
do not suffice. Layouts as in the format descriptions of the trackers (XM.TXT, ITTECH.TXT, S3M's TECH.DOC)
and in libopenmpt's loaders.
"""

from __future__ import annotations

import struct

from archivist.readers.tracker_play import Pattern, amiga, scream

MAX_PATTERN_ROWS = 1024  # OpenMPT's own limit; FastTracker has 256, Impulse Tracker 200


def mod_pattern(data: bytes, channels: int) -> Pattern:
    width = 4 * channels
    return tuple(
        amiga((data[cell + 2] & 15, data[cell + 3]) for cell in range(row, row + width, 4))
        for row in range(0, 64 * width, width)
    )


def s3m_pattern(data: bytes, silent: frozenset[int]) -> Pattern:
    """A pattern after its length. Scream Tracker leaves out what stands in `silent` channels, effects too."""
    at = 0
    rows = []
    for _ in range(64):
        commands = []
        while what := data[at]:
            at += 1 + 2 * (what >> 5 & 1) + (what >> 6 & 1)
            if what & 0x80:
                if what & 31 not in silent:
                    commands.append((data[at], data[at + 1]))
                at += 2
        at += 1
        rows.append(scream(commands, decimal=True))
    return tuple(rows)


def xm_pattern(data: bytes, rows: int, channels: int) -> Pattern:
    """A pattern after its header; without any data all its rows are empty."""
    rows = min(rows, MAX_PATTERN_ROWS)
    if not data:
        return ((),) * rows
    at = 0
    found = []
    for _ in range(rows):
        commands = []
        for _ in range(channels):
            what = data[at]
            if what & 0x80:
                at += 1 + (what & 1) + (what >> 1 & 1) + (what >> 2 & 1)
                effect = data[at] if what & 8 else 0
                at += what >> 3 & 1
                value = data[at] if what & 16 else 0
                at += what >> 4 & 1
            else:
                effect, value = data[at + 3], data[at + 4]
                at += 5
            if effect or value:
                commands.append((effect, value))
        found.append(amiga(commands))
    return tuple(found)


def it_pattern(data: bytes) -> tuple[Pattern, int]:
    """A pattern with its header, and how many channels it uses."""
    _, rows = struct.unpack_from("<HH", data)
    at = 8
    masks = bytearray(64)
    last: dict[int, tuple[int, int]] = {}
    found = []
    channels = 0
    for _ in range(min(rows, MAX_PATTERN_ROWS)):
        commands = []
        while variable := data[at]:
            channel = (variable - 1) & 63
            channels = max(channels, channel + 1)
            at += 1
            if variable & 0x80:
                masks[channel] = data[at]
                at += 1
            mask = masks[channel]
            at += (mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1)
            if mask & 8:
                last[channel] = data[at], data[at + 1]
                at += 2
            if mask & 0x88 and channel in last:
                commands.append(last[channel])
        at += 1
        found.append(scream(commands, decimal=False))
    return tuple(found), channels
