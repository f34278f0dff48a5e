"""Small projects of the formats of which the corpus holds no real file, written as their DAWs do."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from archivist.readers.closed import FORMATS
from tests.readers.studio_one_songs import write_song

WAVEFORM = """<?xml version="1.0" encoding="UTF-8"?>
<EDIT appVersion="Waveform 13.5.25" projectID="4d84c3/2a30ac3" creationTime="1604765443418"
      lastSignificantChange="175a379a578" modifiedBy="somebody">
  <TRANSPORT position="34.4"/>
  <TEMPOSEQUENCE>
    <TEMPO startBeat="0.0" bpm="120.0" curve="1.0"/>
    <TEMPO startBeat="16.0" bpm="60.0" curve="0.0"/>
    <TEMPO startBeat="32.0" bpm="90.0" curve="1.0"/>
    <TIMESIG numerator="7" denominator="8" startBeat="0.0"/>
    <TIMESIG numerator="4" denominator="4" startBeat="16.0"/>
  </TEMPOSEQUENCE>
  <PITCHSEQUENCE><PITCH startBeat="0.0" pitch="60"/></PITCHSEQUENCE>
  <ID3VORBISMETADATA trackNumber="1" date="2020" title="Song &amp; Dance" artist="A. Author" comment="first mix"/>
  <MASTERVOLUME><PLUGIN type="volume" id="1003"/></MASTERVOLUME>
  <RACKS><RACK id="1"><PLUGININSTANCE><PLUGIN type="reverb" id="2"/></PLUGININSTANCE></RACK></RACKS>
  <MASTERPLUGINS><PLUGIN type="8bandEq" id="1057" enabled="1"/></MASTERPLUGINS>
  <TEMPOTRACK name="Global" id="1030"/>
  <MARKERTRACK id="1007"><MARKERCLIP name="Chorus" start="8.0" length="2" markerID="2"/>
    <MARKERCLIP start="0.0" length="2" markerID="1"/></MARKERTRACK>
  <TRACK id="1012" name="Keys" mute="1">
    <MIDICLIP start="0.0" length="16.0"><SEQUENCE><NOTE p="72" b="0.0" l="4.0"/></SEQUENCE></MIDICLIP>
    <PLUGIN type="vst" filename="C:\\VST3\\Kontakt 8.vst3" name="Kontakt 8" manufacturer="Native Instruments"/>
    <PLUGIN type="8bandEq" id="1037"/>
    <PLUGIN type="volume" id="1017"/><PLUGIN type="level" id="1021"/>
  </TRACK>
  <FOLDERTRACK name="Band" id="5">
    <TRACK id="6" frozenIndividually="1">
      <AUDIOCLIP name="take" start="4.0" length="20.5" source="Recorded/take 1.wav"><LOOPINFO bpm="0"/></AUDIOCLIP>
      <AUDIOCLIP name="pool" start="0.0" length="1.0" source="4d84c3/1f"/>
      <PLUGIN type="vst" filename="AudioUnit:Effects/aufx,dcmp,appl" name="AUDynamics" manufacturer="Apple"/>
    </TRACK>
    <TRACK id="7" name="Clock"><MIDICLIP start="0" length="1"/></TRACK>
  </FOLDERTRACK>
  <TRACK id="8"><PLUGIN type="sampler"><SOUND source="/Volumes/X/kick.wav"/></PLUGIN>
    <PLUGIN type="vst" filename="D:\\Vsts\\ABPL2.dll" name="ABPL2" manufacturer=""/></TRACK>
</EDIT>
"""

QTRACTOR = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE qtractorSession>
<session name="Jam" version="Qtractor 0.9.31">
 <properties>
  <directory>/home/me/jam</directory><description>slow
one</description><sample-rate>48000</sample-rate><tempo>96.5</tempo>
  <ticks-per-beat>960</ticks-per-beat><beats-per-bar>6</beats-per-bar><beat-divisor>3</beat-divisor>
 </properties>
 <state><loop-start>0</loop-start></state>
 <files>
  <audio-list><group name="Drums"><file name="kick">samples/kick.wav</file></group></audio-list>
  <midi-list><file name="bass">bass.mid</file></midi-list>
 </files>
 <devices><audio-engine><audio-bus name="Master" mode="duplex"><output-plugins>
   <plugin type="LV2"><filename>http://calf.sourceforge.net/plugins/Limiter</filename><index>0</index>
   <label>Calf Limiter</label></plugin></output-plugins></audio-bus></audio-engine></devices>
 <tempo-map>
  <tempo-node bar="4" frame="480000"><tempo>120</tempo><beat-type>2</beat-type><beats-per-bar>4</beats-per-bar>
   <beat-divisor>2</beat-divisor></tempo-node>
  <tempo-node bar="8" frame="960000"><tempo>240</tempo><beat-type>3</beat-type></tempo-node>
 </tempo-map>
 <markers><marker frame="0"><accidentals>-3</accidentals><mode>1</mode></marker>
  <marker frame="96000"><text>Verse</text><color>#ff0000</color></marker></markers>
 <tracks><view/>
  <track name="Drums" type="audio"><properties/><state><mute>1</mute></state>
   <clips><clip name="kick"><properties><name>kick</name><start>48000</start><offset>0</offset>
    <length>96000</length></properties><audio-clip><filename>samples/kick.wav</filename></audio-clip></clip>
    <clip name="lost"><properties><start>0</start><length>10</length></properties>
    <audio-clip><filename>../lost.wav</filename></audio-clip></clip></clips>
   <plugins><plugin type="LADSPA"><filename>/usr/lib/ladspa/sc4_1882.so</filename><index>0</index>
    <label>sc4</label></plugin><plugin type="Insert"><label>Insert</label></plugin></plugins></track>
  <track name="Bass" type="midi"><state><mute>0</mute></state>
   <plugins><plugin type="VST3"><filename>/usr/lib/vst3/Vital.vst3</filename><label>Vital</label></plugin>
    <plugin type="LADSPA"><label>sc4</label></plugin></plugins></track>
 </tracks>
</session>
"""

ROSEGARDEN = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rosegarden-data>
<rosegarden-data version="20.06" format-version-major="1" format-version-minor="6" format-version-point="5">
<composition recordtracks="" compositionDefaultTempo="12000000" startMarker="0" endMarker="384000" selected="1">
  <track id="1" label="Flute" position="1" muted="true" instrument="2000"/>
  <track id="0" label="Synth" position="0" muted="false" instrument="10000"/>
  <track id="2" label="Take" position="2" muted="false" instrument="1000"/>
  <track id="3" label="Far" position="3" muted="false" instrument="2044"/>
  <timesignature time="0" numerator="3" denominator="4"/>
  <timesignature time="7680" numerator="4" denominator="4"/>
  <tempo time="0" bph="3600" tempo="6000000"/>
  <tempo time="3840" bph="3600" tempo="6000000" target="12000000"/>
  <tempo time="7680" bph="5400" tempo="9000000"/>
<metadata><property name="composer" value="A. Composer"/><property name="title" value="Minuet"/></metadata>
<markers><marker time="7680" name="B part" description="no description"/></markers>
</composition>
<audiofiles><audioPath value="~/rosegarden/"/><audio id="0" file="rg-1.wav" label="rg-1"/></audiofiles>
<segment track="1" start="0" label="Flute" transpose="2">
  <event type="keychange" absoluteTime="0"><property name="key" string="D major"/></event></segment>
<segment track="0" start="960" label="Synth">
  <event type="keychange" absoluteTime="960"><property name="key" string="Bb major"/></event>
  <chord><event type="note" duration="1920"/><event type="note" duration="960"/></chord>
  <event type="note" duration="1920"><property name="pitch" int="60"/></event>
</segment>
<studio thrufilter="0">
  <device id="0" name="General MIDI" type="midi"><instrument id="2000" channel="0" type="midi"/></device>
  <device id="1" name="Audio" type="audio"><instrument id="1000" channel="2" type="audio">
    <plugin position="0" identifier="ladspa:/usr/lib/ladspa/amp.so:amp_mono"/></instrument></device>
  <device id="2" name="Synth plugin" type="softsynth"><instrument id="10000" type="softsynth">
    <synth identifier="dssi:/usr/lib/dssi/xsynth-dssi.so:Xsynth" bypassed="false" program="1"/>
    <plugin identifier="lv2:::http://calf.sourceforge.net/plugins/Reverb" bypassed="false"/></instrument></device>
  <buss id="0"><plugin identifier="ladspa:/usr/lib/ladspa/amp.so:amp_mono" bypassed="false"/></buss>
</studio>
</rosegarden-data>
"""


def port(value: float) -> dict[str, Any]:
    return {"id": {"label": "a port"}, "control": value, "minf": 0.0}


def plugged(name: str, protocol: int, author: str = "A. Maker") -> dict[str, Any]:
    return {
        "setting": {"descriptor": {"name": name, "author": author, "protocol": protocol}},
        "inPorts": [port(1)],
    }


ZRYTHM: dict[str, Any] = {
    "formatMajor": 1,
    "formatMinor": 6,
    "type": "ZrythmProject",
    "title": "Morning",
    "datetime": "2024-05-01 12:30:00",
    "version": "1.0.0-beta.6.5",
    "tracklist": {
        "tracks": [
            {"name": "Chords", "type": 3, "scaleObjects": []},
            {
                "name": "Tempo",
                "type": 5,
                "bpmPort": port(128.0),
                "beatsPerBarPort": port(3),
                "beatUnitPort": port(4),
                "automationTracklist": {"automationTracks": [{"regions": []}]},
            },
            {
                "name": "Markers",
                "type": 4,
                "markers": [
                    {"base": {"pos": {"ticks": 0.0}}, "name": "start", "type": 0},
                    {"base": {"pos": {"ticks": 3840.0}}, "name": "Drop", "type": 2},
                ],
            },
            {
                "name": "Lead",
                "type": 0,
                "frozen": True,
                "channel": {
                    "midiFx": [None, plugged("Arp", 1)],
                    "instrument": plugged("Surge XT", 9),
                    "inserts": [plugged("Reverb", 1), None],
                    "fader": {"mute": port(1.0)},
                },
                "lanes": [{"regions": [{"base": {"endPos": {"ticks": 7680.0}}, "name": "r"}]}],
            },
            {
                "name": "Vox",
                "type": 1,
                "channel": {"inserts": [plugged("Reverb", 1)], "fader": {"mute": port(0.0)}},
            },
            {"name": "Room", "type": 7, "channel": {}},
            {"name": "Master", "type": 2, "channel": {}},
        ]
    },
    "audioEngine": {
        "sampleRate": 44100,
        "pool": {"clips": [{"name": "vox 1.wav", "useFlac": True}, {"name": "kick", "useFlac": False}]},
    },
}

ZRYTHM_2: dict[str, Any] = {
    "documentType": "ZrythmProject",
    "schemaVersion": {"major": 2, "minor": 1},
    "appVersion": {"major": 2, "minor": 0, "patch": 3},
    "datetime": "2026-02-16T12:00:00Z",
    "title": "Evening",
    "projectData": {
        "tempoMap": {
            "timeSignatures": [{"position": 0, "numerator": 5, "denominator": 8}],
            "tempoChanges": [{"position": 0, "bpm": 100.0}, {"position": 1920, "bpm": 50.0}],
        },
        "tracklist": {"tracks": ["t2", "t1", "t3"]},
        "registries": {
            "pluginRegistry": [{"id": "p", "protocol": 1}],
            "trackRegistry": [
                {"id": "t1", "variantType": 0, "name": "Lead", "lanes": [{"objects": ["c"]}]},
                {"id": "t2", "variantType": 4, "name": "Markers", "markers": ["m"]},
                {"id": "t3", "variantType": 8, "name": "Clock"},
            ],
            "arrangerObjectRegistry": [
                {"id": "c", "variantType": 5, "position": {"value": 960}, "length": {"value": 2880}},
                {"id": "n", "variantType": 1, "position": {"value": 96000}, "length": {"value": 960}},
                {"id": "m", "variantType": 9, "name": "Drop", "position": {"mode": 0, "value": 1920}},
            ],
            "fileAudioSourceRegistry": [],
        },
    },
}


def described(name: str, vendor: str = "", kind: str = "MPC") -> dict[str, Any]:
    said = {"name": name, "manufacturerName": vendor, "pluginFormatName": kind, "uid": 1}
    return {"plugin": {"version": 1, "description": said, "state": "AMjUSQ"}}


def mpc_track(name: str, kind: int, effects: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    program = {"name": name, "type": kind, "mixable": {"inserts": {"effects": list(effects)}}}
    return {"name": name, "mute": False, "program": program | more.pop("program", {}), "samples": [], **more}


MPC: dict[str, Any] = {
    "formatVersion": 2,
    "data": {
        "version": 28,
        "key": "F# Minor",
        "masterTempo": 120.0,
        "masterTempoEnabled": False,
        "currentSequence": 1,
        "tracks": [
            mpc_track(
                "Kit",
                0,
                (described("Reverb Large", "Akai Professional"),),
                mute=True,
                samples=[{"name": "Kick", "path": "Kick.wav", "metadata": {"key": "A# Natural Minor"}}],
            ),
            mpc_track("Bass", 3, program={"plugin": described("Bassline")}),
            mpc_track(
                "Vox",
                6,
                (described("Pro-Q 3", "FabFilter", "VST3"), described("Reverb Large", "Akai Professional")),
            ),
            mpc_track("Ext", 4),
            mpc_track("Return 1", 7, (described("Delay Sync"),)),
            mpc_track("Submix 1", 8),
            mpc_track("Out 1/2", 9),
        ],
        "sequences": [
            {
                "key": 1,
                "value": {
                    "name": "Verse",
                    "bpm": 93.00003814697266,
                    "tempoEnable": True,
                    "lengthPulses": 61440,
                    "timeSignatureTrack": {
                        "timeSignatures": [{"beatsPerBar": 6, "beatLength": 480, "barStart": 0}]
                    },
                    "locators": {
                        "names": ["1", "Drop", "3"],
                        "positions": [
                            {"bar": 0, "beat": 0, "pulse": 0},
                            {"bar": 2, "beat": 1, "pulse": 240},
                            {"bar": 0, "beat": 0, "pulse": 0},
                        ],
                    },
                },
            }
        ],
        "samples": [{"name": "Kick", "path": "Kick.wav"}, {"name": "02 Music", "path": "02 Music.wav"}],
    },
}

MPC_2 = """<?xml version="1.0" encoding="UTF-8"?>
<Project>
  <Version><File_Version>1.0</File_Version><Application>MPC-V</Application>
    <Application_Version>2.10.1.13</Application_Version></Version>
  <BPM>88.500000</BPM><MasterTempo.Value>120.000000</MasterTempo.Value>
  <FileList><File>./Old_[ProjectData]/Snare.WAV</File><File>./Old_[ProjectData]/Kit.xpm</File></FileList>
</Project>
"""


def write_mpc(path: Path, project: dict[str, Any] | None = None, header: str = "ACVS\n3.7.0.56") -> Path:
    text = json.dumps(MPC if project is None else project, indent=1)
    path.write_bytes(gzip.compress(f"{header}\nSerialisableProjectData\njson\nLinux\n{text}".encode(), mtime=0))
    return path


def write_zrythm(path: Path, project: dict[str, Any] | None = None) -> Path:
    import zstandard

    path.write_bytes(zstandard.compress(json.dumps(ZRYTHM if project is None else project).encode()))
    return path


def write_rosegarden(path: Path, text: str = ROSEGARDEN) -> Path:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def write_qtractor(path: Path, text: str = QTRACTOR) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def write_waveform(path: Path, text: str = WAVEFORM) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def write_closed(name: str, path: Path) -> Path:
    """A file that begins, or ends, as one of that closed format does."""
    known = next(each for each in FORMATS if each.name == name)
    data = bytearray(struct.pack("<256I", *range(7, 263)))
    for place, mark in known.starts:
        data[place : place + len(mark)] = mark
    if known.end is not None:
        place, mark = known.end
        data += mark + bytes(place - len(mark))
    path.write_bytes(data)
    return path


WRITTEN: dict[str, Callable[[Path], Path]] = {
    "studioone": write_song,
    "waveform": write_waveform,
    "rosegarden": write_rosegarden,
    "qtractor": write_qtractor,
    "zrythm": write_zrythm,
    "mpc": write_mpc,
}
"""One project of each format that the corpus lacks; the closed ones are written by `write_closed`."""
