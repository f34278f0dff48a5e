"""Which instrument a name says, and the many names that say none."""

from __future__ import annotations

import pytest

from archivist.vocabulary import INSTRUMENTS
from taggers import naming
from taggers.filename import read_name

NAMES: dict[str, str | None] = {
    "Lead Vox": "vocals",
    "LeadVox_02": "vocals",
    "BVs": "vocals",
    "Kick In": "kick",
    "KICK_OUT": "kick",
    "03-Kick.1": "kick",
    "Bass Drum": "kick",
    "OH L": "drums",
    "OHs": "drums",
    "Drum Bus": "drums",
    "Drums Kick": "kick",
    "Snare Top": "snare",
    "Hi-Hat": "hihat",
    "Floor Tom": "tom",
    "DI Bass": "bass",
    "Synth Bass": "bass",
    "Rhodes": "electric-piano",
    "E-Piano": "electric-piano",
    "Elec Gtr L": "electric-guitar",
    "Acoustic Guitar": "acoustic-guitar",
    "Bass Clarinet": "clarinet",
    "Synth Pad": "pad",
    "Vln 1": "violin",
    # May be one or the other, or both
    "OH": None,
    "Gtr": None,
    "Keys": None,
    "Lead": None,
    "Vox FX": None,
    "Kick Snare": None,
    "Drum Pad": None,
    "Bass Piano": None,
    # Only whole words
    "Bassoonist": None,
    "Kickstarter": None,
    "Hatred": None,
    "Padded": None,
    # Titles, and what is not in it
    "Drums of War": None,
    "Piano Man": None,
    "All About That Bass": None,
    "Song (no vocals)": None,
    "Mix without drums": None,
    "Vox AC30": None,
    "A long evening with one bass and many friends": None,
    "Audio 1": None,
    "": None,
    "\udcff\x1b[31m": None,
}


@pytest.mark.parametrize(("name", "slug"), NAMES.items())
def test_names(name: str, slug: str | None) -> None:
    assert naming.instrument(name) == slug


def test_the_name_tagger_says_it_with_its_own_source() -> None:
    [tag] = [tag for tag in read_name("Lead Vox_02.wav").tags if tag.field == "instrument"]
    assert (tag.value, tag.source) == ("vocals", "name")
    assert "instrument" in read_name("Audio 1.wav").abstained


def test_every_word_names_an_instrument_of_the_vocabulary() -> None:
    assert set(naming.WORDS.values()) <= set(INSTRUMENTS)


TRACKS = ("Lead", "Lead Vox", "Kick", "Gtr (DI)", "L", "")
ON_TRACK: dict[str, str | None] = {
    "Lead Vox.wav": "Lead Vox",
    "Lead Vox_02.wav": "Lead Vox",
    "03-lead vox-240101.wav": "Lead Vox",
    "Gtr (DI)#01.aif": "Gtr (DI)",
    "Leader.wav": None,
    "My Kick.wav": None,
    "L.wav": None,
    "": None,
}


@pytest.mark.parametrize(("name", "track"), ON_TRACK.items())
def test_the_track_that_a_file_was_recorded_on(name: str, track: str | None) -> None:
    assert naming.track_of(name, TRACKS) == track
