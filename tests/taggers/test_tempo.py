"""Tempo and beats of sounds whose tempo is known by construction."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from taggers import Findings, Job, Tag, tag_file
from taggers.audio import Audio
from tests.taggers.signals import RATE, Sound, beats, hit, noise, place, seconds, sine, write


def findings(folder: Path, sound: Sound) -> Findings:
    result = tag_file(Job(str(write(folder / "x.wav", sound)), ("tempo",)))
    assert result.errors == {}
    return result.findings["tempo"]


def heard(folder: Path, sound: Sound, field: str) -> Tag | None:
    return next((tag for tag in findings(folder, sound).tags if tag.field == field), None)


def played(first: float, last: float, length: float, unsteady: float = 0.0) -> Sound:
    """Drums whose tempo moves evenly from `first` to `last`; each beat is off by `unsteady` seconds or so."""
    random, at, now = np.random.default_rng(4), [], 0.0
    while now < length:
        at.append(now)
        now += 60 / (first + (last - first) * now / length)
    at = [max(0.0, moment + random.normal(0, unsteady)) for moment in at]
    kick = sine(55, 0.2, 0.8) * np.exp(-seconds(0.2) * 20)
    between = [(a + b) / 2 for a, b in pairwise(at)]
    return place(kick, at, length) + place(hit(), at[1::2], length) + 0.2 * place(hit(0.04), at + between, length)


def swung(bpm: float, ratio: float, length: float) -> Sound:
    """A kick, a snare and eighths of which the first is `ratio` times as long as the second."""
    beat = 60 / bpm
    count, late = int(length / beat), ratio / (1 + ratio)
    kick = sine(55, 0.2, 0.8) * np.exp(-seconds(0.2) * 20)
    eighths = [n * beat for n in range(count)] + [(n + late) * beat for n in range(count)]
    return (
        place(kick, [n * beat for n in range(0, count, 2)], length)
        + place(hit(), [n * beat for n in range(1, count, 2)], length)
        + 0.5 * place(hit(0.04), eighths, length)
    )


@pytest.mark.parametrize("bpm", [93.7, 110.0, 123.4, 128.0, 140.0, 150.0])
def test_tempo_of_a_drum_part(bpm: float, tmp_path: Path) -> None:
    found = heard(tmp_path, beats(bpm, 30), "bpm")
    assert found
    assert found.value == pytest.approx(bpm, abs=0.05)
    assert found.engine == "tempo network"
    values = [float(candidate.value) for candidate in found.candidates]
    for multiple in (0.5, 2.0):
        assert any(abs(value / (bpm * multiple) - 1) < 0.01 for value in values)


@pytest.mark.parametrize("semitones", [-3, 2, 4])
def test_tempo_follows_the_speed(semitones: int, tmp_path: Path) -> None:
    speed = 2 ** (semitones / 12)
    slow = beats(120, 30)
    moved = np.interp(np.arange(0, len(slow) - 1, speed), np.arange(len(slow)), slow)
    found = heard(tmp_path, moved, "bpm")
    assert found
    assert found.value == pytest.approx(120 * speed, abs=0.05)


@pytest.mark.parametrize("bpm", [96.0, 120.0, 132.5])
def test_a_loops_length_gives_the_decimals(bpm: float, tmp_path: Path) -> None:
    found = heard(tmp_path, beats(bpm, 16 * 60 / bpm), "bpm")
    assert found
    assert found.value == pytest.approx(bpm, abs=0.05)


def test_a_loop_is_counted(tmp_path: Path) -> None:
    tags = {tag.field: tag.value for tag in findings(tmp_path, beats(125, 16 * 60 / 125)).tags}
    assert (tags["beats"], tags["bars"]) == (16, 4)


def test_a_quiet_intro_and_noise_do_not_matter(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(RATE * 5), beats(126, 25)]) + noise(30, 0.005) + sine(220, 30, 0.05)
    found = heard(tmp_path, sound, "bpm")
    assert found
    assert found.value == pytest.approx(126, abs=0.1)


@pytest.mark.parametrize(("first", "last", "unsteady"), [(92, 98, 0.0), (100, 118, 0.004), (140, 122, 0.0)])
def test_a_tempo_that_moves_has_a_range(first: float, last: float, unsteady: float, tmp_path: Path) -> None:
    found = heard(tmp_path, played(first, last, 50, unsteady), "tempo_range")
    assert found
    slowest, fastest = map(float, str(found.value).split("–"))
    assert slowest == pytest.approx(min(first, last), rel=0.03)
    assert fastest == pytest.approx(max(first, last), rel=0.03)


@pytest.mark.parametrize("unsteady", [0.0, 0.008], ids=["machine", "person with a click"])
def test_a_steady_tempo_has_no_range(unsteady: float, tmp_path: Path) -> None:
    fields = {tag.field for tag in findings(tmp_path, played(112, 112, 40, unsteady)).tags}
    assert "bpm" in fields
    assert "tempo_range" not in fields


@pytest.mark.parametrize(("ratio", "said"), [(1.0, None), (1.5, 1.5), (2.0, 2.0)])
def test_swing(ratio: float, said: float | None, tmp_path: Path) -> None:
    found = heard(tmp_path, swung(124, ratio, 30), "swing")
    assert (found and found.value) == (said and pytest.approx(said, abs=0.08))


def test_beats_of_a_steady_and_of_a_moving_tempo(tmp_path: Path) -> None:
    steady = Audio(write(tmp_path / "steady.wav", beats(120, 30))).beats
    assert np.abs(steady - np.round(steady * 2) / 2).max() < 0.01
    assert len(steady) == pytest.approx(60, abs=1)
    moving = 60 / np.diff(Audio(write(tmp_path / "moving.wav", played(100, 118, 50))).beats)
    assert np.median(moving[:10]) == pytest.approx(102, abs=3)
    assert np.median(moving[-10:]) == pytest.approx(116, abs=3)
    assert len(Audio(write(tmp_path / "none.wav", noise(10))).beats) == 0


def test_neither_essentia_nor_librosa_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys; from taggers import Job, tag_file; tag_file(Job(sys.argv[1], ('key', 'tempo')));"
        "print(*{'essentia', 'librosa', 'numba'} & set(sys.modules))"
    )
    song = write(tmp_path / "song.wav", beats(100, 20))
    done = subprocess.run([sys.executable, "-c", script, str(song)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""
