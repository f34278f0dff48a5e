"""What a person corrects in the list: many rows at once, and the queue of what is most worth an ear."""

from __future__ import annotations

from tests.tui.fake import FakeArchive
from tests.tui.pilot import LARGE, running


async def test_the_queue_shows_the_next_one_when_one_is_decided() -> None:
    archive = FakeArchive(doubtful={3, 40, 77})
    async with running(archive, LARGE) as ui:
        await ui.press("enter", "v")
        await ui.shows("is:doubtful", "3 files", "! bpm: project 140, audio 93.3", "? in doubt: bpm")
        assert "0000003" in ui.row_at_cursor()
        await ui.press("n", "N", "n", "N")
        assert "0000003" in ui.row_at_cursor()
        await ui.press("l")
        await ui.shows("2 files", "bpm 93 is yours now")
        assert "0000040" in ui.row_at_cursor()
        await ui.press("right_square_bracket")
        await ui.shows("1 file", "bpm 130.0 → 260")
        assert "0000077" in ui.row_at_cursor()
        await ui.press("v")
        await ui.shows("1,000 files")
    assert archive.doubtful == {77}


async def test_what_is_marked_changes_together_and_comes_back_together() -> None:
    archive = FakeArchive()
    async with running(archive) as ui:
        await ui.press("enter", "space", "j", "space")
        await ui.shows("2 of 1,000 files", "•")
        await ui.press("left_square_bracket")
        await ui.shows("bpm 90.0 → 45", "and 1 more", "2 of 1,000 files")
        assert archive.tempi == {0: 45.0, 2: 46.0}
        await ui.press("u")
        await ui.shows("Taken back")
        assert archive.tempi == {}
        await ui.press("e")
        await ui.shows("2 files")
        await ui.write("bpm=128")
        await ui.press("enter")
        await ui.until(lambda: archive.tempi == {0: 128.0, 2: 128.0})


async def test_all_are_marked_and_none_and_another_query_marks_nothing() -> None:
    async with running(FakeArchive()) as ui:
        await ui.write("kick")
        await ui.shows("125 files")
        await ui.press("enter", "asterisk")
        await ui.shows("125 of 125 files")
        await ui.press("space")
        await ui.shows("124 of 125 files")
        await ui.press("asterisk")
        await ui.shows("125 of 125 files")
        await ui.press("asterisk")
        await ui.hides("125 of 125 files")
        await ui.press("asterisk", "c")
        await ui.shows("1,000 files")
        assert "of 1,000" not in ui.text()


async def test_what_has_left_the_list_is_marked_no_more() -> None:
    archive = FakeArchive(doubtful={3, 40})
    async with running(archive) as ui:
        await ui.press("enter", "v")
        await ui.shows("2 files")
        await ui.press("space", "l")
        await ui.shows("1 file")
        await ui.hides(" of 1 file")
        await ui.press("l")
        await ui.shows("Nothing matches")
    assert [len(changes) for changes in archive.journal] == [1, 1]


async def test_while_the_projects_are_awaited_the_files_on_the_screen_are_what_changes() -> None:
    archive = FakeArchive()
    async with running(archive, LARGE) as ui:
        await ui.press("enter", "j")
        archive.held = True
        await ui.press("p", "right_square_bracket")
        await ui.until(lambda: archive.journal)
        assert list(archive.tempi) == [1]  # a project's would be below 0
        archive.held = False
        await ui.shows("40 projects")
        archive.held = True
        await ui.press("p", "m", "l")
        archive.held = False
        await ui.shows("1,000 files")
    assert len(archive.journal) == 1


async def test_projects_have_no_queue_of_their_own() -> None:
    async with running(FakeArchive(doubtful={3})) as ui:
        await ui.press("enter", "p")
        await ui.shows("40 projects")
        await ui.press("l", "v")
        await ui.shows("1 file")
    assert ui.archive.journal == []
