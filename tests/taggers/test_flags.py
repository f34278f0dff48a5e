"""Each flag on the sound that deserves it, and on the nearest one that does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from taggers import Job, tag_file
from tests.taggers.signals import Sound, noise, sine, write

LOUD = np.clip(sine(100, 1, 2.0), -1, 1)
TWO_FULL = sine(100, 1)
TWO_FULL[5_000:5_002] = 1.0
THREE_FULL = TWO_FULL.copy()
THREE_FULL[5_002] = 1.0


def stereo(left: Sound, right: Sound) -> Sound:
    return np.stack([left, right], axis=1)


FLAGS = {
    "loud": (LOUD, {"clipped"}),
    "two samples at full scale": (TWO_FULL, set()),
    "three samples at full scale": (THREE_FULL, {"clipped"}),
    "clipped on the right only": (stereo(0.3 * LOUD, LOUD), {"clipped"}),
    "nothing": (np.zeros(44_100), {"silent"}),
    "hum of an open input": (sine(50, 1, 0.0005), {"silent"}),
    "quiet": (sine(50, 1, 0.01), set()),
    "offset": (sine(100, 1, 0.2) + 0.02, {"dc-offset"}),
    "offset and nothing else": (np.full(44_100, 0.1), {"dc-offset", "silent"}),
    "short low note": (sine(30, 0.05, 0.5), set()),
    "one voice twice": (stereo(sine(100, 1), sine(100, 1)), {"mono-as-stereo"}),
    "stereo": (stereo(sine(100, 1), sine(101, 1)), set()),
    "silence twice": (stereo(np.zeros(44_100), np.zeros(44_100)), {"silent"}),
    "noise": (noise(1), set()),
}


@pytest.mark.parametrize("case", FLAGS)
def test_flags(case: str, tmp_path: Path) -> None:
    sound, expected = FLAGS[case]
    path = write(tmp_path / "x.wav", sound, subtype="PCM_24")
    tags = tag_file(Job(str(path), ("flags",))).findings["flags"].tags
    assert {tag.value for tag in tags} == expected


def test_a_clipped_run_across_two_blocks_counts(tmp_path: Path) -> None:
    sound = sine(100, 14)
    sound[2**19 - 1 : 2**19 + 2] = -1.0  # the decoder's blocks hold 2**19 samples
    path = write(tmp_path / "x.wav", sound)
    assert [tag.value for tag in tag_file(Job(str(path), ("flags",))).findings["flags"].tags] == ["clipped"]
