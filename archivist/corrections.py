"""What people have said of contents that a machine had heard, and what it had said. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from peewee import chunked, fn

from archivist.offline import Offline
from archivist.records import Correction
from archivist.tables import File, Tag, Volume

_FIELDS = ("bpm", "key", "instrument", "kind")
_ROWS = 500  # of one question


def every(offline: Offline) -> Iterator[Correction]:
    """Each value that a person has locked of a file that is there, in the order of paths; one place of a content.
    Needs an open connection."""
    place = (
        File.select(fn.MIN(File.id).alias("id"))
        .where(
            File.missing_since.is_null(),
            ~offline.of(File),
            File.content << Tag.select(Tag.content).where(Tag.source == "user", Tag.field << _FIELDS),
        )
        .group_by(File.content)
    )
    places = (
        File.select(File.content, Volume.last_path, File.rel_path)
        .join(Volume)
        .where(File.id << place)
        .order_by(Volume.last_path, File.rel_path)
        .tuples()
    )
    for batch in chunked(places, _ROWS):
        opinions = _opinions([content for content, _mount, _rel_path in batch])
        for content, mount, rel_path in batch:
            for field in _FIELDS:
                if (said := opinions.get((content, field, "user"))) is not None:
                    value, _confidence = said
                    heard, confidence = opinions.get((content, field, "machine"), (None, None))
                    yield Correction(str(Path(mount, rel_path)), field, value, heard, confidence)


def _opinions(contents: Sequence[int]) -> dict[tuple[int, str, str], tuple[float | str | None, float]]:
    """(value, confidence) by content, field and source; the surest of each."""
    rows = (
        Tag.select(Tag.content, Tag.field, Tag.source, Tag.number, Tag.text, Tag.confidence)
        .where(Tag.content << contents, Tag.field << _FIELDS, Tag.source << ("user", "machine"), ~Tag.rejected)
        .order_by(Tag.confidence)
    )
    return {
        (content, field, source): (number if number is not None else text or None, confidence)
        for content, field, source, number, text, confidence in rows.tuples()
    }
