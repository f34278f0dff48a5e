"""The mixer of a MuseScore 4 score: audiosettings.json in its zip, earlier versions have none.

Names of its fields as in MuseScore's source (project/internal/projectaudiosettings.cpp).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

from archivist.readers.base import MAX_ITEMS, ReadError, open_member
from archivist.records import Plugin, PluginFormat
from archivist.text import clean

MAX_SETTINGS = 16 * 2**20

_MEMBER = "audiosettings.json"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the mixer; `part` is the id of the score's part that it plays, None of the others."""

    part: str | None
    muted: bool
    sounds: tuple[Plugin, ...]


def mixer(archive: ZipFile) -> tuple[Channel, ...]:
    """The channels of the parts, the sends and the master. Raises ReadError or ValueError on damage."""
    if _MEMBER not in archive.namelist():
        return ()
    with open_member(archive, _MEMBER) as stream:
        data = stream.read(MAX_SETTINGS + 1)
    if len(data) > MAX_SETTINGS:
        raise ReadError("its audio settings are larger than a score's would be")
    settings = json.loads(data)
    lists = (_inside(settings, "tracks"), _inside(settings, "aux"))
    found = [channel for each in lists if isinstance(each, list) for channel in each]
    return tuple(map(_channel, [*found, {"out": _inside(settings, "master")}][:MAX_ITEMS]))


def _inside(value: Any, *names: str) -> Any:
    """What lies below `names` in nested JSON objects; None where that is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _channel(stored: Any) -> Channel:
    part = _inside(stored, "partId")
    return Channel(
        part=clean(part) if isinstance(part, str) else None,
        muted=_inside(stored, "soloMuteState", "mute") is True,
        sounds=tuple(_sounds(stored)),
    )


def _sounds(stored: Any) -> Iterator[Plugin]:
    """A channel's instrument and effects: VST 3 plug-ins, or sounds and effects of MuseScore's own."""
    chain = _inside(stored, "out", "fxChain")
    effects = list(chain.values()) if isinstance(chain, dict) else []
    for place in (_inside(stored, "in"), *effects):
        resource = _inside(place, "resourceMeta")
        name = _text(_inside(resource, "attributes", "museName")) or _text(_inside(resource, "id"))
        if name:
            kind: PluginFormat = "vst3" if _inside(resource, "type") == "vst_plugin" else "builtin"
            yield Plugin(name, _text(_inside(resource, "vendor")) or None, kind)


def _text(value: Any) -> str:
    return clean(value).strip("\\") if isinstance(value, str) else ""
