"""The archive: the only public API, for the command line, the terminal UI and scripts alike.

    with Archive.open(config) as archive:
        archive.add_root(Path("/Volumes/Studio A"))
        archive.index()
        for row in archive.find("key:Am bpm:~92 instrument:vocals"):
            print(row.path)

Each call opens a connection of its own for its thread, so that calls may come from several threads.
"""

from __future__ import annotations

import logging
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from archivist import backup, details, edits, results, roots
from archivist.config import Config
from archivist.connections import Connections, Interrupted, translated
from archivist.database import ArchiveError, Gone, file_of, is_current, migrate, open_database
from archivist.edits import EditError
from archivist.query.compile import finds_all
from archivist.query.nodes import Query, QueryError
from archivist.query.parse import order, parse, parse_lenient
from archivist.records import (
    ArchiveCounts,
    Change,
    Correction,
    DuplicateGroup,
    Facet,
    FileDetails,
    FileRow,
    FileUses,
    Finding,
    Hearing,
    IndexProgress,
    IndexSummary,
    Inspection,
    LackedSample,
    Neighbour,
    PluginUse,
    ProjectDetails,
    ProjectRow,
    Pruned,
    Relocation,
    Report,
    RootInfo,
)
from archivist.results import Results
from archivist.store import lock
from archivist.store.lock import Locked
from archivist.tables import File, database
from archivist.weights import ASPECTS, weigh

if TYPE_CHECKING:
    from archivist.vectors import Matrices

__all__ = [
    "ASPECTS",
    "Archive",
    "ArchiveError",
    "EditError",
    "Gone",
    "Interrupted",
    "Locked",
    "QueryError",
    "Results",
    "analyze",
    "back_up",
    "doctor",
    "inspect",
    "restore",
]

log = logging.getLogger(__name__)


def inspect(paths: Sequence[Path]) -> Iterator[Inspection]:
    """What readers see in these project files and bundles; other folders are walked. Needs no archive."""
    from archivist import examine

    return examine.inspect(paths)


def analyze(paths: Sequence[Path], config: Config, stop: threading.Event | None = None) -> Iterator[Hearing]:
    """What is heard in these audio files, in the order given; folders are walked. Needs no archive."""
    from archivist import examine
    from archivist.analysis import local_workers

    return examine.analyze(paths, local_workers(config.jobs, config.time_limit), stop)


def doctor(config: Config, config_file: Path, *, engines: bool = True) -> Iterator[Finding]:
    """Whether all is well, with what to do about it; reads only, and needs no archive that opens. See `doctor`."""
    from archivist import doctor

    return doctor.examine(config, config_file, engines=engines)


def back_up(config: Config, target: Path | None = None) -> Path:
    """Copy the archive while it is in use, check the copy, keep the newest few; where it is. See `backup.take`.

    Raises ArchiveError; where the archive itself is damaged, that names the newest good backup.
    """
    return backup.take(_file(config, "pg_dump"), target, keep=config.backups)


def restore(config: Config, source: Path) -> Path | None:
    """Put a backup in the archive's place, checked first; where the replaced archive lies, if there was one.

    Raises ArchiveError, and changes nothing, where the backup is no good or another process has the archive open.
    """
    return backup.restore(_file(config, "pg_restore"), source)


def _file(config: Config, tool: str) -> Path:
    """The archive's file. Raises ArchiveError where PostgreSQL keeps it, whose own tool does this."""
    file = file_of(config.archive)
    if file is None:
        example = {
            "pg_dump": "pg_dump --format=custom --file=archive.dump DATABASE",
            "pg_restore": "pg_restore --clean --if-exists --dbname=DATABASE archive.dump",
        }
        raise ArchiveError(f"this archive is in PostgreSQL, which has its own tool for that: {example[tool]}")
    return file


# What reads projects and hears audio is imported where it is used: `archivist find` starts without it.


class Archive:
    """One archive. `open` it, call it from any thread, `close` it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._connections = Connections(config.archive)
        self._connected = self._connections.connected
        self._lock = threading.Lock()
        self._vectors: Matrices | None = None  # once asked for

    @classmethod
    def open(cls, config: Config) -> Self:
        """Open the archive that the config names, made on first use, and brought to the current schema after a
        backup. Raises ArchiveError; where the archive is damaged, or gone unlike its backups, that names the
        newest good one.
        """
        file = file_of(config.archive)
        if file:
            backup.whole(file)
        opened = open_database(config.archive)
        database.initialize(opened)

        def keep_the_old(first: str) -> None:
            if file:
                backup.take(file, keep=config.backups, reason=f"before-{first}")

        with translated(config.archive):
            if not is_current(opened):
                migrate(opened, keep_the_old)
        return cls(config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        if not database.is_closed():
            database.close()

    # ------------------------------------------------------------ roots

    def add_root(self, path: Path, kind: str = "mixed", *, mark: bool = False) -> RootInfo:
        """mark: write `.archivist-volume` into the folder, by which it is known wherever it is mounted. Raises
        ArchiveError where the path is no folder, overlaps another root or cannot be marked."""
        with self._connected(writes=True):
            return roots.add(path, kind, mark=mark)

    def roots(self) -> list[RootInfo]:
        with self._connected():
            return roots.every()

    def remove_root(self, path: Path) -> RootInfo:
        with self._connected(writes=True):
            return roots.remove(path)

    def relocate(
        self, old: Path, new: Path, *, accept_missing: bool = False, dry_run: bool = False
    ) -> list[Relocation]:
        """A root, or a drive with roots, lies elsewhere now; nothing is heard again. See `relocate`."""
        from archivist import relocate

        with self._connected(writes=True), lock.held("relocate", threading.Event()):
            return relocate.relocate(
                old,
                new,
                exclude=self.config.exclude,
                threshold=self.config.missing_threshold,
                accept_missing=accept_missing,
                dry_run=dry_run,
            )

    def prune(
        self, query: str = "", *, missing_for: float = 0.0, forget_values: bool = False, dry_run: bool = False
    ) -> Pruned:
        """Forget files and projects that are gone, the only way that they leave; there is no undo. See `prune`.

        query: only what this finds, and then also what lies below no root any more. missing_for: only what has
        been missing for so many seconds. forget_values: what people said of them too. Raises QueryError.
        """
        from archivist import prune

        files = projects = None
        if query.strip():
            asked = (query, f"({query}) is:missing")
            files = [id_ for text in asked for id_ in self.find(text).ids]
            projects = [id_ for text in asked for id_ in self.find(text, projects=True).ids]
        with self._connected(writes=True), lock.held("prune", threading.Event()):
            return prune.prune(
                files, projects, missing_for=missing_for, forget_values=forget_values, dry_run=dry_run
            )

    # ------------------------------------------------------------ indexing

    def index(
        self,
        folders: Sequence[Path] = (),
        *,
        jobs: int | None = None,
        scheduler: str | None = None,
        accept_missing: bool = False,
        nice: bool | None = None,
        command: Literal["index", "watch"] = "index",
        progress: Callable[[IndexProgress], None] | None = None,
        stop: threading.Event | None = None,
        waiting: Sequence[Path] = (),
        settle: float = 0.0,
    ) -> IndexSummary:
        """Bring these roots, or all, up to date. See `indexer.index`.

        nice: the workers let other processes go first; the config's without it. command: who indexes, as
        another is told; "watch" waits for that other's end instead of raising Locked.
        """
        from archivist import indexer, report
        from archivist.analysis import dask_workers, local_workers
        from archivist.store import declared, runs

        limit, stop = self.config.time_limit, stop or threading.Event()
        workers = (
            dask_workers(scheduler, limit)
            if scheduler
            else local_workers(jobs or self.config.jobs, limit, nice=self.config.nice if nice is None else nice)
        )
        self._back_up_weekly()
        with self._connected(writes=True), lock.held(command, stop, wait=command == "watch"):
            started, unnoted = time.time(), runs.begin()
            declared.ask_for(self.config.confidence, stop)
            summary = indexer.index(
                roots.find(folders),
                self.config,
                workers,
                accept_missing=accept_missing,
                progress=progress,
                stop=stop,
                waiting=waiting,
                settle=settle,
            )
            report.note(summary, unnoted=unnoted)
            runs.end(command, started, summary)
        self._back_up_weekly()  # the first has nothing to copy before the archive holds something
        return summary

    def watch(
        self,
        report: Callable[[IndexSummary], None],
        stop: threading.Event,
        *,
        quiet: float | None = None,
        refused: Callable[[Path, str], None] = lambda _root, _reason: None,
    ) -> None:
        """Index once, then whatever changes, until `stop` is set; `report` is given each run's summary.

        refused: told the folders whose changes the system does not all tell, and what could not be done; what is
        missed so is found by the next sweep. Roots and drives may come and go meanwhile.
        """
        from archivist import watch

        quiet = watch.QUIET if quiet is None else quiet
        settle = min(watch.SETTLE, quiet)

        def look(changed: list[Path], waiting: list[Path]) -> None:
            try:
                summary = self.index(changed, command="watch", stop=stop, waiting=waiting, settle=settle)
            except Locked:  # told to stop while it waited for another indexer
                return
            except backup.Damaged:
                raise
            except ArchiveError as error:  # a disk that is full today need not be so tomorrow
                refused(changed[0], str(error))
                return
            report(summary)

        def online() -> list[Path]:
            return [Path(root.path) for root in self.roots() if root.status == "online"]

        watch.watch(online, look, stop, quiet=quiet, told=refused)

    def report(self, since: str = "last") -> Report:
        """What is new since a moment: see `report.moment`. Raises ValueError on one that cannot be."""
        from archivist import report

        with self._connected():
            return report.report(report.moment(since))

    def _back_up_weekly(self) -> None:
        """A full disk is no reason not to index; an archive that is damaged is."""
        file = file_of(self.config.archive)
        if file is None or not backup.is_due(file):
            return
        with self._connected():
            if not File.select(File.id).limit(1).exists():
                return
        try:
            backup.take(file, keep=self.config.backups)
        except backup.Damaged:
            raise
        except ArchiveError as error:
            log.warning("%s", error)

    # ------------------------------------------------------------ finding

    def find(
        self,
        query: str = "",
        *,
        projects: bool = False,
        sort: str | None = None,
        limit: int | None = None,
        lenient: bool = False,
    ) -> Results:
        """Files, or projects, that a query finds. Raises QueryError with the position unless `lenient`.

        limit: only so many ids are fetched, which is fast whatever the query; rows come when asked for.
        """
        return self._found(_parse(query, sort, lenient), projects=projects, limit=limit)

    def facets(self, query: str = "", *, projects: bool = False, lenient: bool = False) -> tuple[Facet, ...]:
        """How many results carry each key, tempo band, DAW, instrument, kind and year."""
        parsed = _parse(query, None, lenient)
        with self._connected():
            return results.facets(parsed, projects=projects, offline=roots.offline())

    def counts(self) -> ArchiveCounts:
        with self._connected():
            return details.counts(roots.every())

    def show(self, target: str, *, projects: bool = False) -> FileDetails | ProjectDetails:
        """By path (of a file, or of a project's file or folder) or by id. Raises ArchiveError where there
        is none."""
        with self._connected():
            kind, found = details.identify(target, projects=projects)
        return self.show_project(found) if kind == "project" else self.show_file(found)

    def show_file(self, file_id: int) -> FileDetails:
        with self._connected():
            return details.file_details(self._file_row(file_id))

    def show_project(self, project_id: int) -> ProjectDetails:
        with self._connected():
            row = self._rows([project_id], projects=True)[0]
            assert isinstance(row, ProjectRow)
            return details.project_details(row)

    def similar(
        self,
        like: Sequence[int | str | Path],
        *,
        unlike: Sequence[int | str | Path] = (),
        query: str = "",
        limit: int = 50,
        weights: Mapping[str, float] | None = None,
        lenient: bool = False,
    ) -> list[Neighbour]:
        """What the query finds, nearest in sound first; see `similar` for how it is told.

        like: ids of files, or paths; an audio file that the archive does not know is heard on the spot. Several
        are one: their mean. unlike: moved away from. weights: of ASPECTS, over the config's.

        Raises QueryError unless `lenient`; ArchiveError where an example is not there or was not heard; ValueError
        on weights that cannot be.
        """
        from archivist import examine, similar
        from archivist.analysis import local_workers

        parsed = _parse(query, None, lenient)
        weighed = weigh(self.config.similar, weights or {})
        examples: list[similar.Example] = []
        for target in (*like, *unlike):
            with self._connected():
                example = similar.known(target)
            if example is None:
                heard = examine.listen(
                    Path(str(target)).expanduser(), similar.NEEDED, local_workers(1, self.config.time_limit)
                )
                with self._connected():
                    example = similar.outside(str(target), heard)
            examples.append(example)
        with self._connected():
            return similar.nearest(
                self._matrices(),
                examples[: len(like)],
                examples[len(like) :],
                parsed,
                weighed,
                limit=limit,
                offline=roots.offline(),
                connect=self._connected,
            )

    def uses(self, target: str) -> FileUses:
        """Which projects use this audio file, a path or an id; where none does, how sure that is.
        Raises ArchiveError."""
        from archivist import uses

        with self._connected():
            kind, found = details.identify(target, projects=False)
            if kind == "project":
                raise ArchiveError(f"{target}: is a project; `archivist show` lists what it uses")
            return uses.of_file(self._file_row(found))

    def lacked_samples(self, *, unresolved: bool = False) -> list[LackedSample]:
        """Samples that projects would not find, project by project. See `uses.lacked`."""
        from archivist import uses

        with self._connected():
            return list(uses.lacked(roots.offline(), unresolved=unresolved))

    def plugins(self) -> list[PluginUse]:
        """Every plugin that a project uses, or used, those of most projects first."""
        from archivist import uses

        with self._connected():
            return uses.plugins()

    def duplicates(
        self, query: str = "", *, by: Literal["bytes", "sound"] = "sound", decided: bool = False
    ) -> list[DuplicateGroup]:
        """Groups of files with the same sound, or only the same bytes, that hold what the query finds; those that
        would save most first. decided: also those that a person said to keep. Raises QueryError."""
        from archivist import duplicates

        wanted = frozenset(self.find(query).ids) if query.strip() else None
        with self._connected():
            return duplicates.find(wanted, by, decided=decided, offline=roots.offline(), connect=self._connected)

    def _matrices(self) -> Matrices:
        from archivist.vectors import Matrices

        with self._lock:
            if self._vectors is None:
                cache = self.config.cache
                self._vectors = Matrices(self.config.archive, cache and cache / "vectors")
            return self._vectors

    # ------------------------------------------------------------ what a person says

    def set_values(
        self,
        query: str,
        values: Mapping[str, str],
        *,
        projects: bool = False,
        ids: Sequence[int] | None = None,
        dry_run: bool = False,
    ) -> list[Change]:
        """Lock these fields of what the query finds (or of these ids) to a person's values; what changed.

        A value may be a step from the one in force ("x2", "/2", "x3/2", "x2/3"), or "keep": see `edits`.

        Raises QueryError, or EditError on a field or value that cannot be.
        """
        return self._edit(query, edits.checked(values, projects=projects), projects, ids, dry_run)

    def unset_values(
        self,
        query: str,
        fields: Sequence[str],
        *,
        projects: bool = False,
        ids: Sequence[int] | None = None,
        dry_run: bool = False,
    ) -> list[Change]:
        """Take a person's values away again."""
        edits.checked(dict.fromkeys(fields, "none"), projects=projects)
        return self._edit(query, dict.fromkeys(fields), projects, ids, dry_run)

    def accept(self, ids: Sequence[int]) -> list[Change]:
        """Lock those values of these files that are in doubt (is:doubtful) as they are; what changed."""
        with self._connected(writes=True):
            return edits.accept(self._rows(ids, projects=False))

    def judge(self, ids: Sequence[int], verdict: Literal["keep", "same", "different"] | None) -> int:
        """Say of each two of these files that both are kept, are the same, or are different; None takes it back.
        It is said of contents, so it holds wherever the files go. How many pairs changed. Raises EditError."""
        with self._connected(writes=True):
            return edits.judge(ids, verdict)

    def corrections(self) -> list[Correction]:
        """What people have locked of files that are there, and what the machine had heard of them."""
        from archivist import corrections

        with self._connected():
            return list(corrections.every(roots.offline()))

    def undo(self) -> list[Change]:
        """Take the newest edit back; a second call the one before."""
        with self._connected(writes=True):
            return edits.undo()

    def label(self, query: str, add: Sequence[str], remove: Sequence[str], *, projects: bool = False) -> int:
        """Put labels on what the query finds, or take them off; how many rows."""
        rows = self._meant(query, projects=projects)
        with self._connected(writes=True):
            return edits.label(rows, add, remove)

    def _edit(
        self,
        query: str,
        values: Mapping[str, edits.Wish],
        projects: bool,
        ids: Sequence[int] | None,
        dry_run: bool,
    ) -> list[Change]:
        with self._connected(writes=True):
            rows = self._meant(query, projects=projects) if ids is None else self._rows(ids, projects=projects)
            return edits.plan(rows, values) if dry_run else edits.apply(rows, values)

    def _meant(self, query: str, *, projects: bool) -> list[FileRow | ProjectRow]:
        """What a query finds, for changes. Raises EditError where all of it would be passed over."""
        parsed = _parse(query, None, lenient=False)
        if finds_all(parsed):
            raise EditError(f"{query}: holds no letter or digit to search by, so it would mean everything")
        return list(self._found(parsed, projects=projects))

    # ------------------------------------------------------------ reading

    def interrupt(self) -> None:
        """Cut short the reads that run in other threads now: they raise Interrupted. For a UI whose user
        has typed on. PostgreSQL's run to their end."""
        self._connections.interrupt()

    def _found(self, query: Query, *, projects: bool, limit: int | None = None) -> Results:
        with self._connected():
            return results.find(
                query, projects=projects, offline=roots.offline(), limit=limit, connect=self._connected
            )

    def _file_row(self, file_id: int) -> FileRow:
        row = self._rows([file_id], projects=False)[0]
        assert isinstance(row, FileRow)
        return row

    def _rows(self, ids: Sequence[int], *, projects: bool) -> list[FileRow | ProjectRow]:
        found = list(Results(array("q", ids), projects, roots.offline(), self._connected))
        if missing := set(ids) - {row.id for row in found}:
            raise Gone(f"no {'project' if projects else 'file'} has the id {min(missing)}")
        return found


def _parse(query: str, sort: str | None, lenient: bool) -> Query:
    parsed = parse_lenient(query) if lenient else parse(query)
    return replace(parsed, sort=order(sort)) if sort else parsed
