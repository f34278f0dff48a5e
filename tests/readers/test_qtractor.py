"""Qtractor: a session written here as its source writes one, alone and in an archive."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from archivist.readers import read_project
from archivist.readers.base import ReadError
from archivist.readers.qtractor import read, sniff
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.readers.written import QTRACTOR, write_qtractor


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Jam.qtr"


def test_all_that_a_session_says(path: Path) -> None:
    assert sniff(write_qtractor(path))
    info = read(path)
    assert (info.format, info.daw, info.daw_version) == ("qtractor", "Qtractor", "0.9.31")
    assert (info.bpm, info.time_signature, info.key, info.sample_rate) == (96.5, "6/8", "C minor", 48000)
    assert info.tempo_changes == (TempoChange(10.0, "seconds", 120.0),)  # 240 eighths a minute are no change
    assert info.length_seconds == 3.0  # 48000 + 96000 frames
    assert (info.title, info.comment, info.status) == ("Jam", "slow\none", "ok")
    assert info.markers == (Marker("Verse", 2.0, "seconds"),)
    assert info.samples == (SampleRef("samples/kick.wav"), SampleRef("bass.mid"), SampleRef("../lost.wav"))


def test_tracks_and_plugins(path: Path) -> None:
    info = read(write_qtractor(path))
    assert info.tracks == (
        Track("Drums", "audio", muted=True, devices=("sc4", "Insert")),
        Track("Bass", "midi", devices=("Vital", "sc4")),
    )
    assert info.plugins == (
        Plugin("sc4", None, "ladspa", 2),
        Plugin("Insert", None, "builtin"),
        Plugin("Vital", None, "vst3"),
        Plugin("Calf Limiter", None, "lv2"),
    )


def test_an_archive_holds_its_files(tmp_path: Path) -> None:
    path = tmp_path / "Jam.qtz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/kick.wav", b"RIFF")
        archive.writestr("Jam.qtr", QTRACTOR)
        archive.writestr("bass.mid", b"MThd")
    assert sniff(path)
    info = read_project(path)
    assert info.title == "Jam"
    assert {sample.path: sample.status for sample in info.samples} == {
        "samples/kick.wav": "found",
        "bass.mid": "found",
        "../lost.wav": "missing",
    }


def test_files_are_looked_for_from_the_session(path: Path) -> None:
    write_qtractor(path)
    (path.parent / "samples").mkdir()
    (path.parent / "samples" / "kick.wav").write_bytes(b"RIFF")
    assert [sample.status for sample in read_project(path).samples] == ["found", "missing", "missing"]


EARLY = """<!DOCTYPE qtractorSession><session version="0.1.3" name="old"><properties><description/>
<sample-rate>44100</sample-rate><tempo>140</tempo><beats-per-bar>3</beats-per-bar></properties>
<tracks><track name="a" type="audio"><state><mute>0</mute></state></track></tracks></session>"""


def test_a_session_of_an_early_version(path: Path) -> None:
    info = read(write_qtractor(path, EARLY))
    assert (info.daw, info.daw_version, info.bpm, info.time_signature) == ("Qtractor", "0.1.3", 140.0, "3/4")
    assert (info.comment, info.length_seconds, info.tracks) == (None, None, (Track("a", "audio"),))


def test_a_template_has_no_rate_to_time_its_tempi(path: Path) -> None:
    text = QTRACTOR.replace("<sample-rate>48000</sample-rate>", "")
    info = read(write_qtractor(path, text))
    assert (info.sample_rate, info.tempo_changes, info.markers, info.length_seconds) == (None, (), (), None)
    assert info.unread == ("tempo_changes",)


def test_what_is_no_session(path: Path) -> None:
    write_qtractor(path, "<session><tracks/></session>")
    assert not sniff(path)
    with pytest.raises(ReadError, match="session/properties"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "x")
    assert not sniff(path)
    with pytest.raises(ReadError, match="a zip without a Qtractor session"):
        read(path)
