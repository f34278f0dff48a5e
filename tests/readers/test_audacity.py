"""Audacity projects: three real ones, and small ones of every generation written here."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest

from archivist.readers import read_project
from archivist.readers.audacity import READER
from archivist.readers.base import ReadError
from archivist.records import Marker, Plugin, SampleRef
from tests.corpus import corpus

# The end of a real file's name: its only track and sample.
REAL = {
    "missing_aliased_and_auf_files.aup": ("pluck", SampleRef("missing_aliased.wav", None, "missing")),
    "missing_blockfile.aup": (
        "Audio Track",
        SampleRef("e0000a85.au", "missing_blockfile_data/e00/d00/e0000a85.au", "missing"),
    ),
    "orphaned_blockfiles.aup": (
        "Audio Track",
        SampleRef("e000055a.au", "orphaned_blockfiles_data/e00/d00/e000055a.au", "missing"),
    ),
}


@pytest.mark.parametrize("name_end", REAL)
def test_real_project(name_end: str) -> None:
    path = next(path for path in corpus("daw", "audacity").iterdir() if path.name.endswith(name_end))
    info = read_project(path)
    name, sample = REAL[name_end]
    assert info.daw_version == "1.3.13-alpha-Aug 10 2010"
    assert (info.bpm, info.time_signature, info.sample_rate, info.length_seconds) == (None, None, 44100, 1.0)
    assert [(track.name, track.kind) for track in info.tracks] == [(name, "audio")]
    assert info.samples == (sample,)


AUP = """<?xml version="1.0" standalone="no" ?>
<!DOCTYPE project PUBLIC "-//audacityproject-1.3.0//DTD//EN" "http://audacity.sourceforge.net/xml/x.dtd" >
<project xmlns="http://audacity.sourceforge.net/xml/" projname="Song_data" version="1.3.0"
  audacityversion="2.4.2" rate="8000">
  <tags>
    <tag name="TITLE" value="A &amp; B"/><tag name="ARTIST" value="Them"/><tag name="COMMENTS" value="Loud"/>
  </tags>
  <wavetrack name="Stereo" channel="0" linked="1" mute="1" solo="0" rate="44100">
    <waveclip offset="1.5">
      <sequence maxsamples="262144" numsamples="88200">
        <waveblock start="0"><simpleblockfile filename="e0000a85.au" len="44100"/></waveblock>
        <waveblock start="44100"><silentblockfile len="44100"/></waveblock>
      </sequence>
      <waveclip offset="99"><sequence numsamples="441000"/></waveclip>
    </waveclip>
  </wavetrack>
  <wavetrack name="Stereo" channel="1" linked="0" rate="44100">
    <waveclip offset="0"><sequence numsamples="44100">
      <waveblock start="0"><pcmaliasblockfile summaryfile="e01020ab.auf" aliasfile="C:\\in\\take.wav"/></waveblock>
      <waveblock start="9"><pcmaliasblockfile summaryfile="e01020ac.auf" aliasfile="C:\\in\\take.wav"/></waveblock>
    </sequence></waveclip>
  </wavetrack>
  <wavetrack name="Mono" channel="2" linked="0" mute="0" rate="8000"/>
  <notetrack name="Notes"/>
  <labeltrack name="Labels" numlabels="2">
    <label t="2.5" t1="3.0" title="Two"/><label t="1.0" t1="1.0" title="One"/>
  </labeltrack>
  <timetrack name="Time"/>
</project>
"""


def test_aup(tmp_path: Path) -> None:
    path = tmp_path / "Song.aup"
    path.write_text(AUP, encoding="utf-8")
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw_version, info.sample_rate) == ("2.4.2", 8000)
    assert (info.title, info.author, info.comment) == ("A & B", "Them", "Loud")
    assert [(track.name, track.kind, track.muted) for track in info.tracks] == [
        ("Stereo", "audio", True),
        ("Mono", "audio", False),
        ("Notes", "midi", False),
        ("Labels", "marker", False),
        ("Time", "automation", False),
    ]
    assert info.length_seconds == 3.5  # by the rate of the track, without what was cut out
    assert info.markers == (Marker("One", 1.0, "seconds"), Marker("Two", 2.5, "seconds"))
    assert info.samples == (
        SampleRef("e0000a85.au", "Song_data/e00/d00/e0000a85.au"),
        SampleRef("C:\\in\\take.wav"),
    )


def test_a_block_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "Song.aup"
    path.write_text(AUP, encoding="utf-8")
    assert [sample.status for sample in read_project(path).samples] == ["missing", "unresolved"]
    block = tmp_path / "Song_data" / "e00" / "d00" / "e0000a85.au"
    block.parent.mkdir(parents=True)
    block.write_bytes(b"dns.")
    assert [sample.status for sample in read_project(path).samples] == ["found", "unresolved"]


def test_project_of_audacity_1_2(tmp_path: Path) -> None:
    path = tmp_path / "old.aup"
    path.write_text(
        '<audacityproject projname="old_data" version="1.1.0" audacityversion="1.2.6" rate="44100.0">'
        '<tags title="Old" artist="" comments="x"/><wavetrack name="T" offset="1.0" rate="44100.0">'
        '<sequence numsamples="44100"><waveblock start="0"><simpleblockfile filename="d05b00122.au"/></waveblock>'
        '<waveblock start="9"><legacyblockfile name="b00001.auf"/></waveblock></sequence></wavetrack>'
        "</audacityproject>",
        encoding="utf-8",
    )
    info = READER.read(path)
    assert (info.daw_version, info.title, info.author, info.comment) == ("1.2.6", "Old", None, "x")
    assert info.length_seconds == 2.0
    assert [sample.relative for sample in info.samples] == ["old_data/d05/d05b00122.au", "old_data/b00001.auf"]


# ---------------------------------------------------------------- databases

# A document as (tag, attributes, children); an attribute's opcode is that of its type.
DOCUMENT = (
    "project",
    {"audacityversion": "3.4.2", "rate": 48000.0, "time_signature_tempo": 90.0,
     "time_signature_upper": 3, "time_signature_lower": 8},
    [
        ("effects", {"active": True}, [("effect", {"id": "Effect_LADSPA_Me\\_2_Limiter_/usr/lib/l.so"}, [])]),
        (
            "wavetrack",
            {"name": "Größe", "linked": 1, "mute": True, "rate": 44100.0},
            [
                ("waveclip", {"offset": 1.0, "trimLeft": 0.5, "trimRight": 0.25}, [
                    ("sequence", {"numsamples": 132300, "maxsamples": 262144}, [
                        ("waveblock", {"start": 0, "blockid": 1}, []),
                    ]),
                ]),
                ("effects", {"active": True}, [
                    ("effect", {"id": "Effect_VST3_Soap Audio_Voice Cleaner_C:\\VST3\\Voice.vst3;AB"}, []),
                    ("effect", {"id": "Effect_Audacity_Audacity_Reverb_Built-in Effect: Reverb"}, []),
                ]),
            ],
        ),
        ("wavetrack", {"name": "Größe", "linked": 0, "rate": 44100.0}, []),
        ("wavetrack", {"name": "Loop", "rate": 44100.0}, [
            ("waveclip", {"offset": 0.0, "clipStretchRatio": 0.5, "rawAudioTempo": 180.0}, [
                ("sequence", {"numsamples": 44100 * 4}, []),
            ]),
        ]),
        ("labeltrack", {"name": "L"}, [("label", {"t": 0.5, "t1": 0.5, "title": "Go"}, [])]),
    ],
)  # fmt: skip

CODECS = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}


def serialized(document: Any, width: int) -> tuple[bytes, bytes]:
    """`dict` and `doc` with characters of `width` bytes."""
    names: dict[str, int] = {}
    doc = bytearray(struct.pack("<Bi", 12, 4 * width) + "<?x>".encode(CODECS[width]))

    def name(text: str) -> int:
        return names.setdefault(text, len(names))

    def write(tag: str, attributes: dict[str, Any], children: list[Any]) -> None:
        doc.extend(struct.pack("<BH", 1, name(tag)))
        for key, value in attributes.items():
            if isinstance(value, bool):
                doc.extend(struct.pack("<BHB", 5, name(key), value))
            elif isinstance(value, int):
                doc.extend(struct.pack("<BHq", 7, name(key), value))
            elif isinstance(value, float):
                doc.extend(struct.pack("<BHdi", 10, name(key), value, -1))
            else:
                text = value.encode(CODECS[width])
                doc.extend(struct.pack("<BHi", 3, name(key), len(text)) + text)
        for child in children:
            write(*child)
        doc.extend(struct.pack("<BH", 2, name(tag)))

    write(*document)
    dictionary = bytearray([0, width])
    for text, number in names.items():
        coded = text.encode(CODECS[width])
        dictionary.extend(struct.pack("<BHH", 15, number, len(coded)) + coded)
    return bytes(dictionary), bytes(doc)


def write_aup3(path: Path, **tables: tuple[bytes, bytes]) -> Path:
    """A database as Audacity makes one, with a row in each of `tables`."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA application_id = 0x41554459")
        for table in ("project", "autosave"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, dict BLOB, doc BLOB)")
        for table, blobs in tables.items():
            database.execute(f"INSERT INTO {table} VALUES (1, ?, ?)", blobs)
    database.close()
    return path


@pytest.mark.parametrize("width", CODECS)
def test_aup3(width: int, tmp_path: Path) -> None:
    path = write_aup3(tmp_path / "Song.aup3", project=serialized(DOCUMENT, width))
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw_version, info.bpm, info.time_signature, info.sample_rate) == ("3.4.2", 90.0, "3/8", 48000)
    assert [(track.name, track.kind, track.muted, track.devices) for track in info.tracks] == [
        ("Größe", "audio", True, ("Voice Cleaner", "Reverb")),
        ("Loop", "audio", False, ()),
        ("L", "marker", False, ()),
    ]
    assert info.plugins == (
        Plugin("Voice Cleaner", "Soap Audio", "vst3"),
        Plugin("Reverb", "Audacity", "builtin"),
        Plugin("Limiter", "Me_2", "ladspa"),
    )
    # Until 1 + 3 - 0.25; the loop of 4 s at 180 bpm takes 8 at 90 and half of that by hand.
    assert info.length_seconds == 4.0
    assert info.markers == (Marker("Go", 0.5, "seconds"),)
    assert info.samples == ()


def test_a_database_is_left_alone(tmp_path: Path) -> None:
    path = write_aup3(tmp_path / "Song.aup3", project=serialized(DOCUMENT, 4))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")  # as Audacity leaves it
    database.close()
    before = path.read_bytes()
    READER.read(path)
    assert [file.name for file in tmp_path.iterdir()] == ["Song.aup3"]
    assert path.read_bytes() == before


def test_what_is_not_saved_yet_comes_first(tmp_path: Path) -> None:
    newer = (DOCUMENT[0], DOCUMENT[1] | {"time_signature_tempo": 91.0}, DOCUMENT[2])
    blobs = {"project": serialized(DOCUMENT, 2), "autosave": serialized(newer, 2)}
    assert READER.read(write_aup3(tmp_path / "a.aup3", **blobs)).bpm == 91.0


DICTIONARY, DOC = serialized(DOCUMENT, 4)
BROKEN = {
    "never saved": ({}, "never saved"),
    "its end cut off": ({"project": (DICTIONARY, DOC[:-3])}, "document ends too early"),
    "half of it": ({"project": (DICTIONARY, DOC[: len(DOC) // 2])}, "damaged"),
    "no names": ({"project": (DICTIONARY[:2], DOC)}, "name that it does not list"),
    "a long text": ({"project": (DICTIONARY, DOC + b"\x0c\xff\xff\xff\x7f")}, "longer than"),
    "another field": ({"project": (DICTIONARY, b"\x40" + DOC)}, "no known kind"),
    "too much closed": ({"project": (DICTIONARY, DOC + DOC[-3:])}, "damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_database_is_refused(name: str, tmp_path: Path) -> None:
    tables, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write_aup3(tmp_path / "broken.aup3", **tables))


def test_a_view_is_not_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "view.aup3"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA application_id = 0x41554459")
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        database.execute(f"CREATE VIEW project AS SELECT 1 AS id, x'00' AS dict, ({endless}) AS doc")
    database.close()
    with pytest.raises(ReadError, match="never saved"):
        READER.read(path)


def test_another_database_is_no_project(tmp_path: Path) -> None:
    path = tmp_path / "other.aup3"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE project (id INTEGER PRIMARY KEY)")
    database.close()
    assert not READER.sniff(path)
    with pytest.raises(ReadError):
        READER.read(path)
