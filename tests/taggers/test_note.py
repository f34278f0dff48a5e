"""The note of a single sound, by essentia, and by librosa where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from taggers import by_essentia, note
from taggers.note import RATE

NOTES = {  # name: MIDI pitch, partials
    "B1": (35, 8),
    "A2": (45, 6),
    "C4": (60, 4),
    "F#5": (78, 3),
    "D6": (86, 2),
}


def plucked(midi: float, partials: int, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    hertz = 440 * 2 ** ((midi - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, partials + 1))
    return np.asarray(0.3 * wave * np.exp(-2 * time), np.float32)


@pytest.fixture(params=["essentia", "librosa"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "essentia" and not by_essentia.has_essentia():
        pytest.skip("no essentia for this system")
    monkeypatch.setattr(by_essentia, "has_essentia", lambda: request.param == "essentia")
    return str(request.param)


@pytest.mark.parametrize("name", NOTES)
def test_a_note_is_named_with_its_octave(engine: str, name: str) -> None:
    found = note.find(plucked(*NOTES[name]))
    assert found is not None
    assert found.name == name
    assert abs(found.cents) < 10
    assert found.confidence > 0.7
    assert found.engine == f"{engine} YIN"


@pytest.mark.usefixtures("engine")
def test_how_far_it_is_off_is_told_in_cents() -> None:
    found = note.find(plucked(69.3, 5))
    assert found is not None
    assert (found.name, round(found.cents, -1)) == ("A4", 30)


@pytest.mark.usefixtures("engine")
def test_noise_and_silence_are_no_notes() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    assert [note.find(sound) for sound in (noise, np.zeros(RATE, np.float32))] == [None, None]
