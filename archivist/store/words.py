"""Which words find a file or a project: gathered from all that knows them, and given to the full-text index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from peewee import JOIN, chunked

from archivist import search
from archivist.tables import (
    File,
    Label,
    LabelUse,
    Plugin,
    Project,
    Tag,
    Track,
    Version,
    VersionPlugin,
    database,
)

_SPOKEN = ("title", "artist", "album", "genre", "comment")  # embedded words worth finding
_ROWS = 500


def index_files(file_ids: Iterable[int]) -> None:
    """A file is found by its name and folders, its project's name, its labels and its embedded words."""
    for batch in chunked(file_ids, _ROWS):
        rows = list(
            File.select(File.id, File.name, File.rel_path, File.content, Project.name)
            .join(Project, JOIN.LEFT_OUTER, on=(File.project == Project.id))
            .where(File.id << batch)
            .tuples()
        )
        contents = [row[3] for row in rows if row[3] is not None]
        said = Tag.select(Tag.content, Tag.text).where(Tag.content << contents, Tag.field << _SPOKEN)
        words = _gathered(said, _labels(LabelUse.content, contents))
        search.index_files(
            database.obj,
            [
                (file_id, name, path, " ".join(filter(None, (project, *words[content]))))
                for file_id, name, path, content, project in rows
            ],
        )


def index_contents(content_ids: Iterable[int]) -> None:
    """Every place of these contents anew, after something was said of them."""
    for batch in chunked(content_ids, _ROWS):
        index_files([row[0] for row in File.select(File.id).where(File.content << batch).tuples()])


def index_projects(project_ids: Iterable[int]) -> None:
    """A project is found by its name and folder, tracks, plugins, labels, and its notes, title and author."""
    for batch in chunked(project_ids, _ROWS):
        projects = list(Project.select().where(Project.id << batch))
        ids = [project.id for project in projects]
        labels = _gathered(_labels(LabelUse.project, ids))
        current = Version.is_current & (Version.project << ids)
        tracks = _gathered(Track.select(Version.project, Track.name).join(Version).where(current))
        plugins = _gathered(
            Plugin.select(Version.project, Plugin.name.concat(" ").concat(Plugin.vendor))
            .join(VersionPlugin)
            .join(Version)
            .where(current)
        )
        versions = Version.select(Version.project, Version.summary).where(current).tuples()
        facts = {project_id: _prose(summary) for project_id, summary in versions}
        search.index_projects(
            database.obj,
            [
                (
                    project.id,
                    project.name,
                    project.rel_path,
                    " ".join(tracks[project.id]),
                    " ".join(plugins[project.id]),
                    " ".join((project.note, *facts.get(project.id, ()), *labels[project.id])),
                )
                for project in projects
            ],
        )


def _prose(summary: dict[str, Any]) -> list[str]:
    return [str(summary[name]) for name in ("title", "author", "comment") if summary.get(name)]


def _labels(owner: Any, ids: list[int]) -> Any:
    return Label.select(owner, Label.name).join(LabelUse).where(owner << ids)


def _gathered(*queries: Any) -> defaultdict[int | None, list[str]]:
    """(id, word) rows as the words of each id."""
    words: defaultdict[int | None, list[str]] = defaultdict(list)
    for query in queries:
        for owner_id, word in query.tuples():
            words[owner_id].append(word)
    return words
