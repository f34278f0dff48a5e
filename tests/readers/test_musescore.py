"""MuseScore scores of each version's writing, with places counted by hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.musescore import READER
from archivist.records import Marker, Plugin, TempoChange, Track
from tests.corpus import corpus


def chord(kind: str, dots: int = 0, more: str = "") -> str:
    return f"<Chord>{more}<dots>{dots}</dots><durationType>{kind}</durationType><Note/></Chord>"


def tempo(quarters_a_second: float) -> str:
    return f"<Tempo><tempo>{quarters_a_second}</tempo><text>q = ?</text></Tempo>"


MEASURES_4 = f"""
  <VBox><Text><style>title</style><text>A <b>Title</b></text></Text></VBox>
  <Measure><voice>
    <KeySig><concertKey>-3</concertKey><actualKey>-1</actualKey><mode>minor</mode></KeySig>
    <TimeSig><sigN>6</sigN><sigD>8</sigD></TimeSig>{tempo(1.18333)}
    {chord("quarter", 1)}<RehearsalMark><text>A</text></RehearsalMark>{chord("quarter", 1)}
  </voice><voice><Rest><durationType>measure</durationType></Rest></voice></Measure>
  <Measure len="8/8"><multiMeasureRest>2</multiMeasureRest></Measure>
  <Measure len="1/4"><voice>{chord("quarter")}</voice></Measure>
  <Measure><voice>
    <TimeSig><sigN>2</sigN><sigD>4</sigD></TimeSig>
    <Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes></Tuplet>
    {chord("eighth")}{chord("eighth", 0, "<acciaccatura/>")}{chord("eighth")}{chord("eighth")}<endTuplet/>
    {tempo(2)}<RehearsalMark><text>B</text></RehearsalMark>
    <location><fractions>1/8</fractions></location>{tempo(3)}<location><fractions>-1/8</fractions></location>
  </voice></Measure>"""

SCORE_4 = f"""<?xml version="1.0" encoding="UTF-8"?>
<museScore version="4.20"><programVersion>4.2.1</programVersion><Score>
  <metaTag name="composer">Her</metaTag><metaTag name="creationDate">2023-05-06</metaTag>
  <Part id="1"><trackName>Clarinet</trackName><Instrument><longName>In B♭</longName></Instrument></Part>
  <Part id="2"><Instrument><longName>Piano</longName></Instrument></Part>
  <Staff id="1">{MEASURES_4}</Staff>
  <Staff id="2"><Measure><voice><RehearsalMark><text>A2</text></RehearsalMark></voice></Measure></Staff>
  <Score><Part id="1"/><Staff id="1"><Measure><voice>{tempo(9)}</voice></Measure></Staff></Score>
</Score></museScore>"""

MIXER = {
    "tracks": [
        {
            "partId": "1",
            "in": {"resourceMeta": {"id": "Kontakt", "type": "vst_plugin", "vendor": "NI"}},
            "out": {"fxChain": {"0": {"resourceMeta": {"id": "Eq", "type": "vst_plugin", "vendor": ""}}}},
            "soloMuteState": {"mute": True, "solo": False},
        },
        {"partId": "2", "in": {"resourceMeta": {"id": "MS Basic", "type": "fluid_soundfont", "vendor": "Fluid"}}},
        {"partId": 3, "in": None, "out": {"fxChain": []}},
    ],
    "aux": "none",
    "master": {"fxChain": {"0": {"resourceMeta": {"id": "Eq", "type": "vst_plugin", "vendor": ""}}}},
}


def pack(folder: Path, members: dict[str, str]) -> Path:
    path = folder / "song.mscz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def write(folder: Path, text: str) -> Path:
    path = folder / "song.mscx"
    path.write_text(text, encoding="utf-8")
    return path


def test_score_of_musescore_4(tmp_path: Path) -> None:
    members = {"Excerpts/Clarinet.mscx": "<no/>", "song.mscx": SCORE_4, "audiosettings.json": json.dumps(MIXER)}
    path = pack(tmp_path, members)
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw_version, info.title, info.author, info.created) == ("4.2.1", "A Title", "Her", "2023-05-06")
    assert (info.bpm, info.time_signature, info.key) == (71.0, "6/8", "C minor")
    # Measures of 3, 1 and 2 quarters; a triplet is one, the tempo after an eighth's step half of one later.
    assert info.tempo_changes == (TempoChange(5.0, "beats", 120.0), TempoChange(5.5, "beats", 180.0))
    assert info.length_seconds == pytest.approx(5 * 60 / 71 + 0.5 / 2 + 0.5 / 3)
    assert [(mark.name, mark.at) for mark in info.markers] == [("A2", 0.0), ("A", 1.5), ("B", 5.0)]
    assert info.tracks == (
        Track("Clarinet", "instrument", muted=True, devices=("Kontakt", "Eq")),
        Track("Piano", "instrument", devices=("MS Basic",)),
    )
    assert info.plugins == (
        Plugin("Kontakt", "NI", "vst3"),
        Plugin("Eq", None, "vst3", 2),
        Plugin("MS Basic", "Fluid", "builtin"),
    )


SCORE_2 = f"""<museScore version="2.06"><programVersion>2.3.2</programVersion><Score>
  <metaTag name="workTitle">Old</metaTag><metaTag name="creationDate">no date</metaTag>
  <Part><trackName>Flute</trackName><Instrument><Channel><mute>1</mute></Channel></Instrument></Part>
  <Staff id="1">
    <Measure number="1">
      <KeySig><accidental>2</accidental></KeySig><TimeSig><sigN>4</sigN><sigD>4</sigD></TimeSig>
      <Tuplet id="1"><normalNotes>4</normalNotes><actualNotes>6</actualNotes></Tuplet>
      {chord("eighth", 0, "<Tuplet>1</Tuplet>") * 6}{tempo(1.5)}
      <Rest><durationType>half</durationType></Rest>
      <tick>480</tick><RehearsalMark><text>Voice two</text></RehearsalMark>
    </Measure>
    <Measure number="2"><Rest><durationType>measure</durationType><duration z="4" n="4"/></Rest></Measure>
  </Staff></Score></museScore>"""


def test_score_of_musescore_2(tmp_path: Path) -> None:
    path = write(tmp_path, SCORE_2)
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw_version, info.title, info.created, info.key) == ("2.3.2", "Old", None, None)
    # Played at 120 up to its first tempo, after two quarters.
    assert (info.bpm, info.tempo_changes) == (120.0, (TempoChange(2.0, "beats", 90.0),))
    assert info.length_seconds == pytest.approx(1 + 6 * 60 / 90)
    assert info.markers == (Marker("Voice two", 1.0, "beats"),)
    assert info.tracks == (Track("Flute", "instrument", muted=True),)


def test_score_of_musescore_1(tmp_path: Path) -> None:
    text = SCORE_2.replace("<Score>", "").replace("</Score>", "").replace('"2.06"', '"1.14"')
    text = text.replace("<sigN>4</sigN><sigD>4</sigD>", "<den>4</den><nom1>3</nom1>")
    info = READER.read(write(tmp_path, text))
    assert (info.time_signature, [track.name for track in info.tracks]) == ("3/4", ["Flute"])


KEYS = {
    "<accidental>-1</accidental><mode>major</mode>": "F major",
    "<accidental>0</accidental><mode>minor</mode>": "A minor",
    "<accidental>0</accidental><mode>dorian</mode>": None,
    "<accidental>9</accidental><mode>minor</mode>": None,
    "<custom>1</custom><mode>none</mode>": None,
}


@pytest.mark.parametrize("signature", KEYS)
def test_key(signature: str, tmp_path: Path) -> None:
    text = SCORE_2.replace("<accidental>2</accidental>", signature)
    assert READER.read(write(tmp_path, text)).key == KEYS[signature]


def test_gradual_tempo_is_said_to_be_unread(tmp_path: Path) -> None:
    text = SCORE_2.replace("<tick>480</tick>", '<Spanner type="GradualTempoChange"/>')
    assert READER.read(write(tmp_path, text)).unread == ("tempo_changes",)


REAL = {  # version, signature, bpm, parts, measures of 4 quarters: read with grep
    "Dynamic_Strings.mscx": ("3.1.0", "4/4", 71.0, 4, "James Thistlewood"),
    "Fugue_1.mscx": ("3.0.0", "4/4", 84.0, 4, "Marc Sabatella"),
    "Unclaimed_Gift.mscx": ("3.0.0", "4/4", None, 1, "Marc Sabatella"),
    "Reunion.mscz": ("3.0.0", "4/4", 120.0, 1, "Marc Sabatella"),
}


@pytest.mark.parametrize("name", REAL)
def test_demo_scores(name: str) -> None:
    info = READER.read(corpus("daw", "mscz", f"debian-musescore3_3.2.3__usr_share_mscore3-3.2_demos_{name}"))
    assert (info.daw_version, info.time_signature, info.bpm, len(info.tracks), info.author) == REAL[name]


def test_zip_without_a_score(tmp_path: Path) -> None:
    path = pack(tmp_path, {"Excerpts/a.mscx": SCORE_4})
    with pytest.raises(ReadError, match="no score"):
        READER.read(path)


BROKEN = {
    "cut off": (SCORE_2[:500], "damaged"),
    "no part": ("<museScore version='3'><Score/></museScore>", "no part"),
    "another document": ("<score-partwise/>", "no part"),
    "nested deeply": ("<museScore>" + "<a>" * 100_000, "nested"),
    "entities": ('<!DOCTYPE x [<!ENTITY a "b">]><museScore/>', "entities"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    text, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, text))


@pytest.mark.parametrize(
    "settings", ["{", "[]", "[" * 100_000, '{"tracks": [1, null, {"partId": []}], "master": 5}']
)
def test_odd_audio_settings(settings: str, tmp_path: Path) -> None:
    path = pack(tmp_path, {"song.mscx": SCORE_4, "audiosettings.json": settings})
    try:
        assert READER.read(path).plugins == ()
    except ReadError:
        assert settings in ("{", "[" * 100_000)
