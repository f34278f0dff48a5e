"""The meter against EBU Tech 3341 (v4), table 1, and signals whose level is known by formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from taggers import Job, tag_file
from taggers.loudness import LoudnessMeter
from tests.taggers.signals import Sound, noise, sine, write

# (level in dBFS of a 1 kHz stereo sine, seconds) in a row, and the integrated loudness that is due, ±0.1
EBU_3341 = {
    "case 1": ([(-23.0, 20.0)], -23.0),
    "case 2": ([(-33.0, 20.0)], -33.0),
    "case 3": ([(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
    "case 4": ([(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
    "case 5": ([(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
}


def measured(sound: Sound, rate: int, block: int = 50_001) -> LoudnessMeter:
    """sound: shape (channels, frames)."""
    meter = LoudnessMeter(rate, len(sound))
    for start in range(0, sound.shape[1], block):
        meter.feed(np.ascontiguousarray(sound[:, start : start + block], np.float32))
    return meter


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("case", EBU_3341)
def test_ebu_3341(case: str, rate: int) -> None:
    parts, due = EBU_3341[case]
    tone = np.concatenate([sine(1_000, length, 10 ** (level / 20), rate) for level, length in parts])
    assert measured(np.stack([tone, tone]), rate).integrated() == pytest.approx(due, abs=0.1)


def test_ebu_3341_case_6_weighs_the_surrounds() -> None:
    levels = {"L": -28.0, "R": -28.0, "C": -24.0, "LFE": None, "Ls": -30.0, "Rs": -30.0}
    tone = sine(1_000, 20, 1.0, 48_000)
    sound = np.stack([tone * (0 if level is None else 10 ** (level / 20)) for level in levels.values()])
    assert measured(sound, 48_000).integrated() == pytest.approx(-23.0, abs=0.1)


def test_bs_1770_reference() -> None:
    """A 997 Hz sine at full scale on one channel reads -3.01 LUFS."""
    tone = sine(997, 10, 1.0, 48_000)
    assert measured(tone[None], 48_000).integrated() == pytest.approx(-3.01, abs=0.02)


def test_blocks_do_not_matter() -> None:
    sound = np.stack([noise(5), noise(5)[::-1]])
    whole, pieces = measured(sound, 44_100, 10**9), measured(sound, 44_100, 1_013)
    assert whole.integrated() == pytest.approx(pieces.integrated(), abs=1e-6)
    assert whole.true_peak() == pytest.approx(pieces.true_peak(), abs=1e-4)


def test_agrees_with_pyloudnorm() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    sound = np.stack([noise(8) * np.linspace(0.01, 1, 8 * 44_100), sine(220, 8)])
    theirs = pyloudnorm.Meter(44_100).integrated_loudness(sound.T)
    assert measured(sound, 44_100).integrated() == pytest.approx(theirs, abs=0.1)


@pytest.mark.parametrize(
    ("frequency", "phase", "level", "due"),
    [  # EBU Tech 3341 cases 15 to 19: sines whose samples miss the crest, +0.2/-0.4 dB
        (12_000, 0, 0.5, -6.0),
        (12_000, 45, 0.5, -6.0),
        (8_000, 60, 0.5, -6.0),
        (6_000, 67.5, 0.5, -6.0),
        (12_000, 45, 1.41, 3.0),
    ],
)
def test_true_peak(frequency: float, phase: float, level: float, due: float) -> None:
    time = np.arange(48_000) / 48_000
    tone = level * np.sin(2 * np.pi * frequency * time + np.radians(phase)) * np.hanning(48_000) ** 0.05
    peak = measured(tone[None], 48_000).true_peak()
    assert peak is not None
    assert due - 0.4 <= peak <= due + 0.2


def test_a_peak_at_the_very_end_counts() -> None:
    sound = np.zeros((1, 44_100))
    sound[0, -2:] = 0.7
    peak = measured(sound, 44_100).true_peak()
    assert peak is not None
    assert peak > 20 * np.log10(0.75)


def test_short_and_silent_files_abstain(tmp_path: Path) -> None:
    for name, sound, reasons in (
        ("short", noise(0.2), {"loudness": "shorter than 400 ms"}),
        ("silent", noise(2, 0.0), {"loudness": "silence (below -70 LUFS)", "true_peak": "digital silence"}),
    ):
        path = write(tmp_path / f"{name}.wav", sound)
        assert tag_file(Job(str(path), ("loudness",))).findings["loudness"].abstained == reasons
