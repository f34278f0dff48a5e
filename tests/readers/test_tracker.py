"""Tracker modules, written field by field; tempi and lengths were checked against libopenmpt 0.6.9."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.tracker import READER
from archivist.readers.tracker_play import Pattern, play
from archivist.records import Plugin, SampleRef, TempoChange, Track
from tests.corpus import corpus
from tests.readers import modules


def write(folder: Path, data: bytes, name: str = "song.mod") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


SOUND = [("kick", 100), ("by somebody", 0), ("snare", 60), ("kick", 20), ("", 40), ("in 1992", 0)]


def test_mod(tmp_path: Path) -> None:
    notes = {(0, 0): (0xF, 3), (8, 3): (0xF, 150), (15, 1): (0xD, 0)}
    data = modules.mod([{}, notes], b"\1\0\0", SOUND, "Sprüche")
    info = READER.read(write(tmp_path, data))
    assert (info.daw, info.daw_version, info.title, info.comment) == (
        "ProTracker",
        None,
        "Sprüche",
        "by somebody\nin 1992",
    )
    # 125 * 24 / (3 * 4) rows; row 8 is beat 2.
    assert (info.bpm, info.tempo_changes) == (250.0, (TempoChange(2.0, "beats", 300.0),))
    # 8 rows of 3 ticks at 50 a second, then 8 and twice 64 of 3 ticks at 60.
    assert info.length_seconds == pytest.approx(8 * 3 / 50 + (8 + 128) * 3 / 60)
    assert info.tracks == tuple(Track(f"Channel {n}", "instrument") for n in (1, 2, 3, 4))
    assert info.samples == tuple(SampleRef(name, status="found") for name in ("kick", "snare", "Sample 5"))
    assert info.unread == ()


def test_mod_of_eight_channels(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, modules.mod([{}], b"\0", mark=b"8CHN")))
    assert (info.daw, len(info.tracks)) == ("FastTracker", 8)
    assert info.length_seconds == pytest.approx(64 * 6 / 50)


def test_module_without_its_last_sound_is_partial(tmp_path: Path) -> None:
    bass = [("bass", 100)]
    for data in (modules.mod([{}], b"\0", bass), modules.s3m([{}], b"\0", bass), modules.xm([{}], b"\0", bass)):
        assert READER.read(write(tmp_path, data)).unread == ()
        assert READER.read(write(tmp_path, data[:-50])).unread == ("samples",)


def test_s3m(tmp_path: Path) -> None:
    notes = {(0, 0): (1, 5), (4, 1): (20, 150), (6, 3): (1, 31), (9, 0): (3, 0x16)}
    data = modules.s3m([notes], b"\0\xfe\0", SOUND, 6, 100, bytes([0, 1, 2, 0x83]))
    info = READER.read(write(tmp_path, data, "song.s3m"))
    assert (info.daw, info.daw_version, info.title) == ("Scream Tracker", "3.20", "Song")
    assert (info.bpm, info.tempo_changes) == (120.0, (TempoChange(1.0, "beats", 180.0),))
    # The break leads to row 16, by S3M's decimals, of the same pattern: 48 rows. The last channel is off.
    assert info.length_seconds == pytest.approx((4 * 5) / 40 + (6 + 48) * 5 / 60)
    assert [track.muted for track in info.tracks] == [False, False, False, True]
    assert [sample.path for sample in info.samples] == ["kick", "snare", "FILE.SMP"]
    assert info.comment == "by somebody\nin 1992"


def properties(**values: bytes) -> bytes:
    """OpenMPT's song properties; names are stored in reverse."""
    fields = (name.encode()[::-1] + struct.pack("<H", len(value)) + value for name, value in values.items())
    return b"STPM" + b"".join(fields)


def plugin(number: int, kind: bytes, name: bytes) -> bytes:
    info = kind + bytes(28) + b"shown as this".ljust(32, b"\0") + name.ljust(64, b"\0")
    return b"FX%02d" % number + struct.pack("<I", len(info)) + info


def test_xm_of_openmpt(tmp_path: Path) -> None:
    text = b"First line\rSecond line"
    tail = b"text" + struct.pack("<I", len(text)) + text
    tail += b"CNAM" + struct.pack("<I", 40) + b"Drums".ljust(20, b"\0") + b"Bass".ljust(20, b"\0")
    tail += plugin(0, b"PtsV", b"Synth1 VST") + plugin(1, b"OMXD", b"Echo") + plugin(2, b"PtsV", b"Synth1 VST")
    tail += properties(LSWV=bytes([2, 3, 0x29, 1]), AUTH=b"")
    data = modules.xm([{(63, 0): (0xB, 0)}], b"\0", [("bass", 8)], 6, 140, tail)
    info = READER.read(write(tmp_path, data, "song.xm"))
    assert (info.daw, info.daw_version, info.comment) == ("OpenMPT", "1.29.03.02", "First line\nSecond line")
    assert info.bpm == 140.0
    assert info.length_seconds == pytest.approx(64 * 6 * 2.5 / 140)
    assert [track.name for track in info.tracks] == ["Drums", "Bass"]
    assert info.plugins == (Plugin("Synth1 VST", None, "vst2", 2), Plugin("Echo", None, "dx"))


def test_xm_of_fasttracker(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, modules.xm([{}], b"\0", [("", 8), ("text", 0)]), "song.xm"))
    assert (info.daw, info.daw_version) == ("FastTracker", "2.00")
    assert ([sample.path for sample in info.samples], info.comment) == (["In"], "text")


def test_it(tmp_path: Path) -> None:
    notes = {(0, 4): (1, 3), (32, 0): (19, 0xE2), (40, 1): (3, 0)}
    data = modules.it([notes], b"\0\xfe", SOUND, 6, 120, b"Hello\rthere\0", highlight=8)
    info = READER.read(write(tmp_path, data, "song.it"))
    assert (info.daw, info.daw_version, info.comment) == ("Impulse Tracker", "2.14", "Hello\nthere")
    assert info.bpm == 120.0  # 120 * 24 / (3 * 8)
    assert info.length_seconds == pytest.approx((41 + 2) * 3 * 2.5 / 120)
    assert len(info.tracks) == 5
    assert [sample.path for sample in info.samples] == ["kick", "snare", "FILE.ITS"]


def test_it_of_openmpt_in_modern_tempo_mode(tmp_path: Path) -> None:
    data = modules.it([{(0, 0): (1, 3)}], b"\0", speed=3, pace=99)
    said = {"DT..": struct.pack("<I", 174), "RPB.": struct.pack("<I", 4), "TM..": b"\2", "C...": b"\7\0"}
    info = READER.read(write(tmp_path, data + properties(**said), "song.mptm"))
    assert (info.bpm, len(info.tracks)) == (174.0, 7)
    assert info.length_seconds == pytest.approx(64 * 60 / (174 * 4))


REAL = {  # what libopenmpt says: title, channels, bpm, seconds; its file names are the samples'
    "mod": ("MOD_Test___________X", 4, 125.0, None),
    "s3m": ("S3M_Test__________________X", 4, None, 1231.392),
    "xm": ("Test Module", 2, 139.0, 6.906),
    "mptm": ("Test Module_____________X", 70, 139.1, None),
}


@pytest.mark.parametrize("suffix", REAL)
def test_openmpt_test_modules(suffix: str) -> None:
    name = f"debian-libopenmpt_0.6.9__libopenmpt-0.6.9+release.autotools_test_test.{suffix}"
    info = READER.read(corpus("daw", "tracker", name))
    title, channels, bpm, seconds = REAL[suffix]
    assert (info.title, len(info.tracks), info.bpm) == (title, channels, bpm)
    assert seconds is None or info.length_seconds == pytest.approx(seconds, rel=1e-3)


def test_pattern_loop_and_endless_jump() -> None:
    pattern: Pattern = ((("loop", 0),), (), (("loop", 2),), (("jump", 0),))
    # Three times three rows and the one that jumps back, at eight rows a second.
    assert play({0: pattern}, [0, 0, 0], 6, 120).seconds == pytest.approx(10 / 8)


BROKEN = {
    "empty": (b"", "empty file"),
    "no mark": (bytes(1084), "no tracker module"),
    "patterns cut off": (modules.mod([{}, {}], b"\1")[:1500], "damaged"),
    "samples cut off": (modules.it([{}], b"\0", SOUND)[:400], "damaged"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, data))


def test_patterns_that_lie_in_one_another_are_refused(tmp_path: Path) -> None:
    data = bytearray(modules.it([{}] * 200, b"\0"))
    offsets = 192 + 2
    first = data[offsets : offsets + 4]
    data[offsets : offsets + 800] = first * 200
    at = int.from_bytes(first, "little")
    data[at : at + 2] = b"\xff\xff"
    with pytest.raises(ReadError, match="in one another"):
        READER.read(write(tmp_path, bytes(data), "song.it"))
