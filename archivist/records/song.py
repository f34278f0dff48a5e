"""What a project file says: a song, as its reader reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["beats", "seconds"]
TrackKind = Literal[
    "audio", "midi", "instrument", "group", "return", "master", "bus", "marker", "automation", "other"
]
PluginFormat = Literal["vst2", "vst3", "au", "clap", "lv2", "ladspa", "dx", "js", "builtin"]
SampleStatus = Literal["found", "missing", "unresolved"]


@dataclass(frozen=True, slots=True)
class TempoChange:
    at: float
    unit: Unit
    bpm: float


@dataclass(frozen=True, slots=True)
class Track:
    name: str
    kind: TrackKind
    muted: bool = False
    frozen: bool = False
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plugin:
    name: str
    vendor: str | None
    format: PluginFormat
    count: int = 1


@dataclass(frozen=True, slots=True)
class SampleRef:
    """A sample that a project names.

    `path` stands as stored. `relative` is the same place seen from the project's folder where the
    format stores that too. `status` stays None where the reader leaves it to `readers.samples`; a
    sample embedded in the project's own container is "found".
    """

    path: str
    relative: str | None = None
    status: SampleStatus | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    name: str
    at: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class PlacedMarker:
    """A marker on both rulers; None where no tempo tells the one from the other."""

    name: str
    beats: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """One project file as its reader sees it. A fact the format does not store is None or empty;
    a fact that it stores and this reader cannot read is named in `unread`, and the status is "partial"."""

    format: str
    daw: str
    daw_version: str | None = None
    bpm: float | None = None
    tempo_changes: tuple[TempoChange, ...] = ()
    time_signature: str | None = None
    key: str | None = None
    sample_rate: int | None = None
    length_seconds: float | None = None
    title: str | None = None
    author: str | None = None
    comment: str | None = None
    created: str | None = None
    saved: str | None = None
    tracks: tuple[Track, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    samples: tuple[SampleRef, ...] = ()
    markers: tuple[Marker, ...] = ()
    history: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def status(self) -> Literal["ok", "partial"]:
        return "partial" if self.unread else "ok"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect` says of one path: a ProjectInfo, or why there is none."""

    path: str
    info: ProjectInfo | None = None
    error: str | None = None
