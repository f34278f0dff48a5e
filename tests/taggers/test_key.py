"""Keys of sounds whose key is known by construction, and of real songs moved by known steps."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from fixtures.synth.drums import hat, kick, snare
from taggers import Findings, Job, Tag, tag_file
from taggers.audio import Audio
from taggers.constantq import BINS_PER_SEMITONE, FRAMES_PER_SECOND, pitches
from taggers.keynet import Listener
from taggers.pitch import KEYS, key_name, transpose
from taggers.training.render.drawn import draw
from taggers.training.render.tunes import compose
from tests.corpus import corpus
from tests.taggers.signals import RATE, Sound, beats, cadence, chord, noise, place, seconds, sine, speech, write


def findings(path: Path, sound: Sound) -> Findings:
    result = tag_file(Job(str(write(path / "x.wav", sound)), ("key",)))
    assert result.errors == {}
    return result.findings["key"]


def heard(path: Path, sound: Sound, field: str = "key") -> Tag | None:
    return next((tag for tag in findings(path, sound).tags if tag.field == field), None)


def song(chords: Sequence[Sequence[int]], times: int, length: float = 1.6) -> Sound:
    """Chords, each a MIDI bass note and what sounds above it, over and over; the bass plays twice."""
    bars = [
        chord(notes, length) + place(chord(notes[:1], length / 2), [0, length / 2], length) for notes in chords
    ]
    return np.concatenate(bars * times)


@pytest.mark.parametrize("minor", [False, True], ids=["major", "minor"])
@pytest.mark.parametrize("tonic", [48, 49, 52, 54, 57, 58])
def test_a_cadence(tonic: int, minor: bool, tmp_path: Path) -> None:
    found = heard(tmp_path, cadence(tonic, minor))
    assert found
    assert found.value == key_name(tonic, minor=minor)
    assert found.confidence >= 0.5
    assert found.candidates[0].value == found.value
    assert 2 <= len({one.value for one in found.candidates} & set(KEYS)) == len(found.candidates)


I7, IV7 = ((45, 61, 64, 67),), ((50, 60, 66, 69),)
LOOPS = {
    "minor loop": ("A minor", ((45, 57, 60, 64), (41, 57, 60, 65), (43, 55, 59, 62), (45, 57, 60, 64))),
    "phrygian": ("E minor", ((40, 55, 59, 64), (41, 57, 60, 65), (40, 55, 59, 64), (43, 55, 59, 62))),
    "dorian": ("D minor", ((38, 57, 62, 65), (43, 55, 59, 62), (38, 57, 62, 65), (43, 55, 59, 62))),
    "mixolydian": ("G major", ((43, 55, 59, 62), (41, 57, 60, 65), (36, 55, 60, 64), (43, 55, 59, 62))),
    "blues": ("A major", (*I7, *IV7, *I7, (52, 62, 68, 71), *IV7, *I7)),
    "fifths": ("E minor", ((40, 47, 52), (43, 50, 55), (45, 52, 57), (40, 47, 52), (38, 45, 50), (40, 47, 52))),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_modes_and_loops(name: str, tmp_path: Path) -> None:
    key, chords = LOOPS[name]
    found = heard(tmp_path, song(chords, 4))
    assert found
    assert found.value == key


def test_a_bass_alone(tmp_path: Path) -> None:
    steps = (33, 33, 36, 33, 40, 38, 36, 35, 29, 29, 33, 36, 31, 31, 35, 38)  # i, VI, VII of A minor
    found = heard(tmp_path, np.concatenate([chord((step,), 0.35) for step in steps * 4]))
    assert found
    assert found.value == "A minor"


def test_a_melody_alone(tmp_path: Path) -> None:
    tune = (60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60, 67, 67, 65, 65, 64, 64, 62, 60)
    found = heard(tmp_path, np.concatenate([chord((step + 2,), 0.4) for step in tune * 2]))
    assert found
    assert found.value == "D major"


def test_drums_over_a_song_change_nothing(tmp_path: Path) -> None:
    chords = cadence(50, True)
    found = heard(tmp_path, chords + 0.4 * beats(100, 14.4)[: len(chords)])
    assert found
    assert found.value == "D minor"


def ringing() -> Sound:
    """A drum part whose pieces have pitches."""
    chance, beat = np.random.default_rng(1), 60 / 124
    hits = {kick: range(0, 32, 4), snare: range(2, 32, 4), hat: range(32)}
    parts = (
        place(np.asarray(drum(RATE, chance), np.float64), [n * beat / 2 for n in at], 16 * beat)
        for drum, at in hits.items()
    )
    return np.asarray(0.3 * sum(parts))


SILENT = {
    "silence": np.zeros(RATE * 5),
    "noise": noise(5),
    "speech": speech(12),
    "a drum hit": sine(55, 0.6, 0.8) * np.exp(-seconds(0.6) * 20),
    "0.3 s": chord((57, 60, 64), 0.3),
    "drums": beats(120, 8),
    "ringing drums": ringing(),
    "one note": sine(220, 4),
}


@pytest.mark.parametrize("name", SILENT)
def test_no_key_where_there_is_none(name: str, tmp_path: Path) -> None:
    found = findings(tmp_path, SILENT[name])
    assert {tag.field for tag in found.tags} & {"key", "key_sections"} == set()
    assert found.abstained["key"]


@pytest.mark.parametrize("cents", [-30.0, 0.0, 20.0])
def test_tuning(cents: float, tmp_path: Path) -> None:
    sound = cadence(57, True)
    step = 2 ** (cents / 1200)
    detuned = np.interp(np.arange(0, len(sound) - 1, step), np.arange(len(sound)), sound)
    found = heard(tmp_path, detuned, "tuning")
    assert found
    assert found.value == pytest.approx(cents, abs=3)
    key = heard(tmp_path, detuned)
    assert key
    assert key.value == "A minor"


MODULATIONS = {
    "A minor 0:00, C minor 0:48": ((57, True, 10), (60, True, 9)),
    "D major 0:38, C major 0:00": ((60, False, 8), (62, False, 12)),
    "": ((64, True, 20),),
}


@pytest.mark.parametrize("said", MODULATIONS)
def test_where_a_song_changes_its_key(said: str, tmp_path: Path) -> None:
    sound = np.concatenate([cadence(tonic, minor, times=times) for tonic, minor, times in MODULATIONS[said]])
    found = {tag.field: tag.value for tag in findings(tmp_path, sound).tags}
    times = [_seconds(one) for one in said.split(", ")] if said else []
    sections = str(found.get("key_sections", ""))
    assert [one.rsplit(" ", 1)[0] for one in sections.split(", ")] == [
        one.rsplit(" ", 1)[0] for one in said.split(", ")
    ]
    if said:
        assert [_seconds(one) for one in sections.split(", ")] == pytest.approx(times, abs=5)
        assert found["key"] == said.split(", ")[0].rsplit(" ", 1)[0]


def _seconds(section: str) -> int:
    minutes, seconds = section.rsplit(" ", 1)[1].split(":")
    return 60 * int(minutes) + int(seconds)


def test_chroma_over_time(tmp_path: Path) -> None:
    sound = np.concatenate([chord((60, 64, 67), 2), chord((57, 60, 64), 2)])
    chroma = Audio(write(tmp_path / "x.wav", sound)).chroma
    assert chroma.shape == (int(4 * FRAMES_PER_SECOND) + 1, 12)
    for at, notes in ((1.0, {0, 4, 7}), (3.0, {9, 0, 4})):
        assert set(np.argsort(chroma[round(at * FRAMES_PER_SECOND)])[-3:]) == notes


@pytest.mark.parametrize("semitones", [-4, 3, 7])
def test_the_network_treats_all_keys_alike(semitones: int) -> None:
    heard = pitches(cadence(57, True).astype(np.float32))
    moved = np.roll(heard, semitones * BINS_PER_SEMITONE, axis=1)
    home, away = (np.exp(Listener(one).whole()).reshape(2, 12) for one in (heard, moved))
    assert np.roll(home, semitones, axis=1) == pytest.approx(away, abs=0.1)


@pytest.mark.slow
def test_songs_to_learn_from_are_in_their_keys() -> None:
    right = []
    for seed in range(40):
        song = compose(random.Random(seed))
        parts = [np.square(one) for one in draw(song, random.Random(seed)).values()]
        whole = np.sqrt(sum(part / part.mean() for part in parts))
        right.append(KEYS[int(Listener(np.asarray(whole, np.float32)).whole().argmax())] == song.key)
    assert np.mean(right) >= 0.7


STEPS = (-3, 2, 4)
SONGS = ("wesnoth-music", "warzone2100-music", "incompetech", "hyperrogue-music", "nexuiz-music", "tracker-debian")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_key_of_a_real_song_moves_with_it(tmp_path: Path) -> None:
    with corpus("audio", "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "mix" and row["source"] in SONGS]
    followed = []
    for row in random.Random(4).sample(rows, 20):
        sound, rate = soundfile.read(corpus("audio", row["path"]), dtype="float32")
        at_home = heard(tmp_path, soxr.resample(sound, rate, RATE))
        for step in STEPS:
            moved = heard(tmp_path, soxr.resample(sound, rate, RATE * 2 ** (-step / 12)))
            if at_home and moved:
                followed.append(moved.value == transpose(str(at_home.value), step))
    assert len(followed) >= 40
    assert np.mean(followed) >= 0.9
