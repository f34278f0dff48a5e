"""Commands: the table and all that is made of it, editing, indexing, themes, the first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from archivist.query.fields import FIELDS
from tests.tui.fake import FakeArchive
from tests.tui.pilot import LARGE, SMALL, running
from tui.commands import COMMANDS
from tui.screens.browse import BrowseScreen


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.title)
def test_every_command_is_an_action_of_the_browse_screen(command) -> None:
    assert callable(getattr(BrowseScreen, f"action_{command.action.partition('(')[0]}"))


def test_no_two_commands_share_a_key() -> None:
    keys = [key for command in COMMANDS for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))


async def test_help_shows_every_command_and_every_field() -> None:
    async with running(FakeArchive(), (100, 130)) as ui:
        await ui.press("f1")
        await ui.shows("Commands", "A query")
        for command in COMMANDS:
            assert command.help in ui.text()
        for field in FIELDS:
            assert field.example in ui.text()
        await ui.press("escape")
        await ui.hides("A query")


async def test_at_80_columns_the_footer_is_whole() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter")
        await ui.until(lambda: ui.lines()[-1].strip().startswith("/ Search ? Help"))
        await ui.until(lambda: ui.lines()[-1].strip().endswith("i Index"))
        await ui.pilot.resize_terminal(120, 24)
        await ui.until(lambda: ui.lines()[-1].strip().endswith("^p palette"))
        await ui.pilot.resize_terminal(30, 12)
        await ui.until(lambda: ui.lines()[-1].strip().startswith("/ Search ? Help p Projects"))


async def test_help_scrolls_on_a_small_screen() -> None:
    async with running(FakeArchive(), SMALL) as ui:
        await ui.press("f1")
        await ui.shows("Write a query")
        await ui.press(*["j"] * 8)
        await ui.hides("Write a query")


async def test_palette_lists_and_runs_commands() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("ctrl+p")
        await ui.shows("Projects", "Show or hide all that is known of a row")
        assert "Stop indexing" not in ui.text()
        await ui.write("projects")
        await ui.shows("Switch between files and projects")
        await ui.press("enter")
        await ui.press("enter")
        await ui.shows("40 projects")


async def test_theme_switches_and_back() -> None:
    async with running(FakeArchive()) as ui:
        dark = ui.app.screen.styles.background
        await ui.press("f9")
        light = ui.app.screen.styles.background
        assert dark.brightness < 0.2 and light.brightness > 0.9
        await ui.press("f9")
        assert ui.app.screen.styles.background == dark


async def test_without_colours(monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(FakeArchive()) as ui:
        assert ui.app.no_color
        assert "Lead Vox" in ui.row_at_cursor()  # the cursor is a sign, not a colour


@pytest.mark.parametrize(
    ("key", "tempo"),
    [
        ("right_square_bracket", "182.0"),
        ("left_square_bracket", "45.5"),
        ("right_curly_bracket", "136.5"),
        ("left_curly_bracket", "60.7"),
    ],
)
async def test_tempo_keys_and_undo(key: str, tempo: str) -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "j", key)
        await ui.shows(tempo, "u takes it back")
        assert tempo in ui.row_at_cursor() and "00001.wav" in ui.row_at_cursor()
        await ui.press("u")
        await ui.shows("Taken back")
        await ui.until(lambda: "91.0" in ui.row_at_cursor())
        await ui.press("u")
        await ui.shows("nothing to take back")


async def test_two_quick_tempo_keys_both_count() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "left_square_bracket", "left_square_bracket")
        await ui.until(lambda: "22.5" in ui.row_at_cursor())


async def test_a_value_by_hand_shows_a_lock_and_a_machines_its_confidence() -> None:
    async with running(FakeArchive(), LARGE) as ui:
        await ui.press("enter", "e")
        await ui.shows("Edit", "bpm 90.0")
        await ui.write("bpm=128")
        await ui.press("enter")
        await ui.shows("🔒 you  2025-02-03", "heard      61%  percival")
        await ui.until(lambda: "128.0" in ui.row_at_cursor())
        await ui.press("e")
        await ui.write("bpm=")
        await ui.press("enter")
        await ui.until(lambda: "90.0" in ui.row_at_cursor())


async def test_a_wrong_assignment_is_explained() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "e")
        await ui.write("colour=red")
        await ui.press("enter")
        await ui.shows("write one of bpm, key")
        await ui.press("home", "ctrl+k")
        await ui.write("key=H")
        await ui.press("enter")
        await ui.shows("H is no key; write Am", "key=H")
        assert ui.archive.journal == []


async def test_a_wrong_assignment_is_explained_on_a_low_screen() -> None:
    async with running(FakeArchive(), (40, 12)) as ui:
        await ui.press("enter", "e")
        await ui.write("label=keeper")
        await ui.press("enter")
        await ui.shows("! write one of bpm,", "kind, then = and the", "│ value ")
        await ui.press("ctrl+u")
        await ui.write("instrument=xylophone")
        await ui.press("enter")
        await ui.shows("! xylophone is no instrument;")


async def test_indexing_shows_progress_and_then_new_results() -> None:
    async with running(FakeArchive(index_steps=8, index_pause=0.1)) as ui:
        await ui.press("enter", "i")
        await ui.shows("Listening to audio", "/800", "100/s", "2 failed", "left", "x Stop")
        searches = len(ui.archive.asked)
        await ui.shows("Indexed: 12 added, 800 analysed, 2 failed")
        await ui.hides("Listening to audio")
        await ui.until(lambda: len(ui.archive.asked) > searches)
        assert ui.archive.indexed == [()]


async def test_indexing_can_be_stopped() -> None:
    async with running(FakeArchive(index_steps=1000, index_pause=0.05)) as ui:
        await ui.press("enter", "i")
        await ui.shows("Listening to audio")
        await ui.press("x")
        await ui.shows("Stopped:")
        await ui.hides("Listening to audio")


async def test_leaving_stops_the_index() -> None:
    archive = FakeArchive(index_steps=1000, index_pause=0.1)
    async with running(archive) as ui:
        await ui.press("enter", "i")
        await ui.shows("Listening to audio")
        await ui.press("q")
    assert archive.indexed == [()]  # and the block above ended: no thread kept it


async def test_first_run_welcomes_and_adds_a_root(tmp_path: Path) -> None:
    async with running(FakeArchive(empty=True, index_steps=3, index_pause=0.05), first="Welcome") as ui:
        await ui.shows("Welcome", "Name a folder")
        await ui.write("nowhere at all")
        await ui.press("enter")
        await ui.shows("! nowhere at all: there is no such folder")
        ui.app.screen.query_one("#folder").value = str(tmp_path)  # type: ignore[attr-defined]
        await ui.press("enter")
        await ui.hides("Welcome")
        await ui.shows("Indexed", "1,000 files")
        assert ui.archive.indexed == [(tmp_path,)]


@pytest.mark.parametrize(
    ("folder", "why"),
    [("~nobody-of-that-name/Music", "there is no such folder"), ("/x/" + "y" * 5_000, "too long")],
)
async def test_a_folder_that_cannot_be_is_told_in_a_few_lines(folder: str, why: str) -> None:
    async with running(FakeArchive(), LARGE) as ui:
        await ui.press("enter", "a")
        await ui.shows("Name another folder")
        ui.app.screen.query_one("#folder").value = folder  # type: ignore[attr-defined]
        await ui.press("enter")
        await ui.shows(folder[:8], why)
        assert ui.app.screen.query_one("#hint").size.height <= 4


async def test_first_run_can_be_left() -> None:
    async with running(FakeArchive(empty=True), first="Welcome") as ui:
        await ui.shows("Welcome")
        await ui.press("escape")
        await ui.hides("Welcome")
        await ui.shows("Nothing matches")
