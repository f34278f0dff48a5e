"""What has still to be read or heard: derived from the tables each time, so nothing is ever lost in a queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from peewee import JOIN, chunked, fn

from archivist.tables import Analysis, Content, File, Project, Quarantine, Version, Volume

_ROWS = 500


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
    return sorted({row[0] for query in (new, stale) for row in query.tuples()})


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


def stale_taggers(content_id: int, taggers: Mapping[str, int]) -> tuple[str, ...]:
    """Which of the taggers have not heard this content at their current version."""
    rows = Analysis.select(Analysis.tagger, Analysis.version).where(Analysis.content == content_id).tuples()
    heard = dict(rows)
    return tuple(name for name, version in taggers.items() if heard.get(name) != version)


def known_digests(file: File, taggers: Mapping[str, int]) -> frozenset[bytes]:
    """Digests that a new file may turn out to have: of other places of its size, already heard whole."""
    twins = (
        Content.select(Content.id, Content.digest)
        .join(File, on=(File.content == Content.id))
        .where(File.size == file.size, File.id != file.id)
        .distinct()
        .limit(20)
        .tuples()
    )
    digests = {content_id: bytes(digest) for content_id, digest in twins}
    if not digests:
        return frozenset()
    heard = (
        Analysis.select(Analysis.content)
        .where(Analysis.content << list(digests), _current(taggers))
        .group_by(Analysis.content)
        .having(fn.COUNT(Analysis.tagger) == len(taggers))
        .tuples()
    )
    return frozenset(digests[content_id] for (content_id,) in heard)
