"""Rosegarden: a composition written here with what its handler takes, and bits of older ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.rosegarden import read, sniff
from archivist.records import Marker, Plugin, SampleRef, TempoChange, Track
from tests.readers.written import ROSEGARDEN, write_rosegarden


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Minuet.rg"


def test_all_that_a_composition_says(path: Path) -> None:
    assert sniff(write_rosegarden(path))
    info = read(path)
    assert (info.format, info.daw, info.daw_version) == ("rosegarden", "Rosegarden", "20.06")
    assert (info.bpm, info.time_signature) == (60.0, "3/4")
    assert info.key == "A# major"  # of the first staff at concert pitch
    assert info.tempo_changes == (TempoChange(8.0, "beats", 90.0),)  # the ramp to 120 ends where 90 begins
    assert (info.title, info.author, info.status) == ("Minuet", "A. Composer", "ok")
    assert info.markers == (Marker("B part", 8.0, "beats"),)
    assert info.samples == (SampleRef("rg-1.wav"),)


def test_the_length_is_that_of_the_notes(path: Path) -> None:
    """From 960: a chord as long as its shortest note, 960, and a note of 1920; 4 beats of 60 a minute."""
    assert read(write_rosegarden(path)).length_seconds == 4.0


LENGTHS = {  # a segment: its end in seconds at 120 beats a minute
    '<segment endmarker="3840"><event duration="960"/></segment>': 2.0,
    '<segment repeat="true"><event duration="960"/></segment>': 50.0,  # endMarker 96000
    '<segment start="1920"><event duration="960" absoluteTime="3840"/></segment>': 2.5,
    '<segment><event duration="960"/><event timeOffset="960" duration="960"/></segment>': 1.5,
    '<segment><group type="beamed"><event duration="480"/><event duration="480"/></group></segment>': 0.5,
    '<segment type="audio" start="1920"><begin index="1.5"/><end index="4.25"/></segment>': 3.75,
    '<segment type="audio" start="0"><begin index="0/500000000"/><end index="2/0"/></segment>': 1.5,
    '<segment triggerid="1"><event duration="960"/></segment>': None,
}


@pytest.mark.parametrize("segment", LENGTHS)
def test_where_a_segment_ends(path: Path, segment: str) -> None:
    text = f'<rosegarden-data><composition defaultTempo="120" endMarker="96000"/>{segment}</rosegarden-data>'
    info = read(write_rosegarden(path, text))
    assert (info.bpm, info.time_signature, info.daw_version) == (120.0, "4/4", None)
    assert info.length_seconds == LENGTHS[segment]


def test_tracks_in_order_with_what_their_instruments_hold(path: Path) -> None:
    info = read(write_rosegarden(path))
    reverb = "http://calf.sourceforge.net/plugins/Reverb"
    assert info.tracks == (
        Track("Synth", "instrument", devices=("Xsynth", reverb)),
        Track("Flute", "midi", muted=True),
        Track("Take", "audio", devices=("amp_mono",)),
        Track("Far", "midi"),  # of an instrument that the studio lacks
    )
    assert info.plugins == (
        Plugin("amp_mono", None, "ladspa", 2),
        Plugin("Xsynth", None, "ladspa"),
        Plugin(reverb, None, "lv2"),
    )


TEMPI = {  # tempo elements: bpm, changes
    '<tempo time="0" bph="5100"/>': (85.0, ()),
    '<tempo time="-2880" tempo="8500000"/><tempo time="960" tempo="9000000"/>': (85.0, ((1.0, 90.0),)),
    '<tempo time="0" tempo="6000000" target="0"/><tempo time="960" tempo="9000000"/>': (60.0, ((1.0, 90.0),)),
    '<tempo time="0"/>': (120.0, ()),
    "": (110.0, ()),
}


@pytest.mark.parametrize("tempi", TEMPI)
def test_tempi_of_several_ages(path: Path, tempi: str) -> None:
    text = (
        f'<rosegarden-data><composition compositionDefaultTempo="11000000">{tempi}</composition></rosegarden-data>'
    )
    info = read(write_rosegarden(path, text))
    assert (info.bpm, tuple((each.at, each.bpm) for each in info.tempo_changes)) == TEMPI[tempi]


def test_plain_xml_is_read_too(path: Path) -> None:
    path.write_text(ROSEGARDEN, encoding="utf-8")
    assert sniff(path)
    assert read(path).title == "Minuet"


def test_a_file_of_devices_is_no_composition(path: Path) -> None:
    write_rosegarden(path, "<rosegarden-data><studio/></rosegarden-data>")
    assert not sniff(path)
    with pytest.raises(ReadError, match="devices"):
        read(path)
