"""What is new since last time: two nights in a studio, and what the second says of itself."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from archivist.report import moment
from tests.conftest import Ran, Run, runner
from tests.small_studio import set_time, write_project, write_sound

HOOK = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read()); print('hook was here')"


@dataclass(frozen=True)
class Nights:
    run: Run
    studio: Path
    first: dict[str, Any]  # its report
    second: Ran
    told: str  # what the user's command was given

    @property
    def report(self) -> dict[str, Any]:
        return self.second.rows[1]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = tmp_path_factory.mktemp("nights")
    studio, told = home / "studio", home / "it's told.json"
    run = runner(home / "archive.db", home)
    write_sound(studio / "Song/vox 1.wav")
    write_sound(studio / "Song/bass.wav", pitch=110)
    write_project(
        studio / "Song/Song.rpp", 92.5, ("Bass",), ("vox 1.wav", "bass.wav", "never.wav"), saved=1_700_000_000
    )
    write_sound(studio / "old.wav", pitch=440)
    run("add", studio)
    first = run("index", "--report", "--json").rows[1]

    write_sound(studio / "Song/vox 2.wav", pitch=250)
    write_sound(studio / "Song/vox 3.wav", pitch=260)
    (studio / "Song/bass.wav").unlink()
    write_project(
        studio / "Song/Song.rpp", 96, ("Bass", "Pad"), ("vox 1.wav", "bass.wav", "never.wav"), saved=1_700_009_999
    )
    set_time(studio / "Song/Song.rpp", 1_700_009_999)
    write_project(studio / "Next/Next.rpp")
    (studio / "broken.wav").write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    write_sound(studio / "loop 95bpm.wav", seconds=12, pitch=330)  # its hits are 120 a minute
    config = home / "config.toml"
    words = json.dumps([sys.executable, "-c", HOOK, str(told)], ensure_ascii=False)
    config.write_text(f"nice = true\nafter_index = {words}\n", encoding="utf-8")
    second = run("--config", config, "index", "--report", "--json")
    return Nights(run, studio, first, second, told.read_text(encoding="utf-8"))


COUNTS = {
    "new_files": 4,  # two takes, the loop, and what turned out broken
    "new_projects": 1,
    "changed_projects": 1,
    "lost_samples": 1,
    "conflicts": 1,
    "failures": 1,
    "gone_files": 1,
}


def test_the_second_night_counts_only_what_is_new(nights: Nights) -> None:
    assert nights.second.code == 1, nights.second.err  # one file failed
    assert nights.report["counts"] == COUNTS


def test_the_first_night_tells_everything(nights: Nights) -> None:
    assert nights.first["since"] is None
    assert nights.first["counts"] == {
        **dict.fromkeys(COUNTS, 0), "new_files": 3, "new_projects": 1, "lost_samples": 1,
    }  # fmt: skip
    assert [one["samples"] for one in nights.first["lost_samples"]] == [["never.wav"]]


SECTIONS = [
    ("new_files", "project", [None, "Song"]),
    ("new_files", "names", [["broken.wav", "loop 95bpm.wav"], ["vox 2.wav", "vox 3.wav"]]),
    ("new_projects", "name", ["Next"]),
    ("changed_projects", "name", ["Song"]),
    ("lost_samples", "samples", [["bass.wav"]]),
    ("conflicts", "field", ["bpm"]),
    ("conflicts", "said", ["95"]),
    ("conflicts", "source", ["name"]),
]


@pytest.mark.parametrize(("section", "field", "expected"), SECTIONS)
def test_each_section_names_what_is_new(nights: Nights, section: str, field: str, expected: list[Any]) -> None:
    assert [one[field] for one in nights.report[section]] == expected


def test_a_changed_project_says_how(nights: Nights) -> None:
    changes = nights.report["changed_projects"][0]["changes"]
    assert [(change["what"], change["before"], change["after"]) for change in changes] == [
        ("tempo", "92.5", "96"),
        ("track", None, "Pad"),
    ]


def test_failures_say_why_and_disk_is_counted(nights: Nights) -> None:
    (failure,) = nights.report["failures"]
    assert failure["path"] == str(nights.studio / "broken.wav")
    assert failure["reason"]
    # Two seconds and twelve of 16 bits at 22,050 Hz, with headers of 44 bytes; Next.rpp; the broken one.
    sounds = 14 * 2 * 22_050 + 3 * 44
    small = (nights.studio / "Next/Next.rpp").stat().st_size + (nights.studio / "broken.wav").stat().st_size
    assert nights.report["bytes_added"] == sounds + small
    assert nights.report["bytes_gone"] == 2 * 22_050 + 44


def test_the_command_of_the_user_is_given_the_report(nights: Nights) -> None:
    assert json.loads(nights.told) == nights.report
    assert "hook was here" in nights.second.err  # standard output is the result's alone


def test_the_report_can_be_asked_for_again(nights: Nights) -> None:
    again = nights.run("report", "--json").rows[0]
    assert {**again, "until": ""} == {**nights.report, "until": ""}


TEXT = [
    "4 new files",
    "  Song: vox 2.wav, vox 3.wav",
    "1 changed project",
    "  Song: tempo 92.5 → 96, track added: Pad",
    "1 sample not found",
    "  Song: bass.wav",
    "1 value in conflict",
    "1 file failed",
]


def test_people_read_it_as_text(nights: Nights) -> None:
    lines = nights.run("report", "--since", "last").out.splitlines()
    assert [line for line in TEXT if line not in lines] == []
    assert lines[-1].endswith(" added, 44.14 kB gone")


def test_since_an_hour_ago_is_both_nights(nights: Nights) -> None:
    counts = nights.run("report", "--since", "1h", "--json").rows[0]["counts"]
    assert (counts["new_files"], counts["lost_samples"], counts["new_projects"]) == (6, 2, 2)


NOW = datetime(2026, 5, 17, 12).timestamp()
MOMENTS = [
    ("12h", NOW - 12 * 3_600),
    ("2w", NOW - 14 * 86_400),
    ("2026-05-17", NOW - 12 * 3_600),
    ("2026-05-17T11:30", NOW - 1_800),
    ("1970-01-02T00:00+00:00", 86_400.0),
]


@pytest.mark.parametrize(("text", "expected"), MOMENTS)
def test_moments_are_ages_or_local_times(text: str, expected: float) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["yesterday", "30x", "2026-13-01", "99999999d", "-1d", ""])
def test_a_moment_that_is_none_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write last, 12h"):
        moment(text)


def test_a_moment_that_is_none_is_wrong_usage(nights: Nights) -> None:
    done = nights.run("report", "--since", "yesterday")
    assert (done.code, done.out) == (2, "")


def test_a_value_that_a_person_decided_is_no_conflict_any_more(nights: Nights) -> None:
    nights.run("set", "loop", "bpm=95")
    assert nights.run("report", "--json").rows[0]["conflicts"] == []
    nights.run("undo")
    assert len(nights.run("report", "--json").rows[0]["conflicts"]) == 1


HOOKS = [
    ('"/no/such/command --new"', "No such file"),
    (json.dumps([sys.executable, "-c", "raise SystemExit(3)"]), "ended with 3"),
]


@pytest.mark.parametrize(("command", "why"), HOOKS, ids=["no command", "one that fails"])
def test_a_command_that_fails_is_a_warning(tmp_path: Path, run: Run, command: str, why: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"after_index = {command}\n", encoding="utf-8")
    (tmp_path / "studio").mkdir()
    run("add", tmp_path / "studio")
    done = run("--config", config, "index", "--report")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "nothing new"
    assert why in done.err


def test_a_root_whose_drive_is_away_is_named_until_it_is_back(tmp_path: Path, run: Run) -> None:
    studio, away = tmp_path / "studio", tmp_path / "away"
    studio.mkdir()
    run("add", studio)
    studio.rename(away)
    assert run("index").code == 3
    assert run("report", "--json").rows[0]["offline"] == [str(studio)]
    away.rename(studio)
    assert run("index").code == 0
    assert run("report", "--json").rows[0]["offline"] == []
