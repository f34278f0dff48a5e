"""The demo studio holds what its truth says: files, projects, sounds, dates."""

from __future__ import annotations

import hashlib
import os
import wave
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import fixtures
from archivist.readers import ReadError, read_project
from archivist.text import printable
from fixtures.studio import sound
from fixtures.truth import AUDIO, COPIES, DAMAGED, MOVED, PROJECTS, SONGS, AudioTruth, ProjectTruth, VersionTruth
from taggers.audio import Audio
from taggers.base import FileTags, Job
from taggers.worker import tag_file

PADDING = 0.1  # seconds that a lossy encoder may add
FORMATS = {"ableton", "reaper", "flstudio", "logic", "garageband", "ardour", "dawproject"}
AUDIO_SUFFIXES = {".wav", ".flac", ".ogg", ".mp3", ".aif", ".m4a"}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fixtures") / "studio"
    fixtures.build(folder)
    return folder


def present(studio: Path) -> list[AudioTruth]:
    """All audio but what this file system refuses to name."""
    return [audio for audio in AUDIO if not audio.optional or (studio / audio.path).exists()]


def heard(path: Path, *taggers: str) -> FileTags:
    return tag_file(Job(str(path), taggers))


def values(tags: FileTags, tagger: str) -> dict[str, str | float]:
    return {tag.field: tag.value for tag in tags.findings[tagger].tags}


def digests(studio: Path) -> dict[str, tuple[str, int]]:
    """Content and date of every file by its path."""
    return {
        os.fspath(path.relative_to(studio)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in studio.rglob("*")
        if path.is_file()
    }


# ---------------------------------------------------------------- what is there


def test_all_audio_on_disk_is_in_the_truth(studio: Path) -> None:
    on_disk = {
        path.relative_to(studio).as_posix()
        for path in studio.rglob("*")
        if path.is_file() and path.suffix in AUDIO_SUFFIXES
    }
    damaged = {path for path in DAMAGED if Path(path).suffix in AUDIO_SUFFIXES}
    assert on_disk == {audio.path for audio in present(studio)} | set(COPIES) | damaged


def test_every_format_and_song_has_a_project() -> None:
    assert {project.format for project in PROJECTS} == FORMATS
    assert {project.song for project in PROJECTS} == set(SONGS)


def test_copies_are_exact_and_nothing_else_is_twice(studio: Path) -> None:
    alike = defaultdict(set)
    for path, (digest, _) in digests(studio).items():
        if Path(path).suffix in AUDIO_SUFFIXES and (studio / path).stat().st_size:
            alike[digest].add(Path(path).as_posix())
    assert [paths for paths in alike.values() if len(paths) > 1] != []
    assert {frozenset(paths) for paths in alike.values() if len(paths) > 1} == {
        frozenset(pair) for pair in COPIES.items()
    }


def test_dates_run_from_2017_to_2026(studio: Path) -> None:
    years = {
        datetime.fromtimestamp(path.stat().st_mtime, UTC).year for path in studio.rglob("*") if path.is_file()
    }
    assert years == set(range(2017, 2027))


# ---------------------------------------------------------------- projects


@pytest.mark.parametrize(
    ("project", "version"),
    [pytest.param(p, v, id=printable(v.path)) for p in PROJECTS for v in p.versions],
)
def test_a_project_reads_back_as_its_truth(studio: Path, project: ProjectTruth, version: VersionTruth) -> None:
    path = studio / project.folder / version.path
    info = read_project(path, studio)
    assert (info.format, info.daw, info.daw_version) == (project.format, project.daw, version.daw_version)
    assert (info.bpm, info.key, info.time_signature) == (version.bpm, version.key, version.time_signature)
    assert info.tempo_changes == version.tempo_changes
    assert info.markers == version.markers
    assert info.tracks == version.tracks
    assert set(info.plugins) == set(version.plugins)
    assert {(s.path, s.status) for s in info.samples} == {(s.path, s.status) for s in version.samples}
    file = (
        path / "Resources" / "ProjectInformation.plist" if version is project.current else path / "MetaData.plist"
    )
    saved = (file if path.is_dir() else path).stat().st_mtime
    assert datetime.fromtimestamp(saved, UTC).isoformat() == f"{version.saved}+00:00"


BACKUPS = {  # current project → what its reader finds beside it or in it, newest first
    "Projects/Neon Tide Project/Neon Tide v3.als": ("Backup/Neon Tide v3 [2024-03-05 181500].als",),
    "Projects/Harbour Lights/Harbour Lights.rpp": ("Harbour Lights.rpp-bak",),
    "Projects/Night Bus/Night Bus.flp": ("Backup/Night Bus (overwritten at 22h15).flp",),
    "Projects/Northgate/Northgate.ardour": ("Northgate.ardour.bak",),
    "Projects/Slow Orchard/Slow Orchard.logicx": (
        "Alternatives/000/Project File Backups/01",
        "Alternatives/000/Project File Backups/00",
    ),
    "Projects/Glass Parade/Glass Parade.dawproject": (),
}


@pytest.mark.parametrize(("path", "history"), BACKUPS.items())
def test_backups_are_found(studio: Path, path: str, history: tuple[str, ...]) -> None:
    assert read_project(studio / path, studio).history == history


# ---------------------------------------------------------------- audio


def test_audio_has_its_length_rate_and_channels(studio: Path) -> None:
    for audio in present(studio):
        facts = Audio(studio / audio.path).facts
        assert (facts.sample_rate, facts.channels) == (audio.rate, 1 if audio.mono else 2), audio.path
        if audio.seconds is None:
            assert 0.1 <= facts.duration < 2.5, audio.path
        elif audio.kind == "loop" and audio.format not in ("mp3", "aac"):
            assert facts.duration == pytest.approx(audio.seconds, abs=1 / audio.rate), audio.path
        else:
            assert audio.seconds - PADDING <= facts.duration <= audio.seconds + 1.5 + PADDING, audio.path


def test_names_say_what_the_truth_says_they_say(studio: Path) -> None:
    said = {audio.path: values(heard(studio / audio.path, "name"), "name") for audio in present(studio)}
    instruments = {Path(path).name: said[path].pop("instrument", None) for path in said}
    assert {path: tuple(found.values()) for path, found in said.items()} == {
        audio.path: audio.name_says for audio in present(studio)
    }
    assert {name: instruments[name] for name in NAMED_INSTRUMENTS} == NAMED_INSTRUMENTS


NAMED_INSTRUMENTS = {
    "Rhodes take 2.wav": "electric-piano",
    "night_bus_pad.flac": "pad",
    "Strings bus.wav": "strings",
    "Shaker.ogg": "percussion",
    "Audio 3-2.wav": None,
}


CHUNKS = {  # what files say of themselves
    "Samples/Loops/Bass/Loop_128bpm_A#m.wav": {"bpm": 128.0, "beats": 16.0, "root": "A#2"},
    "Samples/Loops/Drums/HouseBeat_124bpm.wav": {"bpm": 124.0, "beats": 8.0},
    "Bounces/2024/Neon Tide ruff.mp3": {"bpm": 124.0, "key": "F# minor", "title": "Neon Tide"},
    "Bounces/2026/Glass Parade.m4a": {"title": "Glass Parade"},
    "Bounces/2020/Copper Sky 🌅 v4.ogg": {"title": "Copper Sky"},
    "Projects/Neon Tide Project/Samples/Recorded/Audio 3-2.wav": {"description": "vocal, take 2"},
}


@pytest.mark.parametrize(("path", "said"), CHUNKS.items())
def test_chunks_and_tags_can_be_read(studio: Path, path: str, said: dict[str, str | float]) -> None:
    assert values(heard(studio / path, "embedded"), "embedded").items() >= said.items()


def test_faults_and_only_they_are_flagged(studio: Path) -> None:
    flagged = {
        audio.path: tag.value
        for audio in present(studio)
        for tag in heard(studio / audio.path, "flags").findings["flags"].tags
    }
    assert flagged == {audio.path: audio.fault for audio in AUDIO if audio.fault}


@pytest.mark.parametrize("path", DAMAGED)
def test_damaged_files_cannot_be_read(studio: Path, path: str) -> None:
    if path.startswith("Projects/"):
        with pytest.raises(ReadError):
            read_project(studio / path, studio)
    else:
        assert heard(studio / path, "flags").error


def test_24_bit_wav_is_what_other_programs_read(studio: Path) -> None:
    """Written by hand here, read by the standard library there."""
    path = studio / "Bounces/2024/Neon Tide (Club) 124 F#m.wav"
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 3, 44_100)
        frames = np.frombuffer(file.readframes(44_100), np.uint8).reshape(-1, 3)
    low, middle, high = frames[::2].astype(np.int32).T
    left = low + 256 * middle + 65_536 * (high - 256 * (high > 127))
    expected = sound(next(audio for audio in AUDIO if audio.path == path.relative_to(studio).as_posix()))
    assert np.abs(left / 2**23 - expected[:44_100, 0]).max() <= 2**-23


MUSIC_HEARD = 0.8  # of the mixes; measured: every key, and every tempo but for two halves


@pytest.mark.slow
def test_keys_and_tempi_can_be_heard() -> None:
    standard = pytest.importorskip("essentia.standard", reason="no essentia on this system")
    mixes = [audio for audio in AUDIO if audio.kind == "mix" and audio.rate == 44_100 and not audio.fault]
    flats = {"Bb": "A#", "Eb": "D#", "Ab": "G#", "Db": "C#", "Gb": "F#"}
    keys = tempi = 0
    for audio in mixes:
        mono = np.ascontiguousarray(sound(audio).mean(axis=1))
        note, mode, _ = standard.KeyExtractor(profileType="bgate")(mono)
        keys += f"{flats.get(note, note)} {mode}" == audio.key
        tempi += abs(standard.RhythmExtractor2013()(mono)[0] / (audio.bpm or 1) - 1) < 0.02
    assert keys >= MUSIC_HEARD * len(mixes)
    assert tempi >= MUSIC_HEARD * len(mixes)


# ---------------------------------------------------------------- building and moving


def test_sounds_depend_on_the_seed_alone() -> None:
    loops = [audio for audio in AUDIO if audio.kind == "loop" and audio.bars <= 2]
    assert loops
    for audio in loops:
        assert np.array_equal(sound(audio, 1), sound(audio, 1))
        assert not np.array_equal(sound(audio, 1), sound(audio, 2))


@pytest.mark.slow
def test_a_seed_gives_the_same_studio_byte_by_byte(studio: Path, tmp_path: Path) -> None:
    fixtures.build(tmp_path / "again")
    assert digests(tmp_path / "again") == digests(studio)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FileExistsError, match="not empty"):
        fixtures.build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, _total: int, _path: str) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fixtures.build(tmp_path / "studio", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_move_one_moves_one_file(tmp_path: Path) -> None:
    old, new = (tmp_path / path for path in MOVED)
    old.parent.mkdir(parents=True)
    old.write_bytes(b"loop")
    assert fixtures.move_one(tmp_path) == (old, new)
    assert (old.exists(), new.read_bytes()) == (False, b"loop")
    assert MOVED[0] in {audio.path for audio in AUDIO}
