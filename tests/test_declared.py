"""What projects, names and stems say against what is heard: which tempo and key are in force, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archivist.archive import Archive
from archivist.config import default
from archivist.records import ValueRow
from benchmarks.declared import measure, songs
from tests.corpus import corpus
from tests.ear import Ear, heard
from tests.light import index
from tests.small_studio import set_time, write_project, write_sound

SECONDS = 2.5
RATE = 8_000


@pytest.fixture
def studio(tmp_path: Path, light: Archive) -> Path:
    folder = tmp_path / "studio"
    folder.mkdir()
    light.add_root(folder)
    return folder


def sound(path: Path, seconds: float = SECONDS) -> Path:
    """Unlike every other one."""
    return write_sound(path, seconds, pitch=100 + sum(map(ord, path.name)) % 700, rate=RATE)


def value(archive: Archive, name: str, field: str = "bpm") -> ValueRow:
    """The opinion in force, and that it is what the list shows."""
    (row,) = archive.find(f'"{name}"')
    won = next(one for one in archive.show_file(row.id).values if one.field == field and one.wins)
    shown = getattr(row, field)
    assert won.value == (f"{shown:g}" if isinstance(shown, float) else shown)
    return won


def found(archive: Archive, query: str) -> list[str]:
    return [row.name for row in archive.find(query)]


AGAINST_A_PROJECT_OF_140 = {
    # what is heard: what is in force, why, and what contradicts it
    ((140.1, 0.9),): ("140", "project's tempo; audio agrees", ""),
    ((70.0, 0.9),): ("140", "project's tempo; audio agrees at half", ""),
    ((280.0, 0.9),): ("140", "project's tempo; audio agrees at double", ""),
    ((93.3, 0.6), (140.0, 0.2)): ("140", "project's tempo; audio counts it among others", ""),
    ((93.3, 0.4),): ("140", "project's tempo; audio is unsure", ""),
    ((93.3, 0.9),): ("140", "project's tempo; audio hears 93.3", "project 140, audio 93.3"),
    (): ("140", "project's tempo", ""),
}


@pytest.mark.parametrize("candidates", AGAINST_A_PROJECT_OF_140, ids=str)
def test_a_projects_tempo_holds_for_what_was_played_for_it(
    light: Archive, studio: Path, ear: Ear, candidates: tuple[tuple[float, float], ...]
) -> None:
    write_project(studio / "Song/Song.rpp", bpm=140)
    sound(studio / "Song/take.wav")
    if candidates:
        ear.hears("take.wav", heard("bpm", *candidates))
    index(light)
    won = value(light, "take")
    assert (won.value, won.reason, won.conflict) == AGAINST_A_PROJECT_OF_140[candidates]
    assert found(light, "is:conflict") == (["take.wav"] if won.conflict else [])


def test_of_a_projects_several_tempi_the_one_that_is_heard_counts(light: Archive, studio: Path, ear: Ear) -> None:
    project = studio / "Song/Song.rpp"
    write_project(project, bpm=90, saved=1_700_000_000)
    set_time(project, 1_700_000_000)
    sound(studio / "Song/old take.wav")
    sound(studio / "Song/new take.wav")
    ear.hears("old take.wav", heard("bpm", (90.2, 0.9)))
    ear.hears("new take.wav", heard("bpm", (140.0, 0.9)))
    index(light)
    assert found(light, "is:conflict") == ["new take.wav"]
    write_project(project, bpm=140, saved=1_700_009_999)  # the song is faster now
    set_time(project, 1_700_009_999)
    index(light)
    new, old = value(light, "new take"), value(light, "old take")
    assert (new.value, new.reason) == ("140", "project's tempo; audio agrees")
    assert (old.value, old.reason) == ("90", "another tempo of the project; audio agrees")
    assert found(light, "is:conflict") == []
    light.set_values("Song", {"bpm": "140"}, projects=True)  # a person knows only one
    assert value(light, "old take").conflict == "project 140, audio 90.2"


def test_a_project_that_comes_later_speaks_of_what_lies_there(light: Archive, studio: Path, ear: Ear) -> None:
    sound(studio / "Song/take.wav")
    ear.hears("take.wav", heard("bpm", (70.0, 0.9)))
    index(light)
    assert (value(light, "take").value, value(light, "take").reason) == ("70", "heard")
    write_project(studio / "Song/Song.rpp", bpm=140)
    index(light)
    assert value(light, "take").reason == "project's tempo; audio agrees at half"
    (studio / "Song").rename(studio / "Moved")  # song and take together
    index(light)
    assert value(light, "take").value == "140"
    (studio / "Moved/take.wav").rename(studio / "take.wav")  # out of the song
    index(light)
    assert (value(light, "take").value, value(light, "take").reason) == ("70", "heard")


def test_a_project_speaks_of_what_it_only_uses_where_that_is_heard(light: Archive, studio: Path, ear: Ear) -> None:
    loops = {"fits.wav": (70.0, 0.9), "stretched.wav": (93.3, 0.9), "shared.wav": (70.0, 0.9)}
    for name, candidate in loops.items():
        sound(studio / "Loops" / name)
        ear.hears(name, heard("bpm", candidate))
    write_project(studio / "One/One.rpp", bpm=140, samples=[f"../Loops/{name}" for name in loops])
    write_project(studio / "Two/Two.rpp", bpm=95, samples=["../Loops/shared.wav"])
    index(light)
    said = {name: (value(light, name).value, value(light, name).reason) for name in loops}
    assert said == {
        "fits.wav": ("140", "tempo of a project that uses it; audio agrees at half"),
        "stretched.wav": ("93.3", "heard"),
        "shared.wav": ("70", "heard"),  # two projects at two tempi say nothing of it
    }
    assert found(light, "is:conflict") == []


STEMS = {
    "drums.wav": ((140.0, 0.7), (70.0, 0.2)),
    "bass.wav": ((140.0, 0.6), (93.3, 0.3)),
    "keys.wav": ((70.0, 0.5), (140.0, 0.3)),
    "pad.wav": (),
}


def test_stems_of_one_length_vote(light: Archive, studio: Path, ear: Ear) -> None:
    for name, candidates in STEMS.items():
        sound(studio / "Mix" / name)
        ear.hears(name, *[heard("bpm", *candidates)] if candidates else [])
    sound(studio / "Mix/intro.wav", seconds=4)
    ear.hears("intro.wav", heard("bpm", (101.0, 0.8)))
    index(light)
    for name in STEMS:
        won = value(light, name)
        assert (won.value, won.source, won.reason) == ("140", "stems", "2 of 3 stems agree"), name
    assert value(light, "intro").value == "101"  # another length, another thing
    (row,) = light.find("keys")
    light.set_values("", {"bpm": "150"}, ids=[row.id])
    assert value(light, "keys").reason == "you set it"
    light.undo()
    sound(studio / "Mix/hats.wav")
    ear.hears("hats.wav", heard("bpm", (140.0, 0.9)))
    index(light)
    assert value(light, "pad").reason == "3 of 4 stems agree"


def test_what_surely_sounds_otherwise_is_not_outvoted(light: Archive, studio: Path, ear: Ear) -> None:
    for number in range(4):
        sound(studio / f"Mix/stem {number}.wav")
        ear.hears(f"stem {number}.wav", heard("bpm", (113.0 if number == 3 else 140.0, 0.9)))
    index(light)
    assert [value(light, f"stem {number}").value for number in range(4)] == ["140", "140", "140", "113"]


def test_a_person_s_word_on_one_stem_leads_the_others(light: Archive, studio: Path, ear: Ear) -> None:
    for number in range(3):
        sound(studio / f"Mix/stem {number}.wav")
        ear.hears(f"stem {number}.wav", heard("bpm", (70.0, 0.45), (140.0, 0.4)))
    index(light)
    assert value(light, "stem 2").value == "70"
    ids = [row.id for row in light.find("stem")]
    light.set_values("", {"bpm": "x2"}, ids=ids[:2])
    assert {value(light, f"stem {number}").value for number in range(3)} == {"140"}
    light.undo()
    assert {value(light, f"stem {number}").value for number in range(3)} == {"70"}


KEYS = {
    # the name, what is heard: what is in force, what contradicts it
    ("loop Am.wav", ("A minor", 0.9)): ("A minor", "its name; audio agrees", ""),
    ("loop Am.wav", ("C major", 0.9)): ("A minor", "its name; audio hears its relative", ""),
    ("loop Am.wav", ("F# minor", 0.9)): (
        "A minor",
        "its name; audio hears F# minor",
        "name A minor, audio F# minor",
    ),
    ("loop Am.wav", ("F# minor", 0.4)): ("A minor", "its name; audio is unsure", ""),
    ("loop.wav", ("F# minor", 0.4)): ("F# minor", "heard", ""),
}


@pytest.mark.parametrize(("name", "candidate"), KEYS, ids=str)
def test_a_name_s_key_holds_and_a_contradiction_is_told(
    light: Archive, studio: Path, ear: Ear, name: str, candidate: tuple[str, float]
) -> None:
    sound(studio / name)
    ear.hears(name, heard("key", candidate))
    index(light)
    won = value(light, "loop", "key")
    assert (won.value, won.reason, won.conflict) == KEYS[name, candidate]


@pytest.mark.slow
def test_with_a_project_the_tempo_of_real_stems_is_right(tmp_path: Path) -> None:
    """`python -m benchmarks declared` measures it on all of them."""
    corpus("audio/manifest.csv")
    some = {song: dict(list(sounds.items())[:6]) for song, sounds in songs(3).items()}
    with Archive.open(replace(default(), archive=str(tmp_path / "a.db"), log=None, cache=None)) as archive:
        scores = measure(tmp_path, archive, some)
    assert (scores.songs, scores.files) == (3, 18)
    assert scores.with_project >= 0.99
    assert scores.with_stems >= scores.heard
    assert scores.conflicts <= 0.1
