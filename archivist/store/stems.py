"""A song's stems vote together on its tempo and key: the sounds of one project that declares none, or those of
equal length in one folder. What they agree on is an opinion on each of them, of the source "stems"."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from peewee import chunked

from archivist import agreement
from archivist.agreement import COUNTED, Candidates, chance, relation
from archivist.resolve import CONFIDENT, HEARD, RANK, Opinion, heard_of, is_hit
from archivist.store import said
from archivist.store.places import below
from archivist.store.resolving import opinions_of
from archivist.store.said import Said
from archivist.tables import Content, File, Project, Tag

FIELDS = ("bpm", "key")
SHORTEST = 2.0
"""Seconds: what is shorter is a hit, and has neither."""
EQUAL = 0.1
"""Seconds by which the lengths of one song's stems may differ: encoders pad."""
FEWEST = 3
"""Sounds of equal length in a folder that are taken for one song's."""

_MOST = 1_000  # sounds of one project, and places below a folder that are looked through for its stems
_ROWS = 500


def vote(content_ids: Sequence[int]) -> set[int]:
    """Let the songs that these contents belong to vote anew, in the caller's transaction. The contents of which
    something else is said than before."""
    songs = list(_songs(content_ids))
    members = {*content_ids, *(member for _fields, song in songs for member in song)}
    opinions: dict[int, list[Opinion]] = defaultdict(list)
    for batch in chunked(sorted(members), _ROWS):
        opinions |= opinions_of(Tag.content, batch, (*FIELDS, "kind"))
    agreed: dict[tuple[int, str], Said] = {}
    for fields, song in songs:
        for field in fields:
            for content_id, one in _agreed(field, song, opinions):
                agreed.setdefault((content_id, field), one)
    before = {
        (content_id, one.field): one
        for content_id in members
        for one in opinions[content_id]
        if one.source == "stems"
    }
    stale = [place for place in before.keys() | agreed.keys() if not _is(before.get(place), agreed.get(place))]
    for field in FIELDS:
        for batch in chunked([content_id for content_id, of in stale if of == field], _ROWS):
            Tag.delete().where(Tag.content << batch, Tag.field == field, Tag.tagger == "stems").execute()
    said.add([(place[0], agreed[place]) for place in stale if place in agreed], tagger="stems", set_at=time.time())
    return {content_id for content_id, _field in stale}


def _is(opinion: Opinion | None, said: Said | None) -> bool:
    if opinion is None or said is None:
        return False
    parts = (said.text, said.number, said.confidence, said.engine)
    return parts == (opinion.text, opinion.number, opinion.confidence, opinion.engine)


_Song = tuple[tuple[str, ...], list[int]]
"""The fields that nobody declares for a song, and its sounds."""


def _songs(content_ids: Sequence[int]) -> Iterator[_Song]:
    rows = (
        File.select(File.volume, File.rel_path, File.project)
        .join(Content, on=(File.content == Content.id))
        .where(File.content << content_ids, ~File.is_project, Content.duration >= SHORTEST)
    )
    places = list(rows.tuples())
    yield from _of_projects({project for _volume, _path, project in places if project is not None})
    folders = {(volume, path.rpartition("/")[0]) for volume, path, project in places if project is None}
    concerned = set(content_ids)
    for volume, folder in sorted(folders):
        if folder:
            yield from (song for song in _of_folder(volume, folder) if not concerned.isdisjoint(song[1]))


def _of_projects(project_ids: Iterable[int]) -> Iterator[_Song]:
    for batch in chunked(project_ids, _ROWS):
        for project in Project.select(Project.id, Project.bpm, Project.key).where(Project.id << batch):
            silent = tuple(field for field in FIELDS if getattr(project, field) is None)
            if silent:
                rows = (
                    File.select(File.content, File.rel_path)
                    .join(Content, on=(File.content == Content.id))
                    .where(
                        File.project == project.id,
                        ~File.is_project,
                        File.missing_since.is_null(),
                        Content.duration >= SHORTEST,
                    )
                    .limit(_MOST)
                )
                yield silent, [content for content, path in rows.tuples() if not is_imported(path)]


def _of_folder(volume: int, folder: str) -> Iterator[_Song]:
    rows = File.select(File.content, File.rel_path, File.project, File.is_project, File.missing_since).where(
        below(volume, folder)
    )
    places = list(rows.limit(_MOST).tuples())  # asked for nothing else, so that a full drive is not gone through
    if len(places) == _MOST:
        return
    free = [
        content_id
        for content_id, path, project, is_project, missing in places
        if content_id is not None and project is None and not is_project and missing is None
        and "/" not in path[len(folder) + 1 :]
    ]  # fmt: skip
    equal: list[int] = []
    first = 0.0
    for content_id, length in sorted(_lengths(free), key=lambda row: row[1]):
        if equal and length - first > EQUAL:
            if len(equal) >= FEWEST:
                yield FIELDS, equal
            equal = []
        first = first if equal else length
        equal.append(content_id)
    if len(equal) >= FEWEST:
        yield FIELDS, equal


def _lengths(content_ids: Sequence[int]) -> Iterator[tuple[int, float]]:
    for batch in chunked(content_ids, _ROWS):
        rows = Content.select(Content.id, Content.duration).where(
            Content.id << batch, Content.duration >= SHORTEST
        )
        yield from rows.tuples()


def is_imported(rel_path: str) -> bool:
    """Ableton's `Samples/Imported`, and any folder of samples: not played for the song that it lies with."""
    folders = rel_path.lower().split("/")[:-1]
    return "imported" in folders or ("samples" in folders and "recorded" not in folders)


def _agreed(
    field: str, song: Sequence[int], opinions: Mapping[int, Sequence[Opinion]]
) -> Iterator[tuple[int, Said]]:
    """What they agree on, for each on which nobody else has declared anything and that does not surely sound
    otherwise. What has no tones has no key."""
    sounds = [content_id for content_id in dict.fromkeys(song) if not is_hit(opinions[content_id])]
    declared = {content_id: _declared(field, opinions[content_id]) for content_id in sounds}
    heard = {content_id: heard_of(field, opinions[content_id]) for content_id in sounds}
    vote = agreement.vote(declared[content_id] or heard[content_id] for content_id in sounds)
    if vote is None:
        return
    number = vote.value if isinstance(vote.value, float) else None
    text = vote.value if isinstance(vote.value, str) else ""
    engine = f"{vote.agreeing} of {vote.voices} stems agree"
    said = Said(field, text, number, "stems", round(vote.confidence, 3), engine)
    for content_id in sounds:
        if declared[content_id] is None and _may_be(vote.value, field, heard[content_id]):
            yield content_id, said


def _declared(field: str, opinions: Iterable[Opinion]) -> Candidates | None:
    """What nobody's ear but a person, a project, the file or its name says; empty where a person says "none"."""
    first = min(
        (one for one in opinions if one.field == field and one.source not in HEARD and not one.rejected),
        key=lambda one: (RANK[one.source], -one.confidence),
        default=None,
    )
    if first is None:
        return None
    return () if first.value is None else ((first.value, first.confidence),)


def _may_be(value: agreement.Value, field: str, heard: Candidates) -> bool:
    if not heard:
        return field == "bpm"
    first, sure = heard[0]
    return sure < CONFIDENT or relation(first, value) is not None or chance(value, heard) >= COUNTED
