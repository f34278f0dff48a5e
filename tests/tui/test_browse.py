"""Searching, sorting, facets, panes and rows: what the screen shows after which key."""

from __future__ import annotations

import pytest
from textual import events

from tests.tui.fake import FakeArchive
from tests.tui.pilot import DOTS, KEY_NAMES, LARGE, SMALL, running
from tui.screens.browse import BrowseScreen


async def test_first_screen_at_80_columns_is_the_list_alone() -> None:
    async with running(FakeArchive()) as ui:
        await ui.shows("1,000 files", "Projects 40", "× 34 missing")
        lines = ui.lines()
        assert [title for title in lines[2].split() if title != "▁"] == [
            "Name", "Project", "Instrument", "Key", "BPM", "Length",
        ]  # fmt: skip
        assert "Lead Vox" in lines[3] and "A minor" in lines[3] and "90.0" in lines[3] and "0:00.4" in lines[3]
        await ui.until(lambda: "Help" in ui.lines()[-1] and "Index" in ui.lines()[-1])
        assert "Used by" not in ui.text() and "one-shot" not in ui.text()


async def test_all_three_panes_at_200_columns() -> None:
    async with running(FakeArchive(), LARGE) as ui:
        await ui.shows("Used by", "percival", "one-shot", "Kind", "Date")
        assert ui.lines()[3].index("stem") < ui.lines()[3].index("Lead Vox") < ui.lines()[3].index("/studio/2015")


async def test_numerals_stand_under_each_other() -> None:
    async with running(FakeArchive()) as ui:
        points = {line.rindex(".") for line in ui.lines()[3:22]}
        assert len(points) == 1, points  # lengths end in tenths


async def test_each_keystroke_searches() -> None:
    async with running(FakeArchive()) as ui:
        await ui.write("kick")
        await ui.shows("125 files")
        assert ui.archive.asked[-1] == "kick"
        assert all("Kick" in line for line in ui.lines()[3:20])
        await ui.press("backspace", "backspace", "backspace", "backspace")
        await ui.shows("1,000 files")


async def test_a_word_right_behind_the_slash_is_all_query() -> None:
    """A slow line brings several keys at once."""
    archive = FakeArchive()
    async with running(archive) as ui:
        await ui.press("enter")
        for char in "/pick/":
            ui.app.post_message(events.Key(KEY_NAMES.get(char, char), char))
        await ui.shows("❯ pick/ ")
        await ui.press("escape", "c")
        await ui.shows("1,000 files")
        await ui.press("e")
        await ui.shows("Edit")
        await ui.write("bpm=x1/2")
        await ui.press("enter")
        await ui.until(lambda: archive.tempi == {0: 45.0})


async def test_half_typed_query_shows_results_and_where_it_stops() -> None:
    async with running(FakeArchive()) as ui:
        await ui.write("kick bpm:")
        await ui.shows("^ a value is missing here", "125 files")
        status = ui.lines()[1]
        assert status.index("^") == ui.lines()[0].index("bpm:") + len("bpm:")
        await ui.write("91")
        await ui.hides("missing here")
        await ui.shows("Projects 40")


async def test_a_late_answer_is_dropped() -> None:
    archive = FakeArchive(find_delays={"k": 0.3})
    archive.interrupt = lambda: None  # type: ignore[method-assign]  # as where reads cannot be cut short
    async with running(archive) as ui:
        await ui.write("kick")
        await ui.shows("125 files")
        await ui.pilot.pause(0.5)
        assert "125 files" in ui.text()
        assert all("Kick" in line for line in ui.lines()[3:20])


async def test_a_new_keystroke_interrupts_the_search_before() -> None:
    archive = FakeArchive(find_delays={"k": 30.0, "ki": 30.0})
    async with running(archive) as ui:
        await ui.write("kick")
        await ui.shows("125 files")
        assert "!" not in ui.lines()[1].replace("! 3 unreadable", "")


async def test_first_window_comes_before_the_whole() -> None:
    archive = FakeArchive(files=30_000)
    seen = []
    async with running(archive) as ui:
        await ui.shows("30,000 files")
        await ui.press("enter")
        show = ui.app.screen.query_one("#results").show  # type: ignore[attr-defined]
        ui.app.screen.query_one("#results").show = (  # type: ignore[attr-defined]
            lambda results, *rest: (seen.append(len(results)), show(results, *rest))
        )
        await ui.press("slash")
        await ui.write("kick")
        await ui.shows("3,750 files")
        assert seen[-2:] == [200, 3750]


MOVES = [
    (("j", "j", "k"), 1),
    (("down", "down", "up"), 1),
    (("end",), 999),
    (("G", "home"), 0),
    (("G", "g"), 0),
    (("pagedown",), 19),
    (("pagedown", "pagedown", "pageup"), 19),
    (("k",), 0),
    (("end", "j"), 999),
]


async def test_moving() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter")
        for keys, row in MOVES:
            await ui.press(*keys)
            await ui.until(lambda row=row: f"{row:05}.wav" in ui.row_at_cursor())
            await ui.press("home")


async def test_arrows_move_the_list_while_typing() -> None:
    async with running(FakeArchive()) as ui:
        await ui.write("kick")
        await ui.shows("125 files")
        await ui.press("down", "down")
        assert "00017.wav" in ui.row_at_cursor()
        await ui.write("s")
        await ui.shows("Nothing matches")


async def test_mouse_picks_a_row_and_sorts_by_a_header() -> None:
    async with running(FakeArchive()) as ui:
        await ui.pilot.click("#results", offset=(10, 4))
        assert "00003.wav" in ui.row_at_cursor()
        header = ui.lines()[2]
        await ui.pilot.click("#results", offset=(header.index("BPM"), 0))
        await ui.shows("sort:bpm", "BPM↑")
        await ui.pilot.click("#results", offset=(header.index("BPM"), 0))
        await ui.shows("sort:-bpm", "BPM↓")
        await ui.until(lambda: "149.0" in ui.lines()[3])


async def test_sort_by_keys() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "s")
        await ui.shows("sort:name", "Name↑")
        await ui.press("S")
        await ui.shows("sort:-name", "Name↓", "00999.wav")


async def test_rows_that_are_away_carry_a_mark() -> None:
    async with running(FakeArchive(), LARGE) as ui:
        marks = {line.split(".wav")[0].split()[-1]: line for line in ui.lines()[3:50] if ".wav" in line}
        assert "× Gtr L" in marks["0000028"]
        assert "○ Lead Vox" in marks["0000040"]
        assert "×" not in marks["0000027"]


async def test_files_and_projects() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("f4")
        await ui.shows("40 projects", "Tracks", "Sunrise 1")
        await ui.press("f4")
        await ui.shows("1,000 files", "Length")


async def test_a_click_switches_between_files_and_projects() -> None:
    async with running(FakeArchive()) as ui:
        await ui.shows("Projects 40")
        await ui.pilot.click("#status", offset=(ui.lines()[1].index("Projects"), 0))
        await ui.shows("40 projects", "Saves")
        await ui.pilot.click("#status", offset=(ui.lines()[1].index("Projects"), 0))
        await ui.pilot.click("#status", offset=(2, 0))
        await ui.shows("1,000 files", "Length")


async def test_an_order_that_projects_do_not_have_is_passed_over() -> None:
    async with running(FakeArchive(), query="sort:length") as ui:
        await ui.press("f4")
        await ui.shows("40 projects", "^ projects have no length")


async def test_details_of_a_file() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "d")
        await ui.shows("heard      92%", "or C major 5%", "! clipped", "48 kHz  24 bit  stereo")
        await ui.press("j")
        await ui.shows("/studio/2016/Sunrise/Audio/Kick take 0000001.wav")
        await ui.press("d")
        await ui.hides("heard")


async def test_details_of_a_project() -> None:
    async with running(FakeArchive(), LARGE) as ui:
        await ui.press("enter", "p")
        await ui.shows(
            "120.0 → 124.0 bpm, +2 tracks, now 11.2", "Serum  Xfer  vst3  ×2", "Drums", "group · muted  EQ Eight",
            "× Samples/Sunrise 1.wav  missing", "beat 64  Chorus Sunrise 1", "not readable here: key",
        )  # fmt: skip


async def test_a_facet_narrows_the_query_and_gives_it_back() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "f")
        await ui.shows("one-shot")
        await ui.press("down", "down", "space")
        await ui.until(lambda: "kind:one-shot" in ui.lines()[0])
        await ui.shows("200 files", "● one-shot")
        await ui.press("space")
        await ui.shows("1,000 files")
        assert "kind:" not in ui.lines()[0]


async def test_at_80_columns_one_pane_closes_the_other() -> None:
    async with running(FakeArchive()) as ui:
        await ui.press("enter", "d")
        await ui.shows("heard")
        await ui.press("f")
        await ui.shows("one-shot")
        await ui.hides("heard")
        await ui.press("escape")
        await ui.hides("one-shot")


async def test_completion_of_a_field_and_of_a_counted_value() -> None:
    async with running(FakeArchive()) as ui:
        await ui.write("kick ins")
        await ui.shows("kick instrument:")
        await ui.press("right")
        await ui.write("k")
        await ui.shows("instrument:kick")
        await ui.press("right")
        await ui.until(lambda: ui.archive.asked[-1] == "kick instrument:kick")


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_hostile_names_stay_text(size: tuple[int, int]) -> None:
    async with running(FakeArchive(files=60, projects=20, hostile=True), size) as ui:
        await ui.shows("[bold red]", "\\x1b", "bad\\xe9", "\\u202e", "日本語")
        await ui.press("enter", "d", *["j"] * 10)
        await ui.until(lambda: ui.text().count("[bold red]markup[/]") >= 3)  # a row, its name, its path
        assert not any(char in ui.text() for char in "\x1b\x07\r\u202e\udcce")
        await ui.press("f4")
        await ui.shows("20 projects")
        await ui.press("e")
        await ui.shows("Edit")
        await ui.press("escape")


async def test_a_resize_keeps_the_row_in_sight() -> None:
    async with running(FakeArchive(), LARGE) as ui:
        await ui.press("enter", *["pagedown"] * 5, *["j"] * 7)
        await ui.until(lambda: DOTS not in ui.text())
        tempo = ui.row_at_cursor().split("minor")[1].split()[0]
        assert tempo == "132.0", ui.row_at_cursor()
        await ui.pilot.resize_terminal(*SMALL)
        await ui.until(lambda: tempo in ui.row_at_cursor())
        await ui.pilot.resize_terminal(30, 8)
        await ui.until(lambda: tempo in ui.row_at_cursor())


async def test_on_a_low_screen_the_details_leave_room_for_the_list_and_scroll_to_their_end() -> None:
    async with running(FakeArchive(), (40, 12)) as ui:
        await ui.press("enter", "d")
        await ui.shows("kHz")
        await ui.press("j")
        await ui.until(lambda: "Kick take" in ui.row_at_cursor())
        await ui.press("enter", "end")
        await ui.shows("Used by", "Sunrise 2")
        await ui.pilot.resize_terminal(*LARGE)
        pane = ui.app.screen.query_one("#details")
        await ui.until(lambda: pane.size.height == ui.app.screen.query_one("#panes").size.height)


async def test_an_error_is_one_line() -> None:
    async with running(FakeArchive(broken=OSError("the drive is gone")), first="! the drive is gone") as ui:
        assert "Traceback" not in ui.text()
        ui.archive.broken = None
        await ui.write("kick")
        await ui.shows("125 files")


async def test_a_long_error_takes_the_lines_that_it_needs() -> None:
    path = "/home/anna/.local/share/archivist/archive.db"
    error = OSError(f"{path}: another archivist writes to it; try again when that has finished")
    async with running(FakeArchive(broken=error), (60, 24), first=f"! {path}") as ui:
        await ui.shows("try again when that has finished")
        ui.archive.broken = None
        await ui.write("kick")
        await ui.shows("125 files", "Files 1,000")
        assert "Name" in ui.lines()[2]


async def test_the_query_it_starts_with() -> None:
    async with running(FakeArchive(), query="kick") as ui:
        await ui.shows("125 files")
        assert "❯ kick" in ui.lines()[0]


async def test_the_browse_screen_is_the_only_one() -> None:
    async with running(FakeArchive()) as ui:
        assert [type(screen) for screen in ui.app.screen_stack] == [BrowseScreen]
