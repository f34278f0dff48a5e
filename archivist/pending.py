"""What has still to be read or heard: derived from the tables each time, so nothing is ever lost in a queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from pathlib import Path
from typing import Any

from peewee import JOIN, SQL, chunked, fn

from archivist.tables import Analysis, Content, File, Project, Quarantine, Version, Volume

_ROWS = 500
_TWINS = 20  # the most files of one size that a new one is compared with


def stamp(versions: Mapping[str, int]) -> str:
    """The readers' or taggers' versions in one string: when it changes, a quarantined file is tried again."""
    return " ".join(f"{name}{version}" for name, version in sorted(versions.items()))


def _not_quarantined(mark: str) -> Any:
    return ~fn.EXISTS(
        Quarantine.select(Quarantine.file).where(
            Quarantine.file == File.id,
            Quarantine.size == File.size,
            Quarantine.mtime_ns == File.mtime_ns,
            Quarantine.stamp == mark,
        )
    )


def project_files(where: Any, readers: Mapping[str, int]) -> list[int]:
    """Ids of project files that were never read, have changed, or were read by an older reader."""
    rows = (
        File.select(File.id, Project.daw, Version.reader_version)
        .join(Project, on=(File.project == Project.id))
        .join(Version, JOIN.LEFT_OUTER, on=((Version.project == Project.id) & (Version.content == File.content)))
        .where(where, File.is_project, File.missing_since.is_null(), _not_quarantined(stamp(readers)))
        .order_by(File.id)
        .tuples()
    )
    return [file_id for file_id, daw, version in rows if version is None or version != readers.get(daw, version)]


def audio_files(where: Any, taggers: Mapping[str, int]) -> list[int]:
    """Ids of audio files that some tagger has not heard at its current version; one place per content."""
    heard = Analysis.select(fn.COUNT(Analysis.tagger)).where(Analysis.content == File.content, _current(taggers))
    here = where & ~File.is_project & File.missing_since.is_null() & _not_quarantined(stamp(taggers))
    new = File.select(File.id).where(here, File.content.is_null())
    stale = (
        File.select(fn.MIN(File.id))
        .where(here, File.content.is_null(False), heard < len(taggers))
        .group_by(File.content)
    )
    asked = (new,) if all_heard(taggers) else (new, stale)
    return sorted({row[0] for query in asked for row in query.tuples()})


def all_heard(taggers: Mapping[str, int]) -> bool:
    """Whether every tagger has surely heard every content at its current version: the indexes tell at once what
    takes seconds to ask of a million contents one by one. False where it may be otherwise."""
    every = fn.COUNT(SQL("*"))
    contents = Content.select(every).where(Content.id.not_in(Version.select(Version.content))).scalar()
    if Analysis.select(every).scalar() != contents * len(taggers):
        return False
    names = sorted(taggers)
    others = [Analysis.tagger < names[0], Analysis.tagger > names[-1]]  # ranges, each one step in an index
    others += [(Analysis.tagger > low) & (Analysis.tagger < high) for low, high in pairwise(names)]
    for name, version in taggers.items():
        others += [
            (Analysis.tagger == name) & (Analysis.version < version),
            (Analysis.tagger == name) & (Analysis.version > version),
        ]
    return not any(Analysis.select(Analysis.tagger).where(other).exists() for other in others)


def _current(taggers: Mapping[str, int]) -> Any:
    """Whether a row of `analysis` is of one of these taggers at its current version."""
    of_each = [(Analysis.tagger == name) & (Analysis.version == version) for name, version in taggers.items()]
    return reduce(or_, of_each)


def files(ids: Iterable[int]) -> Iterator[tuple[File, Path]]:
    """These files with their absolute paths, read from the database in small steps."""
    mounts = {volume.id: Path(volume.last_path) for volume in Volume.select()}
    for batch in chunked(ids, _ROWS):
        found = {file.id: file for file in File.select().where(File.id << batch)}
        for file_id in batch:
            if file := found.get(file_id):
                yield file, mounts[file.volume_id] / file.rel_path


def stale_taggers(content_ids: Sequence[int], taggers: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    """Which of the taggers have not heard each of these contents at their current version."""
    if not content_ids:
        return {}
    heard = set(
        Analysis.select(Analysis.content, Analysis.tagger)
        .where(Analysis.content << content_ids, _current(taggers))
        .tuples()
    )
    return {id_: tuple(name for name in taggers if (id_, name) not in heard) for id_ in content_ids}


def known_digests(file_ids: Sequence[int], taggers: Mapping[str, int]) -> dict[int, frozenset[bytes]]:
    """Digests that each of these new files may turn out to have: of other places of its size, heard whole."""
    twin = File.alias()
    others = (
        twin.select(twin.content)
        .where(twin.size == File.size, twin.id != File.id, twin.content.is_null(False))
        .distinct()
        .limit(_TWINS)
    )
    heard = Analysis.select(fn.COUNT(Analysis.tagger)).where(Analysis.content == Content.id, _current(taggers))
    rows = (
        File.select(File.id, Content.digest)
        .join(Content, on=(Content.id << others))
        .where(File.id << file_ids, heard == len(taggers))
    )
    found: dict[int, set[bytes]] = {file_id: set() for file_id in file_ids}
    for file_id, digest in rows.tuples():
        found[file_id].add(bytes(digest))
    return {file_id: frozenset(digests) for file_id, digests in found.items()}
