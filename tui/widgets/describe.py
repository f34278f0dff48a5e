"""All that is known of a file or a project, as styled text. Pure: records in, Content out.

Names come from disks and project files: each goes through `printable`, and none is read as markup.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from textual.content import Content

from archivist.records import (
    FileDetails,
    FileRow,
    PlacedChord,
    PlacedMarker,
    ProjectDetails,
    ProjectRow,
    ValueRow,
    VersionRow,
)
from archivist.text import printable, size_text
from tui.widgets.cells import bar, clock, count, day, decimal, fit

Part = tuple[str, str]
Line = list[Part]

LABEL = 12
"""Cells of the names of fields on the left."""
VALUE = 12
"""Cells of a value, before who says so; a longer one takes lines of its own."""
CLOSED = ("kind", "instrument")
"""Fields of few words: known from their first and last letters."""
MANY = 40
"""Entries of one list before the rest is only counted."""
CHANGES = 5
"""Tracks, plugins, samples and meters told of one version before the rest is only counted."""
CHORDS = 4
"""Changes of chord on one line."""
BAR = 9
"""Cells of a bar: as many as the name of a source takes."""
INSTRUMENTS = 6
"""Heard in one file and shown before the rest is only counted."""
FIRST = ("kind", "key", "note", "chords", "bpm", "bars", "beats", "instrument")
"""Fields above all others."""
LOCK = "🔒"
FIELDS = {"time_signature": "meter", "key_sections": "keys"}
"""What a field is called where its own name is too long."""
STATES = {"missing": "× missing: it was here once", "offline": "○ offline: its drive is not plugged in"}
SOURCES = {
    "user": "you",
    "project": "project",
    "embedded": "in file",
    "name": "file name",
    "stems": "stems",
    "machine": "heard",
}
PLAIN = (
    *("", "heard", "you set it", "its name", "the file says so"),
    *("project's tempo", "project's key", "project's time_signature"),
)
"""Reasons that the source tells by itself."""
_MUTED = "$quiet"
_BAD = "$error"


def describe(
    details: FileDetails | ProjectDetails, width: int, reasons: Sequence[tuple[str, float]] = ()
) -> Content:
    """For a pane `width` cells wide: values stay on one line each, names and paths may wrap.

    reasons: of a similar file, how like it is (0 to 1) in each aspect, in the order shown.
    """
    lines = _file(details, width, reasons) if isinstance(details, FileDetails) else _project(details, width)
    return Content("\n").join(Content.assemble(*line) for line in lines)


def _file(details: FileDetails, width: int, reasons: Sequence[tuple[str, float]]) -> Iterable[Line]:
    row, facts = details.row, details.facts
    yield from _heading(row)
    sound = [
        clock(row.duration),
        f"{facts['sample_rate'] / 1000:g} kHz" if facts.get("sample_rate") else "",
        f"{facts['bit_depth']} bit" if facts.get("bit_depth") else "",
        {1: "mono", 2: "stereo"}.get(facts.get("channels") or 0, f"{facts.get('channels') or '?'} channels"),
        str(facts.get("codec") or ""),
        size_text(row.size),
    ]
    yield [(printable("  ".join(filter(None, sound))), _MUTED)]
    yield from (_reason(aspect, share) for aspect, share in reasons)
    for value in details.values:
        if value.conflict:
            yield [("! ", "$warning"), (printable(f"{value.field}: {value.conflict}"), "$warning")]
    if details.doubtful:
        yield [("? ", "$warning"), (f"in doubt: {', '.join(details.doubtful)}", "$warning")]
    for flag in details.flags:
        yield [("! ", "$warning"), (printable(flag), "$warning")]
    for error in details.errors:
        silent = error.startswith("no ")  # a tagger abstained: nothing is wrong
        yield [
            ("– " if silent else "! ", _MUTED if silent else _BAD),
            (printable(error), _MUTED if silent else _BAD),
        ]
    yield from _values(details.values, width)
    rows = (details.chords[start : start + CHORDS] for start in range(0, len(details.chords), CHORDS))
    yield from _entries("Chords", [[_chords(row)] for row in rows], len(details.chords), CHORDS)
    yield from _list("Labels", [[(printable(label), "")] for label in details.labels])
    yield from _list("Used by", [[(printable(name), "")] for name in details.used_by])
    yield from _list("Also at", [[(printable(path), "")] for path in details.copies])


def _project(details: ProjectDetails, width: int) -> Iterable[Line]:
    row, facts = details.row, details.facts
    yield from _heading(row)
    yield [(printable(f"{row.daw} {row.daw_version or ''}".strip()), _MUTED)]
    yield from _facts(row, facts)
    if details.note:
        yield [(printable(details.note), "italic")]
    if unread := facts.get("unread"):
        names = ", ".join(unread).replace("_", " ")
        yield [("! ", "$warning"), (printable(f"not readable here: {names}"), "$warning")]
    yield from _values(details.values, width)
    yield from _list("Labels", [[(printable(label), "")] for label in details.labels])
    yield from _entries("Versions", list(_versions(details.versions)), len(details.versions))
    yield from _list("Tracks", [_track(index, track) for index, track in enumerate(details.tracks, 1)])
    yield from _list("Plugins", [_plugin(plugin) for plugin in details.plugins])
    missing_first = sorted(details.samples, key=lambda sample: sample.status == "found")
    yield from _list("Samples", [_sample(sample) for sample in missing_first])
    yield from _list(
        "Tempo", [_at(change.at, change.unit, decimal(change.bpm)) for change in details.tempo_changes]
    )
    yield from _list("Markers", [_marker(marker) for marker in details.markers])


def _heading(row: FileRow | ProjectRow) -> Iterable[Line]:
    yield [(printable(row.name), "bold")]
    yield [(printable(row.path), _MUTED)]
    if row.state != "present":
        drive = f" ({printable(row.drive)})" if row.state == "offline" and row.drive else ""
        yield [(f"{STATES[row.state]}{drive}", "$warning")]


def _reason(aspect: str, share: float) -> Line:
    return [(fit(f"≈ {aspect}", LABEL), _MUTED), (bar(share, BAR), "$secondary"), (f"  {share:.2f}", "")]


def _facts(row: ProjectRow, facts: dict[str, Any]) -> Iterable[Line]:
    pairs = (
        ("Title", facts.get("title")),
        ("Author", facts.get("author")),
        ("Comment", facts.get("comment")),
        ("Meter", row.time_signature),
        ("Length", clock(facts.get("length_seconds"))),
        ("Rate", f"{facts['sample_rate']:,} Hz" if facts.get("sample_rate") else ""),
        ("Created", day(facts.get("created"))),
        ("Saved", day(facts.get("saved"))),
    )
    for label, value in pairs:
        if value:
            yield [(fit(label, LABEL), _MUTED), (printable(str(value)), "")]


# ---------------------------------------------------------------- values and who says so


def _values(values: Sequence[ValueRow], width: int) -> Iterable[Line]:
    """Each field with the opinion in force first, the others and the candidates below it."""
    fields: defaultdict[str, list[ValueRow]] = defaultdict(list)
    for value in sorted(values, key=lambda value: (_place(value.field), not value.wins)):
        fields[value.field].append(value)
    if fields:
        yield []
    for field, opinions in fields.items():
        if field == "instrument":
            yield from _instruments(opinions, width)
        else:
            yield from _opinions(FIELDS.get(field, field.replace("_", " ")), opinions, width)


def _place(field: str) -> int:
    return FIRST.index(field) if field in FIRST else len(FIRST)


def _instruments(opinions: Sequence[ValueRow], width: int) -> Iterable[Line]:
    """Several may sound at once: below the likeliest that was heard, the others with a bar each."""
    heard = [opinion for opinion in opinions if opinion.source == "machine"]
    heard.sort(key=lambda opinion: (not opinion.wins, -(opinion.confidence or 0.0)))
    said = [opinion for opinion in opinions if opinion.source != "machine"]
    yield from _opinions("instrument", [*said, *heard[:1]], width)
    for other in heard[1:INSTRUMENTS]:
        share = other.confidence or 0.0
        parts = [(fit(other.value, VALUE, shorten="middle") + " ", ""), (bar(share, BAR), "$secondary")]
        yield [(" " * LABEL, ""), *parts, (f" {share:4.0%}", _MUTED)]
    if len(heard) > INSTRUMENTS:
        yield [(f"{' ' * LABEL}and {len(heard) - INSTRUMENTS} less likely", _MUTED)]


def _opinions(title: str, opinions: Sequence[ValueRow], width: int) -> Iterable[Line]:
    for index, opinion in enumerate(opinions):
        label = (fit("" if index else title, LABEL - 1) + " ", _MUTED)
        if title not in CLOSED and cell_len(printable(opinion.value).strip()) > VALUE:
            first, *rest = _below(opinion.value, width, _tone(opinion))
            yield [label, *first[1:]]
            yield from rest
            line = [(" " * LABEL, ""), *_source(opinion)]
        else:
            line = [label, (fit(opinion.value, VALUE, shorten="middle") + " ", _tone(opinion)), *_source(opinion)]
        more = _background(opinion)
        room = width - sum(cell_len(text) for text, _ in line) - 2
        yield [*line, ("  " + more, _MUTED)] if cell_len(more) <= room else line
        yield from _below(_why(opinion), width)
        if len(opinion.candidates) > 1 and (opinion.wins or opinion.reason):  # or withheld: see the reason
            yield from _below(_candidates(opinion), width)


def _below(text: str, width: int, tone: str = _MUTED) -> Iterable[Line]:
    """The text in as many lines as it needs, under each other beside the names of fields."""
    lines = wrap(printable(text), max(1, width - LABEL))
    yield from ([(" " * LABEL, ""), (line, tone)] for line in lines)


def _tone(value: ValueRow) -> str:
    return "bold" if value.wins else _MUTED


def _source(value: ValueRow) -> Line:
    """Who says so, and how sure."""
    parts: Line = []
    if value.source == "user":
        parts.append((f"{LOCK} {SOURCES['user']}", "$success" if value.wins else _MUTED))
    else:
        parts.append((fit(SOURCES[value.source], 9), _MUTED))
    if value.confidence is not None and value.source != "user":
        parts.append((f" {value.confidence:4.0%}", "" if value.wins else _MUTED))
    return parts


def _why(value: ValueRow) -> str:
    """Why a value won, or is withheld, where its source does not say that by itself. A conflict is told above."""
    reason = value.reason.partition(";")[0] if value.conflict else value.reason
    return "" if reason in PLAIN else reason


def _background(value: ValueRow) -> str:
    """Since when a person says so, or with what a machine has heard it."""
    if value.source == "user":
        return day(value.date)
    return printable(value.engine or "") if value.source == "machine" else ""


def _candidates(value: ValueRow) -> str:
    rivals = [(text, share) for text, share in value.candidates if text != value.value]
    return "or " + ", ".join(f"{text} {share:.0%}" for text, share in rivals[:3])


# ---------------------------------------------------------------- lists of a project


def _versions(versions: Sequence[VersionRow]) -> Iterable[Sequence[Line]]:
    """Newest first, each with what it changed against the one before."""
    newest = sorted(versions, key=lambda version: version.saved or "", reverse=True)
    for version, before in pairwise([*newest, None]):
        assert version is not None
        told = [change for change in version.changes if change.what not in ("tempo", "key")]
        mark = "▸ " if version.is_current else "  "
        parts: Line = [(mark, "$primary"), (day(version.saved).ljust(10), "bold" if version.is_current else "")]
        if version.error:
            parts.append((f"  ! {printable(version.error)}", _BAD))
        elif before is not None and not before.error:
            same = "" if told else "same"
            parts.append((f"  {', '.join(_differences(before, version)) or same}", _MUTED))
        else:
            parts.append(
                (f"  {decimal(version.bpm)}  {version.key or ''}  {count(version.tracks, 'track')}", _MUTED)
            )
        lines: list[Line] = [parts, *([(f"    {printable(str(change))}", _MUTED)] for change in told[:CHANGES])]
        if len(told) > CHANGES:
            lines.append([(f"    and {len(told) - CHANGES} more", _MUTED)])
        yield lines


def _differences(before: VersionRow, after: VersionRow) -> list[str]:
    differences = []
    if before.bpm != after.bpm:
        differences.append(f"{decimal(before.bpm) or '?'} → {decimal(after.bpm) or '?'} bpm")
    if before.key != after.key:
        differences.append(f"{before.key or 'no key'} → {after.key or 'no key'}")
    if before.tracks != after.tracks:
        more = after.tracks - before.tracks
        differences.append(f"{'+' if more > 0 else '−'}{count(abs(more), 'track')}")
    if before.daw_version != after.daw_version:
        differences.append(f"now {after.daw_version or '?'}")
    return [printable(text) for text in differences]


def _track(number: int, track: Any) -> Line:
    state = [word for word, on in (("muted", track.muted), ("frozen", track.frozen)) if on]
    parts: Line = [
        (f"{number:3} ", _MUTED),
        (fit(track.name, 20, shorten="middle"), ""),
        (f" {track.kind}", _MUTED),
    ]
    if state:
        parts.append((f" · {' '.join(state)}", _MUTED))
    if track.devices:
        parts.append((f"  {printable(', '.join(track.devices))}", _MUTED))
    return parts


def _plugin(plugin: Any) -> Line:
    parts: Line = [(printable(plugin.name), "")]
    if plugin.vendor:
        parts.append((f"  {printable(plugin.vendor)}", _MUTED))
    parts.append((f"  {plugin.format}", _MUTED))
    if plugin.count > 1:
        parts.append((f"  ×{plugin.count}", ""))
    return parts


def _sample(sample: Any) -> Line:
    if sample.status == "found":
        return [("  ", ""), (printable(sample.path), "")]
    word = "missing" if sample.status == "missing" else "not resolved"
    return [("× " if word == "missing" else "? ", _BAD), (printable(sample.path), _BAD), (f"  {word}", _BAD)]


def _chords(chords: Sequence[PlacedChord]) -> Line:
    """When the first begins, and what follows it."""
    names = "  ".join(printable(one.chord).ljust(5) for one in chords)
    return [(fit(clock(chords[0].at), 10, right=True), _MUTED), (f"  {names}".rstrip(), "")]


def _marker(marker: PlacedMarker) -> Line:
    if marker.seconds is not None:
        return _at(marker.seconds, "seconds", marker.name)
    return _at(marker.beats or 0.0, "beats", marker.name)


def _at(at: float, unit: str, text: str) -> Line:
    place = clock(at) if unit == "seconds" else f"beat {at:g}"
    return [(fit(place, 10, right=True), _MUTED), (f"  {printable(text)}", "")]


def _list(title: str, lines: Sequence[Line]) -> Iterable[Line]:
    return _entries(title, [[line] for line in lines], len(lines))


def _entries(title: str, entries: Sequence[Sequence[Line]], number: int, each: int = 1) -> Iterable[Line]:
    """A list whose entries take some lines; `number` of things in all, `each` of them in an entry."""
    if not entries:
        return
    yield []
    yield [(title, f"bold {_MUTED}"), (f"  {number:,}" if number > 1 else "", _MUTED)]
    for entry in entries[:MANY]:
        yield from entry
    if len(entries) > MANY:
        yield [(f"  … and {number - MANY * each:,} more", _MUTED)]
