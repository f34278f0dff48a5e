"""What the archive answers: lines of result lists, and all that is known of one file or project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from archivist.records.song import PlacedMarker, Plugin, SampleRef, TempoChange, Track

Source = Literal["user", "project", "embedded", "name", "stems", "machine"]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line of a result list. `state` greys it: a missing file was there once, an offline one
    lies on a drive that is not plugged in."""

    id: int
    path: str
    name: str
    project: str | None
    daw: str | None
    kind: str | None
    bpm: float | None
    key: str | None
    instrument: str | None
    duration: float | None
    loudness: float | None
    size: int
    modified: str
    state: Literal["present", "missing", "offline"]
    drive: str = ""  # the label of the drive that it lies on


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A file that sounds like others, and why.

    score: 0 to 1, the weighted mean of `reasons`. reasons: aspect ("timbre", "rhythm", "key", "tempo", "length")
    to likeness, 0 to 1; an aspect that one of the two lacks, or that weighs nothing, is left out.
    """

    row: FileRow
    score: float
    reasons: dict[str, float]


@dataclass(frozen=True, slots=True)
class DuplicateMember:
    """A file of a group; `relation` says what it is to the group's first, such as "same sound, mp3, −3.1 dB"."""

    row: FileRow
    relation: str
    verdict: str | None  # what a person said of it and the group's first


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Files with the same sound, the best copy first. saving: bytes of all but the first."""

    members: tuple[DuplicateMember, ...]
    why: str  # why the first is the best
    saving: int


@dataclass(frozen=True, slots=True)
class ProjectRow:
    id: int
    path: str
    name: str
    daw: str
    daw_version: str | None
    bpm: float | None
    key: str | None
    time_signature: str | None
    tracks: int
    versions: int
    files: int
    modified: str
    state: Literal["present", "missing", "offline"]
    drive: str = ""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One opinion on one field: who says so, how sure, with what, since when; `wins` for the one in force.

    reason: why it won, or that it is withheld: a machine says it less surely than the config asks. conflict: what
    contradicts the one that won, such as "project 140, audio 93.3".
    """

    field: str
    value: str
    source: Source
    engine: str | None
    confidence: float | None
    date: str | None
    wins: bool
    candidates: tuple[tuple[str, float], ...] = ()
    reason: str = ""
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a version changed; `before` is None for what is new, `after` for what is gone."""

    what: str  # tempo, key, time signature, track, plugin, sample
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.what in ("tempo", "key", "time signature"):
            return f"{self.what} {self.before or 'none'} → {self.after or 'none'}"
        if self.before is None:
            return f"{self.what} added: {self.after}"
        if self.after is None:
            return f"{self.what} removed: {self.before}"
        return f"{self.what} changed: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class VersionRow:
    id: int
    path: str
    saved: str | None
    daw_version: str | None
    bpm: float | None
    key: str | None
    tracks: int
    status: str
    error: str | None
    is_current: bool
    changes: tuple[Difference, ...] = ()  # since the version before it


@dataclass(frozen=True, slots=True)
class PlacedChord:
    """From `at` on, seconds from the file's start, until the next one: "Am", "Fmaj7"; "N" where none sounds."""

    at: float
    chord: str


@dataclass(frozen=True, slots=True)
class FileDetails:
    row: FileRow
    facts: dict[str, Any]  # duration, sample_rate, channels, bit_depth, codec, digest
    values: tuple[ValueRow, ...]
    flags: tuple[str, ...]
    copies: tuple[str, ...]  # other places of the same bytes
    used_by: tuple[str, ...]  # names of the projects that use it
    labels: tuple[str, ...]
    errors: tuple[str, ...]  # what a tagger or the decoder could not do, and why
    chords: tuple[PlacedChord, ...] = ()  # each change, in the order of time
    doubtful: tuple[str, ...] = ()  # the fields that are worth a person's ear: what is:doubtful finds it by


@dataclass(frozen=True, slots=True)
class ProjectDetails:
    row: ProjectRow
    values: tuple[ValueRow, ...]
    tracks: tuple[Track, ...]
    plugins: tuple[Plugin, ...]
    samples: tuple[SampleRef, ...]
    markers: tuple[PlacedMarker, ...]
    tempo_changes: tuple[TempoChange, ...]
    versions: tuple[VersionRow, ...]
    facts: dict[str, Any]  # title, author, comment, sample_rate, length_seconds, created, saved, unread
    labels: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Facet:
    """How many results carry each value of one field, most first. `query` narrows the list to it."""

    field: str  # key, bpm, daw, instrument, kind, year
    counts: tuple[FacetCount, ...]


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str  # as shown
    query: str  # the term that narrows a query to it, such as 'key:"A minor"' or 'bpm:120..129'
    count: int


@dataclass(frozen=True, slots=True)
class ProjectUse:
    """A project's version that uses a file. how: by its "place", or by a "copy" of the same bytes."""

    project_id: int
    project: str
    project_path: str
    daw: str
    version_path: str
    is_current: bool
    how: Literal["place", "copy"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A project that might use a file without our knowing, and why that is not known."""

    project: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileUses:
    """Which projects use a file. safety: "unused-certain" where every project was read in full, "unused-unparsed"
    where `doubts` name some that were not."""

    id: int
    path: str
    safety: Literal["used", "unused-certain", "unused-unparsed"]
    uses: tuple[ProjectUse, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class LackedSample:
    """A sample that a project's current version would not find.

    status: "missing" from where it should lie, "gone" since the archive saw it, "elsewhere" (at `known_at`), or
    "unresolved": only the machine that saved the project could tell. sample: the path as the project stores it.
    """

    project_id: int
    project: str
    project_path: str
    daw: str
    sample: str
    status: Literal["missing", "gone", "elsewhere", "unresolved"]
    known_at: str | None


@dataclass(frozen=True, slots=True)
class PluginUse:
    """projects: whose current version uses it; versions: all that do; count: instances in current versions."""

    name: str
    vendor: str | None
    format: str
    projects: int
    versions: int
    count: int
    last_saved: str
