"""Key and tempo of sounds whose key and tempo are known by construction, with both engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fixtures.synth.drums import hat, kick, snare
from taggers import Job, Tag, engines, tag_file
from taggers.pitch import KEYS, key_name
from tests.taggers.signals import RATE, Sound, beats, cadence, noise, place, sine, write

needs_essentia = pytest.mark.skipif(not engines.has_essentia(), reason="no essentia for this system")


def heard(path: Path, sound: Sound, field: str) -> Tag | None:
    tagger = {"key": "key", "tuning": "key", "bpm": "tempo"}[field]
    result = tag_file(Job(str(write(path / "x.wav", sound)), (tagger,)))
    assert result.errors == {}
    return next((tag for tag in result.findings[tagger].tags if tag.field == field), None)


@needs_essentia
@pytest.mark.parametrize("minor", [False, True], ids=["major", "minor"])
@pytest.mark.parametrize("tonic", [48, 49, 52, 54, 57, 58])
def test_key_of_a_cadence(tonic: int, minor: bool, tmp_path: Path) -> None:
    found = heard(tmp_path, cadence(tonic, minor), "key")
    assert found
    assert found.value == key_name(tonic, minor=minor)
    assert found.value in KEYS
    assert found.engine.startswith("essentia")
    assert len(found.candidates) >= 2


def test_key_without_essentia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "has_essentia", lambda: False)
    for tonic, minor in ((48, False), (54, False), (57, True), (61, True)):
        found = heard(tmp_path, cadence(tonic, minor), "key")
        assert found
        assert found.value == key_name(tonic, minor=minor)
        assert found.engine == "librosa chroma_stft, temperley"


def test_drums_have_no_key(tmp_path: Path) -> None:
    assert heard(tmp_path, beats(120, 8), "key") is None


def test_drums_that_ring_have_no_key(tmp_path: Path) -> None:
    random, beat = np.random.default_rng(1), 60 / 124
    hits = {kick: range(0, 32, 4), snare: range(2, 32, 4), hat: range(32)}
    sound = sum(
        0.3 * place(np.asarray(drum(RATE, random), np.float64), [n * beat / 2 for n in at], 16 * beat)
        for drum, at in hits.items()
    )
    assert heard(tmp_path, np.asarray(sound), "key") is None


@pytest.mark.parametrize("cents", [-30.0, 0.0, 20.0])
def test_tuning(cents: float, tmp_path: Path) -> None:
    sound = cadence(57, True)
    step = 2 ** (cents / 1200)
    detuned = np.interp(np.arange(0, len(sound) - 1, step), np.arange(len(sound)), sound)
    found = heard(tmp_path, detuned, "tuning")
    assert found
    assert found.value == pytest.approx(cents, abs=3)


@needs_essentia
@pytest.mark.parametrize("bpm", [80.0, 93.7, 110.0, 123.4, 128.0, 140.0, 150.0])
def test_tempo_of_a_drum_part(bpm: float, tmp_path: Path) -> None:
    found = heard(tmp_path, beats(bpm, 30), "bpm")
    assert found
    assert found.value == pytest.approx(bpm, abs=0.1)
    values = [float(candidate.value) for candidate in found.candidates]
    for multiple in (0.5, 2.0):
        assert any(abs(value / (bpm * multiple) - 1) < 0.01 for value in values)


def test_tempo_without_essentia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "has_essentia", lambda: False)
    for bpm in (100.0, 128.0):
        found = heard(tmp_path, beats(bpm, 20), "bpm")
        assert found
        assert found.value == pytest.approx(bpm, abs=0.1)
        assert found.engine == "librosa onset_strength, tempo, fourier_tempogram"


@needs_essentia
@pytest.mark.parametrize("bpm", [96.0, 120.0, 132.5])
def test_a_loops_length_gives_the_decimals(bpm: float, tmp_path: Path) -> None:
    found = heard(tmp_path, beats(bpm, 16 * 60 / bpm), "bpm")
    assert found
    assert found.value == pytest.approx(bpm, abs=0.1)


@needs_essentia
def test_a_quiet_intro_and_noise_do_not_matter(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(RATE * 5), beats(126, 25)]) + noise(30, 0.005) + sine(220, 30, 0.05)
    found = heard(tmp_path, sound, "bpm")
    assert found
    assert found.value == pytest.approx(126, abs=0.1)
