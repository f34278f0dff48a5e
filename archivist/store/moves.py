"""Places that turn out to be other places: rows that follow their files, so that nothing said of them is lost."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from peewee import Value, chunked, fn

from archivist import search
from archivist.database import at_or_inside
from archivist.scan import Entry, Known, shared_tail
from archivist.store import songs, words
from archivist.store.places import below, columns
from archivist.tables import Content, File, Project, Root, SampleUse, Version, Volume, database
from archivist.text import to_store

_ROWS = 500


def digests(file_ids: Iterable[int]) -> dict[int, bytes]:
    """File id → digest of the bytes it had when it was read last; a file that never was is left out."""
    found: dict[int, bytes] = {}
    for batch in chunked(file_ids, _ROWS):
        rows = File.select(File.id, Content.digest).join(Content).where(File.id << batch)
        found |= {file_id: bytes(digest) for file_id, digest in rows.tuples()}
    return found


# ---------------------------------------------------------------- a place that was seen before the other vanished


@dataclass(frozen=True, slots=True)
class Reunited:
    """Files that are in a new place though both were known for a while; ids. contents: what these files hold;
    projects: those concerned."""

    gone: tuple[int, ...]
    here: tuple[int, ...]
    contents: frozenset[int]
    projects: frozenset[int]


def reunite() -> Reunited:
    """A missing file whose very bytes lie in one place that was first seen after it has moved there.

    For moves that take more than one run: a drive that syncs piece by piece, a copy whose original is cleared
    away later. Of several new places the one that shares most names with the old wins; a tie is no answer. The
    new place's row stays and inherits the old one's past.
    """
    gone, here = File.alias(), File.alias()
    rows = (
        gone.select(
            gone.id, gone.rel_path, gone.first_seen_at, gone.project, here.id, here.rel_path, here.project,
            gone.is_project, here.content,
        )
        .join(here, on=(here.content == gone.content))
        .where(
            gone.missing_since.is_null(False),
            here.missing_since.is_null(),
            here.first_seen_at > gone.first_seen_at,
            here.is_project == gone.is_project,
        )
        .order_by(gone.id)
        .tuples()
    )  # fmt: skip
    candidates: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        candidates[row[0]].append(row)
    taken: set[int] = set()
    pairs = []
    for found in candidates.values():
        free = [row for row in found if row[4] not in taken]
        if best := _nearest(free):
            taken.add(best[4])
            pairs.append(best)
    heirs: dict[int, int] = {}
    for old, _path, first_seen_at, old_project, new, _new_path, new_project, is_project, _content in pairs:
        _hand_over(old, new)
        File.update(first_seen_at=first_seen_at).where(File.id == new).execute()
        if is_project and old_project is not None and new_project is not None and old_project != new_project:
            heirs[old_project] = new_project
    for old_project, new_project in heirs.items():
        songs.take_over(old_project, new_project)
    return Reunited(
        gone=tuple(row[0] for row in pairs),
        here=tuple(row[4] for row in pairs),
        contents=frozenset(row[8] for row in pairs),
        projects=frozenset((*heirs, *heirs.values())),
    )


def _nearest(rows: list[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    """The row whose new place shares most names with the old one, if one alone does."""
    ranked = sorted(rows, key=lambda row: shared_tail(row[1], row[5]), reverse=True)
    if len(ranked) > 1 and shared_tail(ranked[0][1], ranked[0][5]) == shared_tail(ranked[1][1], ranked[1][5]):
        return None
    return ranked[0] if ranked else None


def _hand_over(old: int, new: int) -> None:
    """What pointed to one place points to the other, and the first is forgotten."""
    Version.update(file=new).where(Version.file == old).execute()
    SampleUse.update(file=new).where(SampleUse.file == old).execute()
    File.delete().where(File.id == old).execute()
    search.remove_files(database.obj, [old])


def part(file: File, place: Known, volume_id: int) -> None:
    """A file that seemed to have moved here turned out to be another: the old one is missing where it was."""
    now = time.time()
    entry = Entry(place.rel_path, place.name, place.size, place.mtime_ns, file.is_project)
    past = {"content": file.content_id, "first_seen_at": file.first_seen_at, "missing_since": now}
    File.insert(volume=volume_id, **columns(entry), **past).on_conflict_ignore().execute()
    row = File.get(File.volume == volume_id, File.rel_path == place.rel_path)
    Version.update(file=row.id).where(Version.file == file.id).execute()
    SampleUse.update(file=row.id).where(SampleUse.file == file.id).execute()
    File.update(first_seen_at=now, content=None).where(File.id == file.id).execute()
    words.index_files([row.id])


# ---------------------------------------------------------------- a folder that lies elsewhere now


def rebase(volume_id: int, prefix: str, to_volume_id: int, to_prefix: str) -> None:
    """All that is known below one folder lies below another from now on, with its ids, values and history.

    What was known of the new place already is merged into it: the old row stays, with what was seen there last.
    Neither folder lies in the other.
    """
    for old, new in _files_known_twice(volume_id, prefix, to_volume_id, to_prefix):
        File.update(
            size=new.size, mtime_ns=new.mtime_ns, content=new.content_id, missing_since=new.missing_since
        ).where(File.id == old.id).execute()
        _hand_over(new.id, old.id)
    moved = [row[0] for row in File.select(File.id).where(below(volume_id, prefix)).tuples()]
    _rebase_projects(volume_id, prefix, to_volume_id, to_prefix)
    File.update({File.volume: to_volume_id, File.rel_path: _rebased(File.rel_path, prefix, to_prefix)}).where(
        below(volume_id, prefix)
    ).execute()
    if prefix != to_prefix:
        words.index_files(moved)


def _rebased(column: Any, prefix: str, to_prefix: str) -> Any:
    head = to_store(f"{to_prefix}/") if to_prefix else ""
    start = len(to_store(prefix)) + 2 if prefix else 1
    return Value(head, converter=False).concat(fn.SUBSTR(column, start))


def moved_path(path: str, prefix: str, to_prefix: str) -> str:
    """
    >>> moved_path("Old/a.wav", "Old", "New/2024"), moved_path("Old", "Old", ""), moved_path("a.wav", "", "New")
    ('New/2024/a.wav', '', 'New/a.wav')
    """
    rest = path[len(prefix) :].lstrip("/") if prefix else path
    return "/".join(part for part in (to_prefix, rest) if part)


def _files_known_twice(
    volume_id: int, prefix: str, to_volume_id: int, to_prefix: str
) -> Iterator[tuple[File, File]]:
    new = {file.rel_path: file for file in File.select().where(below(to_volume_id, to_prefix))}
    if not new:
        return
    for old in list(File.select().where(below(volume_id, prefix))):
        twin = new.get(moved_path(old.rel_path, prefix, to_prefix))
        if twin is not None:
            yield old, _seen_last(old, twin)


def _seen_last(old: File, new: File) -> File:
    if new.content_id is None and (old.size, old.mtime_ns) == (new.size, new.mtime_ns):
        new.content_id = old.content_id  # not read yet at its new place
    return new


def _rebase_projects(volume_id: int, prefix: str, to_volume_id: int, to_prefix: str) -> None:
    there = {
        (project.rel_path, project.name): project.id
        for project in Project.select().where(_projects_below(to_volume_id, to_prefix))
    }
    for project in list(Project.select().where(_projects_below(volume_id, prefix))):
        path = moved_path(project.rel_path, prefix, to_prefix)
        twin = there.get((path, project.name))
        if twin is not None:
            File.update(project=project.id).where(File.project == twin).execute()
            songs.take_over(twin, project.id)
            Project.delete().where(Project.id == twin).execute()
            search.remove_projects(database.obj, [twin])
        Project.update(volume=to_volume_id, rel_path=path).where(Project.id == project.id).execute()
        if prefix != to_prefix:
            words.index_projects([project.id])


def _projects_below(volume_id: int, prefix: str) -> Any:
    return (Project.volume == volume_id) & at_or_inside(database.obj, Project.rel_path, prefix)


def move_root(root: Root, to_volume_id: int, to_prefix: str, *, covered: bool) -> None:
    """A root and all that is known of it, elsewhere. covered: another root is there already, or lies around it."""
    volume_id = root.volume_id
    rebase(volume_id, root.rel_path, to_volume_id, to_prefix)
    if covered:
        root.delete_instance()
    else:
        Root.update(volume=to_volume_id, rel_path=to_prefix).where(Root.id == root.id).execute()
    forget_volume(volume_id)


def forget_volume(volume_id: int) -> None:
    """Unless something is still known of it."""
    if not any(table.select().where(table.volume == volume_id).exists() for table in (Root, File, Project)):
        Volume.delete().where(Volume.id == volume_id).execute()


# ---------------------------------------------------------------- rows that leave


def forget_files(file_ids: Iterable[int]) -> frozenset[int]:
    """Forget these places; what is known of their bytes stays. The projects they belonged to."""
    concerned: set[int] = set()
    for batch in chunked(file_ids, _ROWS):
        rows = File.select(File.project).where(File.id << batch, File.project.is_null(False)).distinct()
        concerned |= {row[0] for row in rows.tuples()}
        search.remove_files(database.obj, batch)
        File.delete().where(File.id << batch).execute()
    return frozenset(concerned)


def forget_project(project_id: int) -> None:
    """Its versions and what people said of it too."""
    Project.delete().where(Project.id == project_id).execute()  # the schema says what goes with it
    search.remove_projects(database.obj, [project_id])
