"""Closed formats: what is recognised, what is not, and that nothing is claimed to have been read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from archivist.readers import ReadError, is_project, read_project, reader_for, sniff_reader
from archivist.readers.closed import FORMATS, READERS, UNREAD
from tests.readers.written import write_closed

DAWS = {  # a file's name: the DAW it is listed with
    "Song.reason": "Reason",
    "Song.rns": "Reason",
    "Song.wrk": "Cakewalk",
    "Song.cwp": "Cakewalk Sonar",
    "Song.dpdoc": "Digital Performer",
    "Song.mxprj": "Maschine",
    "Song.veg": "VEGAS",
    "Song.acd": "ACID",
    "Song.vip": "Samplitude, Sequoia",
    "Song.mx9": "Mixcraft",
    "Song.ses": "Adobe Audition",
    "Song.sunvox": "SunVox",
    "Song.omf": "OMF",
}


@pytest.mark.parametrize("name", DAWS)
def test_a_closed_project_is_listed(name: str, tmp_path: Path) -> None:
    path = tmp_path / name.upper()
    reader = reader_for(path)
    assert reader is not None
    write_closed(reader.name, path)
    assert is_project(path)
    info = read_project(path)
    assert (info.daw, info.format, info.status, info.unread) == (DAWS[name], reader.name, "partial", UNREAD)
    assert (info.bpm, info.tracks, info.samples, info.saved) == (None, (), (), None)


def test_every_closed_format_is_tested_and_stands_last() -> None:
    from archivist.readers import READERS as ALL

    assert ALL[-len(READERS) :] == READERS
    assert set(DAWS.values()) == {known.daw for known in FORMATS}


WRONG = {  # a name: what is in the file
    "text.reason": b"Dear diary\n" * 60,
    "zeros.cwp": bytes(5000),
    "packed.dpdoc": gzip.compress(b"x" * 500),
    "sound.vip": b"RIFF\x24\x08\0\0WAVEfmt " + bytes(400),
    "module.mx9": bytes(range(256)) * 4 + bytes(56) + b"M.K." + bytes(90),
    "cubase.mxprj": b"RIFF\x24\x08\0\0NUND" + bytes(400),
    "other.wrk": b"CAKEWALC\x1a" + bytes(400),
    "wave64.veg": bytes.fromhex("726966662e91cf11a5d628db04c10000") + bytes(400),
    "short.omf": b"OMF",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_something_else_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(WRONG[name])
    with pytest.raises(ReadError):
        read_project(path)


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: str(known.name))
def test_nothing_is_recognised_without_its_suffix(known: object, tmp_path: Path) -> None:
    path = write_closed(known.name, tmp_path / "unnamed")  # type: ignore[attr-defined]
    assert sniff_reader(path) is None
