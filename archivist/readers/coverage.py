"""What each reader reads of its format, and on what that was tried: the source of docs/formats.md.

    python -m archivist.readers.coverage > docs/formats.md

A fact is read in full; or in part, where a version or a case hides it and `unread` then says so; or never,
because the format does not store it, or because nobody knows how (then `unread` says so too).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from archivist.readers import READERS, Reader, closed

FACTS = (
    *("daw_version", "bpm", "tempo_changes", "time_signature", "key", "sample_rate", "length_seconds"),
    *("title", "author", "comment", "created", "saved", "tracks", "muted", "frozen", "devices"),
    *("plugins", "samples", "markers"),
)
"""Facts of a project in the order of the page; muted, frozen and devices are those of its tracks."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is read of one format. full, partial: names of facts, parted by spaces. files: how many real
    files the tests read, and versions: what those say of their version. note: what else was tried."""

    full: str
    partial: str = ""
    files: int = 0
    versions: tuple[str, ...] = ()
    note: str = ""


COVERAGE: dict[str, Coverage] = {
    "ableton": Coverage(
        "daw_version tempo_changes time_signature length_seconds comment tracks muted frozen devices "
        "plugins samples markers",
        partial="bpm key",
        files=11,
        versions=(
            *("10.1.3", "11.0.12", "11.1.5", "11.2.10b3", "11.3.3", "11.3.42", "12.0.5d1", "12.0.15", "12.0.20"),
            "12.1d1",
        ),
    ),
    "reaper": Coverage(
        "daw_version bpm tempo_changes time_signature sample_rate length_seconds title author comment "
        "saved tracks muted frozen devices plugins samples markers",
        files=9,
        versions=("4.32", "5.50c", "6.11", "6.69", "7.06"),
    ),
    "flstudio": Coverage(
        "daw_version bpm time_signature title author comment created tracks muted devices plugins samples markers",
        partial="length_seconds",
        files=10,
        versions=(
            *("9.0.0", "11.1.0", "20.0.5.681", "20.1.2.887", "20.7.1.1773", "20.8.4.2576", "21.2.2.3914"),
            *("24.1.1.4234", "25.1.0.4868"),
        ),
    ),
    "logic": Coverage(
        "daw_version bpm time_signature key sample_rate title samples",
        partial="tracks devices plugins",
        files=2,
        versions=("10.1.1", "10.6.3"),
    ),
    "garageband": Coverage(
        "daw_version bpm time_signature key sample_rate title samples",
        partial="tracks devices plugins",
        files=2,
        versions=("10.4.3",),
    ),
    "ardour": Coverage(
        "daw_version bpm tempo_changes time_signature sample_rate length_seconds title author comment "
        "tracks muted frozen devices plugins samples markers",
        files=2,
        versions=("6.9", "7.5"),
    ),
    "dawproject": Coverage(
        "daw_version bpm time_signature length_seconds title author comment tracks muted devices plugins "
        "samples markers",
        partial="tempo_changes",
        files=2,
        versions=("5.1.6",),
        note="The versions are those of Bitwig Studio, which wrote the files.",
    ),
    "studioone": Coverage(
        "daw_version bpm tempo_changes time_signature sample_rate length_seconds title author comment "
        "tracks muted devices plugins samples markers",
        partial="key",
        note="Written after public descriptions of real songs.",
    ),
    "bitwig": Coverage(
        "daw_version bpm title author comment samples",
        partial="tempo_changes length_seconds tracks muted devices plugins markers",
        files=1,
        versions=("2.3.2",),
    ),
    "protools": Coverage(
        "time_signature sample_rate length_seconds created samples",
        partial="daw_version bpm tempo_changes tracks markers",
        files=8,
        versions=("5.1", "8.0.0f314", "12.8.3", "2019.6.0", "2020.9.1"),
    ),
    "cubase": Coverage(
        "time_signature sample_rate title author muted",
        partial="daw_version bpm tempo_changes tracks devices plugins samples markers",
        files=10,
        versions=("4.5.2", "5.5.3", "6.5.5", "7.0.7", "8.5.30", "11.0.41", "14.0.30"),
    ),
    "audacity": Coverage(
        "daw_version bpm time_signature sample_rate length_seconds title author comment tracks muted "
        "devices plugins samples markers",
        files=3,
        versions=("1.3.13-alpha-Aug 10 2010",),
    ),
    "lmms": Coverage(
        "daw_version bpm tempo_changes time_signature length_seconds comment tracks muted frozen devices "
        "plugins samples",
        files=12,
        versions=("0.4.0-rc2", "0.4.5", "1.2.0"),
    ),
    "renoise": Coverage(
        "daw_version bpm tempo_changes time_signature length_seconds title author comment tracks muted "
        "devices plugins samples markers",
        files=1,
        versions=("doc 66",),
        note="The version is that of the document, which is all that a song says.",
    ),
    "waveform": Coverage(
        "daw_version bpm tempo_changes time_signature length_seconds title author comment created saved "
        "tracks muted frozen devices plugins markers",
        partial="samples",
        note="Written after the Tracktion Engine's source.",
    ),
    "rosegarden": Coverage(
        "daw_version bpm tempo_changes time_signature key length_seconds title author tracks muted "
        "devices plugins samples markers",
        note="Tried by hand on the 45 compositions, of 1.7 to 20.06, that Rosegarden 22.12 brings with it.",
    ),
    "qtractor": Coverage(
        "daw_version bpm time_signature key sample_rate length_seconds title comment tracks muted devices "
        "plugins samples markers",
        partial="tempo_changes",
        note="Written after Qtractor's source.",
    ),
    "zrythm": Coverage(
        "daw_version time_signature sample_rate length_seconds title saved tracks frozen markers",
        partial="bpm tempo_changes muted devices plugins samples",
        note="Written after Zrythm's source, and for Zrythm 2 after its schema, which may still change.",
    ),
    "mpc": Coverage(
        "daw_version bpm key muted devices samples markers",
        partial="time_signature length_seconds tracks plugins",
        note="Written after public descriptions of real projects. Of MPC 2 the manifest alone is read.",
    ),
    "hydrogen": Coverage(
        "daw_version bpm tempo_changes length_seconds title author comment tracks muted plugins samples markers",
        files=5,
        versions=("1.2.0",),
    ),
    "musescore": Coverage(
        "daw_version bpm time_signature key length_seconds title author comment created tracks muted "
        "devices plugins markers",
        partial="tempo_changes",
        files=5,
        versions=("3.0.0", "3.1.0"),
    ),
    "muse": Coverage(
        "daw_version bpm tempo_changes time_signature key sample_rate length_seconds title author comment "
        "tracks muted devices plugins samples markers",
        files=6,
        versions=("1.0", "3.3"),
        note="The version is that of the file format, which is all that a song says.",
    ),
    "tracker": Coverage(
        "daw_version bpm title author comment tracks muted plugins",
        partial="tempo_changes length_seconds samples",
        files=4,
        versions=("1.21.01.15", "1.27", "1.29.02.00"),
        note="The versions are those of OpenMPT; a MOD names none.",
    ),
    "midi": Coverage(
        "bpm tempo_changes time_signature key title comment devices markers",
        partial="length_seconds tracks",
    ),
    "aaf": Coverage(
        "daw_version sample_rate length_seconds title created saved tracks samples markers",
        files=5,
        versions=("8.6.3.43955", "18.1.0.47600", "18.9.0.49510"),
        note="The versions are those of Avid Media Composer.",
    ),
}
"""By the reader's name. The closed formats, of which nothing is read, are not in it."""

_HEAD = """# Formats

What `archivist inspect` reads of each format, and on how many real files the tests have tried it. This page
is written by `python -m archivist.readers.coverage`; a test holds it to the readers and, where the collection
of real files is at hand, to those.

**In full**: read wherever the format stores it. **In part**: a version or a case hides it; the project's
status is then `partial`, and its `unread` names the fact. **Never**: the format does not store it, or nobody
knows how it does. The backups that a DAW keeps beside a project are found by name for every format. `muted`,
`frozen` and `devices` are those of tracks.

A reader that has read no real file in the tests was written after the DAW's own source or public descriptions:
take what it says with more care, and send the file that it reads wrongly.
"""

_CLOSED = """## Closed formats

Recognised by suffix, and by how the file begins where that is known, and listed with their DAW and the file's
date. Nothing else of them is read: the status is always `partial`.
"""


def facts(names: str) -> tuple[str, ...]:
    return tuple(names.split())


def never(coverage: Coverage) -> tuple[str, ...]:
    known = facts(coverage.full) + facts(coverage.partial)
    return tuple(fact for fact in FACTS if fact not in known)


def _suffixes(reader: Reader) -> str:
    return " ".join(f"`{suffix}`" for suffix in reader.suffixes + reader.backup_suffixes)


def _tried(coverage: Coverage) -> str:
    if not coverage.files:
        return "no real file yet"
    files = "1 real file" if coverage.files == 1 else f"{coverage.files} real files"
    return f"{files}, of {', '.join(coverage.versions)}"


def _section(reader: Reader, coverage: Coverage) -> Iterator[str]:
    yield f"## {reader.title}\n\n"
    yield f"`{reader.name}` · {_suffixes(reader)} · {_tried(coverage)}.\n"
    yield f"{coverage.note}\n" if coverage.note else ""
    yield f"\n- In full: {', '.join(facts(coverage.full))}.\n"
    yield f"- In part: {', '.join(facts(coverage.partial))}.\n" if coverage.partial else ""
    yield f"- Never: {', '.join(never(coverage))}.\n\n"


def page() -> str:
    """docs/formats.md."""
    parts = [_HEAD, "\n"]
    for reader in READERS:
        if reader.name in COVERAGE:
            parts += _section(reader, COVERAGE[reader.name])
    parts += [_CLOSED, "\n| DAW | name | suffixes |\n| --- | --- | --- |\n"]
    parts += [f"| {each.title} | `{each.name}` | {_suffixes(each)} |\n" for each in closed.READERS]
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
