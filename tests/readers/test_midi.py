"""MIDI files, written event by event."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.midi import READER
from archivist.records import Marker, TempoChange, Track


def quantity(value: int) -> bytes:
    """A number of variable length."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.insert(0, 0x80 | value & 0x7F)
    return bytes(found)


def meta(delta: int, kind: int, data: bytes) -> bytes:
    return quantity(delta) + bytes([0xFF, kind]) + quantity(len(data)) + data


def tempo(delta: int, microseconds: int) -> bytes:
    return meta(delta, 0x51, microseconds.to_bytes(3, "big"))


def end(delta: int = 0) -> bytes:
    return meta(delta, 0x2F, b"")


def note(delta: int, channel: int = 0) -> bytes:
    return quantity(delta) + bytes([0x90 | channel, 60, 64])


def midi(*tracks: bytes, form: int = 1, division: int = 480) -> bytes:
    chunks = (b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)
    return b"MThd" + struct.pack(">IHHH", 6, form, len(tracks), division) + b"".join(chunks)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "song.mid"
    path.write_bytes(data)
    return path


CONDUCTOR = b"".join(
    [
        meta(0, 0x03, b"My Song"),
        meta(0, 0x02, b"(C) 1999 Me"),
        meta(0, 0x01, "für Klavier".encode()),
        meta(0, 0x58, bytes([6, 3, 36, 8])),
        meta(0, 0x59, bytes([0xFD, 1])),
        tempo(0, 500_000),
        meta(960, 0x06, b"Verse"),
        tempo(960, 250_000),
        tempo(0, 1_000_000),
        meta(480, 0x01, b"a lyric"),
        meta(0, 0x07, b"Cue"),
        meta(0, 0x59, bytes([2, 0])),
        end(),
    ]
)
PIANO = meta(0, 0x04, b"Grand") + meta(0, 0x03, b"Piano") + note(0) + b"\x81\x70\x3c\x00" + end(3600)
BASS = (
    note(0, 1)
    + b"\x00\xf0\x03\x01\x02\xf7"
    + b"\x10\x40\x40"
    + meta(0, 0x7F, b"x" * 200)
    + b"\x10\x41\x40"
    + end()
)


def test_song(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, midi(CONDUCTOR, PIANO, BASS)))
    assert (info.daw, info.daw_version, info.title) == ("MIDI", None, "My Song")
    assert info.comment == "(C) 1999 Me\nfür Klavier"
    assert (info.bpm, info.time_signature, info.key) == (120.0, "6/8", "C minor")
    # Two tempi on one tick: the last one counts.
    assert info.tempo_changes == (TempoChange(4.0, "beats", 60.0),)
    assert info.markers == (Marker("Verse", 2.0, "beats"), Marker("Cue", 5.0, "beats"))
    # The piano ends at tick 240 + 3600, that is beat 8: four beats at 120 and four at 60.
    assert info.length_seconds == 6.0
    assert info.tracks == (
        Track("My Song", "other"),
        Track("Piano", "midi", devices=("Grand",)),
        Track("", "midi"),
    )
    assert info.unread == ()


def test_file_without_tempo_is_played_at_120_but_says_none(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, midi(note(0) + end(960), form=0)))
    assert (info.bpm, info.key, info.time_signature, info.length_seconds) == (None, None, None, 1.0)


def test_tempo_that_comes_late(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, midi(tempo(480, 400_000) + note(480) + end(), form=0)))
    assert (info.bpm, info.tempo_changes) == (120.0, (TempoChange(1.0, "beats", 150.0),))
    assert info.length_seconds == pytest.approx(0.5 + 0.4)


FRAMES = {0xE728: 25 * 40, 0xE250: 30 * 80, 0xE350: 30 / 1.001 * 80}  # 25 frames of 40 ticks, 30, 30 drop


@pytest.mark.parametrize("division", FRAMES)
def test_time_in_frames(division: int, tmp_path: Path) -> None:
    track = meta(2400, 0x06, b"In") + note(2400) + end()
    info = READER.read(write(tmp_path, midi(track, form=0, division=division)))
    assert info.length_seconds == pytest.approx(4800 / FRAMES[division])
    assert [(marker.name, marker.unit) for marker in info.markers] == [("In", "seconds")]
    assert info.markers[0].at == pytest.approx(2400 / FRAMES[division])


def test_songs_of_format_2_are_not_added_up(tmp_path: Path) -> None:
    first, second = tempo(0, 600_000) + note(480) + end(), tempo(0, 300_000) + note(4800) + end()
    info = READER.read(write(tmp_path, midi(first, second, form=2)))
    assert (info.bpm, info.tempo_changes) == (100.0, ())
    assert info.length_seconds == pytest.approx(0.6)


def test_riff_around_it_and_other_chunks_in_it(tmp_path: Path) -> None:
    plain = midi(CONDUCTOR, PIANO)
    other = plain[:14] + b"XFIH\0\0\0\2ab" + plain[14:]
    wrapped = b"RIFF" + struct.pack("<I", len(other) + 12) + b"RMIDdata" + struct.pack("<I", len(other)) + other
    path = write(tmp_path, wrapped)
    assert READER.sniff(path)
    assert READER.read(path) == READER.read(write(tmp_path, plain))


KEYS = {
    (0, 0): "C major",
    (7, 0): "C# major",
    (0xF9, 0): "B major",
    (0xFB, 1): "A# minor",
    (8, 0): None,
    (1, 7): None,
}


@pytest.mark.parametrize("stored", KEYS)
def test_key(stored: tuple[int, int], tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, midi(meta(0, 0x59, bytes(stored)) + end(), form=0)))
    assert info.key == KEYS[stored]


PARTIAL = {
    "cut off in a track": midi(CONDUCTOR, PIANO)[:-3],
    "cut off before a track": midi(CONDUCTOR, PIANO)[: 14 + 8 + len(CONDUCTOR)],
    "a data byte without a status": midi(b"\0\x40\x40" + end()),
    "a message that no file may hold": midi(note(0) + b"\0\xf4" + note(0) + end()),
    "a text longer than its track": midi(note(0) + b"\0\xff\x01\xff\xff\xff\x7f"),
    "a number without end": midi(note(0) + b"\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("what", PARTIAL)
def test_damage_is_read_as_far_as_it_goes(what: str, tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, PARTIAL[what]))
    assert info.unread == ("tracks", "length_seconds")


BROKEN = {
    "empty": (b"", "empty file"),
    "no header": (b"MTrk" + bytes(20), "no MIDI file"),
    "no track": (midi(), "no track"),
    "no ticks": (midi(end(), division=0), "no ticks"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, data))
