"""Invents an archive of any size: songs with versions, tracks, plugins and takes, and packs of samples.

The rows are what an index run would have left, written straight into the tables; no file exists.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archivist import chordsearch, search, tables
from archivist.database import migrate, open_database
from archivist.store.opinions import stamp_vectors
from archivist.vocabulary import FAMILIES, INSTRUMENTS, mask
from taggers.chordnames import code_of
from taggers.vectors import RHYTHM, RHYTHM_SIZE, TIMBRE, TIMBRE_SIZE

PER_PROJECT = 25  # audio files in a song's folder
SHARE_OF_SAMPLES = 0.47  # the others belong to songs
COPIES = 0.1  # files whose bytes lie elsewhere too
YEARS = (2009, 2026)
_VECTORS = 10_000  # made at a time

_DAWS = ("ableton", "reaper", "flstudio", "logic", "protools", "cubase", "studioone", "bitwig")
_ADJECTIVES = """
Amber Analog Bitter Blue Broken Cold Dark Deep Distant Dusty Electric Empty Fading Frozen Golden
Hollow Late Little Lost Midnight Neon Northern Quiet Red Second Silent Slow Summer Velvet Warm
White Wild
"""
_NOUNS = """
Anthem Arcade Avenue Bloom Bridge Cascade City Coast Dawn Desert Dream Echo Engine Field Fire
Garden Harbour Horizon Island Lights Machine Mirror Mountain Ocean Orbit Rain Ritual River
Shadow Signal Sky Station Sunrise Temple Tide Tower Valley Voyage Window Winter
"""
_PLUGINS = """
Serum Massive Diva Sylenth1 Kontakt Omnisphere Battery Ozone Neutron Saturn Pro-Q Pro-L Pro-C
Valhalla Decapitator EchoBoy Soothe Trackspacer Vital Pigments Nexus Spire Zebra2 Repro Hive
Maschine Reaktor RC-20
"""
_VENDORS = ("FabFilter", "Xfer", "Native Instruments", "u-he", "Soundtoys", "")
_TRACKS = (
    "Kick", "Snare", "Hats", "Bass", "Sub", "Lead Vox", "LeadVox", "Backing Vox", "Gtr L", "Gtr R", "Piano", "Pad",
    "Strings", "FX", "Perc", "Drum Bus", "Synth Lead", "Arp", "Room", "Brass",
)  # fmt: skip
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_DEGREES = {
    "major": ((0, 0), (0, 0), (5, 0), (7, 0), (9, 1), (9, 1), (2, 1), (4, 1)),
    "minor": ((0, 1), (0, 1), (8, 0), (3, 0), (10, 0), (5, 1), (7, 1), (7, 0)),
}
"""Semitones above the tonic and quality of the chords of a key, the usual ones twice."""
_TONAL = frozenset(INSTRUMENTS) - {*FAMILIES["drums"], "drums", "fx", "other"}


def benchmark(
    name: str,
    about: str | None,
    arguments: Sequence[str],
    add: Callable[[], None],
    measure: Callable[[Path, int], dict[str, float]],
) -> None:
    """The command `python -m benchmarks NAME`: prints what `measure` (of an archive's file, how often) says took
    how long, in ms, or is how big, in MB.

    add: what this benchmark needs beyond `make_archive`, in an open connection and transaction.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=about)
    parser.add_argument("file", nargs="?", type=Path, help="kept; made where it is not there yet")
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "archive.db"
        if not path.exists():
            make_archive(path, options.files)
            with tables.database.connection_context(), tables.database.atomic():
                add()
        measured = measure(path, options.runs)
    if options.json:
        print(json.dumps(measured))
    else:
        for asked, found in measured.items():
            print(f"{found:9.1f}  {asked}" if "MB" in asked else f"{found:9.1f} ms  {asked}")


def make_archive(path: Path, files: int = 1_000_000, seed: int = 1) -> None:
    """Write an archive of about `files` files. A million take one to two minutes and 1.2 GB."""
    database = open_database(str(path))
    tables.database.initialize(database)
    migrate(database)
    with database.connection_context():
        connection = database.connection()
        connection.execute("PRAGMA synchronous = off")
        connection.execute("PRAGMA foreign_keys = off")
        connection.execute("PRAGMA cache_size = -400000")
        for table in tables.ALL:  # an index built at once takes a third of the time
            table._schema.drop_indexes()
        with database.atomic():
            _Writer(connection, files, random.Random(seed)).write()
        for table in tables.ALL:
            table._schema.create_indexes()
        with database.atomic():
            search.index_files(database, _file_texts(connection))
            search.index_projects(database, _project_texts(connection))


def add_vectors(seed: int = 1) -> None:
    """Give every audio content of the archive that is open a timbre (near its instrument's own), and half of them
    a rhythm. A million take half a minute and 0.5 GB."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(INSTRUMENTS), TIMBRE_SIZE))
    connection = tables.database.connection()
    audio = connection.execute("SELECT id, instrument FROM content WHERE duration > 0 AND instrument IS NOT NULL")
    while rows := audio.fetchmany(_VECTORS):
        ids, names = zip(*rows, strict=True)
        around = centres[[INSTRUMENTS.index(name) for name in names]]
        timbres = _units(around + rng.normal(scale=1.5, size=around.shape))
        rhythms = _units(rng.normal(size=(len(ids), RHYTHM_SIZE)))
        new = [(id_, TIMBRE, vector.tobytes()) for id_, vector in zip(ids, timbres, strict=True)]
        new += [(id_, RHYTHM, rhythms[place].tobytes()) for place, id_ in enumerate(ids) if place % 2]
        connection.executemany("INSERT INTO embedding (content_id, model, vector) VALUES (?, ?, ?)", sorted(new))
    stamp_vectors()


def add_chords(seed: int = 1) -> None:
    """Give every content of the archive that is open and has a key the chords of a song in that key: a progression
    or two, repeated for as long as it lasts. A million files take a minute."""
    rng = random.Random(seed)
    connection = tables.database.connection()
    keyed = connection.execute("SELECT id, key, duration FROM content WHERE key IS NOT NULL AND duration > 2")
    while rows := keyed.fetchmany(_VECTORS):
        songs = [(content, _song_of_chords(rng, key, duration)) for content, key, duration in rows]
        chordsearch.index(tables.database, songs)


def _song_of_chords(rng: random.Random, key: str, seconds: float) -> tuple[int, ...]:
    """Changes of two to four seconds, now and then a seventh or a chord of elsewhere."""
    note, mode = key.split()
    tonic, degrees = _NOTES.index(note), _DEGREES[mode]
    parts = [[rng.choice(degrees) for _ in range(rng.choice((2, 4, 4, 4, 8)))] for _ in range(2)]
    found: list[int] = []
    while len(found) < seconds / 3:
        for up, quality in parts[rng.random() < 0.3]:
            quality = quality + rng.choice((2, 3)) if rng.random() < 0.15 and quality < 2 else quality
            chord = code_of(tonic + (up if rng.random() < 0.97 else rng.randrange(12)), min(quality, 4))
            if not found or chord != found[-1]:
                found.append(chord)
    return tuple(found)


def _units(vectors: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), "<f2")


def _file_texts(connection: sqlite3.Connection) -> Iterator[search.FileText]:
    yield from connection.execute(
        """SELECT f.id, f.name, f.rel_path, coalesce(p.name, '')
        FROM file f LEFT JOIN project p ON p.id = f.project_id"""
    )


def _project_texts(connection: sqlite3.Connection) -> Iterator[search.ProjectText]:
    yield from connection.execute(
        """SELECT p.id, p.name, p.rel_path,
            (SELECT group_concat(t.name, ' ') FROM track t WHERE t.version_id = v.id),
            (SELECT group_concat(g.name || ' ' || g.vendor, ' ')
             FROM version_plugin u JOIN plugin g ON g.id = u.plugin_id WHERE u.version_id = v.id),
            p.note
        FROM project p JOIN version v ON v.project_id = p.id AND v.is_current"""
    )


class _Writer:
    """Invents rows and inserts them by the thousand; ids are counted here, so no row is read back."""

    def __init__(self, connection: sqlite3.Connection, files: int, rng: random.Random) -> None:
        self._connection = connection
        self._files = files
        self._projects = max(1, round(files * (1 - SHARE_OF_SAMPLES) / (PER_PROJECT + 2)))
        self._rng = rng
        self._adjectives, self._nouns = _ADJECTIVES.split(), _NOUNS.split()
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._sql: dict[str, str] = {}
        self._content = 0
        self._file = 0

    def write(self) -> None:
        now = time.time()
        for number, label in enumerate(("Studio SSD", "Archive HDD", "Old drive"), 1):
            path = f"/mnt/{label}"
            self._add("volume", id=number, key=f"volume-{number}", label=label, last_path=path, last_seen_at=now)
        for number, name in enumerate(_PLUGINS.split(), 1):
            self._add("plugin", id=number, name=name, vendor=_VENDORS[number % len(_VENDORS)], format="vst3")
        samples_each = (self._files - self._projects * (PER_PROJECT + 2)) // self._projects
        start, end = (time.mktime((year, 1, 1, 0, 0, 0, 0, 0, 0)) for year in YEARS)
        for number in range(1, self._projects + 1):
            at = start + (end - start) * number / self._projects
            self._song(number, at)
            self._pack(number, samples_each, at)
        for table in list(self._rows):
            self._flush(table)

    def _song(self, number: int, at: float) -> None:
        rng = self._rng
        name = f"{rng.choice(self._adjectives)} {rng.choice(self._nouns)}"
        folder = f"Projects/{time.gmtime(at).tm_year}/{name} {number}"
        volume, bpm, key = 1 + number % 3, float(rng.randint(70, 175)), self._key()
        daw = rng.choice(_DAWS)
        self._add(
            "project", id=number, volume_id=volume, rel_path=folder, name=name, sort_name=name.casefold(), daw=daw,
            bpm=bpm, key=key if rng.random() < 0.5 else None, time_signature="4/4", track_count=12,
            modified_at=at, missing_since=None, is_factory=0,
            note="needs a new bridge" if rng.random() < 0.05 else "",
        )  # fmt: skip
        for state in range(2):
            version = 2 * number - 1 + state
            content = self._new_content(None, None, None, None, None, 0.0)
            self._place(volume, folder, f"{name} v{state + 1}.als", at, content, number, is_project=True)
            self._add(
                "version", id=version, project_id=number, file_id=self._file, content_id=content,
                saved_at=at + state, daw_version="11.2.7", bpm=bpm, key=key, time_signature="4/4", reader=daw,
                reader_version=1, status="ok", error=None, is_current=state, summary="{}",
            )  # fmt: skip
            if state:
                for position, track in enumerate(rng.sample(_TRACKS, 12)):
                    self._add(
                        "track", version_id=version, position=position, name=track, kind="audio", muted=0,
                        frozen=0, devices="[]",
                    )  # fmt: skip
                for plugin in rng.sample(range(1, len(_PLUGINS.split()) + 1), 6):
                    self._add("version_plugin", version_id=version, plugin_id=plugin, count=1)
        for take in range(PER_PROJECT):
            track = rng.choice(_TRACKS)
            instrument = rng.choice(INSTRUMENTS)
            tonal = instrument in _TONAL
            content = self._new_content(
                "stem", bpm + rng.uniform(-0.4, 0.4), key if tonal else None, instrument, rng.gauss(-20, 6),
                rng.uniform(2, 300),
            )  # fmt: skip
            self._place(
                volume, f"{folder}/Samples/Recorded", f"{take:04d} {track}-{take % 7}.wav", at, content, number
            )
            if take % 2:
                self._add(
                    "sample_use", version_id=2 * number, raw_path=f"{track}-{take}.wav", name="",
                    file_id=self._file, content_id=content, status="found",
                )  # fmt: skip

    def _pack(self, number: int, count: int, at: float) -> None:
        rng = self._rng
        pack = f"Samples/{rng.choice(self._adjectives)} {rng.choice(self._nouns)} Vol {number}"
        for place in range(count):
            instrument = rng.choice(INSTRUMENTS)
            word = instrument.replace("-", " ").title()
            key = self._key() if instrument in _TONAL else None
            if rng.random() < 0.5:
                bpm = float(rng.randint(70, 175))
                short = f"_{key.replace(' major', '').replace(' minor', 'm')}" if key else ""
                name = f"{word}_Loop_{bpm:.0f}bpm{short}_{place:02d}.wav"
                kind, seconds = "loop", 240 / bpm * rng.choice((1, 2, 4))
            else:
                bpm, name = None, f"{word} {rng.choice(self._nouns)} {place:02d}.wav"
                kind, seconds = "one-shot", rng.uniform(0.1, 3)
            reused = self._content > 100 and rng.random() < COPIES
            content = (
                rng.randint(1, self._content)
                if reused
                else self._new_content(kind, bpm, key, instrument, rng.gauss(-14, 5), seconds)
            )
            self._place(1 + number % 3, f"{pack}/{word}", name, at, content, None)

    def _key(self) -> str:
        return f"{self._rng.choice(_NOTES)} {self._rng.choice(('major', 'minor', 'minor'))}"

    def _new_content(
        self, kind: str | None, bpm: float | None, key: str | None, instrument: str | None, loudness: float | None,
        seconds: float,
    ) -> int:  # fmt: skip
        self._content += 1
        rng, content = self._rng, self._content
        playing = [instrument] if instrument is not None else []
        if playing and rng.random() < 0.2:
            playing.append(
                rng.choice([other for other in ("bass", "vocals", "piano", "fx") if other != instrument])
            )
        self._add(
            "content", id=content, digest=content.to_bytes(20, "big"), size=round(seconds * 288_000),
            codec="pcm_s24le", duration=seconds, sample_rate=48_000, channels=2, bit_depth=24, kind=kind, bpm=bpm,
            key=key, instrument=instrument, instruments=mask(playing), loudness=loudness,
        )  # fmt: skip
        heard: list[tuple[str, str, float | None]] = []
        if bpm is not None:
            heard.append(("bpm", "", bpm))
        if key is not None:
            heard.append(("key", key, None))
        heard += [("instrument", name, None) for name in playing]
        if instrument is not None and rng.random() < 0.03:
            heard.append(("flag", rng.choice(("clipped", "silent", "dc-offset")), None))
        for field, text, number in heard:
            self._tag(content, field, text, number, "machine", rng.uniform(0.45, 1))
        if bpm is not None and rng.random() < 0.3:
            self._tag(content, "bpm", "", bpm * rng.choice((1, 1, 1, 1, 2, 1.33)), "name", 0.9)
        return content

    def _tag(
        self, content: int, field: str, text: str, number: float | None, source: str, confidence: float
    ) -> None:
        self._add(
            "tag", content_id=content, project_id=None, field=field, text=text, number=number, source=source,
            tagger=field if source == "machine" else source, tagger_version=1, engine="", confidence=confidence,
            candidates="[]", set_at=0.0, rejected=0,
        )  # fmt: skip

    def _place(
        self,
        volume: int,
        folder: str,
        name: str,
        at: float,
        content: int,
        project: int | None,
        is_project: bool = False,
    ) -> None:
        self._file += 1
        self._add(
            "file", id=self._file, volume_id=volume, rel_path=f"{folder}/{name}", name=name,
            sort_name=name.casefold(), suffix=name[-4:], size=self._rng.randint(10_000, 90_000_000),
            mtime_ns=int(at * 1e9) + self._file, content_id=content, project_id=project, is_project=is_project,
            first_seen_at=at, missing_since=at if self._rng.random() < 0.01 else None,
        )  # fmt: skip

    def _add(self, table: str, **values: Any) -> None:
        if table not in self._rows:
            self._rows[table] = []
            self._sql[table] = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"
        rows = self._rows[table]
        rows.append(tuple(values.values()))
        if len(rows) >= 5_000:
            self._flush(table)

    def _flush(self, table: str) -> None:
        self._connection.executemany(self._sql[table], self._rows[table])
        self._rows[table] = []
