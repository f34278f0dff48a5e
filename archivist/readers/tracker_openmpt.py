"""What OpenMPT adds to the modules of FastTracker and Impulse Tracker: chunks that these step over.

As in libopenmpt's loaders (Load_it.cpp, Load_xm.cpp, SongExtensions).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from archivist.readers.tracker_module import MAX_CHANNELS, MAX_NOTES, Module, text
from archivist.records import Plugin, PluginFormat

_PLUGIN = re.compile(rb"FX\d\d")
_FORMATS: dict[bytes, PluginFormat] = {b"PtsV": "vst2", b"OMXD": "dx"}


def extended(module: Module, data: bytes, at: int) -> Module:
    """`module` with its channels' names, its plug-ins and OpenMPT's own song properties.

    The chunks follow on each other; they are searched for from `at` on, as what lies before them differs.
    """
    names = data.find(b"CNAM", at)
    size = int.from_bytes(data[names + 4 : names + 8], "little") if names >= 0 else 0
    if size and size % 20 == 0 and size <= 20 * MAX_CHANNELS:
        fields = [data[names + 8 + n : names + 28 + n] for n in range(0, size, 20)]
        module = replace(module, channel_names=tuple(map(text, fields)))
    message = at if data[at : at + 4] == b"text" else -1
    if message >= 0:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        said = data[at + 8 : at + 8 + min(size, MAX_NOTES)].replace(b"\r", b"\n")
        module = replace(module, message=text(said, MAX_NOTES))
    return _properties(replace(module, plugins=_plugins(data, at)), data, at)


def _plugins(data: bytes, at: int) -> tuple[Plugin, ...]:
    """Chunks FX00 to FX99: the plug-in's type, 28 bytes of routing, the name it is shown by, and its own."""
    found: Counter[Plugin] = Counter()
    for match in _PLUGIN.finditer(data, at):
        size = int.from_bytes(data[match.end() : match.end() + 4], "little")
        chunk = data[match.end() + 4 : match.end() + 4 + 128]
        kind = _FORMATS.get(chunk[:4])
        name = text(chunk[64:128])
        if size >= 128 and kind and name:
            found[Plugin(name, None, kind)] += 1
    return tuple(replace(plugin, count=count) for plugin, count in found.items())


def _properties(module: Module, data: bytes, at: int) -> Module:
    """The chunk STPM: fields of four letters (mostly in reverse), a size of two bytes, and a value."""
    place = data.rfind(b"STPM", at)
    if place < 0:
        return module
    found: dict[bytes, bytes] = {}
    place += 4
    while place + 6 <= len(data) and len(found) < 100:
        size = int.from_bytes(data[place + 4 : place + 6], "little")
        found.setdefault(data[place : place + 4], data[place + 6 : place + 6 + size])
        place += 6 + size

    def number(name: bytes, otherwise: int, most: int) -> int:
        value = int.from_bytes(found.get(name, b"")[:4], "little")
        return value if 0 < value <= most else otherwise

    channels = number(b"...C", len(module.channels), MAX_CHANNELS)
    version = found.get(b"VWSL", b"")
    return replace(
        module,
        tracker="OpenMPT",
        version="{3:x}.{2:02x}.{1:02x}.{0:02x}".format(*version) if len(version) == 4 else module.version,
        channels=tuple([*module.channels, *([False] * channels)][:channels]),
        pace=(number(b"..TD", 0, 1000) or module.pace) + number(b"DTFR", 0, 9_999) / 10_000,
        rows_a_beat=number(b".BPR", module.rows_a_beat, 1024),
        modern=found.get(b"..MT", b"")[:1] == b"\2",
        author=text(found.get(b"AUTH", b"")),
    )
