"""Ardour and Mixbus sessions: two real ones, and small ones as each generation of Ardour writes them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from archivist.readers.ardour import READER
from archivist.readers.base import ReadError
from archivist.records import Marker, Plugin, SampleRef, TempoChange
from tests.corpus import corpus

# file name's end: version, bpm, rate, length, tracks by kind, plugins (with count), samples, markers
REAL = {
    "Sonoj_Mix.ardour": (
        "7.5",
        106.0,
        48000,
        176.604,
        {"master": 1, "midi": 14, "audio": 15, "bus": 3},
        46,
        141,
        9,
    ),
    "Orchestra 2022.template": ("6.9", 120.0, None, None, {"master": 1, "midi": 30, "bus": 3}, 33, 0, 0),
}


def real(name_end: str) -> Path:
    return next(path for path in corpus("daw", "ardour").iterdir() if path.name.endswith(name_end))


@pytest.mark.parametrize("name_end", REAL)
def test_real_session(name_end: str) -> None:
    info = READER.read(real(name_end))
    kinds = [track.kind for track in info.tracks]
    assert READER.sniff(real(name_end))
    assert (info.daw, info.time_signature, info.status) == ("Ardour", "4/4", "ok")
    found = (
        info.daw_version,
        info.bpm,
        info.sample_rate,
        None if info.length_seconds is None else round(info.length_seconds, 3),
        {kind: kinds.count(kind) for kind in kinds},
        sum(plugin.count for plugin in info.plugins),
        len(info.samples),
        len(info.markers),
    )
    assert found == REAL[name_end]


def test_real_tracks_stand_as_in_the_editor() -> None:
    tracks = READER.read(real("Sonoj_Mix.ardour")).tracks
    assert [(track.name, track.kind, track.muted) for track in tracks[:4]] == [
        ("Master", "master", False),
        ("Reverb Chamber Aux", "bus", False),
        ("Drums", "midi", True),
        ("Drums A", "audio", False),
    ]


ARDOUR_8 = """<?xml version="1.0" encoding="UTF-8"?>
<Session version="7003" name="Song" sample-rate="48000">
  <ProgramVersion created-with="Ardour 7.1" modified-with="Mixbus32C 10.0.0"/>
  <Metadata><artist>The Band</artist><title>A song</title><comment>Loud</comment></Metadata>
  <Sources>
    <Source name="take-1.wav" type="audio" flags="Writable" channel="0" origin="take-1.wav"/>
    <Source name="take-1.wav" type="audio" flags="Writable" channel="1" origin="take-1.wav"/>
    <Source name="part.mid" type="midi" flags="Writable" origin="part.mid"/>
    <Source name="loop.wav" type="audio" flags="" channel="0" origin="/media/loops/loop.wav"/>
  </Sources>
  <Locations>
    <Location name="session" start="a0" end="a2822400000" flags="IsSessionRange"/>
    <Location name="Loop" start="a0" end="a2822400000" flags="IsAutoLoop"/>
    <Location name="Two" start="a564480000" end="a564480000" flags="IsMark"/>
    <Location name="In the ramp" start="b11520" end="b11520" flags="IsMark"/>
    <Location name="Chorus" start="b23040" end="b30720" flags="IsRangeMarker"/>
  </Locations>
  <Routes>
    <Route name="Master" default-type="audio">
      <PresentationInfo order="2" flags="MasterOut,OrderSet"/><MuteMaster muted="0"/>
      <Processor name="Amp" type="amp"/>
      <Processor name="ACE Reverb" type="luaproc"/>
    </Route>
    <Route name="Monitor" default-type="audio"><PresentationInfo order="9" flags="MonitorOut"/></Route>
    <Route name="Keys" default-type="midi" midi-playlist="1">
      <PresentationInfo order="1" flags="MidiTrack,OrderSet"/><MuteMaster muted="1"/>
      <Processor name="Surge XT" type="vst3"/>
      <Processor name="Old" type="windows-vst"/>
      <Processor name="Old" type="lxvst"/>
    </Route>
    <Route name="Vox" default-type="audio" audio-playlist="2">
      <PresentationInfo order="0" flags="AudioTrack,OrderSet"/>
      <Controllable name="mute" value="1"/>
      <freeze-info playlist="x" state="Frozen"/>
      <Processor name="Delay" type="audiounit"/>
      <Processor name="EQ" type="lv2"><Route name="not one"/></Processor>
    </Route>
  </Routes>
  <TempoMap superclocks-per-second="282240000">
    <Tempos>
      <Tempo npm="59.99999999" enpm="59.99999999" note-type="4" sclock="0" quarters="0:0"/>
      <Tempo npm="120" enpm="240" note-type="8" sclock="1128960000" quarters="4:0"/>
      <Tempo npm="120" enpm="120" note-type="4" sclock="2256150000" quarters="8:0"/>
    </Tempos>
    <Meters><Meter note-value="8" divisions-per-bar="7" sclock="0" quarters="0:0" bbt="1|1|0"/></Meters>
  </TempoMap>
  <IOPlugins><IOPlug name="Tuner" type="ladspa"/></IOPlugins>
</Session>
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "song.ardour"
    path.write_text(text, encoding="utf-8")
    return path


def test_session_of_ardour_8(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, ARDOUR_8))
    assert (info.daw, info.daw_version) == ("Mixbus32C", "10.0.0")
    assert (info.title, info.author, info.comment) == ("A song", "The Band", "Loud")
    assert (info.bpm, info.time_signature, info.length_seconds) == (60.0, "7/8", 10.0)
    # 120 eighths a minute from beat 4 on are 60 quarters: no change.
    assert info.tempo_changes == (TempoChange(8.0, "beats", 120.0),)
    assert [(track.name, track.kind, track.muted, track.frozen) for track in info.tracks] == [
        ("Vox", "audio", True, True),
        ("Keys", "midi", True, False),
        ("Master", "master", False, False),
    ]
    assert info.tracks[0].devices == ("Delay", "EQ")
    assert info.plugins == (
        Plugin("Delay", None, "au"),
        Plugin("EQ", None, "lv2"),
        Plugin("Surge XT", None, "vst3"),
        Plugin("Old", None, "vst2", 2),
        Plugin("ACE Reverb", None, "builtin"),
        Plugin("Tuner", None, "ladspa"),
    )
    assert info.samples == (
        SampleRef("take-1.wav", "interchange/Song/audiofiles/take-1.wav"),
        SampleRef("part.mid", "interchange/Song/midifiles/part.mid"),
        SampleRef("/media/loops/loop.wav"),
    )


def test_markers_on_both_clocks(tmp_path: Path) -> None:
    markers = READER.read(write(tmp_path, ARDOUR_8)).markers
    # Two quarters into a ramp that goes from 60 to 120 over four: the integral of 60 / bpm.
    in_ramp = 4 + 4 * math.log(90 / 60)
    assert [marker.name for marker in markers] == ["Two", "In the ramp", "Chorus"]
    assert [marker.at for marker in markers] == pytest.approx([2.0, in_ramp, 2256150000 / 282240000 + 2])
    assert {marker.unit for marker in markers} == {"seconds"}


ARDOUR_3 = """<?xml version="1.0" encoding="UTF-8"?>
<Session version="3001" name="Old song" sample-rate="44100">
  <Sources><Source name="Audio 1-1.wav" type="audio" flags="Writable" origin=""/></Sources>
  <Locations>
    <Location name="session" start="44100" end="485100" flags="IsSessionRange"/>
    <Location name="Hit" start="88200" end="88200" flags="IsMark"/>
  </Locations>
  <Routes>
    <Route name="master" default-type="audio" flags="MasterOut" order-keys="EditorSort=3:MixerSort=0"/>
    <Route name="Bus" default-type="audio" order-keys="EditorSort=2:MixerSort=1"/>
    <Route name="Audio 1" default-type="audio" mode="Normal" order-keys="EditorSort=0:MixerSort=2">
      <MuteMaster mute-point="PreFader" muted="yes"/><Diskstream playlist="Audio 1.1" name="Audio 1"/>
      <Processor name="x42-eq" type="lv2"/><Processor name="send 1" type="send"/>
    </Route>
    <Route name="MIDI 1" default-type="midi" order-keys="EditorSort=1:MixerSort=3">
      <MuteMaster mute-point="PreFader" muted="no"/><Diskstream playlist="MIDI 1.1" name="MIDI 1"/>
    </Route>
  </Routes>
  <TempoMap>
    <Tempo start="1|1|0" beats-per-minute="100.000000" note-type="4.000000" movable="no"/>
    <Meter start="1|1|0" note-type="4.000000" divisions-per-bar="3.000000" movable="no"/>
    <Meter start="3|1|0" note-type="8.000000" divisions-per-bar="6.000000" movable="yes"/>
    <Tempo start="4|3|960" beats-per-minute="220.000000" note-type="8.000000" movable="yes"/>
  </TempoMap>
</Session>
"""


def test_session_of_ardour_3(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, ARDOUR_3))
    assert (info.daw, info.daw_version, info.bpm, info.time_signature) == ("Ardour", None, 100.0, "3/4")
    # Two bars of 3/4 and one of 6/8 are 9 quarters, two and a half eighths more 10.25.
    assert info.tempo_changes == (TempoChange(10.25, "beats", 110.0),)
    assert info.length_seconds == 10.0
    assert info.markers == (Marker("Hit", 2.0, "seconds"),)
    assert [(track.name, track.kind, track.muted, track.devices) for track in info.tracks] == [
        ("Audio 1", "audio", True, ("x42-eq",)),
        ("MIDI 1", "midi", False, ()),
        ("Bus", "bus", False, ()),
        ("master", "master", False, ()),
    ]


ARDOUR_2 = """<?xml version="1.0" encoding="UTF-8"?>
<Session version="2.0.0" name="Older" sample-rate="44100">
  <Sources>
    <Source name="Audio 1-1%L.wav" id="1" flags="Writable" channel="0"/>
    <Source name="/home/x/loop.wav" id="2" flags="" channel="0"/>
  </Sources>
  <Locations>
    <Location name="start" start="0" end="0" flags="IsMark,IsStart"/>
    <Location name="end" start="220500" end="220500" flags="IsMark,IsEnd"/>
    <Location name="Bridge" start="44100" end="44100" flags="IsMark"/>
  </Locations>
  <Routes>
    <Route flags="MasterOut" default-type="audio" muted="no"><IO name="master"/></Route>
    <Route flags="ControlOut" default-type="audio" muted="no"><IO name="monitor"/></Route>
    <Route default-type="audio" muted="yes" diskstream-id="7">
      <IO name="Audio 1"/>
      <Insert type="ladspa" count="1"><Redirect active="yes"><IO name="TAP Echo"/></Redirect></Insert>
      <Insert type="port"><Redirect><IO name="hardware"/></Redirect></Insert>
    </Route>
  </Routes>
  <TempoMap>
    <Tempo start="1|1|0" beats-per-minute="96.000000" movable="no"/>
    <Meter start="1|1|0" note-type="4.000000" beats-per-bar="4.000000" movable="no"/>
  </TempoMap>
</Session>
"""


def test_session_of_ardour_2(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, ARDOUR_2))
    assert (info.bpm, info.time_signature, info.tempo_changes) == (96.0, "4/4", ())
    assert info.length_seconds == 5.0
    assert info.markers == (Marker("Bridge", 1.0, "seconds"),)
    assert [(track.name, track.kind, track.muted) for track in info.tracks] == [
        ("master", "master", False),
        ("Audio 1", "audio", True),
    ]
    assert info.plugins == (Plugin("TAP Echo", None, "ladspa"),)
    assert info.samples == (
        SampleRef("Audio 1-1%L.wav", "interchange/Older/audiofiles/Audio 1-1%L.wav"),
        SampleRef("/home/x/loop.wav"),
    )


def test_tempo_of_ardour_6_is_in_whole_notes(tmp_path: Path) -> None:
    old = ARDOUR_3.replace('start="4|3|960" ', 'pulse="2.5" frame="1" active="1" ')
    info = READER.read(write(tmp_path, old))
    assert info.tempo_changes == (TempoChange(10.0, "beats", 110.0),)
    off = READER.read(write(tmp_path, old.replace('active="1"', 'active="0"')))
    assert off.tempo_changes == ()


BROKEN = {
    "empty": ("", "damaged"),
    "cut off": (ARDOUR_3[:900], "damaged"),
    "a track template": ('<Route version="7003" name="Vox"/>', "no Ardour session"),
    "entities": ('<!DOCTYPE x [<!ENTITY a "b">]><Session version="7003"/>', "entities"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    text, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, text))


def test_values_out_of_range_are_none_and_not_wrong(tmp_path: Path) -> None:
    odd = ARDOUR_8.replace('sample-rate="48000"', 'sample-rate="nan"').replace('npm="', 'npm="-')
    info = READER.read(write(tmp_path, odd.replace('start="a564480000"', 'start="a1e300"')))
    assert (info.sample_rate, info.bpm, info.tempo_changes) == (None, None, ())
    assert info.markers == ()
