"""What projects say of the sounds in them, and what a song's stems say together: opinions made of other rows.

They are made anew whenever something below them changes: a sound is heard, a person corrects one, a project comes,
is saved or is moved. So each call brings the values in force up to date too.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from peewee import chunked

from archivist.agreement import COUNTED, Candidates, chance, likeliest, relation, same
from archivist.resolve import ANOTHER, USES, Opinion, heard_of, is_hit
from archivist.store import resolving, said, stems
from archivist.store.resolving import opinions_of, resolve_contents
from archivist.store.said import Said
from archivist.store.stems import is_imported
from archivist.tables import Content, File, Project, SampleUse, Tag, Track, Version, database
from taggers.naming import instrument, track_of

SURE = 0.9
"""Of what a project declares."""
SHORTEST_TAKE = 2.0
"""Seconds: what is shorter is a hit, which has no tempo."""

_ROWS = 500
_TRACKS = 1_000  # of one project: beyond that nobody named them by hand
_TEMPI = 50  # of one project: beyond that any tempo would fit


@dataclass(frozen=True, slots=True)
class Declares:
    """A project as far as it speaks of its sounds. tempi: the first is the one in force, then those in its course
    and of its earlier versions; only the first where a person said it."""

    id: int
    name: str
    tempi: tuple[float, ...]
    key: str | None


def refresh(content_ids: Iterable[int]) -> None:
    """Let projects and neighbours speak anew of these contents, in the caller's transaction."""
    for batch in chunked(sorted(set(content_ids)), _ROWS):
        places = _places(batch)
        users = _users(batch)
        owners = {project_id for _content, project_id, _path in places if project_id is not None}
        projects = _declaring(owners | {project for found in users.values() for project in found})
        opinions = opinions_of(Tag.content, batch)
        timed = _timed(batch, opinions)
        Tag.delete().where(Tag.content << batch, Tag.tagger == "project").execute()
        spoken = [
            *_of_music(places, users, projects, opinions, timed),
            *_of_tracks(places, _named_tracks(owners)),
        ]
        said.add(dict.fromkeys(spoken), tagger="project", set_at=time.time())
        resolve_contents({*batch, *stems.vote(batch)})


def spread(project_ids: Iterable[int]) -> None:
    """Give the takes, stems and bounces of these projects, and what they use, what the project files say now."""
    for batch in chunked(project_ids, _ROWS):
        owned = File.select(File.content).where(
            File.project << batch, ~File.is_project, File.content.is_null(False)
        )
        used = (
            SampleUse.select(SampleUse.content)
            .join(Version)
            .where(Version.project << batch, SampleUse.content.is_null(False))
        )
        refresh({row[0] for query in (owned, used) for row in query.distinct().tuples()})


def ask_for(limits: Mapping[str, float], stop: threading.Event) -> None:
    """From now on machines have to be so sure, by field; see `resolving.ask_for`. Nothing is heard again."""
    for batch in resolving.ask_for(limits, stop):
        with database.atomic():
            refresh(batch)


_Place = tuple[int, int | None, str]
"""A content, the project in whose folder it lies, and its path."""


def _places(content_ids: Sequence[int]) -> list[_Place]:
    """Those that are there before those that are missing."""
    rows = (
        File.select(File.content, File.project, File.rel_path)
        .where(File.content << content_ids, ~File.is_project)
        .order_by(File.missing_since.is_null(False), File.id)
    )
    return list(rows.tuples())


def _users(content_ids: Sequence[int]) -> dict[int, list[int]]:
    """Content → the projects whose current version uses it."""
    rows = (
        SampleUse.select(SampleUse.content, Version.project)
        .join(Version)
        .where(SampleUse.content << content_ids, Version.is_current)
        .distinct()
    )
    users: dict[int, list[int]] = defaultdict(list)
    for content_id, project_id in rows.tuples():
        users[content_id].append(project_id)
    return users


def _declaring(project_ids: Iterable[int]) -> dict[int, Declares]:
    ids = sorted(project_ids)
    by_person = Tag.select(Tag.project).where(Tag.project << ids, Tag.field == "bpm", Tag.source == "user")
    fixed = {row[0] for row in by_person.tuples()}
    courses = Version.select(Version.project, Version.summary).where(Version.project << ids, Version.is_current)
    course = {
        project: [bpm for _at, _unit, bpm in summary.get("tempo_changes", ())]
        for project, summary in courses.tuples()
    }
    earlier: dict[int, list[float]] = defaultdict(list)
    versions = Version.select(Version.project, Version.bpm).where(
        Version.project << ids, ~Version.is_current, Version.bpm.is_null(False)
    )
    for project_id, bpm in versions.order_by(Version.saved_at.desc()).tuples():
        earlier[project_id].append(bpm)
    found = {}
    rows = Project.select(Project.id, Project.name, Project.bpm, Project.key).where(Project.id << ids)
    for project_id, name, bpm, key in rows.tuples():
        tempi = [] if bpm is None else [bpm]
        if bpm is not None and project_id not in fixed:
            tempi += [*course.get(project_id, ()), *earlier[project_id]]
        found[project_id] = Declares(project_id, name, tuple(dict.fromkeys(tempi))[:_TEMPI], key)
    return found


def _timed(content_ids: Sequence[int], opinions: Mapping[int, Sequence[Opinion]]) -> set[int]:
    """Those that may have a tempo: a single hit has none."""
    long = Content.select(Content.id).where(Content.id << content_ids, Content.duration >= SHORTEST_TAKE)
    return {row[0] for row in long.tuples() if not is_hit(opinions[row[0]])}


def _of_music(
    places: Iterable[_Place],
    users: Mapping[int, Sequence[int]],
    projects: Mapping[int, Declares],
    opinions: Mapping[int, Sequence[Opinion]],
    timed: set[int],
) -> Iterator[tuple[int, Said]]:
    """A project's tempo and key are those of all that was played for it. Of what was imported, or only used, it
    says something where that is heard too: a loop dragged into a song has a tempo of its own."""
    own: dict[int, list[Declares]] = defaultdict(list)
    using: dict[int, list[Declares]] = defaultdict(list)
    for content_id, project_id, path in places:
        if project_id is not None:
            (using if is_imported(path) else own)[content_id].append(projects[project_id])
    for content_id, ids in users.items():
        using[content_id] += [projects[project_id] for project_id in ids]
    for content_id in own.keys() | using.keys():
        tempi, keys = heard_of("bpm", opinions[content_id]), heard_of("key", opinions[content_id])
        if owners := own.get(content_id):
            if content_id in timed:
                yield from ((content_id, one) for one in _tempo(owners, tempi))
            if keys:  # what has no tones (drums, speech) has no key
                yield from ((content_id, one) for one in _key(owners, keys))
        elif content_id in timed:
            yield from ((content_id, one) for one in _used(using[content_id], tempi, keys))


def _tempo(owners: Sequence[Declares], heard: Candidates) -> Iterator[Said]:
    """Of all tempi that they have or had the one that is heard, else the first."""
    names: dict[float, str] = {}
    for project in owners:
        for place, tempo in enumerate(project.tempi):
            names.setdefault(tempo, f"project {project.name}{ANOTHER if place else ''}")
    if names:
        tempo, _kin = likeliest(list(names), heard)
        candidates = tuple((f"{other:g}", SURE / len(names)) for other in names) if len(names) > 1 else ()
        yield Said("bpm", "", tempo, "project", SURE, names[tempo], candidates)


def _key(owners: Sequence[Declares], heard: Candidates) -> Iterator[Said]:
    keys = {project.key: project.name for project in reversed(owners) if project.key}
    if keys:
        key = max(keys, key=lambda key: chance(key, heard))
        yield Said("key", key, None, "project", SURE, f"project {keys[key]}")


def _used(users: Sequence[Declares], tempi: Candidates, keys: Candidates) -> Iterator[Said]:
    """Where all who use it agree, and the audio with them."""
    firsts = [project for project in users if project.tempi]
    if firsts and tempi and all(same(project.tempi[0], firsts[0].tempi[0]) for project in firsts):
        tempo, kin = likeliest(firsts[0].tempi[:1], tempi)
        if kin:
            yield Said("bpm", "", tempo, "project", SURE, f"project {firsts[0].name}{USES}")
    keyed = [project for project in users if project.key]
    if keyed and keys and all(project.key == keyed[0].key for project in keyed):
        key = keyed[0].key or ""
        if relation(keys[0][0], key) == "same" or chance(key, keys) >= COUNTED:
            yield Said("key", key, None, "project", SURE, f"project {keyed[0].name}{USES}")


def _of_tracks(places: Iterable[_Place], tracks: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, Said]]:
    """A file named as one of the project's tracks is of the instrument that the track is named for."""
    for content_id, project_id, path in places:
        names = tracks.get(project_id, ()) if project_id is not None and not is_imported(path) else ()
        track = track_of(path.rpartition("/")[2], names) if names else None
        slug = instrument(track) if track else None
        if track and slug:
            yield content_id, Said("instrument", slug, None, "project", SURE, f"track {track}")


def _named_tracks(project_ids: Iterable[int]) -> dict[int, list[str]]:
    """Names of the current versions' tracks that may tell an instrument."""
    names: dict[int, list[str]] = defaultdict(list)
    for batch in chunked(project_ids, _ROWS):
        rows = (
            Track.select(Version.project, Track.name)
            .join(Version)
            .where(Version.project << batch, Version.is_current)
            .distinct()
        )
        for project_id, name in rows.tuples():
            if len(names[project_id]) < _TRACKS:
                names[project_id].append(name)
    return names
