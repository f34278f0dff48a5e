"""Zrythm: projects written here, one as Zrythm 1 serialises them, one by the schema of Zrythm 2."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import zstandard

from archivist.readers import read_project
from archivist.readers.base import ReadError
from archivist.readers.zrythm import read, sniff
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.readers.written import ZRYTHM, ZRYTHM_2, write_zrythm


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "project.zpj"


def test_all_that_zrythm_1_says(path: Path) -> None:
    assert sniff(write_zrythm(path))
    info = read(path)
    assert (info.format, info.daw, info.daw_version) == ("zrythm", "Zrythm", "1.0.0-beta.6.5")
    assert (info.bpm, info.tempo_changes, info.time_signature, info.sample_rate) == (128.0, (), "3/4", 44100)
    assert info.length_seconds == 3.75  # 8 beats
    assert (info.title, info.saved, info.status) == ("Morning", "2024-05-01T12:30:00", "ok")
    assert info.markers == (Marker("Drop", 4.0, "beats"),)  # the song's start is none
    assert info.samples == (
        SampleRef("vox 1.FLAC", "pool/vox 1.FLAC"),
        SampleRef("kick.wav", "pool/kick.wav"),
    )
    assert info.tracks == (
        Track("Lead", "instrument", muted=True, frozen=True, devices=("Arp", "Surge XT", "Reverb")),
        Track("Vox", "audio", devices=("Reverb",)),
        Track("Room", "return"),
        Track("Master", "master"),
    )
    assert info.plugins == (
        Plugin("Arp", "A. Maker", "lv2"),
        Plugin("Surge XT", "A. Maker", "clap"),
        Plugin("Reverb", "A. Maker", "lv2", 2),
    )


def test_what_is_there_and_not_read_is_said(path: Path) -> None:
    project = copy.deepcopy(ZRYTHM)
    chords, tempo = project["tracklist"]["tracks"][:2]
    chords["scaleObjects"] = [{"scale": {"type": 1, "rootKey": 2}, "base": {"pos": {"ticks": 0}}}]
    tempo["automationTracklist"]["automationTracks"][0]["regions"] = [{"base": {"endPos": {"ticks": 960}}}]
    assert read(write_zrythm(path, project)).unread == ("tempo_changes", "key")
    del tempo["bpmPort"]
    info = read(write_zrythm(path, project))
    assert (info.bpm, info.unread) == (None, ("bpm", "key"))


def test_what_the_schema_of_zrythm_2_says(path: Path) -> None:
    assert sniff(write_zrythm(path, ZRYTHM_2))
    info = read(path)
    assert (info.daw_version, info.bpm, info.time_signature) == ("2.0.3", 100.0, "5/8")
    assert info.tempo_changes == (TempoChange(2.0, "beats", 50.0),)
    assert info.length_seconds == pytest.approx(3.6)  # 2 beats of 0.6 s, 2 of 1.2
    assert (info.title, info.saved) == ("Evening", "2026-02-16T12:00:00+00:00")
    assert info.markers == (Marker("Drop", 2.0, "beats"),)
    assert info.tracks == (Track("Lead", "instrument"), Track("Clock", "midi"))
    assert info.unread == ("plugins", "devices", "muted")


def test_the_pool_lies_beside_the_project(path: Path) -> None:
    write_zrythm(path)
    (path.parent / "pool").mkdir()
    (path.parent / "pool" / "kick.wav").write_bytes(b"RIFF")
    assert [sample.status for sample in read_project(path).samples] == ["missing", "found"]


NO_PROJECTS = {
    "other json": (zstandard.compress(b'{"type": "another"}'), "not a Zrythm project"),
    "a list": (zstandard.compress(b"[1, 2]"), "not a Zrythm project"),
    "no json": (zstandard.compress(b"ZrythmProject"), "damaged"),
    "damaged": (zstandard.compress(b'{"type": "ZrythmProject"}' * 9)[:-9], "damaged"),
    "not packed": (b'{"type": "ZrythmProject"}', "not packed"),
    "nested": (zstandard.compress(b'{"type": "ZrythmProject", "tracklist": ' + b"[" * 100_000), "nested"),
    "many values": (zstandard.compress(b"[" + b"[]," * 6_000_000), "more values"),
    "a bomb": (zstandard.compress(b" " * 110_000_000), "MiB of JSON"),
}


@pytest.mark.parametrize("what", NO_PROJECTS)
def test_what_is_no_project(path: Path, what: str) -> None:
    data, message = NO_PROJECTS[what]
    path.write_bytes(data)
    with pytest.raises(ReadError, match=message):
        read(path)
