"""The only way out of the archive: rows of files that are gone, once a person says so.

What people said (values, labels, notes, verdicts) stays, bound to the bytes it was said of or to the song, and is
there again when those come back; unless they want that forgotten too.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from peewee import chunked

from archivist.records import Pruned
from archivist.store import moves, places, pruning
from archivist.tables import File, Project, Root, Volume, database

_ROWS = 500


def prune(
    files: Sequence[int] | None,
    projects: Sequence[int] | None,
    *,
    missing_for: float = 0.0,
    forget_values: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Forget those of these files and projects that are gone; None: all that are missing.

    Gone is what has been missing for so many seconds, and, where it is asked for by name, what lies below no root
    any more. A project is gone with its last project file.
    """
    moment = time.time() - missing_for
    missing = File.missing_since.is_null(False) & (File.missing_since <= moment)
    if files is None or projects is None:
        gone = _ids(File.select(File.id).where(missing))
        songs = _ids(_without_files().where(Project.missing_since <= moment))
    else:
        condition = missing if missing_for else missing | ~_below_a_root()
        gone = _among(files, File.id, condition)
        gone += _among(projects, File.project, condition & File.is_project)
        wanted = frozenset(projects)
        songs = [id_ for id_ in _ids(_without_files().where(Project.missing_since <= moment)) if id_ in wanted]
    with database.atomic() as transaction:
        paths = _paths(gone)
        contents = pruning.contents_of(gone)
        left = moves.forget_files(gone)
        songs += [project for project in sorted(left) if pruning.is_bare(project)]
        kept, forgotten = pruning.forget_songs(songs, forget_values=forget_values)
        everything = forget_values and files is None  # what an earlier call kept, too
        loose = pruning.forget_contents(None if everything else contents, forget_values=forget_values)
        if dry_run:  # what would happen is what has just happened
            transaction.rollback()
    return Pruned(tuple(paths), tuple(forgotten), kept + loose.kept, loose.people_forgotten)


def _ids(select: Any) -> list[int]:
    return [row[0] for row in select.tuples()]


def _among(ids: Iterable[int], column: Any, condition: Any) -> list[int]:
    batches = chunked(dict.fromkeys(ids), _ROWS)
    return [id_ for batch in batches for id_ in _ids(File.select(File.id).where(column << batch, condition))]


def _below_a_root() -> Any:
    condition = File.id == -1
    for root in Root.select():
        condition |= places.below(root.volume_id, root.rel_path)
    return condition


def _without_files() -> Any:
    held = File.select(File.project).where(File.is_project, File.project.is_null(False))
    return Project.select(Project.id).where(Project.missing_since.is_null(False), Project.id.not_in(held))


def _paths(ids: Iterable[int]) -> list[str]:
    found = []
    for batch in chunked(ids, _ROWS):
        rows = File.select(Volume.last_path, File.rel_path).join(Volume).where(File.id << batch)
        found += [str(Path(mount, path)) for mount, path in rows.tuples()]
    return sorted(found)
