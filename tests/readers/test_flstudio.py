"""FL Studio projects: real ones by a table, and what those do not show by small ones written here."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.flp_events import MAX_EVENTS
from archivist.readers.flstudio import READER
from archivist.records import Marker, Plugin, ProjectInfo, SampleRef, Track
from tests.corpus import corpus

# name's end: version, bpm, signature, length, created, tracks, plugins (with count), samples, markers, unread
REAL = {
    "180bmp.flp": ("9.0.0", 180.0, "4/4", None, "2012-02-14T18:09:35", 3, 3, 0, 0, ("length_seconds",)),
    "Howard Shore.flp": ("11.1.0", 150.0, "4/4", None, "2014-08-23T23:32:05", 6, 3, 3, 0, ()),
    "Arpy.flp": ("20.0.5.681", 140.0, "4/4", None, "2019-02-24T20:14:15", 2, 2, 0, 0, ()),
    "A Moment to Party.flp": ("20.7.1.1773", 170.0, "4/4", None, "2017-02-05T01:21:57", 11, 5, 6, 0, ()),
    "FL 20.8.4.flp": (
        "20.8.4.2576", 69.42, "4/4", None, "2022-09-16T20:47:13", 61, 15, 1, 11,
        ("tempo_changes", "length_seconds"),
    ),
    "CircusPlucks.flp": ("21.2.2.3914", 140.0, "4/4", None, "2023-12-21T16:57:11", 3, 3, 0, 0, ()),
    "Ancient.flp": ("24.1.1.4234", 140.0, "4/4", None, "2024-09-27T15:01:45", 2, 2, 0, 0, ()),
    "Circus Antics.flp": ("25.1.0.4868", 190.0, "4/4", 1.263, "2025-07-21T22:39:52", 5, 4, 0, 0, ()),
}  # fmt: skip


def real(name_end: str) -> Path:
    return next(path for path in corpus("daw", "flp").iterdir() if path.name.endswith(name_end))


@pytest.mark.parametrize("name_end", REAL)
def test_real_project(name_end: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = real(name_end)
    started = time.perf_counter()
    info = READER.read(path)
    assert time.perf_counter() - started < 2
    assert READER.sniff(path)
    assert capsys.readouterr() == ("", "")
    found = (
        info.daw_version,
        info.bpm,
        info.time_signature,
        None if info.length_seconds is None else round(info.length_seconds, 3),
        info.created,
        len(info.tracks),
        sum(plugin.count for plugin in info.plugins),
        len(info.samples),
        len(info.markers),
        info.unread,
    )
    assert found == REAL[name_end]


def test_real_names_kinds_and_plugins() -> None:
    info = READER.read(real("FL 20.8.4.flp"))
    kinds = {track.name: track.kind for track in info.tracks[:8]}
    assert kinds == {
        "BooBass": "instrument",
        "Instrument track": "instrument",
        "Layer": "group",
        "Sampler": "instrument",
        "Colored": "audio",
        "Automation Clip": "automation",
        "VST2": "instrument",
        "Audio Clip": "audio",
    }
    assert Plugin("Sylenth1", "LennarDigital", "vst2") in info.plugins
    assert Plugin("OTT", "Xfer Records", "vst3") in info.plugins
    assert Plugin("Fruity NoteBook 2", "Image-Line", "builtin", 3) in info.plugins
    assert (info.title, info.author) == ("PyFLP Test FLP", "demberto")
    assert Marker("3rd bar", 12.0, "beats") in info.markers
    assert [(t.name, t.kind) for t in info.tracks if t.muted] == [("Disabled", "instrument"), ("Disabled", "bus")]


def test_version_24_names_its_wrapped_plugins_too() -> None:
    assert READER.read(real("Ancient.flp")).plugins == (
        Plugin("TAL-Elek7ro - TAL", "TAL - Togu Audio Line", "vst2", 2),
    )


def test_up_to_version_11_the_channel_name_is_not_the_presets() -> None:
    assert [track.name for track in READER.read(real("180bmp.flp")).tracks] == ["FPC", "Vsynth2", "Widesaw"]


@pytest.mark.parametrize("name_end", ["invalid-data-magic.flp", "invalid-event-size.flp"])
def test_real_damaged_project_is_refused(name_end: str) -> None:
    with pytest.raises(ReadError, match="damaged"):
        READER.read(real(name_end))


def event(number: int, value: int | bytes | str) -> bytes:
    """One event as FL writes it; a str as UTF-16."""
    if isinstance(value, int):
        return bytes([number]) + value.to_bytes(1 << (number >> 6), "little")
    data = (value + "\0").encode("utf-16-le") if isinstance(value, str) else value
    size, length = len(data), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number, *length, size]) + data


def flp(*events: bytes, ppq: int = 96, file_format: int = 0) -> bytes:
    body = b"".join(events)
    header = struct.pack("<4sIhHH", b"FLhd", 6, file_format, 1, ppq)
    return header + struct.pack("<4sI", b"FLdt", len(body)) + body


def read(tmp_path: Path, *events: bytes, ppq: int = 96) -> ProjectInfo:
    path = tmp_path / "song.flp"
    path.write_bytes(flp(*events, ppq=ppq))
    return READER.read(path)


V8, V20, V24 = event(199, b"8.0.0\0"), event(199, b"20.9.2.2963\0"), event(199, b"24.1.1.4234\0")


def wrapper(marker: int, *records: tuple[int, bytes]) -> bytes:
    return struct.pack("<I", marker) + b"".join(struct.pack("<IQ", i, len(d)) + d for i, d in records)


def test_version_8_splits_the_tempo_and_writes_one_byte_a_letter(tmp_path: Path) -> None:
    info = read(tmp_path, V8, event(66, 128), event(93, 500), event(194, b"Caf\xe9\0"))
    assert (info.daw_version, info.bpm, info.title, info.created) == ("8.0.0", 128.5, "Café", None)


@pytest.mark.parametrize(
    ("events", "signature"),
    [
        ((event(17, 7), event(18, 8), event(35, 1)), "7/8"),
        ((event(17, 3), event(18, 6)), "3/4"),  # 6 steps a beat
        ((event(17, 3), event(18, 6), event(35, 0)), "3/4"),
        ((), None),
    ],
)
def test_signature(tmp_path: Path, events: tuple[bytes, ...], signature: str | None) -> None:
    assert read(tmp_path, V20, *events).time_signature == signature


def test_markers_of_patterns_are_not_the_songs(tmp_path: Path) -> None:
    info = read(
        tmp_path, V20,
        event(65, 1), event(148, 96), event(205, "in a pattern"),
        event(99, 0), event(148, 192), event(205, "Drop"), event(148, (8 << 24) + 960), event(205, "3/4"),
        ppq=96,
    )  # fmt: skip
    assert info.markers == (Marker("Drop", 2.0, "beats"), Marker("3/4", 10.0, "beats"))


@pytest.mark.parametrize("marker", [8, 10, 11, 12])
@pytest.mark.parametrize(
    ("path", "plugin_format"),
    [
        (rb"C:\VST\Synth.dll", "vst2"),
        (b"/Library/Audio/Plug-Ins/VST3/Synth.vst3", "vst3"),
        (b"/Library/Audio/Plug-Ins/Components/Synth.component", "au"),
        (rb"C:\Synth.clap", "clap"),
    ],
)
def test_wrapped_plugin(tmp_path: Path, marker: int, path: bytes, plugin_format: str) -> None:
    state = wrapper(marker, (1, bytes(20)), (54, b"Synth"), (55, path), (56, b"Maker"), (53, bytes(500)))
    channel = event(64, 0), event(21, 2), event(201, "Fruity Wrapper"), event(203, "Lead"), event(213, state)
    info = read(tmp_path, V24, *channel)
    assert info.plugins == (Plugin("Synth", "Maker", plugin_format),)  # type: ignore[arg-type]
    assert info.tracks == (Track("Lead", "instrument", devices=("Synth",)),)
    assert info.status == "ok"


def test_a_wrapped_plugin_that_does_not_say_its_name_is_unread(tmp_path: Path) -> None:
    info = read(tmp_path, V8, event(64, 0), event(201, b"Fruity Wrapper\0"), event(213, b"\x05\0\0\0" + bytes(40)))
    assert (info.unread, info.status) == (("plugins",), "partial")


def test_mixer_inserts_count_when_named_or_in_use(tmp_path: Path) -> None:
    on, off = bytes([0, 0, 0, 0, 0x0C, 0, 0, 0, 0, 0, 0, 0]), bytes([0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0, 0, 0])
    end = event(98, 0) + event(147, 0)
    info = read(
        tmp_path, V20, event(64, 0), event(203, "Kick"), event(0, 0), event(99, 0),
        event(236, on), event(201, "Fruity Limiter"), end,
        event(236, on), end,
        event(204, "Drums"), event(236, off), end,
        event(236, on), event(201, "Fruity Reeverb 2"), end, event(236, on), event(204, "named late"), end,
    )  # fmt: skip
    assert info.tracks == (
        Track("Kick", "instrument", muted=True),
        Track("Master", "master", devices=("Fruity Limiter",)),
        Track("Drums", "bus", muted=True),
        Track("Insert 3", "bus", devices=("Fruity Reeverb 2",)),
        Track("named late", "bus"),
    )


def test_playlist_tracks_count_when_named_for_something_new(tmp_path: Path) -> None:
    def track(enabled: int) -> bytes:
        return event(238, bytes(12) + bytes([enabled]) + bytes(50))

    info = read(
        tmp_path, V20, event(64, 0), event(203, "Kick"), event(99, 0),
        track(1), event(239, "Kick"), track(1), track(0), event(239, "Old takes"),
    )  # fmt: skip
    assert info.tracks[1:] == (Track("Old takes", "other", muted=True),)


def clip(position: int, length: int, size: int = 32) -> bytes:
    return struct.pack("<IHHIHH", position, 20480, 20481, length, 499, 0).ljust(size, b"\0")


@pytest.mark.parametrize("size", [32, 60, 80])
def test_length_ends_with_the_last_clip_of_the_arrangement_shown(tmp_path: Path, size: int) -> None:
    clips = clip(0, 192, size) + clip(384, 96, size)
    events = V20, event(156, 60_000), event(99, 0), event(233, clip(0, 9600)), event(99, 1), event(233, clips)
    assert read(tmp_path, *events, event(100, 1)).length_seconds == 5.0


def test_automation_may_hold_tempo_changes(tmp_path: Path) -> None:
    events = V20, event(156, 120_000), event(64, 0), event(21, 5), event(234, bytes(40)), event(99, 0)
    info = read(tmp_path, *events, event(233, clip(0, 96)), event(100, 0))
    assert (info.length_seconds, info.unread) == (None, ("tempo_changes", "length_seconds"))
    assert info.tracks[0].kind == "automation"


def test_samples_once_each_and_factory_ones_unresolved(tmp_path: Path) -> None:
    factory, own = r"%FLStudioFactoryData%\Kick.wav", r"D:\Loops\Beat.wav"
    paths = [event(64, i) + event(196, path) for i, path in enumerate([factory, own, own])]
    info = read(tmp_path, V20, *paths)
    assert info.samples == (SampleRef(factory, status="unresolved"), SampleRef(own))
    assert [track.name for track in info.tracks] == ["Kick", "Beat", "Beat"]


def test_rtf_comment_of_old_versions_becomes_words(tmp_path: Path) -> None:
    rtf = (
        rb"{\rtf1\ansi{\fonttbl{\f0\fswiss Arial;}}"
        + b"\r\n"
        + rb"\pard\f0\fs16 Fix the caf\'e9 bass\par"
        + b"\n}\0"
    )
    assert read(tmp_path, V8, event(198, rtf)).comment == "Fix the café bass"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (bytes(5000), "FLhd"),
        (flp(V20)[:-3], "damaged"),
        (flp(V20, ppq=0), "ticks"),
        (flp(V20, file_format=0x10), "preset or score"),
        (flp(V20, b"\xe0" + b"\xff" * 1_000_000), "length"),
        (flp(V20, b"\xe0\xff\xff\xff\xff\x0f"), "past the end"),
        (flp(V20, b"\0\1" * MAX_EVENTS), "more events"),
    ],
)
def test_hostile_file_is_refused_in_a_line(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "song.flp"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=reason):
        READER.read(path)


def test_sniff_goes_by_content(tmp_path: Path) -> None:
    path = tmp_path / "no suffix"
    path.write_bytes(flp(V20))
    assert READER.sniff(path)
    path.write_bytes(b"FLhd but no more")
    assert not READER.sniff(path)
    assert not READER.sniff(tmp_path)
