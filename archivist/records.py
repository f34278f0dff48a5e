"""The values that cross borders between modules: frozen, plain, free of any database.

Times of projects are in beats (quarter notes) or seconds and say which; dates are ISO 8601 strings
with a zone where the source gives one; keys are written "C# minor", sharps only; tempi are beats a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Unit = Literal["beats", "seconds"]
TrackKind = Literal[
    "audio", "midi", "instrument", "group", "return", "master", "bus", "marker", "automation", "other"
]
PluginFormat = Literal["vst2", "vst3", "au", "clap", "lv2", "ladspa", "dx", "js", "builtin"]
SampleStatus = Literal["found", "missing", "unresolved"]
Source = Literal["user", "project", "embedded", "name", "stems", "machine"]

# ---------------------------------------------------------------- what a project file says


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


# ---------------------------------------------------------------- what the archive answers


@dataclass(frozen=True, slots=True)
class RootInfo:
    id: int
    path: str
    kind: str
    status: Literal["online", "offline"]
    files: int
    last_indexed: str | None
    drive: str = ""  # its label: what to plug in when it is offline


@dataclass(frozen=True, slots=True)
class Relocation:
    """A root that lies elsewhere now. found: of its `files`, those at the same names in the new place. merged: the
    new place was a root already, or in one."""

    old: str
    new: str
    files: int
    found: int
    merged: bool


@dataclass(frozen=True, slots=True)
class Pruned:
    """What left the archive: paths of files, names of projects. kept: how many contents and projects stay for what
    people said of them; forgotten: how many contents went with that."""

    files: tuple[str, ...]
    projects: tuple[str, ...]
    kept: int
    forgotten: int


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
    query: str  # the term that narrows a query to it, such as 'key:"A minor"' or 'bpm:120..129.99'
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """One value that `set` wrote, or would write with a dry run."""

    path: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says of one field of a file, None for "there is none"; and what the machine had heard, if it
    had, with its confidence."""

    path: str
    field: str
    value: float | str | None
    heard: float | str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """Where an index run stands, sent a few times a second. `total` is None while the walk goes on."""

    stage: Literal["walking", "reading", "tagging", "done"]
    done: int
    total: int | None
    current: str  # the path worked on last
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexSummary:
    seen: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    back: int = 0
    analysed: int = 0
    failed: int = 0
    seconds: float = 0.0
    failures: tuple[Failure, ...] = ()
    offline: tuple[str, ...] = ()  # roots whose drive is away; nothing of them was touched
    indexed: int = 0  # roots brought up to date
    refused: tuple[Failure, ...] = ()  # roots that lost more than the threshold; see --accept-missing
    interrupted: bool = False


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `doctor` looked at, and what to do about it where it is not well."""

    check: str
    status: Literal["ok", "warning", "problem"]
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class NewFiles:
    """Takes, stems and other audio that is new in one project, or in none. names: the first few hundred."""

    project: str | None
    path: str | None  # the project's folder
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewProject:
    id: int
    name: str
    path: str
    daw: str


@dataclass(frozen=True, slots=True)
class ChangedProject:
    """A project saved anew. No changes: nothing that versions are compared by."""

    id: int
    name: str
    path: str
    daw: str
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class LostSamples:
    """What a project names and is not there: since lately, or since the project was first seen."""

    id: int
    project: str
    path: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A machine hears another tempo or key than `source` (project, embedded, name) says."""

    id: int  # of the file
    path: str
    field: str
    heard: str
    said: str
    source: Source


@dataclass(frozen=True, slots=True)
class Report:
    """What is new since a moment. counts: of all there is, where the lists stop at a thousand.

    since: None for everything. bytes_added: of all new files, projects too; bytes_gone: of those missing since.
    """

    since: str | None
    until: str
    counts: dict[str, int]
    bytes_added: int
    bytes_gone: int
    new_files: tuple[NewFiles, ...] = ()
    new_projects: tuple[NewProject, ...] = ()
    changed_projects: tuple[ChangedProject, ...] = ()
    lost_samples: tuple[LostSamples, ...] = ()
    conflicts: tuple[Disagreement, ...] = ()
    failures: tuple[Failure, ...] = ()
    offline: tuple[str, ...] = ()
    refused: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect` says of one path: a ProjectInfo, or why there is none."""

    path: str
    info: ProjectInfo | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Hearing:
    """What `analyze` says of one audio file, in the order scripts see it. None: the tagger abstains.

    `declared`: what the file's own tags, chunks and name say. `engines`: who heard each field.
    """

    path: str
    status: Literal["ok", "error"]
    error: str | None = None
    duration: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    bit_depth: int | None = None
    codec: str | None = None
    kind: str | None = None
    kind_confidence: float | None = None
    bpm: float | None = None
    bpm_confidence: float | None = None
    bpm_candidates: tuple[dict[str, Any], ...] = ()
    key: str | None = None
    key_confidence: float | None = None
    key_candidates: tuple[dict[str, Any], ...] = ()
    tuning_cents: float | None = None
    instrument: str | None = None
    instruments: dict[str, float] = field(default_factory=dict)
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    flags: tuple[str, ...] = ()
    declared: dict[str, Any] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ArchiveCounts:
    files: int = 0
    projects: int = 0
    missing: int = 0
    analysed: int = 0
    failures: int = 0
    roots: tuple[RootInfo, ...] = field(default=())
