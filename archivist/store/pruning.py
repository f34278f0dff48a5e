"""Rows that leave the archive: songs without files, contents without places."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from peewee import chunked

from archivist.store import chords, declared, opinions, songs, words
from archivist.store.moves import forget_project
from archivist.tables import Content, Edit, Embedding, File, LabelUse, Project, Tag, Verdict, Version

_ROWS = 500


@dataclass(frozen=True, slots=True)
class Left:
    """kept: contents that stay for what people said of them. people_forgotten: those that went with it."""

    kept: int
    people_forgotten: int


def is_bare(project_id: int) -> bool:
    """Whether no file of this project is known any more."""
    return not File.select().where(File.project == project_id, File.is_project).exists()


def forget_songs(project_ids: Iterable[int], *, forget_values: bool) -> tuple[int, list[str]]:
    """(how many stay for what people said of them, the names of those that went)."""
    kept, names = 0, []
    for project_id in dict.fromkeys(project_ids):
        name = Project.get_by_id(project_id).name
        if songs.said_by_people(project_id) and not forget_values:
            kept += 1
            songs.refresh([project_id], frozenset())
            continue
        names.append(name)
        audio = [row[0] for row in File.select(File.id).where(File.project == project_id).tuples()]
        forget_project(project_id)
        words.index_files(audio)
        declared.refresh(contents_of(audio))
    return kept, names


def contents_of(file_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for batch in chunked(file_ids, _ROWS):
        rows = File.select(File.content).where(File.id << batch, File.content.is_null(False))
        found |= {row[0] for row in rows.tuples()}
    return found


def forget_contents(content_ids: Set[int] | None, *, forget_values: bool) -> Left:
    """Forget those of these contents, or of all, that lie nowhere and are no version of a known project."""
    placed = File.select(File.content).where(File.content.is_null(False))
    nowhere = Content.select(Content.id).where(
        Content.id.not_in(placed), Content.id.not_in(Version.select(Version.content))
    )
    loose = {row[0] for row in nowhere.tuples()}
    if content_ids is not None:
        loose &= content_ids
    spoken = loose & {row[0] for row in Content.select(Content.id).where(_said_by_people()).tuples()}
    heard = False
    for batch in chunked(sorted(loose if forget_values else loose - spoken), _ROWS):
        heard = heard or Embedding.select().where(Embedding.content << batch).exists()
        Content.delete().where(Content.id << batch).execute()
        chords.forget(batch)
    if heard:
        opinions.stamp_vectors()
    return Left(0, len(spoken)) if forget_values else Left(len(spoken), 0)


def _said_by_people() -> Any:
    return (
        (Content.id << Tag.select(Tag.content).where(Tag.source == "user", Tag.content.is_null(False)))
        | (Content.id << LabelUse.select(LabelUse.content).where(LabelUse.content.is_null(False)))
        | (Content.id << Edit.select(Edit.content).where(Edit.content.is_null(False)))
        | (Content.id << Verdict.select(Verdict.left))
        | (Content.id << Verdict.select(Verdict.right))
    )
