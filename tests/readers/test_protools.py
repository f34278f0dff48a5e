"""Pro Tools sessions: real ones by a table, and what those do not show by small ones written here."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from archivist.readers import read_project
from archivist.readers.base import ReadError
from archivist.readers.history import backups, project_folder
from archivist.readers.protools import READER
from archivist.records import Marker, ProjectInfo, SampleRef, TempoChange, Track
from tests.corpus import corpus

UNREAD = ("plugins", "devices", "muted")

# name's end: version, bpm, signature, rate, length, created, kinds of the tracks, samples, what else is unread
REAL = {
    "Damien_monos.pts": ("5.1", None, "4/4", 48000, 28.688, "2009-05-11T04:12:45", "audio " * 8, 8, ("bpm",)),
    "Fa_16_48.pts": ("5.1", None, "4/4", 48000, 4.0, "2009-05-11T03:48:36", "audio " * 4, 1, ("bpm",)),
    "forArdour.pts": ("5.1", None, "4/4", 48000, 36.641, "2009-05-11T03:53:14", "audio " * 3, 6, ("bpm",)),
    "goodplaylists2.ptf": ("8.0.0f314", 120.0, "4/4", 48000, 4.792, "2015-07-24T23:08:00", "audio " * 3, 3, ()),
    "midi345x.ptf": ("8.0.0f314", 120.0, "4/4", 48000, 20.833, "2018-03-12T11:53:54", "midi " * 3, 0, ()),
    "TestPTX.ptx": (
        "12.8.3", 120.0, "4/4", 48000, 10.0, "2018-03-19T13:24:10", "audio " * 2 + "midi " * 3, 4, (),
    ),
    "RegionTest.ptx": ("2019.6.0", 120.0, "4/4", 44100, 184.81, "2019-07-11T12:29:39", "audio " * 4, 1, ()),
    "Public Domain Release.ptx": (
        "2020.9.1", 141.3, "4/4", 48000, 200.0, "2020-09-28T21:53:52",
        "audio " * 2 + "instrument " * 14 + "audio " * 10 + "bus master", 13, (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name_end", REAL)
def test_real_session(name_end: str) -> None:
    path = next(path for path in corpus("daw", "ptx").iterdir() if path.name.endswith(name_end))
    info = READER.read(path)
    found = (
        info.daw_version,
        None if info.bpm is None else round(info.bpm, 3),
        info.time_signature,
        info.sample_rate,
        None if info.length_seconds is None else round(info.length_seconds, 3),
        info.created,
        [track.kind for track in info.tracks],
        len(info.samples),
        info.unread,
    )
    *facts, kinds, samples, unread = REAL[name_end]
    assert found == (*facts, kinds.split(), samples, (*unread, *UNREAD))


def test_alternate_playlists_are_no_tracks() -> None:
    info = READER.read(corpus("daw", "ptx", "zamaudio_ptformat__bins_goodplaylists2.ptf"))
    assert [track.name for track in info.tracks] == ["4", "5", "6"]


def test_audio_files_are_named_as_seen_from_the_session() -> None:
    info = READER.read(corpus("daw", "ptx", "zamaudio_ptformat__bins_TestPTX.ptx"))
    outside = [sample.path.rpartition("/")[2] for sample in info.samples if sample.relative is None]
    inside = [(sample.path, sample.relative) for sample in info.samples if sample.relative is not None]
    assert outside == ["monoTone.wav"]
    assert inside == [
        ("monoTone.1.aif", "Audio Files/monoTone.1.aif"),
        ("stereoTone.L.aif", "Audio Files/stereoTone.L.aif"),
        ("stereoTone.R.aif", "Audio Files/stereoTone.R.aif"),
    ]


# ---------------------------------------------------------------- sessions written here


class Writer:
    """Blocks in one byte order; `order` is struct's letter."""

    def __init__(self, order: str = "<", mask: int = 5) -> None:
        self.order = order
        self.mask = mask

    def pack(self, layout: str, *values: float) -> bytes:
        return struct.pack(self.order + layout, *values)

    def text(self, text: str) -> bytes:
        raw = text.encode()
        return self.pack("I", len(raw)) + raw

    def block(self, kind: int, *contents: bytes) -> bytes:
        content = b"".join(contents)
        return b"Z" + self.pack("HIH", 1, len(content) + 2, kind) + content

    def session(self, *blocks: bytes, index: bool = True) -> bytes:
        end = self.block(2, b"index") if index else b""
        plain = self.block(0, bytes(2)) + b"".join(blocks) + end
        head = b"\x030010111100101011" + bytes([self.order == ">", self.mask, 7])
        return masked(head + plain)


def masked(plain: bytes) -> bytes:
    """The mask by its definition: a byte's place, or its 4 KiB's, times what times 53, or -11, is the seed."""
    kind, seed = plain[18:20]
    factor = 53 if kind == 1 else -11
    delta = next(delta for delta in range(256) if delta * factor % 256 == seed)
    steps = (place if kind == 1 else place >> 12 for place in range(len(plain)))
    return plain[:20] + bytes(byte ^ (step * delta & 255) for byte, step in zip(plain, steps, strict=True))[20:]


ZERO = 10**12
TICK_BASED = 1 << 62


def version(w: Writer, system: str = "MacOS") -> bytes:
    numbers = w.pack("IIII", 3, 12, 4, 0)
    product = b"\1" + w.text("Pro Tools") + numbers + w.text("v12.4.0")
    return w.block(3, product, b"\1", w.text("Release"), b"\0", w.text("Session"), b"\0\0", w.text(system))


def tempi(w: Writer, *events: tuple[int, float, int]) -> bytes:
    """Events of ticks from the start, tempo, and ticks of the beat that it counts."""
    records = [
        b"Const" + bytes(17) + w.pack("QQHdI", 0, ZERO + ticks, 0, bpm, beat) + bytes(9)
        for ticks, bpm, beat in events
    ]
    return w.block(0x2028, b"Tempo", w.pack("HIII", 2, 4 + 61 * len(events), len(events), 0), *records)


def read(tmp_path: Path, data: bytes) -> ProjectInfo:
    path = tmp_path / "Song.ptx"
    path.write_bytes(data)
    return READER.read(path)


@pytest.mark.parametrize(("order", "mask"), [("<", 5), ("<", 1), (">", 1)])
def test_both_byte_orders_and_masks(tmp_path: Path, order: str, mask: int) -> None:
    w = Writer(order, mask)
    rate = w.block(0x1028, b"\3\x18", w.pack("I", 96000))
    padding = w.block(0x4444, bytes(10_000))  # so that the mask of kind 5 comes to steps
    info = read(tmp_path, w.session(padding, version(w), rate))
    assert (info.daw, info.daw_version, info.sample_rate) == ("Pro Tools", "12.4.0", 96000)


def test_tempo_changes_count_quarter_notes(tmp_path: Path) -> None:
    w = Writer()
    info = read(tmp_path, w.session(tempi(w, (0, 100.0, 960_000), (3_840_000, 180.0, 480_000))))
    assert info.bpm == 100.0
    assert info.tempo_changes == (TempoChange(4.0, "beats", 90.0),)
    assert not {"bpm", "tempo_changes"} & set(info.unread)


def test_an_unknown_tempo_event_is_told(tmp_path: Path) -> None:
    w = Writer()
    data = tempi(w, (0, 100.0, 960_000), (960_000, 90.0, 960_000))
    at = data.rindex(b"Const")
    info = read(tmp_path, w.session(data[:at] + b"Curve" + data[at + 5 :]))
    assert (info.bpm, info.tempo_changes) == (100.0, ())
    assert "tempo_changes" in info.unread


def test_meter(tmp_path: Path) -> None:
    w = Writer()
    event = w.pack("QIII", ZERO, 1, 7, 8) + bytes(16)
    info = read(tmp_path, w.session(w.block(0x2029, b"Meter", w.pack("HII", 2, 64, 1), event)))
    assert info.time_signature == "7/8"


def test_markers_in_ticks_and_in_samples(tmp_path: Path) -> None:
    w = Writer()

    def entry(name: str, position: int) -> bytes:
        return w.block(0x2077, bytes(6), w.text(name), w.pack("QQ", position, position), bytes(40))

    entries = (entry("Verse", TICK_BASED | ZERO + 1_920_000), entry("Hit", 72_000))
    rate = w.block(0x1028, b"\3\x18", w.pack("I", 48000))
    info = read(tmp_path, w.session(rate, w.block(0x2030, w.pack("II", 2, 0), *entries)))
    assert info.markers == (Marker("Verse", 2.0, "beats"), Marker("Hit", 1.5, "seconds"))
    assert "markers" not in info.unread
    odd = entry("Odd", 1 << 63)
    info = read(tmp_path, w.session(rate, w.block(0x2030, w.pack("II", 1, 0), odd)))
    assert info.markers == ()
    assert "markers" in info.unread


def test_tracks_that_are_listed_twice_count_once(tmp_path: Path) -> None:
    w = Writer()
    kinds = (0, 1, 2, 5, 7, 9)
    rows = [w.block(0x251A, w.pack("H", kind), w.text(f"Track {kind}"), bytes(24)) for kind in kinds]
    info = read(tmp_path, w.session(w.block(0x2519, bytes(30), *rows, b"\3\0\0\0", *rows)))
    assert info.tracks == (
        Track("Track 0", "audio"),
        Track("Track 1", "midi"),
        Track("Track 2", "bus"),
        Track("Track 5", "master"),
        Track("Track 7", "instrument"),
        Track("Track 9", "other"),
    )
    assert "tracks" not in info.unread


def test_tracks_before_pro_tools_8_are_the_audio_ones(tmp_path: Path) -> None:
    w = Writer(">", 1)
    names = w.block(0x1015, w.pack("I", 1), w.block(0x1014, w.text("Bass"), bytes(8)))
    info = read(tmp_path, w.session(names, w.block(0x2009, w.pack("I", 2))))
    assert info.tracks == (Track("Bass", "audio"),)
    assert "tracks" in info.unread


def test_names_that_are_not_utf8_are_of_their_system(tmp_path: Path) -> None:
    w = Writer()
    row = w.block(0x251A, b"\0\0", w.pack("I", 4), b"f\x9fr ", bytes(24))
    for system, name in (("MacOS", "für"), ("Windows", "fŸr")):
        info = read(tmp_path, w.session(version(w, system), w.block(0x2519, row)))
        assert info.tracks[0].name == name


def test_length_is_that_of_placed_regions(tmp_path: Path) -> None:
    w = Writer()
    rate = w.block(0x1028, b"\3\x18", w.pack("I", 48000))
    track = w.block(0x251A, w.pack("H", 0), w.text("Vox"), bytes(24))

    def region(kind: int, samples: int) -> bytes:
        numbers = b"\0" + w.pack("I", 3 << 12) + samples.to_bytes(3, "little")
        return w.block(kind, w.block(0x2628, w.text("Take"), numbers), bytes(8))

    def lane(name: str, position: int, region: int) -> bytes:
        place = w.block(0x104F, b"\0\0", w.pack("IBQ", region, 0, position), bytes(10))
        return w.block(0x1052, w.text(name), w.pack("I", 1), w.block(0x1050, place, b"\1"))

    regions = w.block(0x262A, w.pack("I", 2), region(0x2629, 96_000), region(0x2629, 48_000))
    lanes = (lane("Vox", 48_000, 0), lane("Vox.01", 480_000, 0), lane("Vox", 0, 9))
    blocks = (rate, w.block(0x2519, track), regions)
    info = read(tmp_path, w.session(*blocks, w.block(0x1054, w.pack("I", 3), *lanes)))
    assert info.length_seconds == 3.0
    ticks = lane("Vox", TICK_BASED | ZERO + 8 * 960_000, 1)
    tempo = tempi(w, (0, 120.0, 960_000))
    info = read(tmp_path, w.session(*blocks, tempo, w.block(0x1054, w.pack("I", 1), ticks)))
    assert info.length_seconds == 5.0


def test_files_of_the_session_and_others(tmp_path: Path) -> None:
    w = Writer()
    nodes = (  # kind, the folder's number, name
        (0, 2**32 - 1, "Disk"), (1, 0, "Song"), (1, 1, "Audio Files"), (1, 1, "Fade Files"), (1, 0, "Library"),
        (2, 2, "Kick.wav"), (2, 3, "Fade 1.wav"), (2, 4, "Loop.aif"), (2, 2, "Drums.grp"), (2, 99, "Lost.wav"),
    )  # fmt: skip
    tree = b"".join(bytes([kind]) + w.pack("I", parent) + w.text(name) + bytes(4) for kind, parent, name in nodes)
    files = w.block(0x1004, w.block(0x103A, w.pack("I", len(nodes)), tree))
    place = w.pack("I", 2) + w.text("Disk") + w.text("Song") + w.text("Song.ptx")
    where = w.block(0x2067, bytes(18), w.pack("I", 1), w.text("Info #1"), bytes(4), place)
    kick = SampleRef("Kick.wav", relative="Audio Files/Kick.wav")
    for system, loop, lost in (
        ("MacOS", "/Volumes/Disk/Library/Loop.aif", "/Volumes/Lost.wav"),
        ("Windows", "//Disk/Library/Loop.aif", "//Lost.wav"),
    ):
        info = read(tmp_path, w.session(version(w, system), where, files))
        assert info.samples == (kick, SampleRef(loop), SampleRef(lost))
    (tmp_path / "Audio Files").mkdir()
    (tmp_path / "Audio Files" / "Kick.wav").touch()
    found = read_project(tmp_path / "Song.ptx").samples
    assert [sample.status for sample in found] == ["found", "unresolved", "unresolved"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x030010111100101011" + b"\0\7\0" + bytes(50), "not a Pro Tools session"),
        (Writer().session(index=False), "cut off"),
        (Writer().session()[:-3], "cut off"),
        (Writer().session(Writer().block(0x2519, Writer().block(0x251A, b"\0\0\xff\xff\0\0abcd"))), "damaged"),
        (Writer().session(Writer().block(0x1004, Writer().block(0x103A, b"\xff\xff\xff\xff"))), "more files"),
        (Writer().session(Writer().block(0x1004, Writer().block(0x103A, b"\4\0\0\0\2"))), "damaged"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(ReadError, match=why):
        read(tmp_path, data)


def test_history(tmp_path: Path) -> None:
    names = ("Session File Backups/Song.bak.001.ptx", "Session File Backups/Song.bak.002.ptx")
    others = ("Song.ptx", "Song 2.ptx", "Session File Backups/Song 2.bak.001.ptx")
    (tmp_path / "Session File Backups").mkdir()
    for age, name in enumerate((*names, *others)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1.8e9 + age, 1.8e9 + age))
    assert backups(tmp_path / "Song.ptx", READER) == (names[1], names[0])
    assert project_folder(tmp_path / names[0], READER) == tmp_path
