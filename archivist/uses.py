"""What projects use, and what they lack: which projects use a file and how sure that is, samples that are not
where a project expects them, plugins. Reads only."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from peewee import JOIN, fn

from archivist.details import iso
from archivist.offline import Offline
from archivist.records import Doubt, FileRow, FileUses, LackedSample, PluginUse, ProjectUse
from archivist.tables import (
    File,
    Plugin,
    Project,
    Quarantine,
    Root,
    SampleUse,
    Scan,
    Version,
    VersionPlugin,
    Volume,
)

_ITEMS = 5_000  # of one kind: beyond that nobody reads on


def of_file(row: FileRow) -> FileUses:
    """Which projects use this file, in which version; and where none does, which might without our knowing."""
    file = File.get_by_id(row.id)
    by_place = SampleUse.file == file.id
    by_bytes = SampleUse.content == file.content_id if file.content_id is not None else by_place
    found = _uses(by_place | by_bytes, SampleUse.file)
    uses = tuple(
        ProjectUse(id_, name, path, daw, version, current, "place" if place == file.id else "copy")
        for id_, name, path, daw, version, current, place in islice(found, _ITEMS)
    )
    doubts = tuple(islice(_doubts(file), _ITEMS))
    safety = "used" if uses else "unused-unparsed" if doubts else "unused-certain"
    return FileUses(row.id, row.path, safety, uses, doubts)  # type: ignore[arg-type]


def _uses(condition: Any, *more: Any) -> Iterator[tuple[Any, ...]]:
    """(project's id, name, path and DAW, the version's path, whether that is current, more…), newest first."""
    state = File.alias()
    rows = (
        SampleUse.select(
            Project.id, Project.name, Volume.last_path, Project.rel_path, Project.daw, state.rel_path,
            Version.is_current, *more,
        )
        .join(Version, on=(SampleUse.version == Version.id))
        .join(Project, on=(Version.project == Project.id))
        .join(Volume, on=(Project.volume == Volume.id))
        .join(state, JOIN.LEFT_OUTER, on=(Version.file == state.id))
        .where(condition)
        .order_by(Project.sort_name, Project.id, Version.saved_at.desc())
    )  # fmt: skip
    for id_, name, mount, folder, daw, file, current, *rest in rows.tuples():
        version = str(Path(mount, file)) if file else ""
        yield (id_, name, str(Path(mount, folder)), daw, version, bool(current), *rest)


def _doubts(file: File) -> Iterator[Doubt]:
    """What the archive has not seen in full, and so might use the file."""
    named = SampleUse.name == file.sort_name, SampleUse.file.is_null(), SampleUse.content.is_null()
    for _id, name, path, _daw, _version, _current, raw_path in _uses(
        named[0] & named[1] & named[2], SampleUse.raw_path
    ):
        yield Doubt(name, path, f"names {raw_path}, and which file that is is not known")
    partial = (
        Version.select(
            Project.name, Volume.last_path, Project.rel_path, Version.status, Version.error, Version.summary
        )
        .join(Project, on=(Version.project == Project.id))
        .join(Volume, on=(Project.volume == Volume.id))
        .where(Version.status != "ok")
        .order_by(Project.sort_name, Project.id)
    )
    for name, mount, folder, status, error, summary in partial.tuples().iterator():
        if status == "partial" and "samples" not in (summary.get("unread") or ()):
            continue
        reason = error or "its format, or this version of it, hides which samples it uses"
        yield Doubt(name, str(Path(mount, folder)), reason)
    unread = (
        File.select(File.name, Volume.last_path, File.rel_path, Quarantine.reason)
        .join(Volume, on=(File.volume == Volume.id))
        .join(Version, JOIN.LEFT_OUTER, on=(Version.project == File.project) & (Version.content == File.content))
        .join(Quarantine, JOIN.LEFT_OUTER, on=(Quarantine.file == File.id))
        .where(File.is_project, File.missing_since.is_null(), Version.id.is_null())
        .order_by(File.sort_name)
    )
    for name, mount, rel_path, reason in unread.tuples():
        yield Doubt(name, str(Path(mount, rel_path)), f"left alone: it {reason}" if reason else "not read yet")
    done = Scan.select(Scan.root).where(Scan.status == "done")
    for root in Root.select().where(Root.id.not_in(done)):
        path = Path(root.volume.last_path, root.rel_path)
        yield Doubt(path.name, str(path), "this root was never indexed to its end")


def lacked(offline: Offline, *, unresolved: bool = False) -> Iterator[LackedSample]:
    """Samples that the current version of a project would not find: gone, missing, or lying elsewhere.

    unresolved: also those that only the machine which saved the project could tell. What lies on a drive
    that is away is not missing.
    """
    file_volume = Volume.alias()
    rows = (
        SampleUse.select(
            Project.id, Project.name, Volume.last_path, Project.rel_path, Project.daw, SampleUse.raw_path,
            SampleUse.status, File.rel_path, File.volume, File.missing_since, file_volume.last_path,
        )
        .join(Version, on=(SampleUse.version == Version.id))
        .join(Project, on=(Version.project == Project.id))
        .join(Volume, on=(Project.volume == Volume.id))
        .join(File, JOIN.LEFT_OUTER, on=(SampleUse.file == File.id))
        .join(file_volume, JOIN.LEFT_OUTER, on=(File.volume == file_volume.id))
        .where(Version.is_current, Project.missing_since.is_null(), ~Project.is_factory)
        .order_by(Project.sort_name, Project.id, SampleUse.raw_path)
    )  # fmt: skip
    for row in rows.tuples().iterator():
        id_, name, mount, folder, daw, raw_path, status, rel_path, volume, missing_since, file_mount = row
        if volume is not None and offline.holds(volume, rel_path):
            continue
        project = str(Path(mount, folder))
        known_at = None
        if rel_path is not None:
            place = str(Path(file_mount, rel_path))
            if missing_since is not None:
                status = "gone"
            elif status != "missing" or _leads_to(raw_path, project, place):
                continue
            else:
                status, known_at = "elsewhere", place
        if status in ("gone", "missing", "elsewhere") or (unresolved and status == "unresolved"):
            yield LackedSample(id_, name, project, daw, raw_path, status, known_at)


def _leads_to(raw_path: str, folder: str, place: str) -> bool:
    """Whether a path as a project stores it is this place: what was missing may have come back since."""
    return os.path.normpath(Path(folder, raw_path.replace("\\", "/"))) == os.path.normpath(place)


def plugins() -> list[PluginUse]:
    """Every plugin that a project uses, or used, those of most projects first."""
    current = fn.SUM(VersionPlugin.count).filter(Version.is_current)
    rows = (
        Plugin.select(
            Plugin.name, Plugin.vendor, Plugin.format,
            fn.COUNT(fn.DISTINCT(Version.project)).filter(Version.is_current),
            fn.COUNT(Version.id), current, fn.MAX(Version.saved_at),
        )
        .join(VersionPlugin, on=(VersionPlugin.plugin == Plugin.id))
        .join(Version, on=(VersionPlugin.version == Version.id))
        .group_by(Plugin.id, Plugin.name, Plugin.vendor, Plugin.format)
    )  # fmt: skip
    found = [
        PluginUse(name, vendor or None, form, projects, versions, int(count or 0), iso(saved))
        for name, vendor, form, projects, versions, count, saved in rows.tuples()
    ]
    return sorted(found, key=lambda use: (-use.projects, -use.versions, use.name.casefold(), use.format))
