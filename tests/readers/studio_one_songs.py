"""A small Studio One song as versions 5 to 7 write it, by its members: no real one may be kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

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


def write_song(path: Path, **changed: str) -> Path:
    """The song at `path`; of `changed` a member's text, by the name of its file."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in MEMBERS.items():
            archive.writestr(member, changed.get(Path(member).stem, text))
    return path
