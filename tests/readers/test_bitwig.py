"""Bitwig projects: a real one of 2.3, and small ones written here, of both kinds of strings."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from archivist.readers import read_project
from archivist.readers.base import ReadError
from archivist.readers.bitwig import READER
from archivist.records import Marker, Plugin, SampleRef, Track
from tests.corpus import corpus


def test_real_project() -> None:
    (path,) = corpus("daw", "bwproject").iterdir()
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw, info.daw_version, info.bpm) == ("Bitwig Studio", "2.3.2", 110.0)
    assert (info.title, info.author, info.comment, info.samples) == (None, "jaxter184", None, ())
    # It has no track but the master, nothing on it and no tempo automation: all but the signature is known.
    assert info.tracks == (Track("Master", "master"),)
    assert (info.length_seconds, info.plugins, info.markers) == (None, (), ())
    assert info.unread == ("time_signature",)


# An object here is (class, {field: value}); a list holds objects, Ref stands for an earlier one.


class Ref(int):
    pass


def text(value: str, counted: bool) -> bytes:
    return struct.pack(">I", len(value.encode())) + value.encode() if counted else value.encode() + b"\0"


def element(value: Any, counted: bool) -> bytes:
    if isinstance(value, Ref):
        return struct.pack(">II", 1, value)
    kind, fields = value
    body = b"".join(struct.pack(">I", number) + coded(each, counted) for number, each in fields.items())
    return struct.pack(">I", kind) + body + bytes(4)


def coded(value: Any, counted: bool) -> bytes:
    if value is None:
        return b"\x0a"
    if isinstance(value, bool):
        return struct.pack(">BB", 5, value)
    if isinstance(value, Ref):
        return struct.pack(">BI", 11, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 7, value)
    if isinstance(value, int):
        return struct.pack(">Bi", 3, value)
    if isinstance(value, str):
        return b"\x08" + text(value, counted)
    if isinstance(value, bytes):
        return struct.pack(">BI", 13, len(value)) + value
    if isinstance(value, dict):
        entries = (b"\1" + text(key, counted) + element(each, counted) for key, each in value.items())
        return b"\x14" + b"".join(entries) + b"\0"
    if isinstance(value, list) and all(isinstance(each, str) for each in value) and value:
        return struct.pack(">BI", 25, len(value)) + b"".join(text(each, counted) for each in value)
    if isinstance(value, list):
        return b"\x12" + b"".join(element(each, counted) for each in value) + struct.pack(">I", 3)
    return b"\x09" + element(value, counted)


def container(root: Any, meta: dict[str, Any], version: int, strings: int) -> bytes:
    length = 40 if version == 1 else 42
    table = b"\0\0\0\4\0\0\0\4meta"
    for key, value in meta.items():
        table += struct.pack(">I", 1) + text(key, True) + coded(value, True)
    table += bytes(4) + b" " * 50 + b"\n"
    header = f"BtWg{version:04x}{strings:04x}008c{length + len(table):08x}".encode().ljust(length, b"0")
    return header + table + element(root, strings == 2)


def clip(start: float, length: float) -> Any:
    return 71, {687: start, 38: length}


def channel(clips: list[Any], muted: bool = False, devices: tuple[Any, ...] = ()) -> Any:
    timeline = (225, {566: "Untitled", 568: (52, {543: clips}), 569: []})
    chain = (138, {817: {"me": (39, {})}, 324: list(devices)})
    return 144, {
        347: "",
        1210: [],
        349: timeline,
        356: chain,
        357: (171, {422: (1230, {701: "MUTE", 210: muted})}),
    }


EQ = (163, {407: (64, {154: "EQ-5", 155: "Bitwig", 156: "EQ"})})
PLUGIN = (163, {407: (1000, {154: "Serum"})})

DOCUMENT = (46, {
    6194: None,
    68: "song",
    3033: (215, {529: (1217, {701: "", 712: 60.0}), 530: (2036, {7358: 0x10000024})}),
    1245: (477, {
        347: "Project",
        1246: [
            channel([clip(0.0, 8.0), clip(16.0, 4.0)], muted=True, devices=(EQ, PLUGIN)),
            (477, {347: "Band", 1246: [channel([])], 1247: [], 1248: channel([], devices=(EQ,))}),
        ],
        1247: [channel([])],
        1248: channel([]),
        88: (121, {2447: (618, {543: [(614, {687: 8.0, 2443: "Two"}), (614, {687: 0.0, 2443: "One"})]})}),
    }),
})  # fmt: skip

STRUCTURE = (645, {2771: None, 2770: (643, {
    2769: "Project",
    2766: [
        (648, {2769: "Keys"}),
        (643, {2769: "Band", 2766: [(647, {2769: "Gtr"})], 2767: [], 2768: (651, {2769: "Band"})}),
    ],
    2767: [(650, {2769: "Verb"})],
    2768: (651, {2769: "Master"}),
})})  # fmt: skip


def project(document: Any = DOCUMENT, version: int = 1, strings: int = 2, **meta: Any) -> bytes:
    about = {
        "application_version_name": "5.3.1",
        "artist": "",
        "comment": "Loud",
        "creator": "Me",
        "revision_no": 64679,
        "structure": container(STRUCTURE, {}, 1, 0),
        "title": "Song",
        "type": "application/bitwig-project",
        "used_files": ["samples/kick.wav", "C:\\in\\take.wav"],
    }
    return container(document, about | meta, version, strings)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "song.bwproject"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("version", "strings"), [(1, 0), (1, 2), (3, 2)])
def test_project(version: int, strings: int, tmp_path: Path) -> None:
    path = write(tmp_path, project(version=version, strings=strings))
    info = READER.read(path)
    assert READER.sniff(path)
    assert (info.daw_version, info.bpm, info.title, info.author, info.comment) == (
        "5.3.1",
        60.0,
        "Song",
        "Me",
        "Loud",
    )
    assert [(track.name, track.kind, track.muted, track.devices) for track in info.tracks] == [
        ("Keys", "instrument", True, ("EQ-5", "Serum")),
        ("Band", "group", False, ("EQ-5",)),
        ("Gtr", "audio", False, ()),
        ("Verb", "return", False, ()),
        ("Master", "master", False, ()),
    ]
    assert info.plugins == (Plugin("EQ-5", "Bitwig", "builtin", 2),)
    assert info.markers == (Marker("One", 0.0, "beats"), Marker("Two", 8.0, "beats"))
    assert info.length_seconds == 20.0
    assert info.samples == (
        SampleRef("samples/kick.wav", "samples/kick.wav"),
        SampleRef("C:\\in\\take.wav"),
    )
    assert info.unread == ("time_signature", "plugins")


def test_samples_lie_with_the_project(tmp_path: Path) -> None:
    path = write(tmp_path, project())
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "kick.wav").write_bytes(b"RIFF")
    assert [sample.status for sample in read_project(path).samples] == ["found", "unresolved"]


@pytest.mark.parametrize("strings", [1, 4])
def test_objects_written_otherwise_leave_the_metadata_and_the_tempo(strings: int, tmp_path: Path) -> None:
    data = project().replace(b"BtWg00010002", f"BtWg0001{strings:04x}".encode(), 1)
    info = READER.read(write(tmp_path, data))
    assert (info.daw_version, info.bpm, info.length_seconds) == ("5.3.1", 60.0, None)
    assert [track.name for track in info.tracks] == ["Keys", "Band", "Gtr", "Verb", "Master"]
    assert set(info.unread) == {
        "time_signature", "tempo_changes", "length_seconds", "markers", "plugins", "muted", "devices"
    }  # fmt: skip


def test_automation_of_the_master_may_be_of_the_tempo(tmp_path: Path) -> None:
    document = (46, {number: value for number, value in DOCUMENT[1].items() if number != 1245})
    master = channel([])
    master[1][1210] = [(500, {})]
    document[1][1245] = (477, {1246: [], 1247: [], 1248: master})
    info = READER.read(write(tmp_path, project(document)))
    assert info.unread == ("time_signature", "tempo_changes", "muted", "devices")  # five titles for one track


def test_an_object_that_holds_itself_is_refused(tmp_path: Path) -> None:
    group = (477, {1246: [Ref(3)], 1247: [], 1248: channel([])})
    document = (46, {3033: (215, {}), 1245: group})
    with pytest.raises(ReadError, match="too deeply"):
        READER.read(write(tmp_path, project(document)))


def test_devices_that_tracks_share_are_counted_once(tmp_path: Path) -> None:
    first = (144, {356: (138, {324: [EQ]})})
    others = [(144, {356: Ref(6)})] * 3  # the document, transport, tempo, group, first track and its chain
    document = (46, {3033: (215, {529: (1217, {712: 60.0})}), 1245: (477, {1246: [first, *others], 1248: first})})
    structure = (645, {2770: (643, {2766: [(647, {2769: "A"})] * 4, 2768: (651, {2769: "M"})})})
    info = READER.read(write(tmp_path, project(document, structure=container(structure, {}, 1, 0))))
    assert [track.devices for track in info.tracks] == [("EQ-5",), (), (), (), ("EQ-5",)]
    assert info.plugins == (Plugin("EQ-5", "Bitwig", "builtin", 2),)


BROKEN = {
    "no table": (b"BtWg00010002008c0000165a" + bytes(200), "does not start as one"),
    "cut off": (project()[:200], "ends too early"),
    "a preset": (project(type="application/bitwig-device-preset"), "not a project of Bitwig Studio"),
    "a long text": (project().replace(b"\x08\0\0\0\5", b"\x08\x7f\xff\xff\xff", 1), "ends too early"),
    "another value": (project().replace(b"artist\x08", b"artist\x63", 1), "no known kind"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused(name: str, tmp_path: Path) -> None:
    data, reason = BROKEN[name]
    with pytest.raises(ReadError, match=reason):
        READER.read(write(tmp_path, data))


def test_a_document_cut_off_is_not_whole(tmp_path: Path) -> None:
    info = READER.read(write(tmp_path, project()[:-30]))
    assert (info.bpm, info.markers) == (60.0, ())
    assert "markers" in info.unread
