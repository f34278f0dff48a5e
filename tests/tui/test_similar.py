"""Similar files: the list and its reasons, more and less like this, weights, the way back, what goes wrong."""

from __future__ import annotations

import pytest

from archivist.records import Neighbour
from archivist.weights import ASPECTS
from tests.tui.fake import HOSTILE, FakeArchive
from tests.tui.pilot import LARGE, Driver, running
from tui.likeness import Likeness, Neighbours

WIDE_LIST = (120, 40)

LIKENESSES = [
    # keys pressed, each with the id of the row under the cursor → like, unlike
    ((), (7,), ()),
    ((("+", 8),), (7, 8), ()),
    ((("+", 8), ("+", 8)), (7,), ()),
    ((("+", 8), ("+", 7)), (8,), ()),
    ((("-", 9),), (7,), (9,)),
    ((("-", 9), ("-", 9)), (7,), ()),
    ((("-", 9), ("+", 9)), (7, 9), ()),
    ((("+", 9), ("-", 9)), (7,), (9,)),
    ((("+", 7),), (7,), ()),  # one example stays
    ((("-", 7),), (7,), ()),
]


@pytest.mark.parametrize(("pressed", "like", "unlike"), LIKENESSES)
def test_examples(pressed, like: tuple[int, ...], unlike: tuple[int, ...]) -> None:
    likeness = Likeness((7,))
    for sign, file_id in pressed:
        likeness = likeness.more(file_id) if sign == "+" else likeness.less(file_id)
    assert (likeness.like, likeness.unlike) == (like, unlike)


def test_a_key_leads_an_aspect_through_its_levels() -> None:
    usual = Likeness((7,))
    assert usual.weights() == ASPECTS
    strong = usual.weigh("tempo")
    assert strong.weights()["tempo"] > 2 * ASPECTS["tempo"]
    assert strong.weigh("tempo").weights()["tempo"] == 0
    assert strong.weigh("tempo").weigh("tempo") == usual


def test_not_all_aspects_can_be_off() -> None:
    likeness = Likeness((7,))
    for aspect in ASPECTS:
        likeness = likeness.weigh(aspect).weigh(aspect)
    assert sum(likeness.weights().values()) > 0


def test_reasons_are_told_by_what_they_weigh() -> None:
    archive = FakeArchive()
    found = Neighbour(archive.file(1), 0.7, {"tempo": 0.4, "key": 1.0, "timbre": 0.911})
    neighbours = Neighbours(Likeness((0,)), [archive.file(0)], [found])
    assert neighbours.why(found.row) == "timbre 0.91 · key 1.00 · tempo 0.40"
    likeness = Likeness((0,)).weigh("tempo")
    strong = Neighbours(likeness, [archive.file(0)], [found], likeness.weights())
    assert strong.why(found.row) == "timbre 0.91 · tempo 0.40 · key 1.00"
    assert neighbours.why(archive.file(0)) == ""


def names(ui: Driver) -> list[str]:
    return [line.strip("▌ ×○").split(".wav")[0][-7:] for line in ui.lines() if ".wav" in line and " 0." in line]


async def test_the_list_its_reasons_and_the_way_back() -> None:
    async with running(FakeArchive(), WIDE_LIST) as ui:
        await ui.write("kick")
        await ui.shows("125 files")
        await ui.press("enter", "j", "j", "m")
        await ui.shows("like Kick take 0000017.wav — 200 files", "1 timbre", "timbre 1.00 · tempo", "+ more")
        assert "❯ kick" not in ui.text() and "Kick take" in ui.row_at_cursor()
        assert "+ more" not in ui.row_at_cursor()  # the cursor is on the best one
        scores = [float(line.split(" 0.")[1][:2]) for line in ui.lines() if ".wav" in line and " 0." in line]
        assert scores == sorted(scores, reverse=True) and len(scores) > 20
        await ui.press("escape")
        await ui.shows("❯ kick", "125 files", "Projects 40")
        await ui.until(lambda: "0000017" in ui.row_at_cursor())
        assert "timbre" not in ui.text()


async def test_a_query_restricts_it() -> None:
    async with running(FakeArchive(), WIDE_LIST) as ui:
        await ui.press("enter", "m", "slash")
        await ui.write("kind:loop bpm:")
        await ui.shows("^ a value is missing here")
        await ui.write("102")
        await ui.shows("like Lead Vox take 0000000.wav — 17 files")
        await ui.press("enter", "escape")
        await ui.shows("1,000 files")


async def test_similar_to_a_similar_one_and_back_by_the_same_way() -> None:
    async with running(FakeArchive(), WIDE_LIST) as ui:
        await ui.press("enter", "m")
        await ui.shows("like Lead Vox take 0000000.wav")
        await ui.press("j", "j")
        second = ui.row_at_cursor().split(".wav")[0][-7:]
        await ui.press("m")
        await ui.shows(f"like Lead Vox take {second}.wav")
        await ui.press("escape")
        await ui.shows("like Lead Vox take 0000000.wav")
        await ui.until(lambda: second in ui.row_at_cursor())
        await ui.press("escape")
        await ui.shows("1,000 files")


async def test_more_and_less_like_this() -> None:
    async with running(FakeArchive(), WIDE_LIST) as ui:
        await ui.press("enter", "m")
        await ui.shows("— 200 files")
        best = names(ui)
        await ui.press("j", "j", "plus")
        await ui.shows("like Lead Vox take 0000000.wav and 1 more — 200 files")
        assert len([line for line in ui.lines() if "+ more" in line]) == 2
        await ui.press("minus")
        await ui.shows("and 1 more, unlike 1 — 200 files", "− less")
        assert names(ui) != best
        await ui.press("0")
        await ui.shows("like Lead Vox take 0000000.wav — 200 files")
        await ui.hides("− less")
        assert names(ui) == best
        await ui.press("home", "plus")
        await ui.shows("One example has to stay")


async def test_weights() -> None:
    async with running(FakeArchive(), WIDE_LIST) as ui:
        await ui.press("enter", "m")
        await ui.shows("1 timbre   2 rhythm   3 key   4 tempo   5 length", "timbre 1.00")
        await ui.press("1")
        await ui.shows("1 timbre strong")
        await ui.press("1", "4")
        await ui.shows("1 timbre off", "4 tempo strong", "tempo 1.00")
        await ui.hides("timbre 1.00")


async def test_the_details_tell_every_reason() -> None:
    async with running(FakeArchive(), LARGE) as ui:
        await ui.press("enter", "m")
        await ui.shows("≈ timbre    █████████  1.00", "≈ key")
        await ui.press("home")
        await ui.hides("≈ timbre")


async def test_a_file_that_nobody_has_heard_is_told_in_one_line() -> None:
    async with running(FakeArchive(unheard={1}), WIDE_LIST) as ui:
        await ui.press("enter", "j", "m")
        await ui.shows("! Kick take 0000001.wav: nobody has heard it yet", "1,000 files")
        await ui.until(lambda: "0000001" in ui.row_at_cursor())
        assert "timbre" not in ui.text()


async def test_projects_have_no_similar_ones() -> None:
    async with running(FakeArchive(), WIDE_LIST) as ui:
        await ui.press("enter", "m")
        await ui.shows("— 200 files")
        assert "+ More" in ui.lines()[-1]
        await ui.press("p")
        await ui.shows("40 projects")
        await ui.until(lambda: "More" not in ui.lines()[-1] and "Similar" not in ui.lines()[-1])
        await ui.press("m")
        await ui.pilot.pause(0.2)
        assert "40 projects" in ui.text() and "timbre" not in ui.text()


async def test_an_edit_keeps_the_list_and_the_row() -> None:
    async with running(FakeArchive(files=150), WIDE_LIST) as ui:
        await ui.press("enter", "m")
        await ui.shows("— 149 files")
        await ui.press("j")
        row = ui.row_at_cursor().split(".wav")[0][-7:]
        await ui.press("right_square_bracket")
        await ui.shows("u takes it back")
        await ui.until(lambda: row in ui.row_at_cursor())
        assert "1 timbre" in ui.text()


async def test_hostile_names_stay_text() -> None:
    async with running(FakeArchive(files=60, hostile=True), (80, 24)) as ui:
        await ui.press("enter")
        for place in range(len(HOSTILE)):
            await ui.press("home", *["j"] * place, "m")
            await ui.shows("like ")
            assert not any(char in ui.text() for char in "\x1b\x07\r\u202e\udcce")
            await ui.press("escape")
            await ui.shows("60 files")
