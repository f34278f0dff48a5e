"""The command line's manners: exit codes, streams, escapes, and what scripts rely on."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path

import pytest

from tests.conftest import Run, runner
from tests.small_studio import write_project, write_sound

HOSTILE = [
    "Kick \x1b[31mred\x1b[0m.wav",
    "[bold]Bracket[bold].wav",
    "emoji 🎹 كمان.wav",
    "=cmd()|calc.wav",
    "line\nbreak.wav",
    os.fsdecode(b"latin \xe9.wav"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    """One archive for this module: who changes it undoes that."""
    return runner(home / "archive.db", home)


@pytest.fixture(scope="module")
def studio(home: Path, run: Run) -> Path:
    folder = home / "studio"
    for number, name in enumerate(HOSTILE):
        write_sound(folder / "names" / name, pitch=100 + 30 * number)
    write_project(folder / "Song/Song.rpp", bpm=92.5)
    run("add", folder)
    run("index")
    return folder


EXIT_CODES = [
    (("find",), 0),
    (("find", "bpm:fast"), 2),
    (("find", "colour:red"), 2),
    (("find", "--limit", "0"), 2),
    (("show", "999999"), 3),
    (("show", "/no/such/file.wav"), 3),
    (("set", "kick", "bpm"), 2),
    (("set", "kick", "bpm=fast"), 2),
    (("set", "kick", "bpm=x0"), 2),
    (("set", "kick", "bpm=x3/2", "--dry-run"), 0),
    (("set", "kick", "size=3"), 2),
    (("label", "kick", "fine"), 2),
    (("add", "/no/such/folder"), 3),
    (("nonsense",), 2),
    (("inspect", "/no/such.als"), 1),
    (("analyze", "/no/such.wav"), 1),
]


@pytest.mark.parametrize(("arguments", "code"), EXIT_CODES, ids=lambda value: str(value))
def test_exit_codes(run: Run, arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments)
    assert done.code == code
    if code >= 2:
        assert done.out == ""
        assert done.err


UNUSABLE_SETTINGS = {
    'exclude = "*.tmp"': 'write it as a list: ["Freeze", "*.tmp"]',
    "missing_threshold = 30": "it is a share, from 0 to 1",
    "missing_threshold = -1": "it is a share, from 0 to 1",
}


@pytest.mark.parametrize("text", UNUSABLE_SETTINGS)
def test_a_setting_that_cannot_be_used_is_one_line(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    done = run("--config", file, "roots")
    assert (done.code, done.out) == (2, "")
    assert UNUSABLE_SETTINGS[text] in done.err
    assert str(file) in done.err


def test_a_query_that_does_not_parse_says_where(run: Run) -> None:
    done = run("find", "kick", "bpm:fast")
    assert "character 10" in done.err


def test_an_archive_that_is_none_is_said_to_be(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(b"this is no database" * 100)
    done = run("--archive", wrong, "find")
    assert (done.code, done.out) == (3, "")
    assert str(wrong) in done.err


def test_text_output_is_escaped_whatever_a_file_is_called(run: Run, studio: Path) -> None:
    out = run("find").out
    assert "\x1b" not in out
    assert "\\x1b[31mred" in out
    assert "[bold]Bracket[bold].wav" in out
    assert "latin \\xe9.wav" in out
    assert len(out.splitlines()) == len(HOSTILE)


def test_json_is_one_valid_object_a_line(run: Run, studio: Path) -> None:
    names = {row["name"] for row in run("find", "--json").rows}
    assert names == {name.replace("\udce9", "\\xe9") for name in HOSTILE}


def test_csv_runs_no_formula(run: Run, studio: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("find", "--csv").out)))
    assert len(rows) == len(HOSTILE)
    assert "'=cmd()|calc.wav" in {row["name"] for row in rows}


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_print0_gives_the_very_bytes_of_each_path(studio: Path, home: Path) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "archivist", "--archive", str(home / "archive.db"), "find", "--print0"],
        capture_output=True,
        check=True,
    )
    paths = {os.fsdecode(path) for path in done.stdout.split(b"\0")[:-1]}
    assert paths == {str(studio / "names" / name) for name in HOSTILE}


WRONG = {
    ("add", ".", "--kind", "loops"): 2,
    ("schedule", "--kind", "at"): 2,
    ("find", "-drums"): 2,
    ("find", "kick", "--sort", "foo"): 2,
    ("label", "bracket", "+ "): 2,
    ("browse",): 3,
    ("--archive", ".", "find"): 3,
    ("--archive", "postgresql://me:secret@host", "find"): 3,
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_is_wrong_is_said_in_words_with_the_contract_s_code(
    run: Run, studio: Path, words: tuple[str, ...]
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (WRONG[words], "")
    assert "archivist -v" not in done.err  # as of what nobody foresaw
    assert "secret" not in done.err


def test_a_setting_that_cannot_be_used_is_said_with_where_it_was_made(run: Run, tmp_path: Path) -> None:
    done = run("find", ARCHIVIST_JOBS="four")
    assert (done.code, done.err) == (
        2,
        "archivist: ARCHIVIST_JOBS = 'four' cannot be used: write a whole number\n",
    )
    file = tmp_path / "config.toml"
    done = run("--config", file, "find")
    assert done.err == f"archivist: {file}: the settings cannot be read: No such file or directory\n"
    file.write_text("jobs = inf\n")
    done = run("--config", file, "find")
    assert done.err == f"archivist: {file}: jobs = inf cannot be used: write a whole number\n"


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("backups = 0", "it is at least 1"),
        ("backups = -1", "it is at least 1"),
        ("backups = 2.9", "write a whole number"),
        ("jobs = 0", "it is at least 1"),
        ("time_limit = -1", "it is a number of seconds, from 1 to 86400"),
        ("time_limit = inf", "it is a number of seconds, from 1 to 86400"),
        ('time_limit = "long"', "write a number of seconds"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_and_not_made_to_fit(
    run: Run, tmp_path: Path, setting: str, why: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"{setting}\n")
    done = run("--config", file, "find")
    name, value = setting.split(" = ")
    value = value.replace('"', "'")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"archivist: {file}: {name} = {value} cannot be used: {why}\n"


def test_a_folder_of_a_root_needs_not_be_added(run: Run, studio: Path) -> None:
    done = run("add", studio / "Song")
    assert done.code == 3
    assert done.err == f"archivist: {studio / 'Song'}: lies in the root {studio}, and is indexed with it\n"
    assert "remove that one first" in run("add", studio.parent).err


def test_undo_says_what_it_takes_back_as_set_and_label_say_it(run: Run, studio: Path) -> None:
    (row,) = run("find", "bracket", "--json").rows
    run("set", "bracket", "key=Am")
    assert run("undo").out == f"{row['path']}  key: A minor → nothing\n1 value changed\n"
    run("label", "bracket", "+keeper")
    assert run("undo").out == f"{row['path']}  label: keeper → nothing\n1 value changed\n"


@pytest.mark.parametrize("name", ["chorus", "h2", "projects"])
def test_a_label_is_taken_off_whatever_letters_it_has(run: Run, studio: Path, name: str) -> None:
    run("label", "bracket", f"+{name}")
    assert run("label", "bracket", f"-{name}").out == "1 labelled\n"
    assert run("find", f'label:"{name}"', "--json").rows == []
    assert run("label", "-h").out.startswith("Usage:")


def test_an_order_that_there_is_not_is_said_without_a_place_in_the_query(run: Run, studio: Path) -> None:
    assert "character" not in run("find", "kick", "--sort", "foo").err
    names = [row["name"] for row in run("find", "sort:name", "--sort", "-name", "--json").rows]
    assert names[0] == "line\nbreak.wav"


def test_a_path_as_it_was_printed_names_its_file(run: Run, studio: Path) -> None:
    printed = [line for line in run("find", "--paths").out.splitlines() if "\\x" in line]
    assert len(printed) == 3  # an escape, a line break, a byte
    assert [run("show", path).out.splitlines()[0] for path in printed] == printed


def test_a_folder_of_several_projects_says_which(run: Run, studio: Path) -> None:
    assert run("show", studio / "Song").code == 0
    write_project(studio / "Song/Other.rpp", bpm=100)
    run("index")
    done = run("show", studio / "Song")
    assert (done.code, done.out) == (3, "")
    assert "Other, Song" in done.err
    (studio / "Song/Other.rpp").unlink()
    run("index", "--accept-missing")
    run("prune", "--yes")


NO_OUTPUT = {">&-": "standard output is closed", ">/dev/full": "No space left on device"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("where", NO_OUTPUT)
@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_result_that_cannot_be_written_is_an_error(studio: Path, home: Path, where: str, form: str) -> None:
    import subprocess

    command = [sys.executable, "-m", "archivist", "--archive", str(home / "archive.db"), "find", form]
    done = subprocess.run(["sh", "-c", f'"$@" {where}', "sh", *command], stderr=subprocess.PIPE, check=False)
    lines = done.stderr.decode().splitlines()
    assert done.returncode in (2, 3)
    assert len(lines) == 1
    assert NO_OUTPUT[where] in lines[0]


def test_a_reader_that_leaves_early_is_no_failure(studio: Path, home: Path) -> None:
    import subprocess

    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "archivist", "--archive", str(home / "archive.db"), "find", "--paths"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_person_s_value_is_a_lock_that_undo_takes_back(run: Run, studio: Path) -> None:
    preview = run("set", "bracket", "key=8A", "bpm=92", "--dry-run")
    assert "would change" in preview.out
    assert run("find", "key:Am", "--json").rows == []
    run("set", "bracket", "key=8A", "bpm=92")
    (row,) = run("find", "key:Am bpm:92", "--json").rows
    shown = run("show", str(row["id"]), "--json").rows[0]
    (key,) = [value for value in shown["values"] if value["field"] == "key" and value["wins"]]
    assert (key["value"], key["source"]) == ("A minor", "user")
    assert "2 values changed" in run("undo").out
    assert run("find", "key:Am", "--json").rows == []


def test_an_instrument_set_by_hand_is_found_by_its_family(run: Run, studio: Path) -> None:
    run("set", "bracket", "instrument=violin")
    assert len(run("find", "bracket instrument:violin", "--json").rows) == 1
    assert len(run("find", "bracket instrument:strings", "--json").rows) == 1
    assert run("find", "bracket instrument:cello", "--json").rows == []
    run("undo")
    assert run("find", "bracket instrument:strings", "--json").rows == []


def test_a_person_may_say_that_there_is_no_key(run: Run, studio: Path) -> None:
    run("set", "bracket", "key=Am")
    run("set", "bracket", "key=none")
    (row,) = run("find", "bracket", "--json").rows
    assert row["key"] is None
    run("unset", "bracket", "key")
    assert run("undo").code == 0  # the unset
    assert run("undo").code == 0  # the none
    assert run("find", "key:Am", "--json").rows != []
    run("undo")


def test_inspect_prints_the_contract_s_fields_in_order(run: Run, studio: Path) -> None:
    (row,) = run("inspect", studio, "--json").rows
    assert list(row) == [
        "path", "status", "unread", "format", "daw", "daw_version", "bpm", "tempo_changes", "time_signature",
        "key", "sample_rate", "length_seconds", "title", "author", "comment", "created", "saved", "tracks",
        "plugins", "samples", "markers", "history",
    ]  # fmt: skip
    assert (row["daw"], row["bpm"], row["status"]) == ("REAPER", 92.5, "ok")


def test_analyze_prints_the_contract_s_fields_in_the_order_given(run: Run, studio: Path) -> None:
    first = write_sound(studio / "z.wav", pitch=200)
    second = write_sound(studio / "a.wav", pitch=300)
    rows = run("analyze", first, second, "--json").rows
    assert [Path(row["path"]).name for row in rows] == ["z.wav", "a.wav"]
    assert list(rows[0]) == [
        "path", "status", "error", "duration", "sample_rate", "channels", "bit_depth", "codec", "kind",
        "kind_confidence", "bpm", "bpm_confidence", "bpm_candidates", "key", "key_confidence", "key_candidates",
        "tuning_cents", "instrument", "instruments", "loudness_lufs", "true_peak_dbtp", "flags", "declared",
        "engines", "seconds",
    ]  # fmt: skip
    assert (rows[0]["sample_rate"], rows[0]["channels"], rows[0]["bit_depth"]) == (22050, 1, 16)


def test_find_starts_without_what_hears_and_draws(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys\n"
        "sys.argv = ['archivist', 'find', 'kick', 'bpm:~124']\n"
        "from archivist.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'librosa', 'essentia', 'textual', 'numpy', 'scipy', 'flpkit'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    environment = os.environ | {"ARCHIVIST_ARCHIVE": str(tmp_path / "a.db")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("words", [("set", "★", "key=Am"), ("label", "path:!!", "+x"), ("unset", "… ★", "key")])
def test_what_holds_no_letter_is_not_taken_for_everything(run: Run, studio: Path, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.code == 2
    assert "no letter or digit" in done.err
    assert run("find", "label:x", "--json").rows == []


def test_a_label_may_be_a_star(run: Run, studio: Path) -> None:
    run("label", "bracket", "+★")
    assert run("set", "label:★", "bpm=77").out.endswith("1 value changed\n")


def test_an_unset_variable_adds_no_folder(run: Run, studio: Path) -> None:
    assert run("add", "").code == 2
    assert len(run("roots", "--json").rows) == 1


def test_a_demo_that_cannot_be_written_says_where_and_why(run: Run, studio: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("demo", str(tmp_path / "file/demo"))
    assert done.code == 3
    assert f"{tmp_path / 'file/demo'}: the demo cannot be written: " in done.err
