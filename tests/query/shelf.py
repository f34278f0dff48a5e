"""A small archive written by hand, each row there for a query that should or should not find it.

ARCHIVIST_TEST_POSTGRES names a PostgreSQL database to use instead of SQLite; all that is in it goes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from archivist import search
from archivist.database import migrate, open_database
from archivist.offline import Offline
from archivist.tables import (
    Content,
    File,
    Label,
    LabelUse,
    Plugin,
    Project,
    SampleUse,
    Tag,
    Track,
    Version,
    VersionPlugin,
    Volume,
    database,
)
from archivist.vocabulary import mask

NOW = datetime(2025, 6, 1).timestamp()
OFFLINE = Offline(frozenset((2,)))  # the volume "Shelf"


@contextmanager
def shelf(path: Path) -> Iterator[None]:
    """The archive, open, with `archivist.tables` bound to it."""
    postgres = os.environ.get("ARCHIVIST_TEST_POSTGRES")
    database.initialize(open_database(postgres or str(path)))
    if postgres:
        with database.connection_context():
            database.execute_sql("DROP SCHEMA public CASCADE")
            database.execute_sql("CREATE SCHEMA public")
    migrate(database)
    with database.connection_context():
        with database.atomic():
            _fill()
        yield


def _fill() -> None:
    for number, label in enumerate(("Desk", "Shelf"), 1):
        Volume.create(id=number, key=f"key-{number}", label=label, last_path=f"/mnt/{label}", last_seen_at=NOW)
    _song("Sunrise", "Songs/Sunrise Project", "ableton", at(2024, 5), bpm=124.0, key="A minor",
          tracks=["Lead Vox", "Omni Pad"], plugins=["Serum", "FabFilter Pro-Q 3"],
          note="needs a new bridge")  # fmt: skip
    _song(
        "Nightfall",
        "Songs/Nightfall",
        "reaper",
        at(2019, 3),
        bpm=90.0,
        tracks=["LeadVox", "Drums"],
        plugins=["Omnisphere"],
    )
    _song("Old Anthem", "Tapes/Old Anthem", "logic", at(2012), volume=2, bpm=140.0, key="F# minor", tracks=["Gtr"])
    _song("Gone Song", "Songs/Gone Song", "reaper", at(2020), missing_since=NOW)

    _file("Packs/Drums/Kick-01.wav", at(2018), kind="one-shot", instrument="kick", duration=0.4, loudness=-8.0)
    _file("Packs/Drums/808_Snare.wav", at(2018, 2), kind="one-shot", instrument="snare", duration=0.6, used=True)
    _file("Packs/Loops/Loop_120bpm_F#m.wav", at(2021), kind="loop", instrument="bass", bpm=120.0, key="F# minor",
          duration=8.0, loudness=-14.0, size=900)  # fmt: skip
    _file(
        "Packs/Loops/Groove 62.wav",
        at(2021, 7),
        kind="loop",
        instrument="drums",
        bpm=62.0,
        duration=15.5,
        doubtful=True,
    )
    _file(
        "Packs/Loops/Café Strings.wav",
        at(2022),
        kind="loop",
        instrument="violin",
        bpm=123.6,
        key="E minor",
        duration=7.8,
    )
    _file("Songs/Sunrise Project/Samples/Lead 1.wav", at(2024, 5), project="Sunrise", kind="stem",
          instrument="vocals", bpm=124.0, key="A minor", duration=95.0, loudness=-20.5)  # fmt: skip
    _file("Songs/Sunrise Project/Samples/Lead 2.wav", at(2025, 5, 20), project="Sunrise", kind="stem",
          instrument="synth", also="choir", bpm=124.0, key="C major", duration=94.0, conflict=True,
          flag="clipped")  # fmt: skip
    _file("Songs/Nightfall/Media/Beat.wav", at(2019, 3), project="Nightfall", kind="stem", instrument="drums",
          bpm=90.0, key=None, duration=180.0, label="favourite")  # fmt: skip
    _file("Tapes/Old Anthem/Riff.wav", at(2012), project="Old Anthem", volume=2, kind="stem",
          instrument="electric-guitar", duration=60.0)  # fmt: skip
    _file("Packs/Lost Kick.wav", at(2017), kind="one-shot", instrument="kick", missing_since=NOW)
    _file("Packs/Unheard.wav", at(2016), label="Ärger")
    LabelUse.create(label=Label.create(name="To Finish"), project=_id("Nightfall"))


def at(year: int, month: int = 1, day: int = 1) -> float:
    return datetime(year, month, day, 12).timestamp()


def _id(project: str) -> int:
    return int(Project.get(Project.name == project).id)


def _song(
    name: str, folder: str, daw: str, modified_at: float, *, volume: int = 1, tracks: list[str] | None = None,
    plugins: list[str] | None = None, note: str = "", **values: Any,
) -> None:  # fmt: skip
    tracks, plugins = tracks or [], plugins or []
    project = Project.create(
        volume=volume, rel_path=folder, name=name, sort_name=name.casefold(), daw=daw, modified_at=modified_at,
        track_count=len(tracks), note=note, **values,
    )  # fmt: skip
    content = Content.create(digest=name.encode(), size=1)
    file = _place(f"{folder}/{name}.song", modified_at, volume, content=content, project=project, is_project=True)
    version = Version.create(
        project=project, file=file, content=content, saved_at=modified_at, reader=daw, reader_version=1,
        status="ok", is_current=True, daw_version="11.2",
    )  # fmt: skip
    for position, track in enumerate(tracks):
        Track.create(version=version, position=position, name=track, kind="audio")
    for plugin in plugins:
        VersionPlugin.create(version=version, plugin=Plugin.create(name=plugin, format="vst3"))
    search.index_projects(database, [(project.id, name, folder, " ".join(tracks), " ".join(plugins), note)])


def _file(
    rel_path: str, modified_at: float, *, project: str | None = None, volume: int = 1, size: int = 100,
    missing_since: float | None = None, also: str | None = None, flag: str | None = None, label: str | None = None,
    used: bool = False, conflict: bool = False, doubtful: bool = False, **values: Any,
) -> None:  # fmt: skip
    playing = mask(filter(None, (values.get("instrument"), also)))
    open_questions = {
        "conflict": "bpm" if conflict else None,
        "doubt": 2.0 if conflict else 0.7 if doubtful else None,
    }
    content = Content.create(digest=rel_path.encode(), size=size, instruments=playing, **open_questions, **values)
    file = _place(
        rel_path, modified_at, volume, content=content, project=project and _id(project), size=size,
        missing_since=missing_since,
    )  # fmt: skip
    if also:
        _tag(content, "instrument", "machine", text=also)
    if flag:
        _tag(content, "flag", "machine", text=flag)
    if conflict:
        _tag(content, "bpm", "project", number=124.0)
        _tag(content, "bpm", "machine", number=93.3)
    elif values.get("bpm"):
        _tag(content, "bpm", "machine", number=values["bpm"] / 2, confidence=0.3 if doubtful else 0.9)
        if not doubtful:
            _tag(content, "bpm", "name", number=values["bpm"])
    if used:
        SampleUse.create(version=1, raw_path=rel_path, name=file.sort_name, file=file, status="found")
    if label:
        LabelUse.create(label=Label.create(name=label), content=content)


def _place(rel_path: str, modified_at: float, volume: int, **values: Any) -> File:
    name = rel_path.rpartition("/")[2]
    file = File.create(
        **{"size": 1, **values}, volume=volume, rel_path=rel_path, name=name, sort_name=name.casefold(),
        suffix=name[-4:], mtime_ns=int(modified_at * 1e9), first_seen_at=modified_at,
    )  # fmt: skip
    search.index_files(database, [(file.id, name, rel_path, "")])
    return file


def _tag(content: Content, field: str, source: str, **values: Any) -> None:
    tagger = field if source == "machine" else source
    Tag.create(content=content, field=field, source=source, tagger=tagger, set_at=NOW, **values)
