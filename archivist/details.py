"""Everything the archive knows of one file or one project, for `show` and the details pane. Reads only."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peewee import SQL, fn

from archivist import volumes
from archivist.changes import State, differences
from archivist.database import ArchiveError
from archivist.records import (
    ArchiveCounts,
    FileDetails,
    FileRow,
    Marker,
    PlacedChord,
    Plugin,
    ProjectDetails,
    ProjectRow,
    RootInfo,
    SampleRef,
    TempoChange,
    Track,
    ValueRow,
    VersionRow,
)
from archivist.resolve import DECIDED, Opinion, doubtful, effective, withheld
from archivist.store import resolving
from archivist.tables import (
    Analysis,
    Content,
    Embedding,
    File,
    Label,
    LabelUse,
    Project,
    Quarantine,
    SampleUse,
    Tag,
    Version,
    VersionPlugin,
    Volume,
)
from archivist.tables import Marker as MarkerTable
from archivist.tables import Plugin as PluginTable
from archivist.tables import Track as TrackTable
from archivist.tempomap import placed
from archivist.text import from_printed, number_text
from taggers.chordnames import chord_name
from taggers.chordtrack import unpack
from taggers.vectors import CHORD_TRACK

_DIGITS = 19  # an id has fewer: 64 bits
_VERSIONS = 200
_NAMED = 5  # projects, in an error
_READS_NAMES = ("embedded", "name")  # taggers whose silence means nothing: most files say nothing of themselves
_ITEMS = 5_000  # of one kind in one pane: beyond that nobody reads on


def file_details(row: FileRow) -> FileDetails:
    file = File.get_by_id(row.id)
    content = file.content
    facts: dict[str, Any] = {"size": file.size, "first_seen": iso(file.first_seen_at)}
    if content is not None:
        names = ("duration", "sample_rate", "channels", "bit_depth", "codec")
        facts |= {name: getattr(content, name) for name in names}
        facts["digest"] = bytes(content.digest).hex()
    values = _values(Tag.content, content.id) if content else ()
    return FileDetails(
        row=row,
        facts=facts,
        values=tuple(value for value in values if value.field != "flag"),
        flags=tuple(sorted({value.value for value in values if value.field == "flag"})),
        copies=_copies(file),
        used_by=_users(file),
        labels=_labels(LabelUse.content, content.id) if content else (),
        errors=tuple(_errors(file, {value.field for value in values if value.wins})),
        chords=_chords(content) if content else (),
        doubtful=_doubtful(content.id) if content else (),
    )


def _doubtful(content_id: int) -> tuple[str, ...]:
    opinions = resolving.opinions_of(Tag.content, [content_id], DECIDED)[content_id]
    return tuple(doubtful(opinions, effective(opinions, resolving.limits())))


def _chords(content: Content) -> tuple[PlacedChord, ...]:
    track = Embedding.select(Embedding.vector).where(
        Embedding.content == content.id, Embedding.model == CHORD_TRACK
    )
    changes = unpack(bytes(track.scalar() or b""))
    return tuple(PlacedChord(change.at, chord_name(change.chord)) for change in changes)


def identify(target: str, *, projects: bool) -> tuple[str, int]:
    """("file" or "project", id) of what a person named: an id, or a path. Raises ArchiveError."""
    if found := known(target, projects=projects):
        return found
    if songs := [song for place in _places(target) for song in _songs(*place)]:
        named = ", ".join(song.name for song in songs[:_NAMED])
        more = f" and {len(songs) - _NAMED} more" if len(songs) > _NAMED else ""
        raise ArchiveError(f"{target}: holds several projects, {named}{more}: name the project's own file")
    raise ArchiveError(f"{target}: the archive knows no such file or project (is it in a root, and indexed?)")


def known(target: str, *, projects: bool = False) -> tuple[str, int] | None:
    """The same, or None of a path that the archive does not know. An id is taken as it is."""
    if target.isdecimal() and len(target) < _DIGITS and not Path(target).exists():
        return ("project" if projects else "file", int(target))
    return next((found for place in _places(target) if (found := _at(*place))), None)


def _places(target: str) -> Iterator[tuple[int, str]]:
    """Where a path may lie: (volume, path on it). One as it was printed, `caf\\xe9.wav`, counts too, and one whose
    accents are spelled apart or in one, as the system did not that wrote the file."""
    accents = (unicodedata.normalize(form, target) for form in ("NFC", "NFD"))
    names = dict.fromkeys((target, from_printed(target), *accents))
    paths = [Path(name).expanduser().absolute() for name in names]
    drives = [
        (volume.id, volumes.locate(volume.key, volume.last_path) or Path(volume.last_path))
        for volume in Volume.select()
    ]
    for path in paths:
        for volume_id, mount in drives:
            for named in dict.fromkeys((path, path.resolve())):
                if named.is_relative_to(mount):
                    yield volume_id, named.relative_to(mount).as_posix()


def _at(volume_id: int, rel_path: str) -> tuple[str, int] | None:
    file = File.get_or_none(File.volume == volume_id, File.rel_path == rel_path)
    if file is not None:
        is_song = file.is_project and file.project_id is not None
        return ("project", file.project_id) if is_song else ("file", file.id)
    songs = _songs(volume_id, rel_path)
    return ("project", songs[0].id) if len(songs) == 1 else None


def _songs(volume_id: int, folder: str) -> list[Project]:
    """The projects that lie in this folder itself."""
    here = (Project.volume == volume_id) & (Project.rel_path == folder) & Project.missing_since.is_null()
    return list(Project.select().where(here).order_by(Project.sort_name))


def counts(roots: Sequence[RootInfo]) -> ArchiveCounts:
    """The whole archive in a few numbers."""
    return ArchiveCounts(
        files=File.select().where(~File.is_project, File.missing_since.is_null()).count(),
        projects=Project.select().where(Project.missing_since.is_null()).count(),
        missing=File.select().where(File.missing_since.is_null(False)).count(),
        analysed=Content.select().where(Content.duration.is_null(False)).count(),
        # A literal, for a bound value could be anything and the partial index of failures would not serve.
        failures=Analysis.select(Analysis.content).where(Analysis.status == SQL("'error'")).distinct().count(),
        roots=tuple(roots),
    )


def _copies(file: File) -> tuple[str, ...]:
    if file.content_id is None:
        return ()
    places = (
        File.select(File.rel_path, Volume.last_path)
        .join(Volume)
        .where(File.content == file.content_id, File.id != file.id, File.missing_since.is_null())
        .limit(_ITEMS)
        .tuples()
    )
    return tuple(sorted(str(Path(mount) / rel_path) for rel_path, mount in places))


def _users(file: File) -> tuple[str, ...]:
    used = SampleUse.file == file.id
    if file.content_id is not None:
        used |= SampleUse.content == file.content_id
    names = Project.select(Project.name).join(Version).join(SampleUse).where(used).distinct().limit(_ITEMS)
    return tuple(sorted(row[0] for row in names.tuples()))


def _errors(file: File, known: set[str]) -> Iterable[str]:
    """Why a file could not be read or heard, and why a field that nobody knows is empty."""
    killed = Quarantine.get_or_none(
        Quarantine.file == file.id, Quarantine.size == file.size, Quarantine.mtime_ns == file.mtime_ns
    )
    if killed is not None:
        yield f"left alone: it {killed.reason}"
    if file.content_id is None:
        return
    rows = Analysis.select().where(Analysis.content == file.content_id).order_by(Analysis.tagger)
    failed: dict[str, list[str]] = {}
    for row in rows:
        if row.error:
            failed.setdefault(row.error, []).append(row.tagger)
    for error, names in failed.items():
        yield error if len(names) > 1 else f"{names[0]}: {error}"
    for row in rows:
        for field, reason in sorted(row.abstained.items()):
            if field not in known and row.tagger not in _READS_NAMES:
                yield f"no {field}: {reason}"


def project_details(row: ProjectRow) -> ProjectDetails:
    project = Project.get_by_id(row.id)
    current = Version.get_or_none(Version.project == project.id, Version.is_current)
    summary = current.summary if current else {}
    facts = {name: summary.get(name) for name in ("title", "author", "comment", "sample_rate", "length_seconds")}
    facts |= {name: summary.get(name) for name in ("created", "saved", "unread")}
    facts |= {"daw": summary.get("daw") or row.daw, "error": current.error if current else None}
    parts = _parts(current.id) if current else ((), (), (), ())
    tracks, plugins, samples, markers = parts
    tempo_changes = tuple(TempoChange(*change) for change in summary.get("tempo_changes", ()))
    return ProjectDetails(
        row=row,
        values=tuple(_values(Tag.project, project.id)),
        tracks=tracks,
        plugins=plugins,
        samples=samples,
        markers=placed(markers, current.bpm if current else None, tempo_changes),
        tempo_changes=tempo_changes,
        versions=_versions(project),
        facts=facts,
        labels=_labels(LabelUse.project, project.id),
        note=project.note,
    )


def _parts(
    version_id: int,
) -> tuple[tuple[Track, ...], tuple[Plugin, ...], tuple[SampleRef, ...], tuple[Marker, ...]]:
    tracks = TrackTable.select().where(TrackTable.version == version_id).order_by(TrackTable.position)
    plugins = (
        PluginTable.select(PluginTable, VersionPlugin.count)
        .join(VersionPlugin)
        .where(VersionPlugin.version == version_id)
        .order_by(PluginTable.name)
    )
    samples = SampleUse.select().where(SampleUse.version == version_id).order_by(SampleUse.raw_path)
    markers = MarkerTable.select().where(MarkerTable.version == version_id).order_by(MarkerTable.at)
    return (
        tuple(Track(t.name, t.kind, t.muted, t.frozen, tuple(t.devices)) for t in tracks.limit(_ITEMS)),
        tuple(Plugin(p.name, p.vendor or None, p.format, p.count) for p in plugins.limit(_ITEMS).objects()),
        tuple(SampleRef(s.raw_path, status=s.status) for s in samples.limit(_ITEMS)),
        tuple(Marker(m.name, m.at, m.unit) for m in markers.limit(_ITEMS)),
    )


def _versions(project: Project) -> tuple[VersionRow, ...]:
    """Newest first, each with what it changed since the one before it."""
    versions = list(
        Version.select().where(Version.project == project.id).order_by(Version.saved_at.desc()).limit(_VERSIONS)
    )
    mount = Path(project.volume.last_path)
    states = [state_of(version) for version in versions]
    rows = []
    for version, state, before in zip(versions, states, [*states[1:], None], strict=True):
        readable = before is not None and version.status != "error"
        rows.append(
            VersionRow(
                id=version.id,
                path=str(mount / version.file.rel_path) if version.file else "",
                saved=iso(version.saved_at),
                daw_version=version.daw_version,
                bpm=version.bpm,
                key=version.key,
                tracks=len(state.tracks),
                status=version.status,
                error=version.error,
                is_current=version.is_current,
                changes=differences(before, state) if readable and before is not None else (),
            )
        )
    return tuple(rows)


def state_of(version: Version) -> State:
    """A version as far as versions are compared."""
    tracks = TrackTable.select(TrackTable.name, TrackTable.kind).where(TrackTable.version == version.id)
    plugins = (
        PluginTable.select(PluginTable.name, fn.SUM(VersionPlugin.count))
        .join(VersionPlugin)
        .where(VersionPlugin.version == version.id)
        .group_by(PluginTable.name)
    )
    samples = SampleUse.select(SampleUse.raw_path).where(SampleUse.version == version.id)
    return State(
        version.bpm,
        version.key,
        version.time_signature,
        tuple(tracks.order_by(TrackTable.position).limit(_ITEMS).tuples()),
        tuple(plugins.limit(_ITEMS).tuples()),
        tuple(row[0] for row in samples.limit(_ITEMS).tuples()),
    )


def _values(owner: Any, owner_id: int) -> list[ValueRow]:
    """Every opinion on every field, the one in force first, with why it is."""
    tags = list(Tag.select().where(owner == owner_id))
    opinions = [
        Opinion(
            t.id, t.field, t.text, t.number, t.source, t.confidence, t.set_at, t.rejected, t.candidates, t.engine
        )
        for t in tags
    ]
    limits = resolving.limits() if owner is Tag.content else {}
    decided = {one.opinion.id: one for one in effective(opinions, limits).values()}
    held = {one.id: limits[one.field] for one in opinions if withheld(one, limits)}
    tags.sort(key=lambda tag: (tag.field, tag.id not in decided, -tag.confidence))
    return [
        ValueRow(
            field=tag.field,
            value=value_text(tag.number if tag.number is not None else tag.text),
            source=tag.source,
            engine=tag.engine or tag.tagger,
            confidence=None if tag.source == "user" else tag.confidence,
            date=iso(tag.set_at),
            wins=tag.id in decided,
            candidates=tuple((str(value), float(confidence)) for value, confidence in tag.candidates),
            reason=decided[tag.id].reason if tag.id in decided else _withheld(held.get(tag.id)),
            conflict=decided[tag.id].conflict if tag.id in decided else "",
        )
        for tag in tags
    ]


def _withheld(limit: float | None) -> str:
    return "" if limit is None else f"withheld: less sure than {limit:g}"


def _labels(owner: Any, owner_id: int) -> tuple[str, ...]:
    names = Label.select(Label.name).join(LabelUse).where(owner == owner_id).order_by(Label.name)
    return tuple(row[0] for row in names.tuples())


def value_text(value: float | str | None) -> str:
    """A value as people read it, "none" where a person said that there is none."""
    return (number_text(value) if isinstance(value, float) else value) or "none"


def iso(timestamp: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the second."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):  # a clock from another world
        return "1970-01-01T00:00:00+00:00"
