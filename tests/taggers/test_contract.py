"""What every tagger owes on every file: no crash, honest numbers, and no confident word on what has none."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from taggers import FileTags, Job, Tagger, load, names, tag_file, versions
from taggers.pitch import KEYS
from taggers.vectors import RHYTHM, RHYTHM_SIZE, TIMBRE, TIMBRE_SIZE
from tests.taggers.signals import RATE, Sound, cadence, hit, noise, place, seconds, sine, speech

NAN = sine(440, 3)
NAN[1_000:2_000] = np.nan
NAN[5_000] = np.inf

# name: (samples, rate, libsndfile's subtype)
SOUNDS: dict[str, Callable[[], tuple[Sound, int, str]]] = {
    "silence": lambda: (np.zeros((RATE * 5, 2)), RATE, "PCM_16"),
    "white noise": lambda: (noise(10), RATE, "PCM_16"),
    "brown noise": lambda: (np.cumsum(noise(10, 0.001)) % 0.5, RATE, "PCM_24"),
    "five milliseconds": lambda: (noise(0.005), RATE, "PCM_16"),
    "one sample": lambda: (np.array([0.5]), RATE, "PCM_16"),
    "offset": lambda: (np.full(RATE * 5, 0.4), RATE, "PCM_16"),
    "not numbers": lambda: (NAN, RATE, "FLOAT"),
    "nothing but not numbers": lambda: (np.full(RATE * 2, np.nan), RATE, "DOUBLE"),
    "garbage": lambda: (noise(3, 1e30), RATE, "DOUBLE"),
    "one drum hit": lambda: (place(hit(), [0.1], 4), RATE, "PCM_16"),
    "one short hit": lambda: (hit(), RATE, "PCM_U8"),
    "one held note": lambda: (sum(sine(220 * k, 6, 0.3 / k) for k in range(1, 8)), RATE, "PCM_16"),
    "square wave": lambda: (0.5 * np.sign(sine(110, 8)), RATE, "PCM_16"),
    "vibrato": lambda: (0.3 * np.sin(2 * np.pi * 440 * seconds(8) + 8 * np.sin(35 * seconds(8))), RATE, "PCM_16"),
    "eight channels of noise": lambda: (np.stack([noise(3)] * 8, axis=1), RATE, "PCM_24"),
    "64 channels": lambda: (np.stack([noise(1)] * 64, axis=1), RATE, "PCM_16"),
    "8 kHz": lambda: (sine(440, 4, rate=8_000), 8_000, "PCM_16"),
    "384 kHz": lambda: (sine(440, 2, rate=384_000), 384_000, "PCM_32"),
}


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileTags]:
    folder = tmp_path_factory.mktemp("sounds")
    results = {}
    for name, make in SOUNDS.items():
        sound, rate, subtype = make()
        path = folder / f"{name}.wav"
        soundfile.write(path, sound, rate, subtype=subtype)
        results[name] = tag_file(Job(str(path), names()))
    return results


@pytest.mark.parametrize("sound", SOUNDS)
def test_nothing_crashes_and_every_field_is_answered(sound: str, heard: dict[str, FileTags]) -> None:
    result = heard[sound]
    assert result.error is None
    assert result.errors == {}
    assert result.facts
    assert set(result.findings) == set(names())
    for name, findings in result.findings.items():
        tagger = load(name)
        fields = {tag.field for tag in findings.tags} | set(findings.abstained)
        assert fields <= set(tagger.fields)
        assert all(findings.abstained.values()), "a silence has a reason"
        for tag in findings.tags:
            assert 0 <= tag.confidence <= 1
            assert tag.engine
            assert isinstance(tag.value, str) or math.isfinite(tag.value)
            if tag.candidates:
                assert tag.candidates[0].value == tag.value
                assert sum(candidate.confidence for candidate in tag.candidates) <= 1.1


@pytest.mark.parametrize("sound", SOUNDS)
def test_no_tempo_and_no_key_where_there_is_none(sound: str, heard: dict[str, FileTags]) -> None:
    findings = heard[sound].findings
    assert [tag for tag in findings["tempo"].tags if tag.field == "bpm"] == []
    assert [tag for tag in findings["key"].tags if tag.field == "key"] == []


NOTHING_PLAYS = (
    "silence", "white noise", "brown noise", "five milliseconds", "one sample", "offset",
    "nothing but not numbers", "garbage", "eight channels of noise", "64 channels",
)  # fmt: skip


@pytest.mark.parametrize("sound", NOTHING_PLAYS)
def test_no_instrument_and_no_kind_where_nothing_plays(sound: str, heard: dict[str, FileTags]) -> None:
    for name in ("instrument", "kind"):
        findings = heard[sound].findings[name]
        assert findings.tags == ()
        assert findings.abstained[name]


def test_vectors_are_of_their_size(heard: dict[str, FileTags]) -> None:
    for result in heard.values():
        vectors = result.findings["embedding"].vectors
        for name, size in ((TIMBRE, TIMBRE_SIZE), (RHYTHM, RHYTHM_SIZE)):
            if name in vectors:
                vector = np.frombuffer(vectors[name], "<f2").astype(float)
                assert vector.shape == (size,)
                assert np.linalg.norm(vector) == pytest.approx(1, abs=0.01) or (
                    name == RHYTHM and not vector.any()
                )


@pytest.mark.parametrize("length", [2, 3, 5, 12])
def test_speech_has_no_key_and_no_tempo(length: int, tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    soundfile.write(path, speech(length), RATE)
    findings = tag_file(Job(str(path), ("key", "tempo"))).findings
    assert [tag for tag in findings["key"].tags if tag.field == "key"] == []
    assert findings["tempo"].tags == ()


SAID = "Well, we recorded the second take on Tuesday, and I think the bass was slightly too loud in the chorus."


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="no espeak-ng here to speak")
@pytest.mark.parametrize(("voice", "speed"), [("en-us", 190), ("en-gb+f2", 150), ("de", 130), ("it+m3", 170)])
def test_somebody_who_talks_has_no_key_and_no_tempo(voice: str, speed: int, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), SAID], check=True)
    findings = tag_file(Job(str(path), ("key", "tempo", "instrument"))).findings
    assert [tag for tag in findings["key"].tags if tag.field == "key"] == []
    assert findings["tempo"].tags == ()
    assert findings["instrument"].tags[0].value == "vocals"


def test_the_same_file_gets_the_same_answer(tmp_path: Path) -> None:
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    soundfile.write(paths[0], cadence(60, False), RATE)
    soundfile.write(paths[1], cadence(57, True, bpm=140), RATE)
    once = [tag_file(Job(str(path), names())).findings for path in paths]
    again = [tag_file(Job(str(path), names())).findings for path in reversed(paths)]
    assert once == again[::-1]


@pytest.mark.parametrize("name", names())
def test_declaration(name: str) -> None:
    tagger = load(name)
    assert isinstance(tagger, Tagger)
    assert tagger.name == name
    assert tagger.version == versions()[name] >= 1
    assert tagger.fields
    assert tagger.meter is None or tagger.hears


def test_keys_are_of_the_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, cadence(61, True), RATE)
    [key] = [tag for tag in tag_file(Job(str(path), ("key",))).findings["key"].tags if tag.field == "key"]
    assert {candidate.value for candidate in key.candidates} <= set(KEYS)
