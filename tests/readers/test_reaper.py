"""REAPER projects: real ones by a table, and what those do not show by small ones written here."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from archivist.readers.base import MAX_DEPTH, ReadError
from archivist.readers.reaper import READER
from archivist.records import Marker, Plugin, SampleRef, TempoChange
from tests.corpus import corpus

# file name's end: version, bpm, signature, rate, length, tracks, plugins (with count), samples, markers
REAL = {
    "reaper_advanced.rpp": ("5.50c", 120.0, "4/4", None, 10.0, 10, 3, 0, 2),
    "reaper_reaper7.rpp": ("7.06", 120.0, "4/4", None, None, 2, 2, 0, 0),
    "fixtures___empty.rpp": ("6.11", 120.0, "4/4", None, None, 0, 0, 0, 0),
    "multiple-media-paths.rpp": ("6.11", 120.0, "4/4", None, None, 0, 0, 0, 0),
    "with-external-files.rpp": ("6.11", 205.0, "4/4", 48000, 454.829, 19, 9, 27, 0),
    "lighterfluid_lighterfluid.rpp": ("6.69", 79.0, "4/4", None, 42.532, 4, 4, 0, 0),
    "test_track_test_track.rpp": ("6.69", 64.0, "4/4", None, 108.751, 4, 7, 1, 5),
    "tests_data_empty.RPP": ("4.32", 120.0, "4/4", None, None, 2, 0, 0, 0),
    "tests_data_vst.RPP": ("5.50c", 120.0, "4/4", None, 10.0, 10, 3, 0, 2),
}


def real(name_end: str) -> Path:
    return next(path for path in corpus("daw", "rpp").iterdir() if path.name.endswith(name_end))


@pytest.mark.parametrize("name_end", REAL)
def test_real_project(name_end: str) -> None:
    path = real(name_end)
    started = time.perf_counter()
    info = READER.read(path)
    assert time.perf_counter() - started < 2
    assert READER.sniff(path)
    assert info.status == "ok"
    found = (
        info.daw_version,
        info.bpm,
        info.time_signature,
        info.sample_rate,
        None if info.length_seconds is None else round(info.length_seconds, 3),
        len(info.tracks),
        sum(plugin.count for plugin in info.plugins),
        len(info.samples),
        len(info.markers),
    )
    assert found == REAL[name_end]


def test_real_names_in_every_kind_of_quotes() -> None:
    info = READER.read(real("reaper_advanced.rpp"))
    assert [track.name for track in info.tracks if len(track.name) < 20] == [
        "5.50", "Synth", "|Beep Boop", "Boop", '"hey', 'hey"', "<", ">", "<>",
    ]  # fmt: skip
    assert [track.kind for track in info.tracks[:4]] == ["midi", "instrument", "group", "audio"]
    assert info.saved == "2017-09-21T10:00:31+00:00"


def test_a_block_tree_that_is_no_project_is_refused() -> None:
    with pytest.raises(ReadError, match="no REAPER project"):
        READER.read(real("simpleReaperFile.rpp"))


PROJECT = r"""
<REAPER_PROJECT 0.1 "7.40/win64" 1756235686 0
  <NOTES 0 2
    |First line
    |  > and "second"
  >
  TITLE "A song"
  AUTHOR 'The "Band"'
  SAMPLERATE 96000 1 0
  TEMPO 120 4 4
  <TEMPOENVEX
    ACT 1 -1
    PT 0.000000000000 90.5 1 524295 0 1
    PT 8.5 90.5 1
    PT 10.25 140 0
  >
  MARKER 1 2 "Intro" 0 0 1 R
  MARKER 1 4 "Verse one" 1 0 1 R {0F4E0923-2243-4B37-BEF0-5DF26ABB1E44}
  MARKER 1 6 "" 1
  <MASTERFXLIST
    BYPASS 0 0 0
    <VST "VST3: Pro-L 2 (FabFilter) (2->6ch)" "FabFilter Pro-L 2.vst3" 0 "" 123{56} ""
      TkFNRSBub3BlCg==
    >
  >
  <TRACK {A}
    NAME "Folder"
    MUTESOLO 1 0 0
    ISBUS 1 1
  >
  <TRACK {B}
    NAME `it's "both"`
    ISBUS 0 0
    <FREEZE 1
      NAME "Old name"
      <FXCHAIN
        <VST "VSTi: Gone (Nobody)" gone.dll 0 "" 1
        >
      >
      <ITEM
        POSITION 500
        LENGTH 500
      >
    >
    <FXCHAIN
      BYPASS 0 0 0
      <VST "VST3i: Kontakt 7 (x64) (Native Instruments) (64 out)" "Kontakt 7.vst3" 0 "My keys" 5{5} ""
        TkFNRQ==
        NAME "not a name"
      >
      <CONTAINER Container "Glue" ""
        CONTAINER_CFG 2 2 2 0
        <CLAP "CLAP: Surge XT Effects (Surge Synth Team)" org.surge-synth-team.surge-xt-fx ""
          CFG 4 760 335 ""
          <STATE
            TkFNRQ==
          >
        >
        <JS "loser/3BandEQ" "Tone"
          0 200 - - -
        >
      >
      <VIDEO_EFFECT "Video processor" ""
        <CODE
          |<TRACK
        >
      >
    >
    <ITEM
      POSITION 1.5
      LENGTH 4
      NAME take
      <SOURCE SECTION
        LENGTH 2
        <SOURCE WAVE
          FILE "audio\take 1.wav"
        >
      >
      TAKE
      NAME second
      <SOURCE MP3
        FILE "D:\elsewhere\loop.mp3" 1
      >
      <TAKEFX
        <AU "AU: Apple: AUDelay" "Apple: AUDelay" "" 1635083896
        >
        <LV2 "LV2: Ratatouille (brummer) (Mono)" urn:brummer:ratatouille ""
        >
      >
    >
  >
  <TRACK {C}
    NAME
    <ITEM
      POSITION 0
      LENGTH 1
      <SOURCE MIDI
        HASDATA 1 960 QN
        E 0 90 3c 0a
        <X 0 0 0 file
          /wNGSUxFICJ4Ig==
        >
      >
    >
    <ITEM
      POSITION 0
      LENGTH 1
      <SOURCE WAVE
        FILE "audio\take 1.wav"
      >
    >
  >
>
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "song.rpp"
    path.write_text(PROJECT.strip().replace("\n", "\r\n"), encoding="utf-8", newline="")
    return path


def test_facts_of_a_written_project(written: Path) -> None:
    info = READER.read(written)
    assert (info.daw_version, info.saved) == ("7.40", "2025-08-26T19:14:46+00:00")
    assert (info.title, info.author) == ("A song", 'The "Band"')
    assert info.comment == 'First line\n  > and "second"'
    assert (info.bpm, info.time_signature, info.sample_rate) == (90.5, "7/8", 96000)
    assert info.tempo_changes == (TempoChange(10.25, "seconds", 140.0),)
    assert info.markers == (Marker("Intro", 2.0, "seconds"), Marker("Verse one", 4.0, "seconds"))
    assert info.length_seconds == 5.5


def test_tracks_of_a_written_project(written: Path) -> None:
    info = READER.read(written)
    assert [(track.name, track.kind, track.muted, track.frozen) for track in info.tracks] == [
        ("Folder", "group", True, False),
        ('it\'s "both"', "instrument", False, True),
        ("", "midi", False, False),
    ]
    assert info.tracks[1].devices == ("My keys", "Surge XT Effects", "Tone", "Video processor")


def test_plugins_and_samples_of_a_written_project(written: Path) -> None:
    info = READER.read(written)
    assert info.plugins == (
        Plugin("Pro-L 2", "FabFilter", "vst3"),
        Plugin("Kontakt 7 (x64)", "Native Instruments", "vst3"),
        Plugin("Surge XT Effects", "Surge Synth Team", "clap"),
        Plugin("loser/3BandEQ", None, "js"),
        Plugin("Video processor", None, "builtin"),
        Plugin("AUDelay", "Apple", "au"),
        Plugin("Ratatouille", "brummer", "lv2"),
    )
    assert info.samples == (
        SampleRef("audio\\take 1.wav", "audio/take 1.wav"),
        SampleRef("D:\\elsewhere\\loop.mp3", None),
    )


def test_rate_that_follows_the_sound_card_and_idle_tempo_map_say_nothing(written: Path) -> None:
    text = written.read_text().replace("96000 1 0", "96000 0 0").replace("ACT 1 -1", "ACT 0 -1")
    written.write_text(text)
    info = READER.read(written)
    assert (info.sample_rate, info.bpm, info.time_signature, info.tempo_changes) == (None, 120.0, "4/4", ())


BROKEN = {
    "empty": (b"", "no REAPER project"),
    "another root": (b"<RPP_PROJECT\n>\n", "no REAPER project"),
    "cut off": (b'<REAPER_PROJECT 0.1 "7.0" 1\n  <TRACK\n    NAME a\n', "cut off"),
    "too deep": (b'<REAPER_PROJECT 0.1 "7.0" 1\n' + b"<ITEM\n" * (MAX_DEPTH + 1), "nested too deeply"),
    "too deep unread": (b'<REAPER_PROJECT 0.1 "7.0" 1\n' + b"<ODD\n" * (MAX_DEPTH + 1), "nested too deeply"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BROKEN[name]
    path = tmp_path / "broken.rpp"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=reason):
        READER.read(path)


def test_values_out_of_range_are_none_and_not_wrong(tmp_path: Path) -> None:
    path = tmp_path / "odd.rpp"
    path.write_text(
        '<REAPER_PROJECT 0.1 "" 99999999999999\n TEMPO nan 0 4\n SAMPLERATE 1e400 1\n MARKER 1 inf "x" 0\n'
        " <TRACK\n  MUTESOLO x\n  <ITEM\n   POSITION nan\n   LENGTH 1\n  >\n >\n>\n"
    )
    info = READER.read(path)
    assert (info.daw_version, info.saved, info.bpm, info.time_signature) == (None, None, None, None)
    assert (info.sample_rate, info.length_seconds, info.markers) == (None, None, ())
    assert len(info.tracks) == 1
