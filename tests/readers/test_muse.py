"""MusE songs, of its present and of its first writing."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.muse import READER
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.corpus import corpus

SONG = """<?xml version="1.0"?>
<muse version="3.4">
  <configuration><printer type=1><file>mops.ps</file></printer></configuration>
  <song>
    <info>Notes on it</info><master>1</master><len>230400</len><sampleRate>48000</sampleRate>
    <AudioOutput><name>Out 1</name><mute>0</mute>
      <plugin file="tap_echo" label="tap_stereo_echo" channel="2"><control name="x" val="1"/></plugin>
      <plugin uri="urn:zam:comp" label="ZamComp" channel="2"/>
    </AudioOutput>
    <SynthI><name>lead</name><mute>0</mute><synthType>LV2 (synths)</synthType><class>surge</class>
      <label>Surge XT</label></SynthI>
    <wavetrack><name>Voice</name><mute>1</mute>
      <part><name>p</name><poslen sample="48000" len="96000"/>
        <event><poslen sample="0" len="96000"/><frame>0</frame><file>Voice.wav</file></event>
        <event><poslen sample="0" len="10"/><file>/media/take.wav</file></event>
        <event><poslen sample="0" len="10"/><file>Voice.wav</file></event>
      </part></wavetrack>
    <newdrumtrack><name>Drums</name><mute>0</mute>
      <part><name>p</name><poslen tick="384" len="2688"/></part></newdrumtrack>
    <tempolist fix="400000">
      <tempo at="1536"><tick>0</tick><val>500000</val></tempo>
      <tempo at="9999"><tick>1536</tick><val>1000000</val></tempo>
    </tempolist>
    <siglist><sig at="1"><tick>0</tick><nom>7</nom><denom>8</denom></sig></siglist>
    <keylist><key at="1"><tick>0</tick><val>12</val><minor>1</minor></key></keylist>
    <marker tick="768" lock="0" name="Verse" />
  </song>
</muse>
"""


def write(folder: Path, data: bytes, name: str = "song.med") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_song(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, SONG.encode()))
    assert (info.daw, info.daw_version, info.comment, info.sample_rate) == ("MusE", "3.4", "Notes on it", 48000)
    assert (info.bpm, info.time_signature, info.key) == (120.0, "7/8", "G minor")
    assert info.tempo_changes == (TempoChange(4.0, "beats", 60.0),)
    # The drums end at beat 8: four at 120 and four at 60. The voice ends at 3 seconds.
    assert info.length_seconds == 6.0
    assert info.markers == (Marker("Verse", 2.0, "beats"),)
    assert info.samples == (SampleRef("Voice.wav"), SampleRef("/media/take.wav"))
    assert info.tracks == (
        Track("Out 1", "master", devices=("tap_stereo_echo", "ZamComp")),
        Track("lead", "instrument", devices=("Surge XT",)),
        Track("Voice", "audio", muted=True),
        Track("Drums", "midi"),
    )
    assert info.plugins == (
        Plugin("tap_stereo_echo", None, "ladspa"),
        Plugin("ZamComp", None, "lv2"),
        Plugin("Surge XT", None, "lv2"),
    )


@pytest.mark.parametrize(("name", "pack"), [("song.med.gz", gzip.compress), ("song.med.bz2", bz2.compress)])
def test_packed_song(name: str, pack: type[bytes], tmp_path: Path) -> None:
    path = write(tmp_path, pack(SONG.encode()), name)
    assert READER.sniff(path)
    assert READER.read(path).bpm == 120.0


def test_fixed_tempo_without_master_track(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, SONG.replace("<master>1", "<master>0").encode()))
    assert (info.bpm, info.tempo_changes) == (150.0, ())


KEYS = {  # number and mode as stored
    (12, 0): "A# major",
    (7, 1): "D# minor",
    (16, 0): "F# major",
    (1, 1): "A minor",
    (1, 0): None,  # what is there before anybody chose
    (8, 0): None,
    (99, 1): None,
}


@pytest.mark.parametrize("stored", KEYS)
def test_key(stored: tuple[int, int], tmp_path: Path) -> None:
    text = SONG.replace("<val>12</val><minor>1<", "<val>{}</val><minor>{}<".format(*stored))
    assert READER.read(write(tmp_path, text.encode())).key == KEYS[stored]


def test_key_of_early_versions_has_no_mode(tmp_path: Path) -> None:
    assert READER.read(write(tmp_path, SONG.replace("<minor>1</minor>", "").encode())).key is None


def test_first_demo_of_muse() -> None:
    path = corpus("daw", "muse", "debian-muse_4.1.0__usr_share_muse_demos_rasen.med")
    info = READER.read(path)
    assert (info.daw_version, info.title, info.author) == ("1.0", "Auf dem grünen Rasen", "Kinderlied")
    # One part of 12288 ticks, that is 32 beats.
    assert (info.bpm, info.length_seconds, info.tracks) == (120.0, 16.0, (Track("piano", "midi"),))


TEMPLATES = {"default": 1, "audio": 10, "midiGM": 5, "monorecord": 3, "synti": 4}  # tracks


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_of_muse(name: str) -> None:
    info = READER.read(corpus("daw", "muse", f"debian-muse_4.1.0__usr_share_muse_templates_{name}.med"))
    assert (info.daw_version, info.bpm, info.time_signature, info.key) == ("3.3", 120.0, "4/4", None)
    assert len(info.tracks) == TEMPLATES[name]


BROKEN = {
    "cut off": (SONG.encode()[:900], "damaged"),
    "a module of OctaMED": (b"MMD1" + bytes(200), "damaged"),
    "another document": (b"<song/>", "no MusE song"),
    "bzip2 bomb": (bz2.compress(b"<muse>" + bytes(60_000_000)), "bomb"),
    "gzip bomb": (gzip.compress(b"<muse>" + bytes(60_000_000)), "bomb"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BROKEN[name]
    path = write(tmp_path, data)
    with pytest.raises(ReadError, match=reason):
        READER.read(path)


def test_octamed_is_not_taken_for_muse(tmp_path: Path) -> None:
    assert not READER.sniff(write(tmp_path, BROKEN["a module of OctaMED"][0]))
