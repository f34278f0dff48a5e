"""Which engine hears, told in fresh processes by what they import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from taggers import engines
from tests.taggers.signals import beats, cadence, write

HEAR = """
import sys
if sys.argv[2] == "blocked":
    sys.modules["essentia"] = None
from taggers import Job, tag_file
result = tag_file(Job(sys.argv[1], ("key", "tempo")))
assert not result.error and not result.errors, result
for findings in result.findings.values():
    for tag in findings.tags:
        print(tag.field, tag.value, tag.engine.split()[0])
print(*sorted({"essentia", "librosa", "numba"} & {name for name, module in sys.modules.items() if module}))
"""


def said(folder: Path, essentia: str) -> list[str]:
    """What a new Python says of a song in A minor at 100: its tags, and at the end the engines it imported."""
    drums, chords = beats(100, 28.8), cadence(57, True, bpm=100, times=6)
    song = write(folder / "song.wav", np.asarray(0.5 * drums[: len(chords)] + chords[: len(drums)]))
    command = [sys.executable, "-c", HEAR, str(song), essentia]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.skipif(not engines.has_essentia(), reason="no essentia for this system")
def test_essentia_hears_alone(tmp_path: Path) -> None:
    lines = said(tmp_path, "there")
    assert "key A minor essentia" in lines
    assert "bpm 100.0 essentia" in lines
    assert lines[-1] == "essentia"


def test_librosa_hears_where_there_is_no_essentia(tmp_path: Path) -> None:
    lines = said(tmp_path, "blocked")
    assert "key A minor librosa" in lines
    assert "bpm 100.0 librosa" in lines
    assert lines[-1] == "librosa numba"
