"""Waveform: an edit written here with what the engine's source allows, new elements and old."""

from __future__ import annotations

from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.waveform import read, sniff
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.readers.written import write_waveform


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Song.tracktionedit"


def test_all_that_an_edit_says(path: Path) -> None:
    assert sniff(write_waveform(path))
    info = read(path)
    assert (info.format, info.daw, info.daw_version) == ("waveform", "Waveform", "13.5.25")
    assert (info.bpm, info.time_signature, info.key) == (120.0, "7/8", None)
    assert info.tempo_changes == (TempoChange(16.0, "beats", 60.0), TempoChange(32.0, "beats", 90.0))
    assert info.length_seconds == 24.5  # the take: from 4 on, 20.5 long
    assert (info.title, info.author, info.comment) == ("Song & Dance", "A. Author", "first mix")
    assert info.created == "2020-11-07T16:10:43+00:00"  # 1604765443418 ms
    assert info.saved == "2020-11-07T16:10:59+00:00"  # 0x175a379a578 ms
    assert info.markers == (Marker("1", 0.0, "seconds"), Marker("Chorus", 8.0, "seconds"))
    assert info.samples == (SampleRef("Recorded/take 1.wav"), SampleRef("/Volumes/X/kick.wav"))
    assert info.unread == ("samples",)  # one is an item of the project file


def test_tracks_and_plugins(path: Path) -> None:
    info = read(write_waveform(path))
    assert info.tracks == (
        Track("Keys", "instrument", muted=True, devices=("Kontakt 8", "8bandEq")),
        Track("Band", "group"),
        Track("Track 2", "audio", frozen=True, devices=("AUDynamics",)),
        Track("Clock", "midi"),
        Track("Track 4", "instrument", devices=("sampler", "ABPL2")),
    )
    assert info.plugins == (
        Plugin("reverb", None, "builtin"),
        Plugin("8bandEq", None, "builtin", 2),
        Plugin("Kontakt 8", "Native Instruments", "vst3"),
        Plugin("AUDynamics", "Apple", "au"),
        Plugin("sampler", None, "builtin"),
        Plugin("ABPL2", None, "vst2"),
    )


OLD = """<EDIT projectID="1/2" appVersion="Tracktion 6.1.2" creationTime="1629290601">
  <TEMPOSEQUENCE><TEMPO startBeat="0" bpm="90"/></TEMPOSEQUENCE>
  <MASTERFILTERS><FILTER type="compressor"/></MASTERFILTERS>
  <TRACK name="Gtr"><CLIP type="wave" start="1" length="2" source="gtr.wav"/><FILTER type="vst" name="Amp"
    filename="/Library/Audio/Plug-Ins/VST3/Amp.vst3"/><FILTER type="volume"/></TRACK>
  <TRACK name="Pad"><CLIP type="midi" start="0" length="9"/><FILTER type="4osc"/></TRACK></EDIT>"""


def test_an_edit_of_tracktion_6(path: Path) -> None:
    info = read(write_waveform(path, OLD))
    assert (info.daw, info.daw_version, info.bpm) == ("Tracktion", "6.1.2", 90.0)
    assert info.created == "2021-08-18T12:43:21+00:00"  # in seconds
    assert info.tracks == (Track("Gtr", "audio", devices=("Amp",)), Track("Pad", "instrument", devices=("4osc",)))
    assert [(plugin.name, plugin.format) for plugin in info.plugins] == [
        ("compressor", "builtin"),
        ("Amp", "vst3"),
        ("4osc", "builtin"),
    ]
    assert (info.samples, info.length_seconds, info.unread) == ((SampleRef("gtr.wav"),), 9.0, ())


CURVES = {  # of the first tempo: changes
    "1.0": ((8.0, 60.0),),
    "0.0": ((8.0, 60.0),),
    "-1.0": (),  # the second tempo from the start
}


@pytest.mark.parametrize("curve", CURVES)
def test_curves_between_tempi(path: Path, curve: str) -> None:
    tempi = f'<TEMPO startBeat="0" bpm="120" curve="{curve}"/><TEMPO startBeat="8" bpm="60" curve="1"/>'
    info = read(write_waveform(path, f'<EDIT appVersion="x 1"><TEMPOSEQUENCE>{tempi}</TEMPOSEQUENCE></EDIT>'))
    assert tuple((change.at, change.bpm) for change in info.tempo_changes) == CURVES[curve]
    assert info.bpm == (60.0 if curve == "-1.0" else 120.0)


FILES = {  # a plug-in's file: its format
    "AudioUnit:Synths/aumu,dls ,appl": "au",
    "/Library/Audio/Plug-Ins/Components/X.component": "au",
    "C:\\VST\\X.dll": "vst2",
    "/usr/lib/vst/x.so": "vst2",
    "/Library/Audio/Plug-Ins/VST/X.vst": "vst2",
    "/usr/lib/ladspa/amp.so": "ladspa",
    "http://calf.sourceforge.net/plugins/Reverb": "lv2",
    "C:\\CLAP\\X.clap": "clap",
}


@pytest.mark.parametrize("filename", FILES)
def test_the_format_of_a_plugin_is_in_its_file(path: Path, filename: str) -> None:
    edit = f'<EDIT appVersion="x"><TRACK><PLUGIN type="vst" name="X" filename="{filename}"/></TRACK></EDIT>'
    assert read(write_waveform(path, edit)).plugins[0].format == FILES[filename]


def test_takes_are_samples_too(path: Path) -> None:
    clip = '<AUDIOCLIP source="a.wav" start="0" length="1"><TAKES><TAKE source="b.wav"/></TAKES></AUDIOCLIP>'
    info = read(write_waveform(path, f'<EDIT appVersion="x"><TRACK>{clip}</TRACK></EDIT>'))
    assert [sample.path for sample in info.samples] == ["a.wav", "b.wav"]


def test_other_xml_is_no_edit(path: Path) -> None:
    write_waveform(path, "<project><EDIT /></project>")
    assert not sniff(path)
    with pytest.raises(ReadError, match="root element is project"):
        read(path)
