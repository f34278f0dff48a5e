"""What taggers and people say of a content or a project, and which of it is in force.

Machine rows are replaced per (content, tagger) in one transaction; a person's rows only by a person.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import chunked

from archivist.resolve import Opinion, effective
from archivist.store import verdicts, words
from archivist.tables import (
    VECTORS_STAMP,
    Analysis,
    Content,
    Edit,
    Embedding,
    File,
    Label,
    LabelUse,
    Project,
    Setting,
    Tag,
    Track,
    Version,
)
from archivist.text import clean, to_store
from archivist.vocabulary import mask
from taggers.naming import instrument, track_of

COLUMNS = ("kind", "bpm", "key", "instrument", "loudness")
"""The fields that content carries resolved; project carries bpm, key and time_signature."""

_PROJECT_COLUMNS = ("bpm", "key", "time_signature")
_SHORTEST_TAKE = 2.0  # seconds: what is shorter is a hit, which has no tempo
_ROWS = 500
_TRACKS = 1_000  # of one project: beyond that nobody named them by hand


@dataclass(frozen=True, slots=True)
class Said:
    """One value about to be written as a tag row: text or number, never both."""

    field: str
    text: str = ""
    number: float | None = None
    source: str = "machine"
    confidence: float = 1.0
    engine: str = ""
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """How one tagger fared with one content, and what it said."""

    tagger: str
    version: int
    status: str  # ok, error, crashed
    said: tuple[Said, ...] = ()
    abstained: Mapping[str, str] | None = None
    vectors: Mapping[str, bytes] | None = None
    error: str | None = None
    seconds: float = 0.0


def save_content(digest: bytes, size: int, facts: Mapping[str, Any]) -> int:
    """The id of these bytes' row, made on first sight; facts are its columns."""
    Content.insert(digest=digest, size=size, **facts).on_conflict(
        conflict_target=[Content.digest],
        preserve=[getattr(Content, name) for name in facts] or [Content.size],
    ).execute()
    return int(Content.select(Content.id).where(Content.digest == digest).scalar())


def save_analysis(content_id: int, heard: Sequence[Heard], file: File | None = None) -> None:
    """Replace what these taggers said of a content, and bring its values in force up to date.

    file: the place it was heard at; where that lies in a project, the project speaks too.
    """
    now = time.time()
    taggers = [item.tagger for item in heard]
    Tag.delete().where(Tag.content == content_id, Tag.tagger << taggers, Tag.source != "user").execute()
    rows = [
        {
            **_row(said),
            "content": content_id,
            "tagger": item.tagger,
            "tagger_version": item.version,
            "set_at": now,
        }
        for item in heard
        for said in item.said
    ]
    if rows:
        Tag.insert_many(rows).on_conflict_ignore().execute()
    for item in heard:
        for model, vector in (item.vectors or {}).items():
            Embedding.insert(content=content_id, model=model, vector=vector).on_conflict(
                conflict_target=[Embedding.content, Embedding.model], preserve=[Embedding.vector]
            ).execute()
        Analysis.insert(
            content=content_id,
            tagger=item.tagger,
            version=item.version,
            status=item.status,
            error=clean(item.error) if item.error else None,
            abstained=dict(item.abstained or {}),
            seconds=item.seconds,
            finished_at=now,
        ).on_conflict(
            conflict_target=[Analysis.content, Analysis.tagger],
            preserve=[
                Analysis.version, Analysis.status, Analysis.error, Analysis.abstained,
                Analysis.seconds, Analysis.finished_at,
            ],
        ).execute()  # fmt: skip
    if any(item.vectors for item in heard):
        stamp_vectors()
    if file is not None and file.project_id is not None:
        _let_project_speak(Project.get_by_id(file.project_id), [(content_id, file.rel_path)])
    resolve_contents([content_id])


def stamp_vectors() -> None:
    """Say that `embedding` has changed: see VECTORS_STAMP."""
    Setting.insert(key=VECTORS_STAMP, value=str(time.time_ns())).on_conflict(
        conflict_target=[Setting.key], preserve=[Setting.value]
    ).execute()


def add_opinions(content_id: int, tagger: str, version: int, said: Sequence[Said]) -> None:
    """Add what a tagger says of a content beside what it said before, such as another place's name."""
    if not said:
        return
    common = {"content": content_id, "tagger": tagger, "tagger_version": version, "set_at": time.time()}
    Tag.insert_many([{**_row(one), **common} for one in said]).on_conflict_ignore().execute()
    resolve_contents([content_id])


def _row(said: Said) -> dict[str, Any]:
    return {
        "field": said.field,
        "text": clean(to_store(said.text)),
        "number": said.number,
        "source": said.source,
        "confidence": said.confidence,
        "engine": clean(said.engine),
        "candidates": [list(candidate) for candidate in said.candidates],
    }


def spread_project_values(project_ids: Iterable[int]) -> None:
    """Give the takes, stems and bounces of these projects what the project file says of them."""
    for batch in chunked(project_ids, _ROWS):
        for project in Project.select().where(Project.id << batch):
            owned = File.select(File.content, File.rel_path).where(
                File.project == project.id, ~File.is_project, File.content.is_null(False)
            )
            places = list(owned.tuples())
            _let_project_speak(project, places)
            resolve_contents({content_id for content_id, _path in places})


def _let_project_speak(project: Project, places: Sequence[tuple[int, str]]) -> None:
    """Replace what the project says of these contents (id, path).

    Imported samples keep out: a loop dragged into a song has a tempo of its own. A single hit has no
    tempo, and what the key tagger heard no tones in (drums, speech) no key. A file named as one of the
    project's tracks is of the instrument that the track is named for.
    """
    tracks = _named_tracks(project)
    for some in chunked(places, _ROWS):
        ids = [content_id for content_id, _path in some]
        own = [(content_id, path) for content_id, path in some if not _is_imported(path)]
        Tag.delete().where(Tag.content << ids, Tag.tagger == "project").execute()
        common = {"tagger": "project", "set_at": time.time()}
        said = {*_said_of_music(project, [content_id for content_id, _path in own]), *_said_of_tracks(tracks, own)}
        rows = [{**_row(one), **common, "content": content_id} for content_id, one in said]
        if rows:
            Tag.insert_many(rows).on_conflict_ignore().execute()


def _said_of_music(project: Project, own: Sequence[int]) -> Iterator[tuple[int, Said]]:
    hits = Tag.select(Tag.content).where(
        Tag.content << own,
        Tag.field == "kind",
        Tag.text == "one-shot",
        Tag.source == "machine",
        Tag.confidence >= 0.8,
    )
    timed = Content.select(Content.id).where(
        Content.id << own, Content.duration >= _SHORTEST_TAKE, Content.id.not_in(hits)
    )
    toned = Tag.select(Tag.content).where(Tag.content << own, Tag.field == "key", Tag.source == "machine")
    common: dict[str, Any] = {"source": "project", "confidence": 0.9, "engine": f"project {project.name}"}
    says = {Said("bpm", number=project.bpm, **common): timed, Said("key", text=project.key or "", **common): toned}
    for said, hearers in says.items():
        if said.number is not None or said.text:
            yield from ((content_id, said) for (content_id,) in hearers.distinct().tuples())


def _said_of_tracks(tracks: Sequence[str], own: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Said]]:
    for content_id, path in own:
        track = track_of(path.rpartition("/")[2], tracks) if tracks else None
        slug = instrument(track) if track else None
        if track and slug:
            yield content_id, Said("instrument", slug, source="project", confidence=0.9, engine=f"track {track}")


def _named_tracks(project: Project) -> list[str]:
    """Names of the current version's tracks that may tell an instrument."""
    names = (
        Track.select(Track.name)
        .join(Version)
        .where(Version.project == project.id, Version.is_current)
        .distinct()
        .limit(_TRACKS)
    )
    return [name for (name,) in names.tuples()]


def _is_imported(rel_path: str) -> bool:
    """Ableton's `Samples/Imported`, and any folder of samples: not played for this song."""
    folders = rel_path.lower().split("/")[:-1]
    return "imported" in folders or ("samples" in folders and "recorded" not in folders)


def resolve_contents(content_ids: Iterable[int]) -> None:
    """Write the values in force to `content`, in the caller's transaction."""
    for batch in chunked(content_ids, _ROWS):
        opinions = _opinions(Tag.content, batch)
        for content_id in batch:
            winners = effective(opinions[content_id])
            values = {name: winners[name].value if name in winners else None for name in COLUMNS}
            values["instruments"] = _playing(opinions[content_id], winners.get("instrument"))
            Content.update(**values).where(Content.id == content_id).execute()


def _playing(opinions: Iterable[Opinion], winner: Opinion | None) -> int:
    """The instrument in force and every other that likely plays; once a person has said what plays, that alone."""
    if winner is None:
        return 0
    if winner.source == "user":
        return mask([winner.text])
    sure = (
        one.text for one in opinions if one.field == "instrument" and one.confidence >= 0.5 and not one.rejected
    )
    return mask((winner.text, *sure))


def resolve_projects(project_ids: Iterable[int]) -> None:
    for batch in chunked(project_ids, _ROWS):
        opinions = _opinions(Tag.project, batch)
        for project_id in batch:
            winners = effective(opinions[project_id])
            values = {name: winners[name].value if name in winners else None for name in _PROJECT_COLUMNS}
            Project.update(**values).where(Project.id == project_id).execute()


def winner(tags: Iterable[Tag]) -> Opinion | None:
    """Which of these rows, all of one field, is in force."""
    rows = (Opinion(t.id, t.field, t.text, t.number, t.source, t.confidence, t.set_at, t.rejected) for t in tags)
    return next(iter(effective(rows).values()), None)


def _opinions(owner: Any, ids: Sequence[int]) -> dict[int, list[Opinion]]:
    rows = (
        Tag.select(
            owner,
            Tag.id,
            Tag.field,
            Tag.text,
            Tag.number,
            Tag.source,
            Tag.confidence,
            Tag.set_at,
            Tag.rejected,
        )
        .where(owner << ids)
        .tuples()
    )
    opinions: dict[int, list[Opinion]] = defaultdict(list)
    for owner_id, *values in rows:
        opinions[owner_id].append(Opinion(*values))
    return opinions


# ---------------------------------------------------------------- what a person says


def set_values(
    owner: str, ids: Sequence[int], values: Mapping[str, str | float | None], batch: int | None = None
) -> int:
    """Write a person's values to contents or projects (`owner`), each a lock; the edit's number.

    None takes the person's value away again, "" says that there is none. `batch` joins several calls
    into one edit, so that one `undo` takes all back.
    """
    batch = batch or next_edit()
    now = time.time()
    for owner_id in ids:
        for field, value in values.items():
            before = _user_row(owner, owner_id, field)
            after = None if value is None else _as_row(value)
            if before == after:
                continue
            _write_user_row(owner, owner_id, field, after, now)
            Edit.create(batch=batch, **{owner: owner_id}, field=field, before=before, after=after, at=now)
    _resolve(owner, ids)
    return batch


def next_edit() -> int:
    return int(Edit.select(Edit.batch).order_by(Edit.batch.desc()).limit(1).scalar() or 0) + 1


def undo() -> list[Edit]:
    """Take the newest edit back, whole; what it was made of. A second call takes back the one before."""
    newest = Edit.select(Edit.batch).order_by(Edit.batch.desc()).limit(1).scalar()
    edits = list(Edit.select().where(Edit.batch == newest).order_by(Edit.id.desc())) if newest else []
    for edit in edits:
        owner = "content" if edit.content_id is not None else "project"
        owner_id = edit.content_id if edit.content_id is not None else edit.project_id
        if edit.field.startswith("label:"):
            _write_label(owner, owner_id, edit.field.removeprefix("label:"), edit.before is not None)
            _index_words(owner, [owner_id])
        elif (other := verdicts.other(edit.field)) is not None:
            verdicts.write(owner_id, other, edit.before["text"] if edit.before else None)
        else:
            _write_user_row(owner, owner_id, edit.field, edit.before, edit.at)
        _resolve(owner, [owner_id])
    if edits:
        Edit.delete().where(Edit.batch == newest).execute()
    return edits


def set_labels(
    owner: str, ids: Sequence[int], add: Iterable[str], remove: Iterable[str], batch: int | None = None
) -> int:
    """Put free labels on contents or projects, or take them off; the edit's number."""
    batch, now = batch or next_edit(), time.time()
    wanted = [(name, True) for name in add] + [(name, False) for name in remove]
    for owner_id in ids:
        for name, present in wanted:
            if _write_label(owner, owner_id, name, present):
                before: dict[str, str] | None = None if present else {}
                after: dict[str, str] | None = {} if present else None
                Edit.create(
                    batch=batch,
                    **{owner: owner_id},
                    field=f"label:{name}",
                    before=before,
                    after=after,
                    at=now,
                )
    _index_words(owner, ids)
    return batch


def _index_words(owner: str, ids: Iterable[int]) -> None:
    if owner == "content":
        words.index_contents(ids)
    else:
        words.index_projects(ids)


def _write_label(owner: str, owner_id: int, name: str, present: bool) -> bool:
    """Whether this changed anything."""
    column = getattr(LabelUse, owner)
    if present:
        Label.insert(name=name).on_conflict_ignore().execute()
    label = Label.get_or_none(Label.name == name)
    if label is None:
        return False
    use = LabelUse.get_or_none(LabelUse.label == label, column == owner_id)
    if present == (use is not None):
        return False
    if use is not None:
        use.delete_instance()
    else:
        LabelUse.create(label=label, **{owner: owner_id})
    return True


def _as_row(value: str | float) -> dict[str, Any]:
    return {"text": "", "number": value} if isinstance(value, float) else {"text": clean(value), "number": None}


def _user_row(owner: str, owner_id: int, field: str) -> dict[str, Any] | None:
    row = Tag.get_or_none(getattr(Tag, owner) == owner_id, Tag.field == field, Tag.source == "user")
    return None if row is None else {"text": row.text, "number": row.number}


def _write_user_row(owner: str, owner_id: int, field: str, row: dict[str, Any] | None, now: float) -> None:
    Tag.delete().where(getattr(Tag, owner) == owner_id, Tag.field == field, Tag.source == "user").execute()
    if row is not None:
        Tag.create(**{owner: owner_id}, field=field, source="user", tagger="user", set_at=now, **row)


def _resolve(owner: str, ids: Iterable[int]) -> None:
    if owner == "content":
        resolve_contents(ids)
    else:
        ids = list(ids)
        resolve_projects(ids)
        spread_project_values(ids)
