"""What files say of themselves: chunks written here byte by byte, tags written by FFmpeg."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from taggers import Findings, Job, tag_file
from taggers.riff import MAX_CHUNK, read_chunks


def said(path: Path) -> dict[str, list[str | float]]:
    result = tag_file(Job(str(path), ("embedded",)))
    assert result.errors == {}
    findings: Findings = result.findings["embedded"]
    found: dict[str, list[str | float]] = {}
    for tag in findings.tags:
        assert tag.source == "embedded"
        found.setdefault(tag.field, []).append(tag.value)
    return found


def wav(path: Path, chunks: dict[bytes, bytes], seconds: float = 2.0) -> Path:
    """A mono 16-bit file of silence at 8 kHz with `chunks` before its sound."""
    sound = bytes(round(seconds * 8_000) * 2)
    parts = {b"fmt ": struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16), **chunks, b"data": sound}
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in parts.items()
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def acid(flags: int, root: int, beats: int, bpm: float) -> bytes:
    return struct.pack("<IHHfIHHf", flags, root, 0x8000, 0.0, beats, 4, 4, bpm)


ACID = {
    "loop with tempo": (
        acid(0x06, 57, 4, 120.0),
        {"root": ["A3"], "kind": ["loop"], "beats": [4.0], "bpm": [120.0]},
    ),
    "tempo by length": (acid(0x04, 60, 4, 0.0), {"kind": ["loop"], "beats": [4.0], "bpm": [120.0]}),
    "one-shot's tempo is a default": (acid(0x01, 60, 0, 120.0), {"kind": ["one-shot"]}),
    "not a number": (acid(0x00, 60, 0, float("nan")), {}),
    "too short": (b"\1\0", {}),
}


@pytest.mark.parametrize("case", ACID)
def test_acid(case: str, tmp_path: Path) -> None:
    chunk, expected = ACID[case]
    assert said(wav(tmp_path / "a.wav", {b"acid": chunk})) == expected


def test_acid_that_agrees_with_the_length_is_trusted_more(tmp_path: Path) -> None:
    sure = []
    for beats in (4, 7):
        path = wav(tmp_path / f"{beats}.wav", {b"acid": acid(0x04, 60, beats, 120.0)})
        tags = tag_file(Job(str(path), ("embedded",))).findings["embedded"].tags
        sure += [tag.confidence for tag in tags if tag.field == "bpm"]
    assert sure[0] > sure[1]


def test_broadcast_wave_ixml_cues_and_sampler(tmp_path: Path) -> None:
    bext = (
        b"Room tone".ljust(256, b"\0") + b"Recorder 3".ljust(32, b"\0") + bytes(32) + b"2019-04-03" + b"18:20:05"
    )
    ixml = b'<?xml version="1.0"?><BWFXML><SCENE>12A</SCENE><TAKE>3</TAKE><NOTE>good</NOTE></BWFXML>'
    label = struct.pack("<I", 1) + b"Chorus\0"
    adtl = b"adtl" + b"labl" + struct.pack("<I", len(label)) + label + bytes(len(label) % 2)
    smpl = struct.pack("<9I", 0, 0, 0, 45, 0, 0, 0, 0, 0)
    path = wav(tmp_path / "b.wav", {b"bext": bext.ljust(602, b"\0"), b"iXML": ixml, b"LIST": adtl, b"smpl": smpl})
    assert said(path) == {
        "root": ["A2"],
        "description": ["Room tone"],
        "originator": ["Recorder 3"],
        "recorded": ["2019-04-03T18:20:05"],
        "scene": ["12A"],
        "take": ["3"],
        "comment": ["good"],
        "marker": ["Chorus"],
    }


def test_apple_loop(tmp_path: Path) -> None:
    comm = struct.pack(">hIh", 1, 4, 16) + bytes.fromhex("400EAC44000000000000")
    basc = struct.pack(">IIHHHHH", 1, 8, 57, 1, 4, 4, 0).ljust(84, b"\0")
    parts = {b"COMM": comm, b"basc": basc, b"SSND": bytes(16)}
    body = b"AIFF" + b"".join(name + struct.pack(">I", len(data)) + data for name, data in parts.items())
    (tmp_path / "a.aif").write_bytes(b"FORM" + struct.pack(">I", len(body)) + body)
    assert said(tmp_path / "a.aif") == {"kind": ["loop"], "beats": [8.0], "key": ["A minor"]}


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".m4a"])
def test_tags_of_songs(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"song{suffix}"
    with av.open(path, "w") as out:
        bpm, key = (
            ("tmpo", "key")
            if suffix == ".m4a"
            else ("TBPM", "TKEY")
            if suffix == ".mp3"
            else ("BPM", "INITIALKEY")
        )
        out.metadata.update({"title": "Night", "artist": "Us", bpm: "128", key: "Abm"})
        stream = out.add_stream(
            {".mp3": "libmp3lame", ".flac": "flac", ".m4a": "aac"}[suffix], rate=44_100, layout="mono"
        )
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.int16), "s16", "mono")
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    found = said(path)
    assert found["title"] == ["Night"]
    assert found["artist"] == ["Us"]
    if suffix != ".m4a":  # FFmpeg writes neither of them into an MP4
        assert found["bpm"] == [128.0]
        assert found["key"] == ["G# minor"]


HOSTILE = {
    "a chunk longer than the file": {b"iXML": b""},
    "entities": {b"iXML": b'<!DOCTYPE x [<!ENTITY a "b">]><BWFXML><SCENE>&a;</SCENE></BWFXML>'},
    "broken xml": {b"iXML": b"<BWFXML><SCENE>"},
    "labels beyond their list": {b"LIST": b"adtl" + b"labl" + struct.pack("<I", 0xFFFFFFF0) + b"\1\0\0\0"},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_chunks_say_nothing(case: str, tmp_path: Path) -> None:
    assert said(wav(tmp_path / "h.wav", HOSTILE[case])) == {}


def test_no_more_than_a_mebibyte_of_a_chunk_is_read(tmp_path: Path) -> None:
    path = wav(tmp_path / "big.wav", {b"junk": bytes(3 * MAX_CHUNK)})
    chunks = read_chunks(path)
    assert chunks
    assert len(chunks.content[b"junk"]) == MAX_CHUNK


def test_text_is_bounded(tmp_path: Path) -> None:
    path = wav(tmp_path / "n.wav", {b"iXML": b"<BWFXML><NOTE>" + b"x" * 50_000 + b"</NOTE></BWFXML>"})
    assert len(str(said(path)["comment"][0])) == 1_000
