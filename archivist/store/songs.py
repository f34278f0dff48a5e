"""Projects and their versions: which song a project file is a state of, and what that state holds."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from peewee import chunked

from archivist import search
from archivist.projects import Song, Territory, is_factory
from archivist.records import ProjectInfo
from archivist.store import declared, many, resolving, words
from archivist.tables import (
    Edit,
    File,
    LabelUse,
    Marker,
    Plugin,
    Project,
    SampleUse,
    Tag,
    Track,
    Version,
    VersionPlugin,
    database,
)
from archivist.text import clean, to_store

_ROWS = 500


def assign_projects(volume_id: int, songs: Mapping[int, Song]) -> set[int]:
    """Make each project file (by file id) a file of its song; the ids of the projects concerned.

    A song that changed its name because a sibling appeared keeps what people said of it: its tags,
    labels and note move along.
    """
    known = {
        (project.rel_path, project.name, project.daw): project
        for project in Project.select().where(Project.volume == volume_id)
    }
    touched: set[int] = set()
    for file_id, song in songs.items():
        key = (song.folder, song.name, song.daw)
        project = known.get(key)
        if project is None:
            project = known[key] = _create(volume_id, song)
        before = File.select(File.project).where(File.id == file_id).scalar()
        if before == project.id:
            continue
        File.update(project=project.id).where(File.id == file_id).execute()
        touched.add(project.id)
        if before is not None:
            _move_versions(file_id, before, project.id)
            touched.add(before)
    return touched


def _create(volume_id: int, song: Song) -> Project:
    project: Project = Project.create(
        volume=volume_id,
        rel_path=song.folder,
        name=song.name,
        sort_name=to_store(song.name).casefold(),
        daw=song.daw,
        modified_at=0.0,
        is_factory=is_factory(f"{song.folder}/{song.name}"),
    )
    return project


def _move_versions(file_id: int, old: int, new: int) -> None:
    taken = Version.select(Version.content).where(Version.project == new)
    Version.update(project=new, is_current=False).where(
        Version.file == file_id, Version.project == old, Version.content.not_in(taken)
    ).execute()
    take_over(old, new)


def take_over(old: int, new: int) -> None:
    """Where no file of the old song is there any more it has become the new one: what people said of it comes
    along, and so does what is known of its past."""
    here = File.select().where(File.project == old, File.is_project, File.missing_since.is_null())
    if old == new or here.exists():
        return
    said = Tag.select(Tag.field).where(Tag.project == new, Tag.source == "user")
    Tag.update(project=new).where(Tag.project == old, Tag.source == "user", Tag.field.not_in(said)).execute()
    Edit.update(project=new).where(Edit.project == old).execute()
    labelled = LabelUse.select(LabelUse.label).where(LabelUse.project == new)
    LabelUse.update(project=new).where(LabelUse.project == old, LabelUse.label.not_in(labelled)).execute()
    note = Project.get_by_id(old).note
    if note:
        Project.update(note=note).where(Project.id == new, Project.note == "").execute()
    taken = Version.select(Version.content).where(Version.project == new)
    Version.update(project=new, is_current=False).where(
        Version.project == old, Version.content.not_in(taken)
    ).execute()
    File.update(project=new).where(File.project == old).execute()
    # What is left is said of the new one already.
    Tag.delete().where(Tag.project == old, Tag.source == "user").execute()
    LabelUse.delete().where(LabelUse.project == old).execute()
    Project.update(note="").where(Project.id == old).execute()


def said_by_people(project_id: int) -> bool:
    """Whether a person has given this project a value, a label or a note."""
    return bool(
        Tag.select().where(Tag.project == project_id, Tag.source == "user").exists()
        or LabelUse.select().where(LabelUse.project == project_id).exists()
        or Project.select().where(Project.id == project_id, Project.note != "").exists()
    )


def assign_audio(volume_id: int, territory: Territory, file_ids: Iterable[int] | None) -> set[int]:
    """Give audio files to the song in whose folder they lie: these files, or all of the volume (None).

    Returns the projects that gained or lost one.
    """
    projects = {
        Song(project.rel_path, project.name, project.daw): project.id
        for project in Project.select().where(Project.volume == volume_id)
    }
    touched: set[int] = set()
    changes: dict[int | None, list[int]] = defaultdict(list)
    for file_id, rel_path, before in _audio(volume_id, file_ids):
        song = territory.owner(rel_path)
        after = projects.get(song) if song else None
        if after != before:
            changes[after].append(file_id)
            touched |= {project for project in (before, after) if project is not None}
    for project_id, ids in changes.items():
        for batch in chunked(ids, _ROWS):
            File.update(project=project_id).where(File.id << batch).execute()
            words.index_files(batch)
            sounds = File.select(File.content).where(File.id << batch, File.content.is_null(False))
            declared.refresh(row[0] for row in sounds.tuples())
    return touched


def _audio(volume_id: int, file_ids: Iterable[int] | None) -> Iterable[tuple[int, str, int | None]]:
    query = File.select(File.id, File.rel_path, File.project).where(File.volume == volume_id, ~File.is_project)
    if file_ids is None:
        yield from list(query.tuples())
        return
    for batch in chunked(file_ids, _ROWS):
        yield from list(query.where(File.id << batch).tuples())


def save_version(
    file: File, content_id: int, info: ProjectInfo | None, error: str | None, reader: str, version: int
) -> int:
    """Write what a reader saw in a project file, or why it saw nothing; the version's id.

    The same bytes twice in one project (a backup just made) are one version, of the plain file.
    """
    now_saved = _timestamp(info.saved) if info and info.saved else None
    values: dict[str, Any] = {
        "saved_at": now_saved or file.mtime_ns / 1e9,
        "daw_version": info and info.daw_version,
        "bpm": info and info.bpm,
        "key": info and info.key,
        "time_signature": info and info.time_signature,
        "reader": reader,
        "reader_version": version,
        "status": info.status if info else "error",
        "error": clean(error) if error else None,
        "summary": _summary(info) if info else {},
    }
    row = Version.get_or_none(Version.project == file.project_id, Version.content == content_id)
    if row is None:
        values["first_read_at"] = time.time()
        row = Version.create(project=file.project_id, content=content_id, file=file.id, **values)
    else:
        # Of two places of the same bytes the shorter path is the plain file, not its backup.
        elder = File.get_or_none(File.id == row.file_id, File.content == content_id)
        if elder is None or len(file.rel_path) < len(elder.rel_path):
            values["file"] = file.id
        Version.update(**values).where(Version.id == row.id).execute()
    _replace_parts(row.id, info)
    return int(row.id)


def _summary(info: ProjectInfo) -> dict[str, Any]:
    return {
        "daw": info.daw,
        "sample_rate": info.sample_rate,
        "length_seconds": info.length_seconds,
        "title": info.title,
        "author": info.author,
        "comment": info.comment,
        "created": info.created,
        "saved": info.saved,
        "unread": list(info.unread),
        "tempo_changes": [[change.at, change.unit, change.bpm] for change in info.tempo_changes[:_ROWS]],
    }


def _timestamp(iso: str) -> float | None:
    try:
        return datetime.fromisoformat(iso).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _replace_parts(version_id: int, info: ProjectInfo | None) -> None:
    for table in (Track, VersionPlugin, Marker, SampleUse):
        table.delete().where(table.version == version_id).execute()
    if info is None:
        return
    tracks = [
        {
            "version": version_id,
            "position": position,
            "name": track.name,
            "kind": track.kind,
            "muted": track.muted,
            "frozen": track.frozen,
            "devices": list(track.devices),
        }
        for position, track in enumerate(info.tracks)
    ]
    markers = [{"version": version_id, "name": m.name, "at": m.at, "unit": m.unit} for m in info.markers]
    uses = {
        sample.path: {
            "version": version_id,
            "raw_path": sample.path,
            "name": _base_name(sample.path),
            "status": sample.status or "unresolved",
        }
        for sample in info.samples
    }
    for table, rows in ((Track, tracks), (Marker, markers), (SampleUse, list(uses.values()))):
        for batch in chunked(rows, _ROWS):
            table.insert_many(batch).execute()
    counts: dict[int, int] = defaultdict(int)
    for plugin in info.plugins:
        counts[_plugin_id(plugin.name, plugin.vendor or "", plugin.format)] += plugin.count
    links = [{"version": version_id, "plugin": plugin, "count": count} for plugin, count in counts.items()]
    for batch in chunked(links, _ROWS):
        VersionPlugin.insert_many(batch).execute()


def _plugin_id(name: str, vendor: str, form: str) -> int:
    Plugin.insert(name=name, vendor=vendor, format=form).on_conflict_ignore().execute()
    found = Plugin.select(Plugin.id).where(Plugin.name == name, Plugin.vendor == vendor, Plugin.format == form)
    return int(found.scalar())


def _base_name(path: str) -> str:
    return to_store(path.replace("\\", "/").rstrip("/").rpartition("/")[2]).casefold()


def refresh(project_ids: Iterable[int], backups: frozenset[int]) -> None:
    """Choose each project's current version and take its values; `backups` are ids of backup files.

    Current is the newest readable state whose file is there, is no backup, and holds it still: an earlier save may
    have been put back, or a clock been wrong. Failing that it is the newest of all. A project whose files are all
    gone is missing; one that never had a version is only listed.
    """
    ids = sorted(set(project_ids))
    orphans: set[int] = set()
    for project_id in ids:
        project = Project.get_or_none(Project.id == project_id)
        if project is None:
            continue
        files = list(File.select().where(File.project == project_id, File.is_project))
        if not files and said_by_people(project_id):  # pruned, and kept for what people said
            Project.update(missing_since=project.missing_since or time.time()).where(
                Project.id == project_id
            ).execute()
        elif not files:
            orphans |= _sounds(project_id)
            project.delete_instance()  # the schema says what goes with it
            search.remove_projects(database.obj, [project_id])
        else:
            _refresh_one(project, {file.id: file for file in files}, backups)
    resolving.resolve_projects(ids)
    declared.spread(ids)
    declared.refresh(orphans)
    words.index_projects(ids)


def _sounds(project_id: int) -> set[int]:
    rows = File.select(File.content).where(
        File.project == project_id, ~File.is_project, File.content.is_null(False)
    )
    return {row[0] for row in rows.tuples()}


def _refresh_one(project: Project, files: Mapping[int, File], backups: frozenset[int]) -> None:
    present = {file_id for file_id, file in files.items() if file.missing_since is None}

    def rank(version: Version) -> tuple[bool, bool, bool, bool, float]:
        here, plain = version.file_id in present, version.file_id not in backups
        held = here and files[version.file_id].content_id == version.content_id
        return (here, plain, version.status in ("ok", "partial"), held, version.saved_at)

    versions = list(Version.select().where(Version.project == project.id))
    current = max(versions, key=rank, default=None)
    Version.update(is_current=False).where(Version.project == project.id, Version.is_current).execute()
    newest = max((file.mtime_ns for file in files.values()), default=0) / 1e9
    values: dict[str, Any] = {"missing_since": None if present else time.time(), "modified_at": newest}
    Tag.delete().where(Tag.project == project.id, Tag.source == "project").execute()
    if current is not None:
        Version.update(is_current=True).where(Version.id == current.id).execute()
        values["track_count"] = Track.select().where(Track.version == current.id, Track.kind != "master").count()
        _save_values(project.id, current)
    Project.update(**values).where(Project.id == project.id).execute()


def _save_values(project_id: int, version: Version) -> None:
    said = {"bpm": version.bpm, "key": version.key, "time_signature": version.time_signature}
    rows = [
        {
            "project": project_id,
            "field": field,
            "text": value if isinstance(value, str) else "",
            "number": value if isinstance(value, float) else None,
            "source": "project",
            "tagger": version.reader,
            "tagger_version": version.reader_version,
            "set_at": version.saved_at,
        }
        for field, value in said.items()
        if value is not None
    ]
    if rows:
        Tag.insert_many(rows).execute()


def link_samples(version_ids: Iterable[int], added_files: Iterable[int]) -> None:
    """Find in the archive the files that projects name: for these versions, and for every project that
    waits for one of the files just added.

    The place that the path itself names wins, then one in the project's folder, then the place that
    shares most folders with the stored path; a tie between different bytes is no answer.
    """
    waiting = [SampleUse.version << batch for batch in chunked(version_ids, _ROWS)]
    for batch in chunked(added_files, _ROWS):
        names = File.select(File.sort_name).where(File.id << batch, ~File.is_project)
        waiting.append(SampleUse.file.is_null() & (SampleUse.name << names))
    for condition in waiting:
        uses = (
            SampleUse.select(SampleUse, Project.rel_path.alias("folder"), Project.volume.alias("volume"))
            .join(Version)
            .join(Project)
            .where(condition)
        )
        for use in list(uses.objects()):
            file = _best_place(use.raw_path, use.name, use.folder, use.volume)
            SampleUse.update(file=file and file.id, content=file and file.content_id).where(
                SampleUse.version == use.version_id, SampleUse.raw_path == use.raw_path
            ).execute()


def know_contents(contents: Mapping[int, int]) -> None:
    """File id → content id: what lies there, and so which bytes the projects that name it use. Samples are linked
    before all is heard."""
    rows = {file_id: {"content": content_id} for file_id, content_id in contents.items()}
    many.update(File.id, rows)
    many.update(SampleUse.file, rows)


def _best_place(raw_path: str, name: str, folder: str, volume_id: int) -> File | None:
    places = list(File.select().where(File.sort_name == name, File.missing_since.is_null()).limit(_ROWS))
    if not places:
        return None
    wanted = PurePosixPath(raw_path.replace("\\", "/").lower()).parts[::-1]

    def score(place: File) -> tuple[bool, int]:
        parts = PurePosixPath(place.rel_path.lower()).parts[::-1]
        shared = next((n for n, (a, b) in enumerate(zip(wanted, parts, strict=False)) if a != b), 99)
        inside = place.volume_id == volume_id and bool(folder) and place.rel_path.startswith(f"{folder}/")
        return (inside, shared)

    best = max(map(score, places))
    top = [place for place in places if score(place) == best]
    if len({place.content_id for place in top}) > 1:
        return None
    # A name alone ("Kick.wav") in somebody else's folder proves nothing.
    return top[0] if best[0] or best[1] >= 2 else None
