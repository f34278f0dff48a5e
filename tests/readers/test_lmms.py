"""LMMS projects: real ones, and small ones as its versions write them."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from archivist.readers import reader_for
from archivist.readers.base import ReadError
from archivist.readers.lmms import READER
from archivist.records import Plugin, SampleRef, TempoChange
from tests.corpus import corpus

# A file name's end: version, bpm, seconds, tracks, effects, samples. Counted with grep in the unpacked
# files; a length is the last tick of a clip in the song editor / 48 * 60 / bpm.
REAL = {
    "EsoXLB-CPU.mmpz": ("1.2.0", 128.0, 24000 / 48 * 60 / 128, 24, 17, 7),
    "DirtyLove.mmpz": ("1.2.0", 177.0, 12864 / 48 * 60 / 177, 14, 20, 6),
    "Crunk(Demo).mmp": ("1.2.0", 130.0, 1536 / 48 * 60 / 130, 3, 2, 3),
    "Greshz-CoolSnip.mmpz": ("0.4.5", 140.0, 1344 / 48 * 60 / 140, 2, 1, 1),
    "tests_emptyproject.mmp": ("0.4.0-rc2", 140.0, (12345 + 192) / 48 * 60 / 140, 4, 0, 0),
}


def real(name_end: str) -> Path:
    return next(path for path in corpus("daw", "lmms").iterdir() if path.name.endswith(name_end))


@pytest.mark.parametrize("name_end", REAL)
def test_real_project(name_end: str) -> None:
    info = READER.read(real(name_end))
    version, bpm, seconds, tracks, effects, samples = REAL[name_end]
    assert READER.sniff(real(name_end))
    assert (info.daw, info.daw_version, info.bpm, info.time_signature) == ("LMMS", version, bpm, "4/4")
    assert info.length_seconds == pytest.approx(seconds)
    players = sum(track.kind == "instrument" for track in info.tracks)
    assert (len(info.tracks), len(info.samples)) == (tracks, samples)
    assert sum(plugin.count for plugin in info.plugins) >= effects + players
    assert (info.tempo_changes, info.markers, info.status) == ((), (), "ok")


def test_real_tracks_and_plugins() -> None:
    info = READER.read(real("Crunk(Demo).mmp"))
    assert [(track.name, track.kind, track.devices) for track in info.tracks] == [
        ("Drum", "group", ()),
        ("Bass", "instrument", ("audiofileprocessor", "Plate2x2")),
        ("Synth", "instrument", ("papu", "Plate2x2")),
    ]
    assert info.plugins == (
        Plugin("audiofileprocessor", None, "builtin", 3),
        Plugin("papu", None, "builtin"),
        Plugin("Plate2x2", None, "ladspa", 2),
    )
    assert info.samples[0] == SampleRef("drums/kick01.ogg", status="unresolved")
    assert info.comment is None  # nobody touched its notes


PROJECT = """<?xml version="1.0"?>
<!DOCTYPE lmms-project>
<lmms-project version="1.0" type="song" creator="LMMS" creatorversion="1.2.2">
  <head timesig_denominator="8" mastervol="100" masterpitch="0">
    <timesig_numerator id="5" value="7"/><bpm id="77" value="120"/>
  </head>
  <song>
    <trackcontainer type="song">
      <track type="0" name="Lead" muted="1" solo="0">
        <instrumenttrack vol="100">
          <instrument name="vestige"><vestige plugin="C:\\VST\\Synth1 VST.dll"/></instrument>
          <fxchain enabled="1" numofeffects="3">
            <effect name="vsteffect"><key><attribute name="file" value="comp.dll"/></key></effect>
            <effect name="lv2effect"><key><attribute name="uri" value="urn:x:eq"/></key></effect>
            <effect name="amplifier"><key/></effect>
          </fxchain>
        </instrumenttrack>
        <pattern type="1" pos="0" len="192"><note pos="0" len="48"/></pattern>
      </track>
      <track type="1" name="Beat" muted="0">
        <bbtrack><trackcontainer type="bbtrackcontainer">
          <track type="0" name="Kick"><instrumenttrack>
            <instrument name="audiofileprocessor"><audiofileprocessor src="drums/kick.ogg"/></instrument>
          </instrumenttrack><pattern pos="0" len="99999"/></track>
        </trackcontainer></bbtrack>
        <bbtco pos="192" len="192"/>
      </track>
      <track type="2" name="Vox"><sampletrack/>
        <sampletco pos="0" len="48" src="/home/x/vox.wav"/><sampletco pos="48" len="48" src="" data="AA=="/>
      </track>
      <track type="5" name="Tempi"><automationtrack/>
        <automationpattern pos="192" len="192" prog="1" mute="0">
          <time pos="0" value="60"/><time pos="96" value="120"/><object id="77"/>
        </automationpattern>
        <automationpattern pos="0" len="192" prog="0">
          <time pos="0" value="999"/><object id="5"/>
        </automationpattern>
      </track>
    </trackcontainer>
    <track type="6" name="Automation track"><automationtrack/>
      <automationpattern pos="0" len="192" prog="0">
        <time pos="96" value="240"/><object id="77"/>
      </automationpattern>
    </track>
    <fxmixer><fxchannel num="0" name="Master"><fxchain>
      <effect name="ladspaeffect"><key>
        <attribute name="file" value="tap_reverb"/><attribute name="plugin" value="tap_reverb"/>
      </key></effect></fxchain></fxchannel></fxmixer>
    <projectnotes><![CDATA[<html><head><style>p, li { white-space: pre-wrap; }</style></head><body>
<p>Mix &amp; master</p><p>soon</p></body></html>]]></projectnotes>
  </song>
</lmms-project>
"""


def write(folder: Path, text: str = PROJECT, name: str = "song.mmp") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def pack(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + zlib.compress(data)


def test_project(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path))
    assert (info.daw_version, info.time_signature, info.comment) == ("1.2.2", "7/8", "Mix & master\nsoon")
    assert [(track.name, track.kind, track.muted, track.devices) for track in info.tracks] == [
        ("Lead", "instrument", True, ("Synth1 VST", "comp", "urn:x:eq", "amplifier")),
        ("Beat", "group", False, ()),
        ("Vox", "audio", False, ()),
        ("Tempi", "automation", False, ()),
    ]
    assert info.plugins == (
        Plugin("Synth1 VST", None, "vst2"),
        Plugin("audiofileprocessor", None, "builtin"),
        Plugin("comp", None, "vst2"),
        Plugin("urn:x:eq", None, "lv2"),
        Plugin("amplifier", None, "builtin"),
        Plugin("tap_reverb", None, "ladspa"),
    )
    assert info.samples == (SampleRef("drums/kick.ogg", status="unresolved"), SampleRef("/home/x/vox.wav"))


def test_tempo_is_automated_by_its_number(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path))
    assert info.bpm == 120.0
    assert info.tempo_changes == (
        TempoChange(2.0, "beats", 240.0),
        TempoChange(4.0, "beats", 60.0),
        TempoChange(6.0, "beats", 120.0),
    )
    # 2 beats at 120, 2 at 240, then two evenly from 60 to 120 (60 ln 2 / 60 * 2 / 1 s), 2 more at 120.
    assert info.length_seconds == pytest.approx(1.0 + 0.5 + 2 * 0.6931472 + 1.0)


def test_clips_of_1_3_and_files_of_the_project(tmp_path: Path) -> None:
    newer = PROJECT.replace("automationpattern", "automationclip").replace("sampletco", "sampleclip")
    newer = (
        newer.replace("bbtco", "patternclip")
        .replace("<bbtrack", "<patterntrack")
        .replace("/bbtrack", "/patterntrack")
    )
    newer = newer.replace("drums/kick.ogg", "factorysample:drums/kick.ogg").replace("/home/x/", "local:resources/")
    info = READER.read(write(tmp_path, newer))
    assert info.length_seconds == pytest.approx(2.5 + 2 * 0.6931472)
    assert info.samples == (
        SampleRef("factorysample:drums/kick.ogg", status="unresolved"),
        SampleRef("local:resources/vox.wav", "resources/vox.wav"),
    )


def test_packed_and_backup(tmp_path: Path) -> None:
    path = tmp_path / "song.mmpz.bak"
    path.write_bytes(pack(PROJECT.encode()))
    assert reader_for(path) is READER
    assert READER.sniff(path)
    assert READER.read(path) == READER.read(write(tmp_path))


BROKEN = {
    "cut off": (pack(PROJECT.encode())[:-20], "ends too early"),
    "damaged": (pack(PROJECT.encode())[:400] + b"\xff" * 40, "damaged"),
    "a bomb": (pack(b"<lmms-project type='song'>" + b" " * 60_000_000), "decompression bomb"),
    "a preset": (PROJECT.replace('"song"', '"instrumenttracksettings"', 1).encode(), "not an LMMS project"),
    "another root": (b"<x><head/><song/></x>", "not an LMMS project"),
    "entities": (b'<!DOCTYPE x [<!ENTITY a "b">]><lmms-project type="song"/>', "entities"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BROKEN[name]
    path = tmp_path / "song.mmpz"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=reason):
        READER.read(path)


def test_a_preset_is_not_mistaken_for_a_project(tmp_path: Path) -> None:
    assert not READER.sniff(write(tmp_path, PROJECT.replace('type="song"', 'type="instrumenttracksettings"', 1)))
