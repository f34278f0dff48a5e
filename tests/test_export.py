"""What other programs are given: playlists and tables of any names; and who uses what, who lacks what."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from archivist.archive import Archive
from archivist.config import load
from archivist.records import LackedSample
from tests.conftest import Run, runner
from tests.small_studio import write_project, write_sound

HOSTILE = [
    "line\nbreak\n#EXTINF.wav",
    "carriage\rreturn.wav",
    "=cmd()|calc.wav",
    "Kick \x1b[31mred.wav",
    " leading.wav",
    "emoji 🎹.wav",
    os.fsdecode(b"latin \xe9.wav"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    return runner(home / "archive.db", home)


@pytest.fixture(scope="module")
def studio(home: Path, run: Run) -> Path:
    """Two songs that are read in full, and sounds that they use, do not use, lost and look for elsewhere."""
    folder = home / "studio"
    for number, name in enumerate(HOSTILE):
        write_sound(folder / "names" / name, pitch=100 + 30 * number)
    write_sound(folder / "Sun/takes/vox.wav", pitch=500)
    (folder / "Copies").mkdir()
    (folder / "Copies/vox copy.wav").write_bytes((folder / "Sun/takes/vox.wav").read_bytes())
    write_sound(folder / "Sun/takes/was.wav", pitch=550)
    write_sound(folder / "Library/takes/hit.wav", pitch=600)
    samples = ("takes/vox.wav", "takes/was.wav", "takes/hit.wav", "never.wav", "D:/Studio/other.wav")
    write_project(folder / "Sun/Sun.rpp", samples=samples, plugins=("Serum (Xfer Records)", "Pro-Q 3 (FabFilter)"))
    write_project(folder / "Moon/Moon.rpp", plugins=("Serum (Xfer Records)",))
    run("add", folder)
    run("index")
    (folder / "Sun/takes/was.wav").unlink()
    run("index")
    return folder


def entries(text: str) -> list[tuple[str, str]]:
    """(title, path) of an M3U file as a player reads it: line by line."""
    first, *lines = text.split("\n")
    assert (first, lines.pop()) == ("#EXTM3U", "")
    found = []
    for info, place in zip(lines[::2], lines[1::2], strict=True):
        assert info.startswith("#EXTINF:1,")
        path = unquote(urlsplit(place).path, errors="surrogateescape") if place.startswith("file:") else place
        found.append((info.removeprefix("#EXTINF:1,"), path))
    return found


def test_a_playlist_of_any_names_leads_to_every_file(run: Run, studio: Path, tmp_path: Path) -> None:
    target = tmp_path / "names.m3u8"
    assert run("export", "path:names", "--format", "m3u", "--out", target).code == 0
    found = entries(target.read_bytes().decode("utf-8"))
    assert {path for _title, path in found} == {str(studio / "names" / name) for name in HOSTILE}
    assert "line\\x0abreak\\x0a#EXTINF.wav" in {title for title, _path in found}
    plain = str(studio / "names" / "emoji 🎹.wav")
    assert plain in target.read_text(encoding="utf-8").splitlines()  # as it is, where a line can hold it


def test_what_is_missing_is_in_no_playlist(run: Run, studio: Path) -> None:
    done = run("export", "was or vox", "--format", "m3u")
    assert {Path(path).name for _title, path in entries(done.out)} == {"vox.wav", "vox copy.wav"}
    done = run("export", "is:missing", "--format", "m3u")
    assert (done.out, "1 missing file" in done.err) == ("#EXTM3U\n", True)


def test_a_table_runs_no_formula(run: Run, studio: Path, tmp_path: Path) -> None:
    target = tmp_path / "names.csv"
    run("export", "path:names", "--format", "csv", "--out", target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(HOSTILE)
    assert "'=cmd()|calc.wav" in {row["name"] for row in rows}
    assert not any(
        cell.startswith(tuple("=+-@\t\r\n")) and not _number(cell) for row in rows for cell in row.values()
    )


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_json_lines_are_those_of_find(run: Run, studio: Path, tmp_path: Path) -> None:
    target = tmp_path / "names.json"
    run("export", "path:names", "--format", "json", "--sort", "name", "--out", target)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == run("find", "path:names", "--sort", "name", "--json").rows
    projects = run("export", "--projects", "--format", "json")
    assert {row["name"] for row in projects.rows} == {"Sun", "Moon"}


REFUSED = [
    (("--format", "xml"), 2, "write m3u, csv or json"),
    (("--format", "m3u", "--projects"), 2, "a playlist holds files"),
    (("--format", "csv", "--out", "names/ leading.wav"), 3, "no csv file"),
    (("--format", "csv", "--out", "no/such/folder.csv"), 3, "cannot be written"),
    (("bpm:fast",), 2, "character"),
]


@pytest.mark.parametrize(("options", "code", "message"), REFUSED, ids=lambda value: str(value))
def test_what_cannot_be_is_said_and_replaces_nothing(
    run: Run, studio: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    sound = studio / "names" / " leading.wav"
    before = sound.read_bytes()
    done = run("export", *(studio / option if "/" in option else option for option in options))
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert sound.read_bytes() == before


def test_missing_tells_samples_from_files(run: Run, studio: Path) -> None:
    done = run("missing", "--json")
    lacked = {row["sample"]: (row["status"], row["known_at"]) for row in done.rows if row["what"] == "sample"}
    assert lacked == {
        "takes/was.wav": ("gone", None),
        "never.wav": ("missing", None),
        "takes/hit.wav": ("elsewhere", str(studio / "Library/takes/hit.wav")),
    }
    assert {row["path"] for row in done.rows if row["what"] == "file"} == {str(studio / "Sun/takes/was.wav")}
    assert run("missing").out.splitlines()[-1] == "missing: 3 samples, 1 file, 0 projects"
    more = {
        row["sample"]: row["status"] for row in run("missing", "--unresolved", "--json").rows if "sample" in row
    }
    assert more["D:/Studio/other.wav"] == "unresolved"


def test_a_sample_that_has_come_back_is_missing_no_more(run: Run, studio: Path, home: Path) -> None:
    """Though nobody has saved, and so nothing has read, the project since."""
    back = write_sound(studio / "Sun/never.wav", pitch=700)
    run("index")
    with Archive.open(load(archive=str(home / "archive.db"), environment={})) as archive:
        lacked: list[LackedSample] = archive.lacked_samples()
    assert {sample.sample for sample in lacked} == {"takes/was.wav", "takes/hit.wav"}
    back.unlink()
    run("index")


def test_plugins_are_counted_by_project(run: Run, studio: Path) -> None:
    rows = run("plugins", "--json").rows
    assert [(row["name"].split(" (")[0], row["projects"], row["versions"], row["count"]) for row in rows] == [
        ("Serum", 2, 2, 2), ("Pro-Q 3", 1, 1, 1)
    ]  # fmt: skip
    assert {row["last_saved"][:10] for row in rows} == {"2023-11-14"}
    assert "1 project " in run("plugins").out


USES = {
    "Sun/takes/vox.wav": ("used", "place"),
    "Copies/vox copy.wav": ("used", "copy"),
    "names/emoji 🎹.wav": ("unused-certain", None),
}


@pytest.mark.parametrize("name", USES)
def test_uses_says_who_and_how_sure(run: Run, studio: Path, name: str) -> None:
    (row,) = run("uses", studio / name, "--json").rows
    safety, how = USES[name]
    assert (row["safety"], [use["how"] for use in row["uses"]]) == (safety, [how] if how else [])
    assert [use["project"] for use in row["uses"]] == (["Sun"] if how else [])


def test_what_was_not_read_in_full_makes_unused_uncertain(run: Run, studio: Path) -> None:
    target = studio / "names/emoji 🎹.wav"
    closed = studio / "Old/Old.cwp"  # recognised, and not read
    closed.parent.mkdir()
    closed.write_bytes(b"\x00\x01Cakewalk" * 50)
    run("index")
    (row,) = run("uses", target, "--json").rows
    assert (row["safety"], [doubt["project"] for doubt in row["doubts"]]) == ("unused-unparsed", ["Old"])
    assert "unused – some projects unparsed" in run("uses", target).out
    closed.unlink()
    broken = studio / "Broken/Broken.rpp"
    broken.parent.mkdir()
    broken.write_bytes(b"\x00" * 64)
    run("index")
    (row,) = run("uses", target, "--json").rows
    assert "Broken" in {doubt["project"] for doubt in row["doubts"]}


def test_uses_takes_an_audio_file_that_is_known(run: Run, studio: Path) -> None:
    assert run("uses", studio / "nothing.wav").code == 3
    done = run("uses", studio / "Sun/Sun.rpp")
    assert (done.code, "is a project" in done.err) == (3, True)
