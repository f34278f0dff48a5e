"""Logic Pro and GarageBand projects: real ones by a table, and small bundles written here."""

from __future__ import annotations

import plistlib
import struct
from pathlib import Path
from typing import Any

import pytest

from archivist.readers.base import Reader, ReadError
from archivist.readers.logic import GARAGEBAND, LOGIC, UNREAD, versions_in
from archivist.readers.logic_data import MAX_RECORDS
from archivist.records import Plugin, Track
from tests.corpus import corpus

# bundle: reader, version, bpm, key, title, tracks, audio files, plugins (with count)
REAL = {
    "logicx/SparseCasey_Nameless__大风吹.logicx": (LOGIC, "10.6.3", 88.0, "D major", "大风吹", 1, 1, 3),
    "logicx/ishikawam_GlitterBalloons.logicx__GlitterBalloons.logicx": (
        LOGIC, "10.1.1", 120.0, "C major", "GlitterBalloons", 31, 39, 39,
    ),
    "band/markryall_surf.band__surf.band": (GARAGEBAND, "10.4.3", 110.0, "C major", "surf", 3, 4, 25),
    "band/takarabe-hamuyatti_brazillian_hiphop_beats__brazillian_hiphop_beats.band": (
        GARAGEBAND, "10.4.3", 65.0, "C major", "tmp1", 3, 4, 33,
    ),
}  # fmt: skip


@pytest.mark.parametrize("bundle", REAL)
def test_real_project(bundle: str) -> None:
    path = corpus("daw", *bundle.split("/"))
    reader = REAL[bundle][0]
    info = reader.read(path)
    found = (
        reader,
        info.daw_version,
        info.bpm,
        info.key,
        info.title,
        len(info.tracks),
        len(info.samples),
        sum(plugin.count for plugin in info.plugins),
    )
    assert found == REAL[bundle]
    assert (info.format, info.time_signature, info.sample_rate) == (reader.name, "4/4", 44100)
    assert (info.status, info.unread) == ("partial", UNREAD)
    assert [r.name for r in (LOGIC, GARAGEBAND) if r.sniff(path)] == [reader.name]


def test_real_tracks_with_kind_and_devices() -> None:
    info = GARAGEBAND.read(corpus("daw", "band", "markryall_surf.band__surf.band"))
    assert info.tracks == (
        Track("SoCal", "instrument", devices=("Drum Kit Designer", "Channel EQ", "Compressor")),
        Track(
            "Sub Station",
            "audio",
            devices=("Noise Gate", "Clip Distortion", "Bass Amp Designer", "Channel EQ", "Compressor"),
        ),
        Track(
            "Echo Studio",
            "audio",
            devices=("Noise Gate", "Pedalboard", "Amp Designer", "Channel EQ", "Compressor", "Stereo Delay"),
        ),
    )
    assert Plugin("Channel EQ", "Apple", "builtin", 5) in info.plugins


def test_real_backups_are_states_of_their_own() -> None:
    bundle = corpus("daw", "logicx", "ishikawam_GlitterBalloons.logicx__GlitterBalloons.logicx")
    versions = versions_in(bundle)
    assert [version.name for version in versions] == ["00", "01", "02"]
    assert [(len(LOGIC.read(v).tracks), len(LOGIC.read(v).samples)) for v in versions] == [
        (14, 90),
        (14, 14),
        (14, 14),
    ]
    assert LOGIC.read(bundle).history[0] == "Alternatives/000/Project File Backups/02"
    assert LOGIC.read(versions[0]).history == ()


def record(tag: bytes, payload: bytes = b"", *, kind: int = 0, item: int = 0, owner: int = 0) -> bytes:
    return struct.pack("<4s2xH2xIH12xI4x", tag[::-1], kind, item, owner, len(payload)) + payload


def row(number: int) -> bytes:
    return record(b"Trak", struct.pack("<8xI", number).ljust(58, b"\0"), kind=0x17, item=4)


def named(number: int, name: str, channel: int) -> bytes:
    text = name.encode()
    body = bytes(158) + struct.pack("<H", len(text)) + text + bytes(len(text) % 2) + struct.pack("<H", channel + 1)
    return record(b"Envi", body + bytes(40), item=number)


def strip(owner: int, kind: int, label: bytes = b" Audio 1") -> bytes:
    return record(b"AuCO", (bytes(4) + bytes([kind])).ljust(60, b"\0") + label.ljust(60, b"\0"), owner=owner)


def slot(owner: int, name: bytes, maker: bytes, code: bytes, kind: int = 1) -> bytes:
    head = (bytes(4) + struct.pack("<H", kind)).ljust(120, b"\0") + name.ljust(12, b"\0")
    return record(b"AuCU", head + maker[::-1] + bytes(4) + code + bytes(40), owner=owner)


def song(*records: bytes) -> bytes:
    return b"\x23\x47\xc0\xab" + bytes(20) + b"".join(records)


SONG = song(
    strip(0, 0x40), strip(1, 0x43, b" Inst 1"), strip(2, 0x42, b" Aux 1"), strip(3, 0x40, b" Sub 1"),
    named(8, "Gitarre ü", 0), named(12, "Keys", 1), named(16, "Hall", 2), named(20, "Drums", 3),
    named(0, "No Output", -1),
    row(12), row(8), row(16), row(20), row(0), row(99),
    slot(1, b"ES2", b"EMAG", struct.pack("<I", 214)),
    slot(1, b"Arpeggiator", b"EMAG", struct.pack("<I", 300), kind=2),
    slot(0, b"Space D", b"EMAG", struct.pack("<I", 231)), slot(0, b"Pro-Q 3", b"FabF", b"3QPF"),
    slot(0, b"Strange", b"Xyz1", b"abcd"), slot(2, b"a send", b"EMAG", bytes(4), kind=0),
)  # fmt: skip

META: dict[str, Any] = {
    "BeatsPerMinute": 97.5,
    "SongKey": "Bb",
    "SongGenderKey": "minor",
    "SongSignatureNumerator": 6,
    "SongSignatureDenominator": 8,
    "SampleRate": 48000,
    "NumberOfTracks": 5,
    "AudioFiles": ["Audio Files/b.wav", "Audio Files/a.wav"],
    "UnusedAudioFiles": ["Audio Files/a.wav", "/Volumes/Old/c.wav"],
}
INFORMATION: dict[str, Any] = {
    "LastSavedFrom": "Logic Pro 11.0.1 (6051)",
    "VariantNames": {"0": "Rough", "1": "Final"},
}


def write(folder: Path, meta: dict[str, Any] | None = META, data: bytes | None = SONG) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if meta is not None:
        (folder / "MetaData.plist").write_bytes(plistlib.dumps(meta, fmt=plistlib.FMT_BINARY))
    if data is not None:
        (folder / "ProjectData").write_bytes(data)


def bundle_in(tmp_path: Path, name: str = "Song.logicx", **information: object) -> Path:
    bundle = tmp_path / name
    write(bundle / "Alternatives" / "000")
    (bundle / "Resources").mkdir()
    content = plistlib.dumps({**INFORMATION, **information})
    (bundle / "Resources" / "ProjectInformation.plist").write_bytes(content)
    return bundle


def test_facts_of_the_plists(tmp_path: Path) -> None:
    info = LOGIC.read(bundle_in(tmp_path))
    assert (info.daw, info.daw_version, info.title) == ("Logic Pro", "11.0.1", "Rough")
    assert (info.bpm, info.key, info.time_signature, info.sample_rate) == (97.5, "A# minor", "6/8", 48000)


def test_tracks_and_plugins_of_the_song(tmp_path: Path) -> None:
    info = LOGIC.read(bundle_in(tmp_path))
    assert info.tracks == (
        Track("Keys", "instrument", devices=("ES2", "Arpeggiator")),
        Track("Gitarre ü", "audio", devices=("Space Designer", "Pro-Q 3", "Strange")),
        Track("Hall", "bus"),
        Track("Drums", "group"),
        Track("No Output", "other"),
    )
    assert info.plugins == (
        Plugin("ES2", "Apple", "builtin"),
        Plugin("Arpeggiator", "Apple", "builtin"),
        Plugin("Space Designer", "Apple", "builtin"),
        Plugin("Pro-Q 3", "FabFilter", "au"),
        Plugin("Strange", "Xyz1", "au"),
    )


def test_tempo_may_be_a_whole_number_and_odd_values_are_none(tmp_path: Path) -> None:
    bundle = bundle_in(tmp_path)
    state = bundle / "Alternatives" / "000"
    write(state, {"BeatsPerMinute": 120, "SongKey": "H", "SongGenderKey": "major", "SampleRate": -1})
    info = LOGIC.read(bundle)
    assert (info.bpm, info.key, info.sample_rate, info.time_signature) == (120.0, None, None, None)


@pytest.mark.parametrize(
    ("data", "unread"),
    [(None, True), (SONG[:-7], True), (b"version https://git-lfs", True), (song(), True), (SONG, False)],
)
def test_without_a_readable_song_the_plist_still_tells(tmp_path: Path, data: bytes | None, unread: bool) -> None:
    bundle = bundle_in(tmp_path)
    (bundle / "Alternatives" / "000" / "ProjectData").unlink()
    write(bundle / "Alternatives" / "000", data=data)
    info = LOGIC.read(bundle)
    assert info.bpm == 97.5
    assert ("tracks" in info.unread) is ("plugins" in info.unread) is unread


def test_samples_inside_are_found_and_links_are_not_followed(tmp_path: Path) -> None:
    bundle = bundle_in(tmp_path)
    media = bundle / "Media" / "Audio Files"
    media.mkdir(parents=True)
    (media / "b.wav").write_bytes(b"RIFF")
    outside = tmp_path / "a.wav"
    outside.write_bytes(b"RIFF")
    (media / "a.wav").symlink_to(outside)
    found = [(sample.path, sample.relative, sample.status) for sample in LOGIC.read(bundle).samples]
    assert found == [
        ("Audio Files/a.wav", "../Audio Files/a.wav", None),
        ("Audio Files/b.wav", "Media/Audio Files/b.wav", "found"),
        ("/Volumes/Old/c.wav", None, None),
    ]


def test_a_path_never_leaves_the_bundle(tmp_path: Path) -> None:
    bundle = bundle_in(tmp_path)
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    paths = ["../secret.wav", "x\0y", "..", ".", "\udcff.wav", "a" * 5000]
    write(bundle / "Alternatives" / "000", {"AudioFiles": paths[:4] + paths[5:]})
    assert {sample.status for sample in LOGIC.read(bundle).samples} == {None}


def test_the_active_alternative_is_the_project_and_the_rest_is_history(tmp_path: Path) -> None:
    bundle = bundle_in(tmp_path, ActiveVariant=1)
    alternatives = bundle / "Alternatives"
    write(alternatives / "001", {**META, "BeatsPerMinute": 140})
    write(alternatives / "001" / "Project File Backups" / "00", {**META, "BeatsPerMinute": 130})
    write(alternatives / "000" / "Project File Backups" / "07", {**META, "BeatsPerMinute": 70})
    (alternatives / "002").mkdir()  # empty: no state
    (alternatives / "003").symlink_to(alternatives / "000")
    assert (LOGIC.read(bundle).bpm, LOGIC.read(bundle).title) == (140.0, "Final")
    versions = versions_in(bundle)
    assert [str(v.relative_to(alternatives)) for v in versions] == [
        "000/Project File Backups/07", "000", "001/Project File Backups/00",
    ]  # fmt: skip
    assert [(LOGIC.read(v).bpm, LOGIC.read(v).title) for v in versions] == [
        (70.0, "Rough"), (97.5, "Rough"), (130.0, "Final"),
    ]  # fmt: skip
    assert all(LOGIC.sniff(version) for version in versions)


@pytest.mark.parametrize(
    ("name", "saved_by", "reader"),
    [
        ("Song.logicx", "Logic Pro X 10.4 (1)", LOGIC),
        ("Song", "Logic Pro 11.1 (1)", LOGIC),
        ("Song", "GarageBand 10.4.8 (1)", GARAGEBAND),
        ("Song.band", None, GARAGEBAND),
        ("Song.logicx", None, LOGIC),
    ],
)
def test_a_bundle_is_known_by_its_contents(
    tmp_path: Path, name: str, saved_by: str | None, reader: Reader
) -> None:
    bundle = bundle_in(tmp_path, name, LastSavedFrom=saved_by or 7)
    assert [r.name for r in (LOGIC, GARAGEBAND) if r.sniff(bundle)] == [reader.name]
    assert reader.read(bundle).format == reader.name


def test_other_folders_and_files_are_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "Alternatives").mkdir()
    file = tmp_path / "Song.logicx"
    file.write_bytes(b"zip?")
    for path in (tmp_path, file, tmp_path / "absent"):
        assert not LOGIC.sniff(path)
        assert versions_in(path) == ()
        with pytest.raises(ReadError):
            LOGIC.read(path)


@pytest.mark.parametrize(
    ("meta", "data", "reason"),
    [
        (b"<plist><dict>", SONG, "damaged"),
        (b"bplist00" + bytes(32), SONG, "damaged"),
        (b"bplist00" + b"\xff" * 64, SONG, "damaged"),
        (b'<!DOCTYPE p [<!ENTITY a "b">]><plist><dict/></plist>', SONG, "damaged"),
        (plistlib.dumps(["no dictionary"]), SONG, "no dictionary"),
        (plistlib.dumps(META), song(record(b"abcd") * MAX_RECORDS), "more records"),
    ],
)
def test_hostile_bundle_is_refused_in_a_line(tmp_path: Path, meta: bytes, data: bytes, reason: str) -> None:
    bundle = bundle_in(tmp_path)
    state = bundle / "Alternatives" / "000"
    (state / "MetaData.plist").write_bytes(meta)
    (state / "ProjectData").write_bytes(data)
    with pytest.raises(ReadError, match=reason):
        LOGIC.read(bundle)
