"""An archive made of arithmetic: any number of rows, none of them stored, answering as `Archive` does.

It understands bare words (in names), `bpm:N`, `key:"…"`, `kind:…`, `daw:…`, a leading "-" and `sort:[-]name|bpm`;
it passes over any other field and over one that has no value yet.
"""

from __future__ import annotations

import re
import threading
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from archivist import config
from archivist.archive import ArchiveError, Interrupted, QueryError
from archivist.records import (
    ArchiveCounts,
    Change,
    Facet,
    FacetCount,
    FileDetails,
    FileRow,
    IndexProgress,
    IndexSummary,
    Neighbour,
    PlacedMarker,
    Plugin,
    ProjectDetails,
    ProjectRow,
    RootInfo,
    SampleRef,
    TempoChange,
    Track,
    ValueRow,
    VersionRow,
)
from archivist.weights import ASPECTS

KEYS = ("A minor", "C major", "F# minor", "E minor", "D major", "G# minor", "B minor")
INSTRUMENTS = ("vocals", "kick", "bass", "piano", "electric-guitar", "synth", "drums", "strings")
KINDS = ("stem", "one-shot", "loop", "mix", "stem")
SONGS = ("Sunrise", "Glass Harbour", "Northbound", "Paper Lions", "Half Light", "Echo Park", "Salt")
DAWS = ("ableton", "reaper", "flstudio", "logic", "bitwig")
WORDS = ("Lead Vox", "Kick", "Bass DI", "Felt Piano", "Gtr L", "Juno", "Room", "Strings")
FIELDS = ("bpm", "key", "kind", "daw", "instrument")
PROJECT_FIELDS = ("bpm", "key", "daw")
PERIOD = 840
"""After so many files all but the numbers in their names comes again: a large archive searches only these."""
OFFLINE_EVERY, MISSING_EVERY = 41, 29

HOSTILE = (
    "[bold red]markup[/]",
    "esc\x1b[31mape\x1b]0;title\x07",
    "line\nbreak\rreturn\ttab",
    "bad\udce9bytes.wav",
    "\u202egnp.exe",
    "日本語の録音テイク",
    "e\u0301clair 👩\u200d🎤",
    "{curly} $primary @click=app.quit",
    "x" * 900,
    "",
)


@dataclass
class FakeResults:
    ids: array[int]
    row: Callable[[int], Any]
    delay: float = 0.0
    pages: int = 0  # how many were asked for

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, start: int, stop: int) -> list[Any]:
        self.pages += 1
        time.sleep(self.delay)
        return [self.row(row_id) for row_id in self.ids[start:stop]]


@dataclass
class FakeArchive:
    files: int = 1_000
    projects: int = 40
    hostile: bool = False
    empty: bool = False
    page_delay: float = 0.0
    find_delays: dict[str, float] = field(default_factory=dict)  # seconds by query
    held: bool = False  # while it is, no search is answered
    broken: Exception | None = None  # raised by every search
    index_steps: int = 5
    index_pause: float = 0.02
    tempi: dict[int, float] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    journal: list[list[Change]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    indexed: list[tuple[Path, ...]] = field(default_factory=list)
    added: list[RootInfo] = field(default_factory=list)
    doubtful: set[int] = field(default_factory=set)
    unheard: set[int] = field(default_factory=set)  # files that cannot be compared
    config: config.Config = field(default_factory=config.default)
    generation: int = 0  # each interrupt ends the reads begun before it

    # ------------------------------------------------------------ rows

    def file(self, n: int) -> FileRow:
        song = SONGS[n // 8 % 7]
        name = f"{WORDS[n % 8]} take {n:07}.wav"
        if self.hostile:
            name = HOSTILE[n % len(HOSTILE)]
        state = "offline" if n % OFFLINE_EVERY == 40 else "missing" if n % MISSING_EVERY == 28 else "present"
        return FileRow(
            id=n, path=f"/studio/{2015 + n % 10}/{song}/Audio/{name}", name=name, project=song,
            daw=DAWS[n // 8 % 5], kind=KINDS[n % 5], bpm=self.tempi.get(n, 90.0 + n % 60),
            key=self.keys.get(n, KEYS[n % 7]) if n % 8 not in (1, 6) else None, instrument=INSTRUMENTS[n % 8],
            duration=0.4 + n * 7 % 4000 / 10, loudness=-6.0 - n % 20, size=4_000 + n * 977 % 90_000_000,
            modified=f"{2015 + n % 10}-{n % 12 + 1:02}-{n % 28 + 1:02}T20:15:00Z", state=state,
        )  # fmt: skip

    def project(self, n: int) -> ProjectRow:
        name = f"{SONGS[n % 7]} {n // 7 + 1}"
        if self.hostile:
            name = HOSTILE[n % len(HOSTILE)]
        return ProjectRow(
            id=n, path=f"/studio/{2015 + n % 10}/{name}/{name}.als", name=name, daw=DAWS[n % 5],
            daw_version="11.2.7",
            bpm=self.tempi.get(-n, 84.0 + n % 50), key=KEYS[n % 7], time_signature="4/4", tracks=8 + n % 40,
            versions=1 + n % 9, files=n * 3 % 200, modified=f"{2015 + n % 10}-03-{n % 28 + 1:02}T10:00:00Z",
            state="present",
        )  # fmt: skip

    # ------------------------------------------------------------ the Archive's interface

    def counts(self) -> ArchiveCounts:
        if self.empty and not self.added:
            return ArchiveCounts()
        roots = (*self.added, RootInfo(1, "/studio", "mixed", "online", self.files, "2025-01-01T00:00:00Z"))
        return ArchiveCounts(self.files, self.projects, self.files // MISSING_EVERY, self.files, 3, roots)

    def roots(self) -> list[RootInfo]:
        return list(self.counts().roots)

    def add_root(self, path: Path, kind: str = "mixed") -> RootInfo:
        root = RootInfo(7, str(path), kind, "online", 0, None)
        self.added.append(root)
        return root

    def interrupt(self) -> None:
        self.generation += 1

    def find(
        self, query: str, *, projects: bool = False, sort: str | None = None, limit: int | None = None,
        lenient: bool = False,
    ) -> FakeResults:  # fmt: skip
        self.asked.append(query)
        if self.broken:
            raise self.broken
        generation = self.generation
        if projects and "sort:length" in query:
            raise QueryError("projects have no length", query.index("sort:") + 5)
        self._wait(self.find_delays.get(query, 0.0), generation)
        matches = self._matches(query, projects)
        total = self.projects if projects else 0 if self.empty else self.files
        row = self.project if projects else self.file
        order = re.search(r"sort:(-?)(\w+)", query)
        numbers: Iterator[int] = iter(range(total))
        if order and order[2] == "bpm":
            numbers = iter(sorted(range(total), key=lambda n: row(n).bpm or 0, reverse=bool(order[1])))
        elif order and order[1]:
            numbers = iter(range(total - 1, -1, -1))
        if matches is None:
            return FakeResults(array("q", islice(numbers, limit)), row, self.page_delay)
        if total > 10 * PERIOD and not order:
            kept = [n for n in range(PERIOD) if matches(row(n))]
            numbers = (start + n for start in range(0, total, PERIOD) for n in kept if start + n < total)
            return FakeResults(array("q", islice(numbers, limit)), row, self.page_delay)
        found = (n for n in self._until_interrupted(numbers, generation) if matches(row(n)))
        return FakeResults(array("q", islice(found, limit)), row, self.page_delay)

    def similar(
        self, like: Sequence[int], *, unlike: Sequence[int] = (), query: str = "", limit: int = 50,
        weights: Mapping[str, float] | None = None, lenient: bool = False,
    ) -> list[Neighbour]:  # fmt: skip
        """Timbre is the distance of instruments around a ring of 8, tempo that of tempi; keys are equal or not."""
        if deaf := self.unheard.intersection(like):
            raise ArchiveError(f"{self.file(deaf.pop()).name}: nobody has heard it yet")
        weights = dict(ASPECTS) if weights is None else weights

        def reasons(row: FileRow, other: FileRow) -> dict[str, float]:
            apart = abs(row.id - other.id) % 8
            found = {"timbre": 1 - min(apart, 8 - apart) / 4}
            if row.key and other.key:
                found["key"] = float(row.key == other.key)
            found["tempo"] = 1 - min(abs((row.bpm or 0) - (other.bpm or 0)) / 60, 1)
            return {name: share for name, share in found.items() if weights[name]}

        def score(found: Mapping[str, float]) -> float:
            total = sum(weights[name] for name in found)
            return sum(weights[name] * share for name, share in found.items()) / total

        matches = self._matches(query, False)
        neighbours = []
        for n in range(self.files):
            row = self.file(n)
            if n in like or n in unlike or (matches and not matches(row)):
                continue
            found = [reasons(row, self.file(other)) for other in like]
            far = [score(reasons(row, self.file(other))) for other in unlike]
            total = sum(map(score, found)) / len(found) - sum(far) / 2
            neighbours.append(Neighbour(row, max(0.0, total), found[0]))
        return sorted(neighbours, key=lambda neighbour: -neighbour.score)[:limit]

    def _matches(self, query: str, projects: bool) -> Callable[[Any], bool] | None:
        tests = []
        for match in re.finditer(r'(-?)(?:([a-z]+):)?("[^"]*"?|[^\s"]*)', query):
            sign, name, value = match[1], match[2], match[3].strip('"')
            if not match[0] or name == "sort":
                continue
            if (name, value) == ("is", "doubtful"):
                doubtful = frozenset(self.doubtful)
                tests.append((bool(sign), "id", doubtful))
                continue
            if name and (not value or name not in (FIELDS if not projects else PROJECT_FIELDS)):
                continue
            tests.append((bool(sign), name or "name", value.casefold()))
        if not tests:
            return None

        def matches(row: Any) -> bool:
            for negated, name, value in tests:
                own = getattr(row, name)
                if name == "id":
                    if (own in value) is negated:
                        return False
                    continue
                text = f"{own:g}" if isinstance(own, float) else str(own or "").casefold()
                if (value in text if name == "name" else value == text) is negated:
                    return False
            return True

        return matches

    def _until_interrupted(self, numbers: Iterator[int], generation: int) -> Iterator[int]:
        for n in numbers:
            if self.generation != generation:
                raise Interrupted
            yield n

    def _wait(self, seconds: float, generation: int) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end or self.held:
            if self.generation != generation:
                raise Interrupted
            time.sleep(0.002)

    def facets(self, query: str, *, projects: bool = False, lenient: bool = False) -> tuple[Facet, ...]:
        matches = self._matches(query, projects)
        rows = [self.project(n) if projects else self.file(n) for n in range(min(2_000, self.files))]
        rows = [row for row in rows if matches is None or matches(row)]
        names = ("daw", "key") if projects else ("kind", "instrument", "key", "daw")
        return tuple(
            Facet(
                name,
                tuple(
                    FacetCount(value, f'{name}:"{value}"' if " " in value else f"{name}:{value}", count)
                    for value, count in Counter(getattr(row, name) for row in rows).most_common()
                    if value
                ),
            )
            for name in names
        )

    def show_file(self, file_id: int) -> FileDetails:
        row = self.file(file_id)
        heard = (row.instrument or "", *(name for name in INSTRUMENTS if name != row.instrument))
        said: list[ValueRow] = [
            ValueRow("kind", row.kind or "–", "machine", "net-1", 0.88, "2025-01-01", True),
            *(ValueRow("instrument", name, "machine", "net-1", 0.96 / (place + 1), "2025-01-01", place == 0)
              for place, name in enumerate(heard)),
            ValueRow("key", row.key or "–", "machine", "bgate", 0.92, "2025-01-01", True,
                     (("A minor", 0.92), ("C major", 0.05))),
        ]  # fmt: skip
        if row.kind == "one-shot":
            said.append(ValueRow("note", "A2", "machine", "yin", 0.84, "2025-01-01", True))
        if row.kind == "loop":
            said.append(ValueRow("bars", "4", "machine", "pulse", 0.8, "2025-01-01", True))
            said.append(ValueRow("beats", "16", "machine", "pulse", 0.8, "2025-01-01", True))
        if file_id in self.doubtful:
            project = ValueRow(
                "bpm",
                f"{row.bpm:g}",
                "project",
                "project Sunrise",
                0.9,
                "2025-01-01",
                True,
                reason="project's tempo; audio hears 93.3",
                conflict="project 140, audio 93.3",
            )
            said.append(project)
        if file_id in self.tempi:
            said.append(ValueRow("bpm", f"{row.bpm:g}", "user", None, 1.0, "2025-02-03T10:00:00Z", True))
        machine = ValueRow("bpm", f"{90 + file_id % 60}", "machine", "percival", 0.61, "2025-01-01",
                           file_id not in self.tempi)  # fmt: skip
        return FileDetails(
            row,
            {"sample_rate": 48000, "channels": 2, "bit_depth": 24, "codec": "pcm"},
            (*said, machine),
            ("clipped",) if file_id % 3 == 0 else (),
            (f"/backup/{row.name}",) if file_id % 2 == 0 else (),
            (f"{row.project} 2",),
            ("favourite",),
            ("loudness: the file ends early",) if file_id % 5 == 0 else (),
            doubtful=("bpm",) if file_id in self.doubtful else (),
        )

    def show_project(self, project_id: int) -> ProjectDetails:
        row = self.project(project_id)
        name = row.name
        return ProjectDetails(
            row,
            (ValueRow("bpm", f"{row.bpm:g}", "project", "ableton", 0.9, None, True),),
            (Track(f"Lead Vox {name}", "audio"), Track("Drums", "group", muted=True, devices=("EQ Eight",))),
            (Plugin("Serum", "Xfer", "vst3", 2),),
            (SampleRef("Samples/kick.wav", None, "found"), SampleRef(f"Samples/{name}.wav", None, "missing")),
            (PlacedMarker(f"Chorus {name}", 64.0, None),),
            (TempoChange(0.0, "beats", 120.0),),
            (
                VersionRow(1, "a.als", "2024-01-01T00:00:00Z", "11.1", 120.0, "A minor", 10, "ok", None, False),
                VersionRow(2, "b.als", "2024-02-01T00:00:00Z", "11.2", 124.0, "A minor", 12, "ok", None, True),
            ),
            {"title": name, "sample_rate": 44100, "unread": ("key",)},
            (),
            "",
        )

    def set_values(
        self, query: str, values: Mapping[str, str], *, projects: bool = False, ids: Sequence[int] | None = None,
        dry_run: bool = False,
    ) -> list[Change]:  # fmt: skip
        changes = []
        for n in ids or ():
            row = self.project(n) if projects else self.file(n)
            for name, value in values.items():
                if name == "bpm":
                    tempo = row.bpm * float(Fraction(value[1:])) if value.startswith("x") else float(value)
                    self.tempi[-n if projects else n] = tempo
                    value = f"{tempo:g}"
                changes.append(Change(row.path, name, str(getattr(row, name)), value))
                if name == "bpm":
                    self.doubtful.discard(n)
                else:
                    self.keys[n] = value
        self.journal.append(changes)
        return changes

    def accept(self, ids: Sequence[int]) -> list[Change]:
        changes = [Change(self.file(n).path, "bpm", f"{self.file(n).bpm:g}", f"{self.file(n).bpm:g}") for n in ids]
        self.doubtful -= set(ids)
        self.journal.append(changes)
        return changes

    def unset_values(
        self, query: str, fields: Sequence[str], *, projects: bool = False, ids: Sequence[int] | None = None,
        dry_run: bool = False,
    ) -> list[Change]:  # fmt: skip
        mine = [n for n in ids or () if "bpm" in fields and n in self.tempi]
        return [Change(self.file(n).path, "bpm", str(self.tempi.pop(n)), None) for n in mine]

    def undo(self) -> list[Change]:
        if not self.journal:
            return []
        changes = self.journal.pop()
        self.tempi.clear()
        self.keys.clear()
        return [replace(change, before=change.after, after=change.before) for change in changes]

    def index(
        self, roots: Sequence[Path] = (), *, jobs: int | None = None, accept_missing: bool = False,
        progress: Callable[[IndexProgress], None] | None = None, stop: threading.Event | None = None,
    ) -> IndexSummary:  # fmt: skip
        self.indexed.append(tuple(roots))
        stop = stop or threading.Event()
        self.empty = False
        for step in range(self.index_steps):
            if progress:
                progress(
                    IndexProgress("tagging", step * 100, self.index_steps * 100, "/studio/a.wav", 2, float(step))
                )
            if stop.wait(self.index_pause):
                return IndexSummary(seen=step, analysed=step * 100, interrupted=True)
        return IndexSummary(seen=self.files, added=12, analysed=self.index_steps * 100, failed=2)
