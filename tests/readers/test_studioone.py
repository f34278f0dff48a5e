"""Studio One songs, as studio_one_songs.py writes them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from archivist.readers import read_project, reader_for
from archivist.readers.base import ReadError
from archivist.readers.history import backups
from archivist.readers.studioone import READER
from archivist.records import Marker, Plugin, SampleRef, TempoChange
from tests.readers.studio_one_songs import ABOUT, SONG, write_song


def write(folder: Path, name: str = "Night.song", **changed: str) -> Path:
    return write_song(folder / name, **changed)


def test_song(tmp_path: Path) -> None:
    path = write(tmp_path)
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw, info.daw_version, info.sample_rate) == ("Studio One", "7.2.3.108761", 48000)
    assert (info.title, info.author, info.comment) == ("Night & Day", "Me", "keep the breath")
    assert (info.bpm, info.time_signature, info.key, info.status) == (120.0, "7/8", None, "ok")
    assert info.tempo_changes == (TempoChange(8.0, "beats", 60.0),)
    assert info.length_seconds == 4.0 + 4.0  # until beat 12 of the take that plays
    assert info.markers == (Marker("Verse", 4.0, "beats"), Marker("Chorus", 16.0, "beats"))


def test_tracks_and_plugins(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path))
    assert [(track.name, track.kind, track.muted, track.devices) for track in info.tracks] == [
        ("Band", "group", False, ()),
        ("Vox", "audio", True, ("Pro EQ", "Pro-C 2")),
        ("Keys", "instrument", True, ("Arpeggiator", "Mai Tai 2", "Pro EQ")),
        ("Out", "midi", False, ()),
        ("Filter", "automation", False, ()),
        ("Drums", "bus", False, ()),
        ("Verb", "return", False, ("Old Verb",)),
        ("Main", "master", False, ()),
        ("Phones", "bus", False, ()),
    ]
    assert info.plugins == (
        Plugin("Pro EQ", None, "builtin", 2),
        Plugin("Pro-C 2", None, "vst3"),
        Plugin("Old Verb", None, "vst2"),
        Plugin("Mai Tai", None, "builtin"),
        Plugin("Arpeggiator", None, "builtin"),
    )


def test_samples(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert READER.read(path).samples == (
        SampleRef("/Users/me/Songs/Night/Media/Vox 1.wav", "Media/Vox 1.wav"),
        SampleRef("C:/Loops/kick 1.wav"),
        SampleRef("//nas/loops/a.wav"),
        SampleRef("media:///Media/in.wav", status="found"),
        SampleRef("media:///Media/out.wav", status="missing"),
    )
    (tmp_path / "Media").mkdir()
    (tmp_path / "Media" / "Vox 1.wav").write_bytes(b"RIFF")
    statuses = [sample.status for sample in read_project(path).samples]
    assert statuses == ["found", "unresolved", "unresolved", "found", "missing"]


KEYS = {"A minor": "A minor", "Bbm": "A# minor", "F#": "F# major", "C maj": "C major"}


@pytest.mark.parametrize("stored", KEYS)
def test_key(stored: str, tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, metainfo=ABOUT.replace('"-"', f'"{stored}"')))
    assert (info.key, info.unread) == (KEYS[stored], ())


def test_a_mode_beyond_major_and_minor_is_not_read(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, metainfo=ABOUT.replace('"-"', '"D Dorian"')))
    assert (info.key, info.unread) == (None, ("key",))


def test_the_next_name_and_stray_entities(tmp_path: Path) -> None:
    about = ABOUT.replace("Studio One/7.2.3.108761", "Fender Studio Pro/8.0.1").replace(
        "Night &", "&copy; &#169; &amp;"
    )
    info = READER.read(write(tmp_path, metainfo=about))
    assert (info.daw, info.daw_version) == ("Fender Studio Pro", "8.0.1")
    assert info.title == "&copy; © & Day"


def test_without_a_tempo_map_the_tempo_is_that_of_the_metadata(tmp_path: Path) -> None:
    song = '<Song><Attributes x:id="Root"><List x:id="Tracks"/></Attributes></Song>'
    info = READER.read(write(tmp_path, song=song))
    assert (info.bpm, info.time_signature, info.length_seconds) == (120.0, None, None)


def test_a_ramp_goes_evenly(tmp_path: Path) -> None:
    song = SONG.replace('curveType="0" start="0"', 'curveType="1" start="0"')
    info = READER.read(write(tmp_path, song=song))
    # From 120 down to 60 over 8 beats: 8 * 60 ln 2 / 60 s; then 4 beats at 60.
    assert info.length_seconds == pytest.approx(8 * 0.6931472 + 4.0)
    assert info.tempo_changes == (TempoChange(8.0, "beats", 60.0),)


def test_history(tmp_path: Path) -> None:
    path = write(tmp_path)
    for name in ("History/Night (Autosaved).song", "History/Night (before mix).song", "Night (Autosaved).song"):
        assert reader_for(write(tmp_path, name)) is READER
    write(tmp_path, "History/Nightfall.song")
    assert set(backups(path, READER)) == {
        "History/Night (Autosaved).song", "History/Night (before mix).song", "Night (Autosaved).song"
    }  # fmt: skip


BROKEN = {
    "another song": ({"song": "<Project/>"}, "not a Studio One song"),
    "cut off": ({"song": SONG[:800]}, "damaged"),
    "entities": ({"metainfo": '<!DOCTYPE x [<!ENTITY a "b">]><x/>'}, "entities"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    changed, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, **changed))


def test_another_zip_is_no_song(tmp_path: Path) -> None:
    path = tmp_path / "other.song"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metainfo.xml", ABOUT)
    assert not READER.sniff(path)
    with pytest.raises(ReadError, match=r"Song/song\.xml"):
        READER.read(path)
