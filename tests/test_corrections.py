"""What a person says stays: through hearing anew, moves and other models. And how one says it, to many at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archivist.archive import Archive, EditError
from tests.ear import Ear, heard
from tests.light import index
from tests.small_studio import write_project, write_sound

LOOPS = {"slow.wav": 70.0, "plain.wav": 100.0, "fast.wav": 160.0}


@pytest.fixture
def studio(tmp_path: Path, light: Archive, ear: Ear) -> Path:
    """Loops of different lengths, a machine unsure of each tempo; and one of which nobody knows any."""
    folder = tmp_path / "studio"
    for number, (name, bpm) in enumerate(LOOPS.items()):
        write_sound(folder / name, seconds=2.5 + number, pitch=200 + 50 * number, rate=8_000)
        ear.hears(name, heard("bpm", (bpm, 0.4), (bpm * 2, 0.3)), heard("key", ("C major", 0.9)))
    write_sound(folder / "deaf.wav", seconds=9, rate=8_000)
    light.add_root(folder)
    index(light)
    return folder


def tempi(archive: Archive) -> dict[str, float | None]:
    return {row.name: row.bpm for row in archive.find("sort:name")}


STEPS = {
    "x2": {"slow.wav": 140.0, "plain.wav": 200.0, "fast.wav": 320.0},
    "*2": {"slow.wav": 140.0, "plain.wav": 200.0, "fast.wav": 320.0},
    "/2": {"slow.wav": 35.0, "plain.wav": 50.0, "fast.wav": 80.0},
    "x3/2": {"slow.wav": 105.0, "plain.wav": 150.0, "fast.wav": 240.0},
    "x3:2": {"slow.wav": 105.0, "plain.wav": 150.0, "fast.wav": 240.0},
    "x2/3": {"slow.wav": 46.667, "plain.wav": 66.667, "fast.wav": 106.667},
    "keep": LOOPS,
    "120": dict.fromkeys((*LOOPS, "deaf.wav"), 120.0),
}


@pytest.mark.parametrize("step", STEPS)
def test_one_step_for_many_and_one_undo_for_all(light: Archive, studio: Path, step: str) -> None:
    before = tempi(light)
    planned = light.set_values("", {"bpm": step}, dry_run=True)
    assert tempi(light) == before
    assert light.set_values("", {"bpm": step}) == planned
    assert tempi(light) == {"deaf.wav": None, **STEPS[step]}
    locked = {row.name for row in light.find("") if _source(light, row.id) == "user"}
    assert locked == set(STEPS[step])
    undone = {change.path: (change.before, change.after) for change in light.undo()}
    assert undone == {change.path: (change.after, change.before) for change in planned}
    assert tempi(light) == before
    assert _source(light, light.find("slow").ids[0]) == "machine"


def _source(archive: Archive, file_id: int, field: str = "bpm") -> str | None:
    values = archive.show_file(file_id).values
    return next((one.source for one in values if one.field == field and one.wins), None)


NO_STEPS = [
    ("bpm", "x0"),
    ("bpm", "x"),
    ("bpm", "2/"),
    ("bpm", "x100"),
    ("bpm", "x20"),
    ("key", "x2"),
    ("bpm", "/0"),
]


@pytest.mark.parametrize(("field", "step"), NO_STEPS)
def test_a_step_to_nowhere_changes_nothing(light: Archive, studio: Path, field: str, step: str) -> None:
    before = tempi(light)
    with pytest.raises(EditError):
        light.set_values("", {field: step})
    assert tempi(light) == before


def test_a_word_may_be_written_in_several_ways(light: Archive, studio: Path) -> None:
    light.set_values("slow", {"kind": "OneShot", "instrument": "Electric Guitar"})
    row = light.show_file(light.find("slow").ids[0]).row
    assert (row.kind, row.instrument) == ("one-shot", "electric-guitar")


def test_two_places_of_one_sound_are_stepped_once(light: Archive, studio: Path) -> None:
    (studio / "double.wav").write_bytes((studio / "slow.wav").read_bytes())
    index(light)
    light.set_values("", {"bpm": "x2"})
    assert (tempi(light)["slow.wav"], tempi(light)["double.wav"]) == (140.0, 140.0)


def _hear_anew(studio: Path, ear: Ear) -> None:
    ear.learn()


def _learn_better(studio: Path, ear: Ear) -> None:
    ear.hears("slow.wav", heard("bpm", (123.0, 0.99)), heard("key", ("D major", 0.99)))
    ear.learn()


def _rename(studio: Path, ear: Ear) -> None:
    (studio / "slow.wav").rename(studio / "renamed 90bpm Em.wav")


def _move(studio: Path, ear: Ear) -> None:
    (studio / "deep/down").mkdir(parents=True)
    (studio / "slow.wav").rename(studio / "deep/down/slow.wav")


def _into_a_song(studio: Path, ear: Ear) -> None:
    write_project(studio / "Song/Song.rpp", bpm=99)
    (studio / "slow.wav").rename(studio / "Song/slow.wav")


def _away_and_back(studio: Path, ear: Ear) -> None:
    (studio / "slow.wav").rename(studio.parent / "slow.wav")


AFTERWARDS = (_hear_anew, _learn_better, _rename, _move, _into_a_song, _away_and_back)


@pytest.mark.parametrize("happens", AFTERWARDS, ids=lambda function: function.__name__.strip("_"))
def test_a_person_s_value_is_a_lock(light: Archive, studio: Path, ear: Ear, happens) -> None:
    (slow,) = light.find("slow").ids
    light.set_values("", {"bpm": "x2", "key": "none"}, ids=[slow])
    happens(studio, ear)
    index(light)
    if happens is _away_and_back:
        (studio.parent / "slow.wav").rename(studio / "slow.wav")
        index(light)
    (found,) = light.find("bpm:140")
    assert (found.id, found.key) == (slow, None)
    assert {_source(light, slow), _source(light, slow, "key")} == {"user"}
    assert not any(value.conflict for value in light.show_file(slow).values)
    light.undo()
    assert _source(light, slow) != "user"


def test_accepting_locks_what_is_in_doubt_alone(light: Archive, studio: Path) -> None:
    doubtful = list(light.find("is:doubtful").ids)
    assert {row.name for row in light.find("is:doubtful")} == set(LOOPS)
    changes = light.accept(doubtful)
    assert {(change.field, change.before == change.after) for change in changes} == {("bpm", True)}
    assert list(light.find("is:doubtful").ids) == []
    assert tempi(light) == {"deaf.wav": None, **LOOPS}
    assert [_source(light, file_id, "key") for file_id in doubtful] == ["machine"] * 3
    light.undo()
    assert list(light.find("is:doubtful").ids) == doubtful


@pytest.mark.parametrize("moved", [False, True])
def test_undo_names_of_several_copies_the_one_that_was_edited(light: Archive, studio: Path, moved: bool) -> None:
    for place in ("Zoo/loop.wav", "Live/loop.wav"):
        (studio / place).parent.mkdir()
        shutil.copy(studio / "plain.wav", studio / place)
        index(light)
    light.set_values("path:zoo", {"key": "Am"})
    light.label("path:live", ["keeper"], [])
    zoo = studio / "Zoo"
    if moved:
        zoo = zoo.rename(studio / "Zoo 2026")
        index(light)
    assert [(change.path, change.field) for change in light.undo()] == [(str(studio / "Live/loop.wav"), "label")]
    assert [(change.path, change.field) for change in light.undo()] == [(str(zoo / "loop.wav"), "key")]


def test_undo_names_a_place_that_is_there_where_the_one_that_was_edited_is_forgotten(
    light: Archive, studio: Path
) -> None:
    shutil.copy(studio / "plain.wav", studio / "double.wav")
    index(light)
    light.label("double", ["keeper"], [])
    (studio / "double.wav").unlink()
    index(light, accept_missing=True)
    light.prune()
    assert [change.path for change in light.undo()] == [str(studio / "plain.wav")]
