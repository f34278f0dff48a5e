"""What was done: index runs and what they found, what people changed, how the archive is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from archivist.records.rows import Difference, Source


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
class ArchiveCounts:
    files: int = 0
    projects: int = 0
    missing: int = 0
    analysed: int = 0
    failures: int = 0
    roots: tuple[RootInfo, ...] = field(default=())
