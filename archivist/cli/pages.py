"""One thing at a time, as a page of text for a person: a project as its reader sees it, a file's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from archivist.cli.printing import clock, write_line
from archivist.details import value_text
from archivist.records import (
    FileDetails,
    Hearing,
    Inspection,
    Marker,
    PlacedChord,
    PlacedMarker,
    Plugin,
    ProjectDetails,
    ProjectInfo,
    SampleRef,
    Track,
    ValueRow,
    VersionRow,
)
from archivist.text import number_text, printable

_INDENT = "  "
_CHORDS = 8  # on one line


def hearing_line(heard: Hearing) -> str:
    """Key, tempo, loudness and length of one file; "–" where the tagger is silent."""
    if heard.status == "error":
        return f"{printable(heard.path)}: {printable(heard.error or '')}"
    key = f"{heard.key} ({heard.key_confidence:.0%})" if heard.key else "–"
    bpm = f"{heard.bpm:.2f} ({heard.bpm_confidence:.0%})" if heard.bpm else "–"
    loudness = f"{heard.loudness_lufs:.1f} LUFS" if heard.loudness_lufs is not None else "–"
    flags = f"  [{', '.join(heard.flags)}]" if heard.flags else ""
    return f"{key:16} {bpm:14} {loudness:12} {clock(heard.duration):>7}  {printable(heard.path)}{flags}"


def write_inspection(found: Inspection) -> None:
    write_line(printable(found.path))
    if found.info is None:
        write_line(f"{_INDENT}error: {printable(found.error or '')}")
        return
    info = found.info
    _write_facts(
        {
            "made with": f"{info.daw} {info.daw_version or ''}".rstrip(),
            "tempo": _tempo(info),
            "time signature": info.time_signature,
            "key": info.key,
            "sample rate": info.sample_rate,
            "length": clock(info.length_seconds),
            "title": info.title,
            "author": info.author,
            "comment": info.comment,
            "created": info.created,
            "saved": info.saved,
            "not read": ", ".join(info.unread),
        }
    )
    _write_parts(info.tracks, info.plugins, info.samples, info.markers)
    _write_list("backups", info.history)


def _tempo(info: ProjectInfo) -> str | None:
    if info.bpm is None:
        return None
    changes = f", then {len(info.tempo_changes)} changes" if info.tempo_changes else ""
    return value_text(info.bpm) + changes


def write_details(found: FileDetails | ProjectDetails) -> None:
    write_line(printable(found.row.path) + ("" if found.row.state == "present" else f"  ({found.row.state})"))
    if isinstance(found, ProjectDetails):
        _write_project(found)
    else:
        _write_file(found)


def _write_file(found: FileDetails) -> None:
    facts = {name.replace("_", " "): value for name, value in found.facts.items()}
    _write_facts({"project": found.row.project, **facts, "labels": ", ".join(found.labels)})
    _write_values(found.values)
    _write_facts({"in doubt": ", ".join(found.doubtful)})
    _write_list("chords", map(_chord_line, _rows(found.chords, _CHORDS)))
    _write_list("flags", found.flags)
    _write_list("copies", found.copies)
    _write_list("used by", found.used_by)
    _write_list("remarks", found.errors)


def _write_project(found: ProjectDetails) -> None:
    own = ("unread", "daw")
    facts = {name.replace("_", " "): value for name, value in found.facts.items() if name not in own}
    daw = f"{found.facts['daw']} {found.row.daw_version or ''}".rstrip()
    _write_facts({"made with": daw, **facts, "note": found.note, "labels": ", ".join(found.labels)})
    _write_values(found.values)
    _write_parts(found.tracks, found.plugins, found.samples, found.markers)
    _write_list("versions", (line for version in found.versions for line in _version(version)))


def _rows(chords: Sequence[PlacedChord], size: int) -> Iterator[Sequence[PlacedChord]]:
    return (chords[start : start + size] for start in range(0, len(chords), size))


def _chord_line(chords: Sequence[PlacedChord]) -> str:
    """When the first begins, and what follows it."""
    return f"{clock(chords[0].at):>8}  {' '.join(f'{one.chord:6}' for one in chords)}".rstrip()


def _version(version: VersionRow) -> Iterator[str]:
    """The version, and below it what it changed."""
    current = "  (current)" if version.is_current else ""
    facts = f"{number_text(version.bpm) or '–'} bpm  {version.tracks} tracks"
    yield f"{version.saved or ''}  {facts}  {version.path}{current}{_error(version.error)}"
    yield from (f"    {change}" for change in version.changes)


def _error(error: str | None) -> str:
    return f"  error: {error}" if error else ""


def _write_facts(facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        if value not in (None, "", []):
            text = value_text(value) if isinstance(value, float) else str(value)
            write_line(f"{_INDENT}{name:16}{printable(text)}")


def _write_values(values: Iterable[ValueRow]) -> None:
    """Each opinion; the one in force has a mark, a person's is locked. What contradicts it stands below."""
    for value in values:
        mark = "→" if value.wins else " "
        sure = "locked" if value.source == "user" else f"{value.confidence or 0:.0%}"
        others = ", ".join(f"{text} {confidence:.0%}" for text, confidence in value.candidates[1:4])
        line = f"{mark} {value.field:16}{value.value:14} {value.source:9} {sure:>6}  {value.engine or ''}"
        reason = f" · {value.reason}" if value.reason else ""
        write_line(_INDENT + printable(line + reason + (f"  (or {others})" if others else "")))
        if value.conflict:
            write_line(f"{_INDENT}! conflict        {printable(value.conflict)}")


def _write_parts(
    tracks: Iterable[Track],
    plugins: Iterable[Plugin],
    samples: Iterable[SampleRef],
    markers: Iterable[Marker | PlacedMarker],
) -> None:
    _write_list("tracks", map(_track, tracks))
    _write_list("plugins", (f"{p.name} ({p.vendor or '?'}, {p.format}) × {p.count}" for p in plugins))
    _write_list("samples", (f"{sample.status or 'unresolved':11}{sample.path}" for sample in samples))
    _write_list("markers", map(_marker, markers))


def _marker(marker: Marker | PlacedMarker) -> str:
    if isinstance(marker, Marker):
        return f"{number_text(marker.at)} {marker.unit}  {marker.name}"
    beats = f"beat {number_text(marker.beats)}" if marker.beats is not None else ""
    return f"{clock(marker.seconds):>8}  {beats:10}{marker.name}"


def _track(track: Track) -> str:
    marks = "".join(f" [{mark}]" for mark, is_set in (("muted", track.muted), ("frozen", track.frozen)) if is_set)
    devices = f"  ({', '.join(track.devices)})" if track.devices else ""
    return f"{track.kind:11}{track.name}{marks}{devices}"


def _write_list(title: str, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines):
        if number == 0:
            write_line(f"{_INDENT}{title}")
        write_line(_INDENT * 2 + printable(line))
