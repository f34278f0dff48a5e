"""What files say of themselves: chunks written here byte by byte, tags written by FFmpeg."""

from __future__ import annotations

import random
import struct
import time
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
    "beats that nobody counted": (acid(0x04, 60, 4_294_967_295, 0.0), {"kind": ["loop"]}),
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


def entries(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)


def label(number: int, text: str, encoding: str = "utf-8") -> tuple[bytes, bytes]:
    return b"labl", struct.pack("<I", number) + text.encode(encoding) + b"\0"


def cue(*places: int, declared: int | None = None) -> bytes:
    points = [struct.pack("<II4sIII", n, at, b"data", 0, 0, at) for n, at in enumerate(places, start=1)]
    return struct.pack("<I", len(points) if declared is None else declared) + b"".join(points)


INFO = b"INFO" + entries(
    (b"INAM", b"Night\0"), (b"IART", b"Us\0junk"), (b"ICMT", "caf\u00e9".encode("latin-1")), (b"ICRD", b"2019\0"),
    (b"LIST", b"INFO" + entries((b"IGNR", b"no"))),
)  # fmt: skip
WAVE_CHUNKS: dict[str, tuple[dict[bytes, bytes], dict[str, list[str]]]] = {
    "INFO": ({b"LIST": INFO}, {"title": ["Night"], "artist": ["Us"], "comment": ["caf\u00e9"], "year": ["2019"]}),
    "labels in the order of their cues": (
        {b"cue ": cue(900, 30), b"LIST": b"adtl" + entries(label(1, "Chorus"), label(2, "Stra\u00dfe"))},
        {"marker": ["Stra\u00dfe", "Chorus"]},
    ),
    "fewer cues than declared": (
        {b"cue ": cue(30, declared=0xFFFFFFFF), b"LIST": b"adtl" + entries(label(1, "Br\u00fccke", "latin-1"))},
        {"marker": ["Br\u00fccke"]},
    ),
    "a sampler that declares loops it has not": (
        {b"smpl": struct.pack("<9I", 0, 0, 0, 45, 0, 0, 0, 99, 0)},
        {"root": ["A2"]},
    ),
    "bext without its end": ({b"bext": b"Room".ljust(338, b"\0")}, {"description": ["Room"]}),
    "bext of Latin-1": (
        {b"bext": "Stra\u00dfe".encode("latin-1").ljust(602, b"\0")},
        {"description": ["Stra\u00dfe"]},
    ),
    "iXML of UTF-16": ({b"iXML": "<BWFXML><TAKE>3</TAKE></BWFXML>".encode("utf-16")}, {"take": ["3"]}),
    "ID3 inside": ({b"id3 ": b"ID3\3\0\0\0\0\0\x10TIT2\0\0\0\6\0\0\0Night"}, {"title": ["Night"]}),
    "one bad chunk": (
        {b"iXML": b"\xff\xfe<", b"smpl": struct.pack("<9I", 0, 0, 0, 45, 0, 0, 0, 0, 0)},
        {"root": ["A2"]},
    ),
}


@pytest.mark.parametrize("case", WAVE_CHUNKS)
def test_chunks_of_wav(case: str, tmp_path: Path) -> None:
    chunks, expected = WAVE_CHUNKS[case]
    assert said(wav(tmp_path / "w.wav", chunks)) == expected


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
    "entities in UTF-16": {
        b"iXML": '<!DOCTYPE x [<!ENTITY a "b">]><BWFXML><SCENE>&a;</SCENE></BWFXML>'.encode("utf-16")
    },
    "a tower of elements": {b"iXML": b"<a>" * 300_000},
    "a tower of lists": {b"LIST": b"INFO" + b"LIST\xff\xff\0\0INFO" * 80_000},
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


def test_mutations_cost_little_and_raise_nothing(tmp_path: Path) -> None:
    chunks = {b"acid": acid(6, 57, 4, 120.0), b"cue ": cue(900, 30)}
    for index, (case, _) in enumerate(WAVE_CHUNKS.values()):
        chunks |= {name: data for name, data in case.items() if index != 2}
    whole = wav(tmp_path / "whole.wav", chunks, seconds=0.02).read_bytes()
    numbers = (b"\0\0\0\0", b"\1\0\0\0", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff")
    names = (b"LIST", b"RIFF", b"RF64", b"ds64", b"cue ", b"bext", b"data", b"\xc3\x28<!")
    path = tmp_path / "m.wav"
    spoke = 0
    for seed in range(400):
        random_ = random.Random(seed)
        data = bytearray(whole)
        for _ in range(random_.choice((1, 2, 8))):
            at = random_.randrange(len(data))
            cut = random_.choice((0, 4, 4, 4, random_.randrange(64)))
            data[at : at + cut] = random_.choice((*numbers, *names, bytes([random_.randrange(256)])))
        path.write_bytes(data)
        started = time.perf_counter()
        spoke += bool(said(path))
        assert time.perf_counter() - started < 2
    assert spoke > 200
