"""Studio One songs, written here as versions 5 to 7 write them: no real one may be kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from archivist.readers import read_project, reader_for
from archivist.readers.base import ReadError
from archivist.readers.history import backups
from archivist.readers.studioone import READER
from archivist.records import Marker, Plugin, SampleRef, TempoChange

ABOUT = """\ufeff<?xml version="1.0" encoding="UTF-8"?>
<MetaInformation>
  <Attribute id="Document:Notes" value="notes.txt"/>
  <Attribute id="Document:Title" value="Night & Day"/>
  <Attribute id="Document:Creator" value="Me"/>
  <Attribute id="Document:Generator" value="Studio One/7.2.3.108761"/>
  <Attribute id="Media:Artist" value=""/>
  <Attribute id="Media:SampleRate" value="48000"/>
  <Attribute id="Media:Tempo" value="120"/>
  <Attribute id="Media:KeySignature" value="-"/>
  <Attribute id="Media:Length" value="1200"/>
</MetaInformation>
"""

SONG = """\ufeff<?xml version="1.0" encoding="UTF-8"?>
<Song popup="0">
  <Attributes x:id="Root" defaultTimeFormat="2" length="300">
    <Attributes x:id="timeContext" sampleRate="48000">
      <TempoMap x:id="tempoMap">
        <TempoMapSegment curveType="0" start="0" end="8" tempo="0.5"/>
        <TempoMapSegment curveType="0" start="8" end="1.79e+200" tempo="1"/>
      </TempoMap>
      <TimeSignatureMap x:id="timeSignatureMap">
        <TimeSignatureMapSegment start="8" numerator="4" denominator="4"/>
        <TimeSignatureMapSegment start="0" numerator="7" denominator="8"/>
      </TimeSignatureMap>
    </Attributes>
    <List x:id="Tracks">
      <MarkerTrack timeFormat="2">
        <MarkerEvent markerType="2" timeFormat="2" name="D&#233;but"/>
        <MarkerEvent markerType="3" start="2400" timeFormat="2" name="Fin"/>
        <MarkerEvent start="16" timeFormat="2" name="Chorus"/>
        <MarkerEvent start="4" name="Verse"/>
      </MarkerTrack>
      <ArrangerTrack timeFormat="2"><Attributes x:id="attributes" hidden="1"/></ArrangerTrack>
      <ChordTrack timeFormat="2"><UID x:id="channelID" uid="{CHORD}"/></ChordTrack>
      <FolderTrack name="Band" trackID="{F}"><UID x:id="channelID" uid="{BUS-2}"/></FolderTrack>
      <MediaTrack mediaType="Audio" name="Vox" activeLayer="1" timeFormat="2">
        <UID x:id="channelID" uid="{VOX}"/>
        <List x:id="Layers">
          <Attributes id="0"><List x:id="Events">
            <AudioEvent start="90" length="9" timeFormat="2"/>
          </List></Attributes>
          <Attributes id="1"><List x:id="Events">
            <AudioEvent start="6" length="6" timeFormat="2"/><AudioEvent start="1" length="2" timeFormat="0"/>
          </List></Attributes>
        </List>
      </MediaTrack>
      <MediaTrack mediaType="Music" name="Keys" mute="1"><UID x:id="channelID" uid="{KEYS}"/></MediaTrack>
      <MediaTrack mediaType="Music" name="Out" timeFormat="2"><UID x:id="channelID" uid="{OUT}"/></MediaTrack>
      <AutomationTrack name="Filter"/>
    </List>
  </Attributes>
</Song>
"""

POOL = """<MediaPool>
  <Attributes x:id="rootFolder">
    <MediaFolder name="Audio">
      <AudioClip mediaID="{1}" useCount="1">
        <Url x:id="path" type="1" url="file:///Users/me/Songs/Night/Media/Vox 1.wav"/>
        <List x:id="modifications"><AudioModification><Url x:id="path" url="media:///no.audiobendx"/></AudioModification></List>
      </AudioClip>
      <MediaFolder name="Inner"><AudioClip mediaID="{2}"><Url x:id="path" url="file:///C:/Loops/kick%201.wav"/></AudioClip>
        <AudioClip mediaID="{3}"><Url x:id="path" url="file://nas/loops/a.wav"/></AudioClip></MediaFolder>
      <AudioClip mediaID="{4}"><Url x:id="path" url="media:///Media/in.wav"/></AudioClip>
      <AudioClip mediaID="{5}"><Url x:id="path" url="media:///Media/out.wav"/></AudioClip>
    </MediaFolder>
    <MediaFolder name="Music"><MusicClip mediaID="{6}"><Url x:id="dataPath" url="media:///x.musicx"/></MusicClip></MediaFolder>
  </Attributes>
  <Attributes x:id="documentPath" type="1" url="file:///Users/me/Songs/Night/Night.song"/>
</MediaPool>
"""


def insert(slot: str, name: str, kind: str, category: str = "AudioEffect") -> str:
    return f"""<Attributes name="{slot}"><UID x:id="deviceClassID" uid="{{X}}"/>
      <Attributes x:id="deviceData" name="{name}"><UID x:id="uniqueID" uid="{{{name}}}"/></Attributes>
      <Attributes x:id="ghostData">
        <Attributes x:id="classInfo" name="{name}" category="{category}" subCategory="{kind}"/>
      </Attributes></Attributes>"""


MIXER = f"""<AudioMixer><Attributes x:id="channels" name="Channels">
  <ChannelGroup name="AudioOutput">
    <AudioOutputChannel label="Main" mute="0"><UID x:id="uniqueID" uid="{{MAIN}}"/></AudioOutputChannel>
    <AudioOutputChannel label="Phones"><UID x:id="uniqueID" uid="{{PHONES}}"/></AudioOutputChannel>
  </ChannelGroup>
  <ChannelGroup name="AudioTrack">
    <AudioTrackChannel label="Vox" mute="1"><UID x:id="uniqueID" uid="{{VOX}}"/>
      <Attributes x:id="Inserts">
        <Attributes x:id="Presets" pname="default"/>
        {insert("FX01", "Pro EQ", "(Native)/EQ")}
        <Attributes x:id="Combinator">{insert("FX02", "Pro-C 2", "VST3/Fx|Dynamics")}</Attributes>
      </Attributes>
    </AudioTrackChannel>
  </ChannelGroup>
  <ChannelGroup name="AudioSynth"><AudioSynthChannel label="Mai Tai"><UID x:id="uniqueID" uid="{{SYNTH-CH}}"/>
    <Attributes x:id="Inserts">{insert("FX01", "Pro EQ", "(Native)/EQ")}</Attributes>
  </AudioSynthChannel></ChannelGroup>
  <ChannelGroup name="AudioEffect"><AudioEffectChannel label="Verb"><UID x:id="uniqueID" uid="{{FX}}"/>
    <Attributes x:id="Inserts">{insert("FX01", "Old Verb", "VST2")}</Attributes>
  </AudioEffectChannel></ChannelGroup>
  <ChannelGroup name="AudioGroup">
    <AudioGroupChannel label="Drums" name="Bus01"><UID x:id="uniqueID" uid="{{BUS-1}}"/></AudioGroupChannel>
    <AudioGroupChannel label="Band"><UID x:id="uniqueID" uid="{{BUS-2}}"/></AudioGroupChannel>
  </ChannelGroup>
  <ChannelGroup name="AudioInput">
    <AudioInputChannel label="In"><UID x:id="uniqueID" uid="{{IN}}"/></AudioInputChannel>
  </ChannelGroup>
</Attributes></AudioMixer>
"""

NOTES = f"""<MusicTrackDevice><Attributes x:id="channels"><ChannelGroup name="MusicTrack">
  <MusicTrackChannel label="Keys"><UID x:id="uniqueID" uid="{{KEYS}}"/>
    <Connection x:id="destination" objectID="{{Mai Tai 2}}/Input"/>
    <Attributes x:id="Inserts">{insert("FX01", "Arpeggiator", "(Native)", "MusicEffect")}</Attributes>
  </MusicTrackChannel>
  <MusicTrackChannel label="Out"><UID x:id="uniqueID" uid="{{OUT}}"/></MusicTrackChannel>
</ChannelGroup></Attributes></MusicTrackDevice>
"""

SYNTHS = """<AudioSynthFolder>
  <Attributes x:id="Presets" pname="default"/>
  <Attributes name="Inst01">
    <Attributes x:id="deviceData" name="Mai Tai 2"><UID x:id="uniqueID" uid="{Mai Tai 2}"/></Attributes>
    <Attributes x:id="ghostData">
      <Attributes x:id="classInfo" name="Mai Tai" category="AudioSynth" subCategory="(Native)"/>
    </Attributes>
    <List x:id="synthChannels"><UID uid="{SYNTH-CH}"/></List>
  </Attributes>
</AudioSynthFolder>
"""

MEMBERS = {
    "metainfo.xml": ABOUT,
    "Song/song.xml": SONG,
    "Song/mediapool.xml": POOL,
    "Devices/audiomixer.xml": MIXER,
    "Devices/audiosynthfolder.xml": SYNTHS,
    "Devices/musictrackdevice.xml": NOTES,
    "notes.txt": "\ufeffkeep the breath",
    "Media/in.wav": "RIFF",
}  # fmt: skip


def write(folder: Path, name: str = "Night.song", **changed: str) -> Path:
    """A song; of `changed` a member's text, by the name of its file."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in MEMBERS.items():
            archive.writestr(member, changed.get(Path(member).stem, text))
    return path


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
