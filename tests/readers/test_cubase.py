"""Cubase projects: real ones by a table, and what those do not show by small ones written here."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from archivist.readers.base import ReadError
from archivist.readers.cubase import READER
from archivist.readers.history import backups, project_folder
from archivist.records import Marker, Plugin, ProjectInfo, SampleRef, TempoChange, Track
from tests.corpus import corpus

OWN = {"StudioEQ": "vst3", "Sylenth1": "vst2", "TrackComp": "vst2", "StereoEnhancer": "vst3"}
BOUGHT = {"Omnisphere": "vst2", "ArtsAcousticReverb": "vst2", "Elephant": "vst3", "Hive": "vst3"}

REAL = {  # in the name: version, the dither in the output, how many tracks
    "Cubase 4.5 32": ("4.5.2", "UV22HR", 9),
    "Cubase 4.5 64": ("4.5.2", "UV22HR", 9),
    "Cubase 5 32": ("5.5.3", "UV22HR", 9),
    "Cubase 5 64": ("5.5.3", "UV22HR", 9),
    "Cubase 6.5 32": ("6.5.5", "UV22HR", 9),
    "Cubase 7 32": ("7.0.7", "UV22HR", 9),
    "Cubase 8.5 32": ("8.5.30", "UV22HR", None),
    "Cubase 8.5 64": ("8.5.30", "UV22HR", None),
    "Cubase 11": ("11.0.41", "UV22HR", 11),
    "Cubase 14": ("14.0.30", "Lin Dither", 11),
}


@pytest.mark.parametrize("part", REAL)
def test_real_project(part: str) -> None:
    info = READER.read(next(path for path in corpus("daw", "cpr").iterdir() if f"({part}" in path.name))
    version, dither, tracks = REAL[part]
    assert (info.daw, info.daw_version) == ("Cubase", version)
    assert (info.bpm, info.tempo_changes, info.time_signature) == (120.0, (), "4/4")
    assert (info.sample_rate, info.samples, info.markers, info.unread) == (44100, (), (), ())
    assert {(p.name, p.format, p.count) for p in info.plugins} == {
        (name, kind, 1) for name, kind in {**OWN, **BOUGHT, dither: "vst3"}.items()
    }
    assert tracks is None or len(info.tracks) == tracks
    by_name = {track.name: track for track in info.tracks}
    assert by_name["Acid Bass"].devices == ("StudioEQ", "Sylenth1")
    assert by_name["Acid Bass"].kind == "instrument"
    assert by_name["Crazy Rebel"] == Track("Crazy Rebel", "midi")
    assert by_name["FX 1-Reverb"] == Track("FX 1-Reverb", "return", devices=("ArtsAcousticReverb",))
    assert by_name["FX Channels"].kind == "group"


# ---------------------------------------------------------------- projects written here


class Writer:
    """One archive, object by object. `width` is 4, or 8 as from Cubase 15 on."""

    def __init__(self, width: int = 4) -> None:
        self.width = width
        self.data = bytearray()
        self.classes: dict[str, int] = {}

    def put(self, layout: str, *values: float) -> None:
        self.data += struct.pack(">" + layout, *values)

    def text(self, text: str, marked: bool = True) -> None:
        raw = text.encode() + b"\0\xef\xbb\xbf" if marked else text.encode("cp1252") + b"\0"
        self.put("I", len(raw))
        self.data += raw

    def thing(self, kind: str, fill: Callable[[], None], base: str = "CmObject") -> None:
        for name in dict.fromkeys((base, kind)):
            if name in self.classes and name == kind:
                self.data += (self.classes[name] | 1 << 8 * self.width - 1).to_bytes(self.width, "big")
            elif name not in self.classes:
                self.classes[name] = len(self.data)
                self.data += (-1 if name == kind else -2).to_bytes(self.width, "big", signed=True)
                self.text(name, marked=False)
                self.put("H", 1)
        size = len(self.data)
        self.data += bytes(self.width)
        fill()
        self.data[size : size + self.width] = (len(self.data) - size - self.width).to_bytes(self.width, "big")

    def node(self, name: str, *items: Callable[[], None], seconds: bool = False, kind: str = "MListNode") -> None:
        def fill() -> None:
            self.text(name)
            if seconds or kind == "MTrackList":
                self.put("Id", 1, 1.0)
            else:
                self.put("I", 0)
                self.data += bytes(2 * self.width)  # where the tempo and the signature are
            if kind == "MTrackList":
                self.put("H", 0)
            self.put("I", len(items))
            for item in items:
                item()

        self.thing(kind, fill)

    def track(self, kind: str, name: str, *items: Callable[[], None], rest: bytes = b"") -> None:
        def fill() -> None:
            self.put("Hddd", 0, 0.0, 0.0, 0.0)
            self.node(name, *items, kind="MTrackList" if kind == "MFolderTrack" else "MListNode")
            self.data += rest

        self.thing(kind, fill)

    def file(self, folder: str, name: str, kind: bytes = b"WAVE") -> None:
        def fill() -> None:
            self.text(name)
            self.data += kind
            for text in ("wav", "wav", "Wave File"):
                self.text(text)
            self.put("iH", 1, 0)
            self.text(folder)

        self.thing("FNPath", fill, base="FPath")

    def tempi(self, *events: tuple[float, float, int], fixed: float = 120.0) -> None:
        """Events of beat, tempo, and 1 for a ramp."""

        def fill() -> None:
            self.put("I", len(events))
            for beat, bpm, ramp in events:
                self.put("fddH", 60 / bpm, 0.0, beat * 480, ramp)
            self.put("f", fixed)

        self.thing("MTempoTrackEvent", fill)


def attribute(name: str, kind: int, value: bytes) -> bytes:
    return struct.pack(">I", len(name) + 1) + name.encode() + b"\0" + struct.pack(">H", kind) + value


def group(*attributes: bytes) -> bytes:
    return struct.pack(">HI", 6, len(attributes)) + b"".join(attributes)


def string(text: str) -> bytes:
    raw = text.encode() + b"\0\xef\xbb\xbf"
    return struct.pack(">I", len(raw)) + raw


def slot(name: str, original: str = "", state: bytes = b"", inside: str = "Plugin", isa: str = "Effect") -> bytes:
    uid = attribute("Plugin UID", 2, group(attribute("GUID", 8, string("0123456789ABCDEF" * 2))))
    names = attribute("Plugin Name", 8, string(name))
    if original:
        names += attribute("Original Plugin Name", 8, string(original))
    component = attribute("audioComponent", 2, b"\0\7" + struct.pack(">I", len(state)) + state)
    return attribute("Plugin isA", 8, string(isa)) + attribute(inside, 2, group(uid, names, component))


def media(name: str, kind: str, value: bytes) -> bytes:
    number = struct.pack(">q", 2)
    return (
        attribute("ID", 8, string(name))
        + attribute("Type", 1, number)
        + attribute("Flags", 1, number)
        + attribute(kind, 4 if kind == "Float" else 8, value)
    )


def read(tmp_path: Path, w: Writer, metadata: bytes = b"", devices: bytes = b"") -> ProjectInfo:
    path = tmp_path / "Song.cpr"
    path.write_bytes(project(w, metadata, devices))
    return READER.read(path)


def project(w: Writer, metadata: bytes = b"", devices: bytes = b"") -> bytes:
    def chunk(tag: bytes, content: bytes) -> bytes:
        return tag + len(content).to_bytes(w.width, "big") + content

    version = Writer(w.width)

    def application() -> None:
        for text in ("Nuendo", "Version 13.0.41", "Jan 1 2024"):
            version.text(text, marked=False)

    version.thing("PAppVersion", application)
    parts = {
        ("Version", "PAppVersion"): bytes(version.data),
        ("Arrangement1", "PArrangement"): bytes(w.data),
        ("Devices", "FAttributes"): devices,
        ("Metadata", "StMedia::PAttributes"): metadata,
    }
    body = b"NUND"
    for names, content in parts.items():
        root = b"".join(struct.pack(">I", len(name) + 1) + name.encode() + b"\0" for name in names)
        body += chunk(b"ROOT", root) + chunk(b"ARCH", content)
    return (b"RIFF" if w.width == 4 else b"RIF2") + len(body).to_bytes(w.width, "big") + body


def tracks(w: Writer, *items: Callable[[], None]) -> None:
    w.node("", *items, kind="MTrackList")


@pytest.mark.parametrize("width", [4, 8])
def test_tracks_of_every_kind(tmp_path: Path, width: int) -> None:
    w = Writer(width)
    muted = attribute("SoloFlag", 1, struct.pack(">q", 1))
    solo = attribute("SoloFlag", 1, struct.pack(">q", 2))
    tracks(
        w,
        lambda: w.track("MAudioTrackEvent", "Vocals", rest=slot("De-Esser") + muted),
        lambda: w.track("MAudioTrackEvent", "Guitär", rest=solo),
        lambda: w.track(
            "MFolderTrack",
            "FX Channels",
            lambda: w.track("MDeviceTrackEvent", "Reverb"),
            lambda: w.track("MFolderTrack", "More", lambda: w.track("MDeviceTrackEvent", "Delay")),
        ),
        lambda: w.track("MDeviceTrackEvent", "Sub"),
        lambda: w.track("MChordTrackEvent", "Chords"),
    )
    info = read(tmp_path, w)
    assert (info.daw, info.daw_version) == ("Nuendo", "13.0.41")
    assert info.tracks == (
        Track("Vocals", "audio", muted=True, devices=("De-Esser",)),
        Track("Guitär", "audio"),
        Track("FX Channels", "group"),
        Track("Reverb", "return"),
        Track("More", "group"),
        Track("Delay", "return"),
        Track("Sub", "bus"),
        Track("Chords", "other"),
    )
    assert "tracks" not in info.unread


def test_a_track_that_is_only_pointed_at_is_told(tmp_path: Path) -> None:
    w = Writer()
    tracks(w, lambda: w.put("I", 12), lambda: w.track("MAudioTrackEvent", "Vocals"))
    info = read(tmp_path, w)
    assert info.tracks == (Track("Vocals", "audio"),)
    assert "tracks" in info.unread


@pytest.mark.parametrize("width", [4, 8])
def test_tempo_jumps_and_ramps(tmp_path: Path, width: int) -> None:
    w = Writer(width)
    w.tempi((0, 90, 0), (16, 120, 0), (32, 60, 1))
    info = read(tmp_path, w)
    assert info.bpm == 90.0
    assert info.tempo_changes == (TempoChange(16.0, "beats", 120.0), TempoChange(32.0, "beats", 60.0))


def test_a_tempo_track_that_is_off(tmp_path: Path) -> None:
    w = Writer()
    w.tempi((0, 90, 0), (16, 120, 0), fixed=76.5)
    shown = media("MusicalTempo", "Float", struct.pack(">d", 76.5))
    info = read(tmp_path, w, shown)
    assert (info.bpm, info.tempo_changes) == (76.5, ())
    info = read(tmp_path, w, media("MusicalTempo", "Float", struct.pack(">d", 90.0)))
    assert (info.bpm, len(info.tempo_changes)) == (90.0, 1)


def test_signature_rate_author_and_title(tmp_path: Path) -> None:
    w = Writer()
    w.thing("MSignatureTrackEvent", lambda: w.put("IIHH", 1, 0, 7, 8))
    w.thing("PArrangeSetup", lambda: w.put("48xf", 96000.0))
    about = media("MediaAuthor", "String", string("Ann")) + media("MediaProjectName", "String", string("Night"))
    info = read(tmp_path, w, about)
    assert (info.time_signature, info.sample_rate) == ("7/8", 96000)
    assert (info.author, info.title) == ("Ann", "Night")


def test_markers_in_beats_and_in_seconds(tmp_path: Path) -> None:
    w = Writer()

    def marker(kind: str, name: str, at: float) -> Callable[[], None]:
        def fill() -> None:
            w.text(name)
            w.put("iHdd", 1, 0, at, 0.0)

        return lambda: w.thing(kind, fill, base="MMarkerEvent")

    musical = (marker("MRangeMarkerEvent", "Chorus", 7680.0), marker("MMarkerEvent", "Verse", 1920.0))

    def linear() -> None:
        w.put("Hddd", 0, 0.0, 0.0, 0.0)
        w.node("Film", marker("MMarkerEvent", "Cut", 2.5), seconds=True)

    w.track("MMarkerTrackEvent", "Markers", *musical)
    w.thing("MMarkerTrackEvent", linear)
    info = read(tmp_path, w)
    assert info.markers == (
        Marker("Verse", 4.0, "beats"),
        Marker("Chorus", 16.0, "beats"),
        Marker("Cut", 2.5, "seconds"),
    )
    assert "markers" not in info.unread


def test_the_files_of_clips_are_samples(tmp_path: Path) -> None:
    w = Writer()
    w.file("C:\\Work\\Song\\", "Song.cpr", b"NDPR")
    w.thing("PAudioClip", lambda: w.file("C:\\Work\\Song\\Audio\\", "Kick.wav"))
    w.thing("PAudioClip", lambda: w.file("D:\\Loops", "Amen.wav"))
    w.thing("PAudioClip", lambda: w.file("D:\\Loops", "Amen.wav"))
    w.file("C:\\Presets\\", "Reverb.wav")
    info = read(tmp_path, w)
    assert info.samples == (
        SampleRef("C:\\Work\\Song\\Audio\\Kick.wav", relative="Audio/Kick.wav"),
        SampleRef("D:\\Loops/Amen.wav"),
    )
    w = Writer()
    w.thing("PAudioClip", lambda: w.put("I", 0))
    assert "samples" in read(tmp_path, w).unread


def test_plugins_by_slot(tmp_path: Path) -> None:
    w = Writer()
    twice = slot("Pad", original="Synth", state=b"VstW" + bytes(5_000))
    tracks(w, lambda: w.track("MInstrumentTrackEvent", "Keys", rest=twice + twice))
    channel = slot("EQ", isa="VstCtrlEQ") + slot("Panner", inside="Panner")
    devices = slot("Limiter") + channel + slot("Idle", inside="Unload Attributes") + slot("Limiter")
    info = read(tmp_path, w, devices=devices)
    assert info.plugins == (
        Plugin("Synth", None, "vst2"),
        Plugin("Limiter", None, "vst3", 2),
        Plugin("Idle", None, "vst3"),
    )
    assert info.tracks == (Track("Keys", "instrument", devices=("Pad",)),)
    assert not {"plugins", "devices"} & set(info.unread)
    assert {"plugins", "devices"} <= set(read(tmp_path, Writer()).unread)


def test_what_lasts_is_told_as_unread(tmp_path: Path) -> None:
    w = Writer()
    tracks(w, lambda: w.track("MMidiTrackEvent", "Keys", lambda: w.thing("MMidiPartEvent", lambda: None)))
    assert "length_seconds" in read(tmp_path, w).unread
    assert "length_seconds" not in read(tmp_path, Writer()).unread


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (project(Writer())[:-9], "cut off"),
        (project(Writer()) + b"ARCH", "cut off"),
        (b"RIFF\0\0\0\x30NUNDROOT\0\0\0\0", "no arrangement"),
        (b"RIFF\0\0\0\x30WAVEfmt \0\0\0\0", "does not begin as one"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "Song.cpr"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=why):
        READER.read(path)


def test_history(tmp_path: Path) -> None:
    names = ("Song.bak", "Song-01.bak", "Auto Saves/Song-02-(Move).bak")
    others = ("Song.cpr", "Song-02.cpr", "Song 2-01.bak", "Songs.bak", "Auto Saves/Song 2-01.bak")
    (tmp_path / "Auto Saves").mkdir()
    for age, name in enumerate((*names, *others)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1.8e9 + age, 1.8e9 + age))
    assert backups(tmp_path / "Song.cpr", READER) == names[::-1]
    assert project_folder(tmp_path / names[-1], READER) == tmp_path
