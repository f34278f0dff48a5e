"""The terminal UI over a real archive: from the first run to a value set by hand and taken back, and a prune."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Static

from archivist import config
from archivist.archive import Archive
from tests.small_studio import write_project, write_sound
from tests.tui.pilot import LARGE, Driver, running

INDEX_SECONDS = 90.0  # worker processes import the audio libraries first


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    root = tmp_path / "studio"
    write_sound(root / "Sunrise" / "Media" / "Lead Vox 01.wav", pitch=220)
    write_sound(root / "Loops" / "pluck_loop_96bpm_Am.wav", seconds=2.5, pitch=330)
    write_project(
        root / "Sunrise" / "Sunrise.rpp", bpm=124, tracks=("Lead Vox", "Bass"),
        samples=("Media/Lead Vox 01.wav", "Media/gone.wav"), plugins=("Serum (Xfer)",),
    )  # fmt: skip
    return root


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(replace(config.default(), archive=str(tmp_path / "a.db"), jobs=1, log=None)) as archive:
        yield archive


async def test_from_an_empty_archive_to_an_edit(archive: Archive, studio: Path) -> None:
    async with running(archive, LARGE, first="Welcome") as ui:
        ui.app.screen.query_one("#folder").value = str(studio)  # type: ignore[attr-defined]
        await ui.press("enter")
        await ui.hides("Welcome")
        await ui.until(lambda: "Indexed: " in ui.text(), INDEX_SECONDS)
        await ui.shows("2 files")

        await ui.write("bpm:96")
        await ui.shows("1 file", "Projects 1", "A minor", "file name")
        assert "pluck_loop" in ui.row_at_cursor() and "96.0" in ui.row_at_cursor()
        await ui.press("enter", "right_square_bracket")
        await ui.shows("bpm 96 → 192", "Nothing matches")
        await ui.press("c")
        await ui.shows("2 files", "192.0")
        await ui.press("u")
        await ui.shows("Taken back", "96.0")

        await ui.press("p")
        await ui.shows("1 project", "Sunrise", "reaper", "Serum", "× Media/gone.wav  missing", "Lead Vox")
        await ui.press("slash")
        await ui.write("key:X")
        await ui.shows("is no key")


def details(ui: Driver) -> str:
    return str(ui.app.screen.query_one("#details Static", Static).content)


async def test_rows_that_another_process_prunes_leave_the_list(archive: Archive, tmp_path: Path) -> None:
    sounds = [write_sound(tmp_path / "studio" / f"hit {n}.wav", 0.3, 200 + 50 * n) for n in range(4)]

    def lose(*numbers: int) -> None:
        for number in numbers:
            sounds[number].unlink()
        archive.index(accept_missing=True)
        archive.prune()

    archive.add_root(tmp_path / "studio")
    archive.index()
    async with running(archive, LARGE, query="sort:name") as ui:
        await ui.until(lambda: "hit 0.wav" in details(ui))
        lose(1, 2)
        await ui.press("enter", "j")
        await ui.shows("! This is no longer in the archive.", " 2 files")
        assert "hit 3.wav" in ui.row_at_cursor()
        await ui.until(lambda: "hit 3.wav" in details(ui))
        lose(3)
        await ui.press("asterisk", "right_square_bracket")
        await ui.shows("! This is no longer in the archive: nothing was changed", "1 of 1 file")


async def test_what_another_process_has_indexed_is_there_when_it_is_asked_for(
    archive: Archive, tmp_path: Path
) -> None:
    sounds = [write_sound(tmp_path / "studio" / f"hit {n}.wav", 0.3, 200 + 50 * n) for n in range(2)]
    archive.add_root(tmp_path / "studio")
    archive.index()
    async with running(archive, LARGE, query="sort:-name") as ui:
        await ui.until(lambda: "hit 1.wav" in ui.row_at_cursor())
        await ui.press("enter")
        write_sound(sounds[0].with_name("hit 2.wav"), 0.3, 300)
        archive.index()
        await ui.press("r")
        await ui.shows("3 files", "hit 2.wav")
        assert "hit 1.wav" in ui.row_at_cursor()
