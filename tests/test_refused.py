"""A root that looks wrong is left as it was, and the exit code says so though the others were indexed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from archivist.archive import Archive
from tests.conftest import Run
from tests.light import index
from tests.small_studio import write_sound


@pytest.fixture
def studio(tmp_path: Path, light: Archive) -> Path:
    """A root with three sounds, and one with none."""
    folder, other = tmp_path / "studio", tmp_path / "other"
    for number in range(3):
        write_sound(folder / f"takes/hit {number}.wav", pitch=300 + 10 * number)
    other.mkdir()
    light.add_root(folder)
    light.add_root(other)
    index(light)
    return folder


def test_one_root_of_two_is_empty(light: Archive, studio: Path, tmp_path: Path, run: Run) -> None:
    (studio / "takes").rename(tmp_path / "away")
    done = run("index")
    assert (done.code, "3 of 3 files are gone" in done.err) == (3, True)
    assert len(light.find("hit")) == 3


def test_one_root_of_two_cannot_be_listed(light: Archive, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def denied(path: Any = ".") -> Any:
        if os.fspath(path) == str(studio):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    summary = light.index()
    assert [(one.path, "Permission denied" in one.reason) for one in summary.refused] == [(str(studio), True)]
    assert (summary.indexed, summary.missing, summary.offline) == (1, 0, ())
    assert len(light.find("hit")) == 3
    assert [one.path for one in light.report().refused] == [str(studio)]
    monkeypatch.undo()
