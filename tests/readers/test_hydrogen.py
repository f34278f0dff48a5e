"""Hydrogen songs, with values counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.hydrogen import READER
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.corpus import corpus

SONG = """<?xml version="1.0" encoding="UTF-8"?>
<song>
 <version>1.2.3</version><bpm>100</bpm><name>Beat</name><author>Me</author><notes>Some notes</notes>
 <playbackTrackFilename>/home/me/vocals.wav</playbackTrackFilename>
 <isTimelineActivated>true</isTimelineActivated>
 <instrumentList>
  <instrument><name>Kick</name><drumkit>GMRockKit</drumkit><isMuted>false</isMuted>
   <instrumentComponent>
    <layer><filename>Kick.wav</filename></layer><layer><filename>Kick.wav</filename></layer>
   </instrumentComponent>
  </instrument>
  <instrument><name>Own</name><drumkit></drumkit><isMuted>true</isMuted>
   <instrumentComponent><layer><filename>/samples/own.flac</filename></layer></instrumentComponent>
   <instrumentComponent><layer><filename>beside.wav</filename></layer></instrumentComponent>
  </instrument>
 </instrumentList>
 <patternList>
  <pattern><name>A</name><size>192</size><noteList/></pattern>
  <pattern><name>B</name><size>96</size><noteList/></pattern>
  <pattern><name>Long</name><size>384</size><noteList/></pattern>
 </patternList>
 <virtualPatternList><pattern><name>B</name><virtual>Long</virtual></pattern></virtualPatternList>
 <patternSequence>
  <group><patternID>A</patternID></group>
  <group/>
  <group><patternID>A</patternID><patternID>B</patternID></group>
 </patternSequence>
 <ladspa>
  <fx><name>no plugin</name><filename>-</filename></fx>
  <fx><name>Plate</name><filename>plate_1423.so</filename></fx>
  <fx><name>Plate</name><filename>plate_1423.so</filename></fx>
 </ladspa>
 <BPMTimeLine>
  <newBPM><BAR>2</BAR><BPM>60</BPM></newBPM>
  <newBPM><BAR>0</BAR><BPM>120</BPM></newBPM>
 </BPMTimeLine>
 <timeLineTag>
  <newTAG><BAR>4</BAR><TAG>Past the end</TAG></newTAG>
  <newTAG><BAR>1</BAR><TAG>Break</TAG></newTAG>
 </timeLineTag>
</song>
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "song.h2song"
    path.write_text(text, encoding="utf-8")
    return path


def test_song(tmp_path: Path) -> None:
    path = write(tmp_path, SONG)
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw, info.daw_version) == ("Hydrogen", "1.2.3")
    assert (info.title, info.author, info.comment) == ("Beat", "Me", "Some notes")
    assert (info.bpm, info.tempo_changes) == (120.0, (TempoChange(8.0, "beats", 60.0),))
    # Columns of 4, 4 (empty) and 8 beats (the long pattern within B): 8 at 120, 8 at 60.
    assert info.length_seconds == 12.0
    assert info.markers == (Marker("Break", 4.0, "beats"), Marker("Past the end", 20.0, "beats"))
    assert info.tracks == (Track("Kick", "instrument"), Track("Own", "instrument", muted=True))
    assert info.plugins == (Plugin("Plate", None, "ladspa", 2),)
    assert info.samples == (
        SampleRef("Kick.wav", status="unresolved"),  # in the kit's folder, wherever that is
        SampleRef("/samples/own.flac"),
        SampleRef("beside.wav"),
        SampleRef("/home/me/vocals.wav"),
    )


def test_timeline_that_is_off(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, SONG.replace(">true</isTimeline", ">false</isTimeline")))
    assert (info.bpm, info.tempo_changes) == (100.0, ())
    assert info.length_seconds == pytest.approx(16 * 0.6)


def test_timeline_that_starts_late_leaves_the_start_to_the_song(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, SONG.replace("<BAR>0</BAR>", "<BAR>1</BAR>")))
    assert info.bpm == 100.0
    assert [change.at for change in info.tempo_changes] == [4.0, 8.0]


@pytest.mark.parametrize(
    "layers",
    ["<layer><filename>/a/s.wav</filename></layer>", "<filename>/a/s.wav</filename>"],  # 0.9.0, before
)
def test_samples_of_early_versions(layers: str, tmp_path: Path) -> None:
    text = f"<song><version>0.9.0</version><bpm>90</bpm><instrumentList><instrument><name>S</name>{layers}"
    info = READER.read(write(tmp_path, text + "</instrument></instrumentList></song>"))
    assert info.samples == (SampleRef("/a/s.wav"),)
    assert info.length_seconds is None


REAL = {  # version, bpm, instruments, samples, seconds: columns counted with grep, all of 192 ticks
    "GM_kit_Diddley": ("1.2.0", 120.0, 18, 76, 28 * 2.0),
    "GM_kit_demo1": ("1.2.0", 115.0, 18, 76, 11 * 4 * 60 / 115),
    "TR808kit-demo": ("1.2.0", 125.0, 16, 16, 12 * 4 * 60 / 125),
}


@pytest.mark.parametrize("name", REAL)
def test_demo_songs(name: str) -> None:
    folder = "debian-hydrogen-data_1.2.0__usr_share_hydrogen_data_demo_songs_"
    info = READER.read(corpus("daw", "h2song", f"{folder}{name}.h2song"))
    version, bpm, instruments, samples, seconds = REAL[name]
    assert (info.daw_version, info.bpm, len(info.tracks), len(info.samples)) == (
        version,
        bpm,
        instruments,
        samples,
    )
    assert info.length_seconds == pytest.approx(seconds)
    assert {sample.status for sample in info.samples} == {"unresolved"}


BROKEN = {
    "cut off": (SONG[:900], "damaged"),
    "another document": ("<drumkit_info/>", "no Hydrogen song"),
    "entities": ('<!DOCTYPE x [<!ENTITY a "b">]><song/>', "entities"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    text, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, text))


def test_values_out_of_range_are_none_and_not_wrong(tmp_path: Path) -> None:
    odd = SONG.replace("<BAR>2", "<BAR>1e300").replace("<BPM>120", "<BPM>nan").replace("<bpm>100", "<bpm>0")
    info = READER.read(write(tmp_path, odd.replace("<size>192", "<size>-5")))
    assert (info.bpm, info.tempo_changes, info.length_seconds) == (None, (), None)
