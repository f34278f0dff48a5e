"""FL Studio projects (.flp), versions 8 to 25: a stream of events that set one value after the other.

What FL's user calls tracks stands in three lists, given one after the other in the file's order: the
channel rack (every channel), the playlist and the mixer. The last two have 500 and some 100 places in any
project, so only those count that somebody named, or in the mixer also those that hold an effect. A
playlist track with the name of a channel is left out: it shows where that channel's clips lie.

Ids and layouts: read from real files of versions 9 to 25; PyFLP's event tables (names of ids 0-241); the
channel types are the CT_ constants of FL's own MIDI scripting. No key and no sample rate are stored.
Tempo automation is not decoded: where a project holds automation, tempo changes and length are unread.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_bytes, read_head, translate_errors
from archivist.readers.flp_events import (
    MAX_COMMENT,
    Event,
    creation_date,
    last_tick,
    open_events,
    plain_text,
    wrapper_records,
)
from archivist.records import Marker, Plugin, PluginFormat, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

_CHANNEL_KINDS: dict[int, TrackKind] = {
    0: "instrument",  # sampler
    1: "instrument",  # generator that feeds the sampler (TS404 of old)
    2: "instrument",  # generator plugin
    3: "group",  # layer
    4: "audio",  # audio clip
    5: "automation",  # automation clip
}
_FORMATS: dict[str, PluginFormat] = {".vst3": "vst3", ".component": "au", ".clap": "clap"}
_WRAPPER = "Fruity Wrapper"  # what FL loads in place of any plugin that is not its own
_INSERT_ENABLED = 0x08


@dataclass(slots=True)
class _Device:
    internal: str
    state: bytes = b""


@dataclass(slots=True)
class _Channel:
    number: int
    kind: int = 0
    enabled: bool = True
    name: str = ""
    old_name: str = ""
    device: _Device = field(default_factory=lambda: _Device(""))
    sample: str = ""


@dataclass(slots=True)
class _PlaylistTrack:
    enabled: bool = True
    name: str = ""


@dataclass(slots=True)
class _Insert:
    enabled: bool = True
    name: str = ""
    devices: list[_Device] = field(default_factory=list)
    begun: bool = False


class _Project:
    """What the walk over the events has found so far."""

    def __init__(self, ppq: int) -> None:
        self.ppq = ppq
        self.version = ""
        self.wide = False  # text is UTF-16 (from 11.5 on) rather than one byte a letter
        self.numbers: dict[int, int] = {}
        self.texts: dict[int, str] = {}
        self.created: str | None = None
        self.channels: dict[int, _Channel] = {}
        self.playlist: list[_PlaylistTrack] = []
        self.inserts: list[_Insert] = [_Insert()]
        self.markers: list[Marker] = []
        self.ends: dict[int, int | None] = {}  # last tick of each arrangement; None where unreadable
        self.automated = False
        self._scope = "project"
        self._channel: _Channel | None = None
        self._marker: tuple[int, str] = (0, "")
        self._arrangement = 0

    def take(self, event: Event) -> None:
        value, payload = event.value, event.payload
        if event.channel is not None:
            self._channel = self.channels.get(event.channel) or _Channel(event.channel)
            self.channels[event.channel] = self._channel
        match event.id:
            case 199:
                self._take_version(payload)
            case 17 | 18 | 35 | 66 | 93:  # the song's signature, and its tempo up to version 9
                self.numbers.setdefault(event.id, value)
            case 100 | 156:  # the arrangement shown; the tempo: FL itself lets the last one win
                self.numbers[event.id] = value
            case 194 | 195 | 198 | 207:  # title, comment, comment as RTF (to version 11), author
                self.texts.setdefault(event.id, self._text(payload, MAX_COMMENT))
            case 237:
                self.created = creation_date(payload)
            case 64 | 65 | 99:
                self._scope = {64: "channel", 65: "pattern", 99: "arrangement"}[event.id]
                self._arrangement = value if event.id == 99 else self._arrangement
            case 148:
                self._marker = (value, self._scope)
            case 205:
                self._take_marker(self._text(payload))
            case 223 | 234:  # recorded automation of a pattern; the points of an automation clip
                self.automated = True
            case 233:
                self.ends[self._arrangement] = last_tick(payload)
            case 238:
                self.playlist.append(_PlaylistTrack(enabled=len(payload) <= 12 or payload[12] != 0))
            case 239 if self.playlist:
                self.playlist[-1].name = self._text(payload)
            case 27 | 147 | 204 | 236:
                self._take_insert(event)
            case 201 | 213 if self._scope == "mixer":
                self._take_effect(event)
            case _ if self._channel is not None and self._scope != "mixer":
                self._take_channel(self._channel, event)

    def _take_version(self, payload: memoryview) -> None:
        self.version = clean(bytes(payload[:64]).split(b"\0")[0].decode("latin-1"))
        numbers = [int(part) for part in re.findall(r"\d{1,6}", self.version)[:2]]
        self.wide = numbers >= [11, 5]

    def _take_marker(self, name: str) -> None:
        """A time marker's name, which follows its position: an action in the top byte (8 is a change of
        signature), ticks below. Patterns have markers of their own since version 20."""
        position, scope = self._marker
        if scope != "pattern" or _major(self.version) < 20:
            self.markers.append(Marker(name, (position & 0xFFFFFF) / self.ppq, "beats"))

    def _take_channel(self, channel: _Channel, event: Event) -> None:
        match event.id:
            case 0:
                channel.enabled = event.value != 0
            case 21:
                channel.kind = event.value
            case 192:
                channel.old_name = self._text(event.payload)
            case 196:
                channel.sample = self._text(event.payload, 4_000)
            case 201:
                channel.device.internal = self._text(event.payload)
            case 203:
                channel.name = self._text(event.payload)
            case 213:
                channel.device.state = bytes(event.payload)

    def _take_insert(self, event: Event) -> None:
        """Each insert's events: its name before or after the flags (236), its effects, its output (147)
        last. The flags' second word holds what event 27 held up to version 11."""
        if event.id != 27:
            self._scope, self._channel = "mixer", None
        insert = self.inserts[-1]
        match event.id:
            case 27:
                insert.enabled = bool(event.value & _INSERT_ENABLED)
            case 204:
                insert.name = self._text(event.payload)
            case 236:
                insert.begun = True
                if len(event.payload) >= 8:
                    insert.enabled = bool(event.payload[4] & _INSERT_ENABLED)
            case 147 if insert.begun:
                self.inserts.append(_Insert())

    def _take_effect(self, event: Event) -> None:
        devices = self.inserts[-1].devices
        if event.id == 201:
            devices.append(_Device(self._text(event.payload)))
        elif event.id == 213 and devices:
            devices[-1].state = bytes(event.payload)

    def _text(self, payload: memoryview, limit: int = 1_000) -> str:
        data = bytes(payload[: 4 * limit])
        text = data.decode("utf-16-le", "replace") if self.wide else data.decode("cp1252", "replace")
        return clean(text.split("\0")[0], limit)


def read(path: Path) -> ProjectInfo:
    """Everything of one .flp file. Raises ReadError."""
    with translate_errors():
        data = read_bytes(path)
    ppq, events = open_events(data)
    project = _Project(ppq)
    for event in events:
        project.take(event)
        if max(len(project.playlist), len(project.inserts), len(project.markers)) > MAX_ITEMS:
            raise ReadError("holds more tracks or markers than a project would")
    return _info(project)


def _info(project: _Project) -> ProjectInfo:
    channels = list(project.channels.values())
    devices = [_plugin(channel.device) for channel in channels]
    devices += [_plugin(device) for insert in project.inserts for device in insert.devices]
    counts = Counter(plugin for plugin in devices if plugin is not None)
    bpm = _tempo(project.numbers)
    end = project.ends.get(project.numbers.get(100, 0), 0)
    unread = {
        "plugins": any(plugin is not None and plugin.name == _WRAPPER for plugin in devices),
        "tempo_changes": project.automated,
        "length_seconds": end is None or (end > 0 and project.automated),
    }
    return ProjectInfo(
        format="flstudio",
        daw="FL Studio",
        daw_version=project.version or None,
        bpm=bpm,
        time_signature=_signature(project.numbers),
        length_seconds=end / project.ppq * 60 / bpm if end and bpm and not unread["length_seconds"] else None,
        title=project.texts.get(194) or None,
        author=project.texts.get(207) or None,
        comment=project.texts.get(195) or plain_text(project.texts.get(198, "")) or None,
        created=project.created,
        tracks=(*map(_channel_track, channels), *_playlist_tracks(project), *_insert_tracks(project)),
        plugins=tuple(Plugin(p.name, p.vendor, p.format, count) for p, count in counts.items()),
        samples=_samples(channels),
        markers=tuple(project.markers),
        unread=tuple(name for name, missing in unread.items() if missing),
    )


def _channel_track(channel: _Channel) -> Track:
    plugin = _plugin(channel.device)
    kind = _CHANNEL_KINDS.get(channel.kind, "other")
    if channel.device.internal == "MIDI Out":
        kind = "midi"
    # Up to version 11 the channel's name is event 192, and 203 names the plugin's preset.
    name = channel.old_name or channel.name or (plugin.name if plugin else "")
    name = name or PureWindowsPath(channel.sample).stem or f"Channel {channel.number + 1}"
    return Track(name, kind, muted=not channel.enabled, devices=(plugin.name,) if plugin else ())


def _playlist_tracks(project: _Project) -> Iterator[Track]:
    rack = {name for channel in project.channels.values() for name in (channel.old_name, channel.name)}
    for track in project.playlist:
        if track.name and track.name not in rack:
            yield Track(track.name, "other", muted=not track.enabled)


def _insert_tracks(project: _Project) -> Iterator[Track]:
    for number, insert in enumerate(project.inserts):
        devices = tuple(plugin.name for plugin in map(_plugin, insert.devices) if plugin is not None)
        if insert.name or devices:
            name = insert.name or (f"Insert {number}" if number else "Master")
            yield Track(name, "bus" if number else "master", muted=not insert.enabled, devices=devices)


def _plugin(device: _Device) -> Plugin | None:
    """FL's own plugins go by their internal name, the others by what the wrapper's state says."""
    if device.internal != _WRAPPER:
        return Plugin(device.internal, "Image-Line", "builtin") if device.internal else None
    records = wrapper_records(device.state)
    suffix = PureWindowsPath(records.get(55, "")).suffix.lower()
    return Plugin(records.get(54) or _WRAPPER, records.get(56) or None, _FORMATS.get(suffix, "vst2"))


def _samples(channels: list[_Channel]) -> tuple[SampleRef, ...]:
    """Each sample once. A path that begins with a variable, such as %FLStudioFactoryData%, lies in FL's
    own folders, of which nobody here knows where they are."""
    paths = dict.fromkeys(channel.sample for channel in channels if channel.sample)
    return tuple(SampleRef(p, status="unresolved" if p.startswith("%") else None) for p in paths)


def _tempo(numbers: dict[int, int]) -> float | None:
    """Thousandths in one event; up to version 9 whole beats in one and thousandths in another."""
    thousandths = numbers.get(156) or numbers.get(66, 0) * 1000 + numbers.get(93, 0)
    return thousandths / 1000 if 1 <= thousandths <= 2_000_000 else None


def _signature(numbers: dict[int, int]) -> str | None:
    """Unless the project uses signatures (event 35, version 20 on) the second number is not the
    denominator but steps a beat, and a beat is a quarter note."""
    beats, division = numbers.get(17, 0), numbers.get(18, 0)
    if not beats or not division:
        return None
    return f"{beats}/{division if numbers.get(35) else 4}"


def _major(version: str) -> int:
    return int(match[0]) if (match := re.match(r"\d{1,6}", version)) else 0


def sniff(path: Path) -> bool:
    head = read_head(path, 32)
    return head.startswith(b"FLhd\x06\0\0\0") and head[14:18] == b"FLdt"


READER = Reader(
    name="flstudio",
    title="FL Studio",
    version=1,
    suffixes=(".flp",),
    read=read,
    sniff=sniff,
    backup_folders=("backup",),
)
