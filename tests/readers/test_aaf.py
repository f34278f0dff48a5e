"""AAF files, written object by object; real ones were read with pyaaf2 1.7.1 for comparison."""

from __future__ import annotations

import struct
from pathlib import Path
from uuid import UUID

import pytest

from archivist.readers.aaf import READER
from archivist.readers.base import ReadError
from archivist.records import Marker, SampleRef, Track
from tests.corpus import corpus
from tests.readers.compounds import Storage, compound

SOUND = "01030202-0200-0000-060e-2b3404010101"
PICTURE = "01030202-0100-0000-060e-2b3404010101"
TIMECODE = "01030201-0100-0000-060e-2b3404010101"
TOP_LEVEL = UUID("0d010102-0101-0500-060e-2b3404010101").bytes_le

Values = dict[int, "bytes | Storage | list[Storage]"]


def made(name: str, values: Values) -> Storage:
    """An object of the built-in class `name`: data, an object of its own, or a vector of such."""
    kind = UUID(f"0d010101-0101-{name}00-060e-2b3402060101").bytes_le
    storage = Storage(kind)
    heads, stored = b"", b""
    for number, value in values.items():
        form, data = 0x82, b""
        title = f"p-{number:x}"
        if isinstance(value, bytes):
            data = value
        else:
            data = text(title)
            form = 0x22 if isinstance(value, Storage) else 0x32
            members = [value] if isinstance(value, Storage) else value
            for key, member in enumerate(members, 16):
                storage.inside[title if form == 0x22 else f"{title}{{{key:x}}}"] = member
            if form == 0x32:
                keys = struct.pack(f"<{len(members)}I", *range(16, 16 + len(members)))
                storage.inside[f"{title} index"] = struct.pack("<III", len(members), 99, 0) + keys
        heads += struct.pack("<HHH", number, form, len(data))
        stored += data
    storage.inside["properties"] = b"L " + struct.pack("<H", len(values)) + heads + stored
    return storage


def text(said: str) -> bytes:
    return (said + "\0").encode("utf-16-le")


def rate(upper: int, lower: int = 1) -> bytes:
    return struct.pack("<ii", upper, lower)


def segment(name: str, medium: str, length: int, values: Values | None = None) -> Storage:
    definition = struct.pack("<HHB", 0, 0x1B01, 16) + UUID(medium).bytes_le
    return made(name, {0x0201: definition, 0x0202: struct.pack("<q", length), **(values or {})})


def slot(
    name: str, number: int, per_second: int, inside: Storage, kind: str = "3b", where: int = 0x4B01
) -> Storage:
    values: Values = {0x4804: struct.pack("<I", number), 0x4803: inside, where: rate(per_second)}
    return made(kind, values | ({0x4802: text(name)} if name else {}))


def source(mob: bytes, name: str, descriptor: Storage) -> Storage:
    return made("37", {0x4401: mob, 0x4402: text(name), 0x4701: descriptor})


def locator(url: str) -> Storage:
    return made("32", {0x4001: text(url)})


def stamp(*when: int) -> bytes:
    return struct.pack("<h5BB", *when, 0)


MARKERS = segment(
    "0f",
    "01030201-1000-0000-060e-2b3404010101",
    0,
    {
        0x1001: [
            made("41", {0x0601: struct.pack("<q", 96_000), 0x0602: text("Chorus")}),
            made("08", {0x0601: struct.pack("<q", 48_000), 0x0602: text("Verse")}),
            made("08", {0x0601: struct.pack("<q", -5), 0x0602: text("Before")}),
        ]
    },
)

COMPOSITION = made(
    "35",
    {
        0x4402: text("My Session"),
        0x4405: stamp(2024, 2, 29, 23, 59, 58),
        0x4408: TOP_LEVEL,
        0x4403: [
            slot("TC", 1, 48_000, segment("14", TIMECODE, 10**9)),
            slot("Lead Vox", 1, 48_000, segment("0f", SOUND, 480_000)),
            slot("", 2, 48_000, segment("0a", SOUND, 960_000)),
            slot("", 1, 25, segment("11", PICTURE, 250)),
            slot("Markers", 9, 48_000, MARKERS, "39", 0x4901),
        ],
    },
)

MOBS = [
    made("35", {0x4402: text("a part of it")}),
    COMPOSITION,
    made("36", {0x4402: text("clip")}),
    source(
        b"1" * 32, "vox", made("2c", {0x3001: rate(44_100), 0x2F01: [locator("file:///Audio%20Files/vox.wav")]})
    ),
    source(b"2" * 32, "gtr", made("48", {0x3D03: rate(48_000), 0x2F01: [locator("file:///a/gtr.mxf")]})),
    source(b"3" * 32, "inside", made("48", {0x3D03: rate(48_000)})),
    source(b"4" * 32, "several", made("44", {0x3F01: [made("28", {0x2F01: [locator("file:///v.mov")]})]})),
    source(b"5" * 32, "vox", made("2c", {0x2F01: [locator("file:///Audio%20Files/vox.wav")]})),
]


def song(
    product: str = "Pro Tools", version: str = "2023.6", modified: bytes = stamp(2024, 3, 1, 8, 0, 0)
) -> Storage:
    content = made("18", {0x1901: MOBS, 0x1902: [made("23", {0x2701: b"3" * 32})]})
    programs = [made("30", {0x3C02: text("First")}), made("30", {0x3C02: text(product), 0x3C04: text(version)})]
    header = made("2f", {0x3B02: modified, 0x3B03: content, 0x3B06: programs})
    root = made("00", {0x0002: header})
    root.inside["referenced properties"] = b"L" + bytes(6)
    return root


def write(folder: Path, data: bytes) -> Path:
    path = folder / "song.aaf"
    path.write_bytes(data)
    return path


def test_session(tmp_path: Path) -> None:
    path = write(tmp_path, compound(song()))
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw, info.daw_version, info.title) == ("Pro Tools", "2023.6", "My Session")
    assert (info.created, info.saved) == ("2024-02-29T23:59:58", "2024-03-01T08:00:00")
    assert (info.sample_rate, info.length_seconds, info.bpm) == (48_000, 20.0, None)
    assert info.tracks == (Track("Lead Vox", "audio"), Track("A2", "audio"), Track("V1", "other"))
    assert info.markers == (Marker("Verse", 1.0, "seconds"), Marker("Chorus", 2.0, "seconds"))
    assert info.samples == (
        SampleRef("file:///Audio%20Files/vox.wav"),
        SampleRef("file:///a/gtr.mxf"),
        SampleRef("inside", status="found"),
        SampleRef("file:///v.mov"),
    )


PROGRAMS = {  # name and version as stored: as shown
    ("Avid Media Composer 18.9.0.49510", "Unknown version"): ("Avid Media Composer", "18.9.0.49510"),
    ("Logic Pro", ""): ("Logic Pro", None),
    ("", "1.0"): ("AAF", "1.0"),
}


@pytest.mark.parametrize("stored", PROGRAMS)
def test_program(stored: tuple[str, str], tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, compound(song(*stored))))
    assert (info.daw, info.daw_version) == PROGRAMS[stored]


def test_date_that_nobody_filled_in(tmp_path: Path) -> None:
    assert READER.read(write(tmp_path, compound(song(modified=bytes(8))))).saved is None


REAL = {  # program's version, title, tracks, seconds, media: all 24 or 30 frames a second, 48 kHz
    "30fps": ("18.9.0.49510", "OTIO_30_fps_test.Exported.01", ["V1", "A1", "A2"], 158 / 30, 4),
    "one_audio_clip": ("18.9.0.49510", "OTIO TEST 1.Exported.01.Exported.01", ["A1"], 720 / 24, 4),
    "simple": ("8.6.3.43955", "OTIO TEST 1.Exported.01", ["Circles", "A1", "A2"], 3282 / 24, 20),
    "test_muted_clip": ("18.1.0.47600", "Untitled Sequence.04.Exported.01", ["V1"], 120 / 24, 4),
}


@pytest.mark.parametrize("name", REAL)
def test_sessions_of_media_composer(name: str) -> None:
    info = READER.read(corpus("daw", "aaf", f"pypi-otio-aaf-adapter-2.0.0__tests_sample_data_{name}.aaf"))
    version, title, tracks, seconds, media = REAL[name]
    assert (info.daw, info.daw_version, info.title) == ("Avid Media Composer", version, title)
    assert ([track.name for track in info.tracks], len(info.samples)) == (tracks, media)
    assert info.length_seconds == pytest.approx(seconds)
    assert info.sample_rate == 48_000


def test_other_compound_files_are_no_aaf(tmp_path: Path) -> None:
    path = write(tmp_path, compound(Storage(inside={"WordDocument": b"words"})))
    assert not READER.sniff(path)
    with pytest.raises(ReadError, match="no AAF"):
        READER.read(path)


def test_file_that_is_cut_off(tmp_path: Path) -> None:
    data = compound(song())
    for size in (100, 600, len(data) // 2, len(data) - 1024):
        with pytest.raises(ReadError):
            READER.read(write(tmp_path, data[:size]))


def entry_at(data: bytearray, name: str) -> int:
    """Where the first entry called so is in the directory."""
    encoded = (name + "\0").encode("utf-16-le")
    return next(at for at in range(0, len(data), 128) if data.startswith(encoded, at))


def test_circles_end(tmp_path: Path) -> None:
    data = bytearray(compound(song()))
    directory = entry_at(data, "Root Entry")
    for brother in range(directory, len(data) - 128, 128):  # every entry's left brother is the root's child
        if data[brother + 66] in (1, 2):
            data[brother + 68 : brother + 72] = data[directory + 76 : directory + 80]
    with pytest.raises(ReadError, match="circles"):
        READER.read(write(tmp_path, bytes(data)))


def test_chain_of_sectors_that_bites_its_tail(tmp_path: Path) -> None:
    data = bytearray(compound(song()))
    table = 512 * (1 + struct.unpack_from("<I", data, 76)[0])
    first = struct.unpack_from("<I", data, 48)[0]  # of the directory
    struct.pack_into("<I", data, table + 4 * first, first)
    with pytest.raises(ReadError, match="nowhere"):
        READER.read(write(tmp_path, bytes(data)))


def test_stream_that_claims_too_much(tmp_path: Path) -> None:
    data = bytearray(compound(song()))
    at = entry_at(data, "properties")
    struct.pack_into("<I", data, at + 120, 0x7FFFFFFF)
    with pytest.raises(ReadError, match="larger"):
        READER.read(write(tmp_path, bytes(data)))
