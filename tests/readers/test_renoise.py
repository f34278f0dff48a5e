"""Renoise songs: a real one, and small ones written here."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.renoise import READER
from archivist.records import Marker, Plugin, SampleRef, TempoChange
from tests.corpus import corpus

SONG = """<?xml version="1.0" encoding="UTF-8"?>
<RenoiseSong doc_version="63">
  <GlobalSongData>
    <BeatsPerMin>120</BeatsPerMin><LinesPerBeat>4</LinesPerBeat>
    <SignatureNumerator>3</SignatureNumerator><SignatureDenominator>4</SignatureDenominator>
    <SongName>Night</SongName><Artist>Them</Artist>
    <SongComments><SongComment>one</SongComment><SongComment>two</SongComment></SongComments>
  </GlobalSongData>
  <Instruments><Instrument><Name>Keys</Name>
    <PluginGenerator><PluginDevice>
      <PluginType>AU</PluginType><PluginIdentifier>aumu:NiR5:-NI-</PluginIdentifier>
      <PluginDisplayName>AU: Native Instruments: Reaktor5</PluginDisplayName>
      <PluginShortDisplayName>Reaktor5</PluginShortDisplayName>
    </PluginDevice></PluginGenerator>
  </Instrument></Instruments>
  <Tracks>
    <SequencerTrack type="SequencerTrack"><Name>Lead</Name><State>Muted</State>
      <FilterDevices><Devices>
        <TrackMixerDevice><Name>no</Name></TrackMixerDevice>
        <ReverbDevice type="ReverbDevice"><IsActive><Value>1.0</Value></IsActive></ReverbDevice>
        <AudioPluginDevice type="AudioPluginDevice"><PluginType>VST</PluginType>
          <PluginDisplayName>VST: FabFilter: Pro-Q: 2</PluginDisplayName></AudioPluginDevice>
      </Devices></FilterDevices>
    </SequencerTrack>
    <SequencerGroupTrack><Name>Group</Name><State>Active</State></SequencerGroupTrack>
    <SequencerMasterTrack><Name>Mst</Name><State>Active</State></SequencerMasterTrack>
    <SequencerSendTrack><Name>S01</Name><State>Off</State></SequencerSendTrack>
  </Tracks>
  <PatternPool><Patterns>
    <Pattern><NumberOfLines>16</NumberOfLines><Tracks><PatternTrack><Lines>
      <Line index="0"><NoteColumns><NoteColumn><Note>C-4</Note></NoteColumn></NoteColumns>
        <EffectColumns><EffectColumn><Value>05</Value><Number>0U</Number></EffectColumn></EffectColumns></Line>
    </Lines></PatternTrack></Tracks></Pattern>
    <Pattern><NumberOfLines>32</NumberOfLines><Tracks>
      <PatternMasterTrack><Lines>
        <Line index="8"><EffectColumns>
          <EffectColumn><Value>3C</Value><Number>ZT</Number></EffectColumn>
          <EffectColumn><Value>08</Value><Number>ZL</Number></EffectColumn>
        </EffectColumns></Line>
        <Line index="9"><EffectColumns><EffectColumn><Value>00</Value><Number>ZT</Number></EffectColumn>
        </EffectColumns></Line>
      </Lines></PatternMasterTrack></Tracks></Pattern>
  </Patterns></PatternPool>
  <PatternSequence><SequenceEntries>
    <SequenceEntry><Pattern>0</Pattern><IsSectionStart>true</IsSectionStart><SectionName>In</SectionName></SequenceEntry>
    <SequenceEntry><Pattern>0</Pattern><IsSectionStart>false</IsSectionStart><SectionName>x</SectionName></SequenceEntry>
    <SequenceEntry><Pattern>1</Pattern><IsSectionStart>true</IsSectionStart><SectionName>Out</SectionName></SequenceEntry>
  </SequenceEntries></PatternSequence>
</RenoiseSong>
"""


def write(folder: Path, song: str = SONG, member: str = "Song.xml") -> Path:
    path = folder / "song.xrns"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SampleData/Instrument00 (Kick)/Sample00 (kick).flac", b"fLaC")
        archive.writestr(member, song)
    return path


def test_real_song() -> None:
    (path,) = corpus("daw", "xrns").iterdir()
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw, info.daw_version, info.bpm, info.time_signature) == ("Renoise", "doc 66", 128.0, "4/4")
    assert (info.title, info.author, info.comment) == ("Untitled", "Somebody", None)
    # Two patterns of 64 lines are 32 beats at 4 lines a beat.
    assert (info.length_seconds, info.tempo_changes, info.status) == (15.0, (), "ok")
    assert [(track.name, track.kind) for track in info.tracks] == [
        ("Track 01", "instrument"),
        ("Track 02", "instrument"),
        ("Mst", "master"),
    ]


def test_song(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path))
    assert (info.daw_version, info.bpm, info.time_signature) == ("doc 63", 120.0, "3/4")
    assert (info.title, info.author, info.comment) == ("Night", "Them", "one\ntwo")
    assert [(track.name, track.kind, track.muted, track.devices) for track in info.tracks] == [
        ("Lead", "instrument", True, ("Reverb", "Pro-Q: 2")),
        ("Group", "group", False, ()),
        ("Mst", "master", False, ()),
        ("S01", "return", True, ()),
    ]
    assert info.plugins == (
        Plugin("Reaktor5", "Native Instruments", "au"),
        Plugin("Reverb", None, "builtin"),
        Plugin("Pro-Q: 2", "FabFilter", "vst2"),
    )
    assert info.samples == (SampleRef("SampleData/Instrument00 (Kick)/Sample00 (kick).flac", status="found"),)


def test_time_follows_the_sequence(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path))
    assert info.markers == (Marker("In", 0.0, "beats"), Marker("Out", 8.0, "beats"))
    # Twice 4 beats and 8 lines more are 10 beats at 120; then 24 lines at 8 a beat are 3 beats at 60.
    assert info.tempo_changes == (TempoChange(10.0, "beats", 60.0),)
    assert info.length_seconds == 5.0 + 3.0


def test_a_tempo_command_on_the_first_line_is_the_start(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, SONG.replace("<Number>0U", "<Number>ZT").replace(">05<", ">50<")))
    assert (info.bpm, info.tempo_changes) == (80.0, (TempoChange(10.0, "beats", 60.0),))


def test_older_songs_list_the_patterns_alone(tmp_path: Path) -> None:
    start = SONG.index("<PatternSequence>")
    old = SONG[:start] + "<PatternSequence><PatternSequence><Pattern>0</Pattern><Pattern>0</Pattern>"
    info = READER.read(write(tmp_path, old + "</PatternSequence></PatternSequence></RenoiseSong>"))
    assert (info.length_seconds, info.markers) == (4.0, ())


def test_a_sequence_without_end_is_refused(tmp_path: Path) -> None:
    commands = "<EffectColumn><Value>50</Value><Number>ZT</Number></EffectColumn>" * 500
    entries = "<SequenceEntry><Pattern>0</Pattern></SequenceEntry>" * 20_000
    song = SONG.replace("<EffectColumns>", f"<EffectColumns>{commands}", 1)
    song = song.replace("<SequenceEntries>", f"<SequenceEntries>{entries}", 1)
    with pytest.raises(ReadError, match="more patterns than a song would"):
        READER.read(write(tmp_path, song))


BROKEN = {
    "another root": ("<Song><GlobalSongData/></Song>", "Song.xml", "not a Renoise song"),
    "no data": ("<RenoiseSong/>", "Song.xml", "not a Renoise song"),
    "cut off": (SONG[:900], "Song.xml", "damaged"),
    "no song": (SONG, "Instrument.xml", "has no readable Song.xml"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    song, member, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, song, member))
