"""Names, paths, queries and labels made to do harm: to a terminal, a spreadsheet, a script, a log, a database."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal, TypeAlias

import pytest

from tests.faults.running import Done, Light, environment
from tests.small_studio import write_project, write_sound

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be there")

NAMES = (
    "\x1b[2J\x1b]0;owned\x07 hit.wav",  # clears a screen, sets a title
    "\x9b31m hit.wav",  # the same by one sign of C1
    "red\x7f\x08\x08 hit.wav",
    "two\nlines hit.wav",
    "two\r\nlines\t hit.wav",
    "sep\u2028para\u2029next\x85 hit.wav",  # str.splitlines ends a line at each
    "\u202evaw.exe hit.wav",
    "\u2066\u200fa\u061c hit.wav",
    "=1+1|cmd hit.wav",
    "+1 hit.wav",
    "-rf hit.wav",
    "@SUM(A1) hit.wav",
    "＝1 hit.wav",
    "'; DROP TABLE file; -- hit.wav",
    '" OR ""=" hit.wav',
    "% _ * ^ \\ hit.wav",
    "{0} %s $(id) `id` hit.wav",
    "[bold red]hit[bold].wav",
    os.fsdecode(b"latin \xe9\xff hit.wav"),
    " hit .wav",
    "e\u0301 hit.wav",
    f"{'x' * 240} hit.wav",
)
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TRACK = "\x1b[31mLead\x9b0m \u202e=Vox"


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Light]:
    server = Light(tmp_path_factory.mktemp("light"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def archive(light: Light, home: Path) -> Path:
    """A root, a song, its track, plugin, marker and samples, files that are heard and files that fail."""
    root = home / "\x1b[31mstudio\n\u202e"
    for number, name in enumerate(NAMES):
        write_sound(root / name, pitch=100 + 20 * number)
    write_project(
        root / "\x1b[1mSong\u202e/\x1b[1mSong\u202e.rpp", tracks=(TRACK,), plugins=("\x9b7mEvil (\x1b[0mMaker)",),
        samples=("\x1b[2Jgone.wav", "=gone.wav"),
    )  # fmt: skip
    (root / "bad\x1b[31m\n.wav").write_bytes(b"no sound")
    (root / "bad\x1b[31m.rpp").write_bytes(b"\x1b[31m no project")
    done = light(home / "a.db", "add", root)
    assert done.code == 0
    done = light(home / "a.db", "index")
    assert done.code == 1
    harmless(done.out + done.err)
    return home / "a.db"


def harmless(text: str) -> None:
    """No sign that moves a cursor, colours a screen, re-orders letters, or ends a line that is none."""
    found = {char for char in text if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in BIDI}
    assert found <= {"\n"}, found


def names(done: Done) -> set[str]:
    return {json.loads(line)["name"] for line in done.out.splitlines()}


def shown(name: str) -> str:
    """A name as JSON gives it: bytes that are no text as \\xNN, all else as it is."""
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in name)


TEXT = [
    ("find",), ("find", "--paths"), ("find", "--csv"), ("find", "--json"), ("find", "--projects"),
    ("find", "--projects", "--json"), ("find", "--projects", "--csv"), ("roots",), ("roots", "--json"),
    ("missing",), ("missing", "--json"), ("plugins",), ("plugins", "--json"), ("report",), ("report", "--json"),
    ("duplicates", "--by", "bytes"), ("export", "--format", "m3u"), ("export", "--format", "csv"),
    ("set", "hit", "key=Am", "--dry-run"), ("show", "1"), ("show", "1", "--json"), ("show", "1", "--projects"),
    ("show", "1", "--projects", "--json"), ("uses", "1"),
]  # fmt: skip


@pytest.mark.parametrize("command", TEXT, ids=" ".join)
def test_what_a_command_prints_is_harmless(light: Light, archive: Path, command: tuple[str, ...]) -> None:
    done = light(archive, *command)
    assert done.code in (0, 1), done
    out = done.out.replace("\r\n", "\n") if "csv" in command[-1] else done.out  # RFC 4180 ends a row so
    harmless(out + done.err)


@pytest.mark.parametrize("number", range(1, len(NAMES) + 1))
def test_each_file_is_shown_harmlessly(light: Light, archive: Path, number: int) -> None:
    for more in ((), ("--json",)):
        done = light(archive, "show", number, *more)
        assert done.code == 0
        harmless(done.out)


Form: TypeAlias = Literal["NFC", "NFD"]


@pytest.mark.parametrize(("stored", "typed"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_accents_are_the_same_however_a_system_spells_them(
    light: Light, home: Path, stored: Form, typed: Form
) -> None:
    root, name = home / f"stored {stored}", "Überschall café.wav"
    path = write_sound(root / unicodedata.normalize(stored, name), pitch=300)
    own = home / f"{stored}.db"
    assert light(own, "add", root).code == light(own, "index").code == 0
    done = light(own, "show", root / unicodedata.normalize(typed, name), "--json")
    assert (done.code, json.loads(done.out)["row"]["path"]) == (0, str(path))


def test_inspect_and_analyze_are_harmless(light: Light, archive: Path) -> None:
    (root,) = (path for path in archive.parent.iterdir() if path.name.endswith("\u202e"))
    for command in ("inspect", "analyze"):
        for more in ((), ("--json",)):
            done = light(archive, command, root, *more)
            assert done.code == 1
            harmless(done.out + done.err)


def test_every_name_is_one_row_of_every_form_and_comes_back_whole(light: Light, archive: Path) -> None:
    expected = {shown(name) for name in NAMES}
    assert names(light(archive, "find", "hit", "--json")) == expected
    assert len(light(archive, "find", "hit").out.splitlines()) == len(NAMES)
    assert len(light(archive, "find", "hit", "--paths").out.splitlines()) == len(NAMES)
    rows = list(csv.DictReader(io.StringIO(light(archive, "find", "hit", "--csv").out)))
    assert len(rows) == len(NAMES)
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(tuple("=+@＝＋＠\t\r")), cell
            assert not cell.startswith("-") or cell.lstrip("-").replace(".", "").isdigit(), cell


ASKED = [name.removesuffix(".wav") for name in NAMES] + [
    "') OR 1=1 --", "' UNION SELECT * FROM setting --", "name:x", 'path:"%"', 'plugin:"\' OR 1=1"',
    'label:"x\') --"', "track:'", "hit; DELETE FROM file", "NEAR(a b)", "a*", "^a", '"', "{", "\\", "%",
]  # fmt: skip


@pytest.mark.parametrize("query", ASKED, ids=lambda query: ascii(query)[:40])
def test_a_query_is_only_ever_a_value(light: Light, archive: Path, query: str) -> None:
    """It finds something, nothing, or does not parse; it changes nothing, and its error is harmless."""
    for more in ((), ("--projects",)):
        done = light(archive, "find", "--json", *more, "--", query)
        assert done.code in (0, 2), done
        assert "sql" not in done.err.lower() and "syntax error" not in done.err
        harmless(done.out + done.err)
    with closing(sqlite3.connect(archive)) as database:
        (count,) = database.execute("SELECT count(*) FROM file").fetchone()
    assert count == len(NAMES) + 3


EVIL = "\x1b[31m\n\u202e\x9b"
WRONG = [
    ("show", f"/no/{EVIL}"), ("add", f"/no/{EVIL}"), ("remove", f"/no/{EVIL}"), ("index", f"/no/{EVIL}"),
    ("uses", EVIL), ("similar", f"/no/{EVIL}"), ("find", f"bpm:{EVIL}"), ("find", f"is:{EVIL}"),
    ("find", "--sort", EVIL),
    ("set", "hit", f"key={EVIL}"), ("set", "hit", f"{EVIL}=1"), ("label", "hit", EVIL),
    ("report", "--since", EVIL),
    ("--archive", f"/proc/{EVIL}/a.db", "find"), ("--archive", f"mysql://{EVIL}", "find"),
    ("--config", f"/no/{EVIL}", "find"), (EVIL,), ("find", f"--{EVIL}"),
]  # fmt: skip


@pytest.mark.parametrize("command", WRONG, ids=lambda command: ascii(command)[:50])
def test_an_error_is_harmless(light: Light, archive: Path, command: tuple[str, ...]) -> None:
    done = light(archive, *command)
    assert done.code in (2, 3), done
    assert done.out == ""
    harmless(done.err)


@pytest.mark.parametrize("label", ["x'); DELETE FROM label; --", "\x1b[31mred\u202e", "=cmd", "%s"], ids=ascii)
def test_a_label_is_only_ever_a_value(light: Light, archive: Path, label: str) -> None:
    assert light(archive, "label", "hit", f"+{label}").code == 0
    done = light(archive, "show", "1")
    harmless(done.out)
    quoted = label.replace('"', "")
    assert len(names(light(archive, "find", f'label:"{quoted}"', "--json"))) == len(NAMES)
    harmless(light(archive, "undo").out)
    assert names(light(archive, "find", f'label:"{quoted}"', "--json")) == set()


def test_no_name_writes_a_line_of_the_log(light: Light, home: Path) -> None:
    """A fault that names a file: its line break begins no record."""
    wrong = home / "x\n2030-01-01 00:00:00,000 CRITICAL root all is lost\x1b[31m.toml"
    wrong.write_text("log = 1\n")
    settings = home / "settings.toml"
    log = home / "own.log"
    settings.write_text(f"log = {json.dumps(str(log))}\n")
    code = (
        "import logging, sys; from archivist.cli import main\n"
        "sys.argv = ['archivist', '--config', sys.argv[1], '-v', 'roots', sys.argv[2]]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "try: open(sys.argv[-1] + '/x')\nexcept OSError: logging.getLogger('x').exception(sys.argv[-1])\n"
    )
    words = [sys.executable, "-c", code, str(settings), str(wrong)]
    subprocess.run(words, env=environment(home / "b.db"), check=True, capture_output=True)
    text = log.read_text(encoding="utf-8")
    harmless(text)
    records = [line for line in text.splitlines() if line[:2] == "20"]
    assert "all is lost" in text and len(records) == 1


def test_a_project_whose_name_is_no_text_is_read_and_speaks_for_its_takes(light: Light, tmp_path: Path) -> None:
    root = tmp_path / "root"
    write_project(root / os.fsdecode(b"Song/caf\xe9.rpp"), bpm=97)
    write_sound(root / "Song/take.wav", seconds=4)
    archive = tmp_path / "a.db"
    assert light(archive, "add", root).code == 0
    for _ in range(2):
        assert light(archive, "index").code == 0
    (project,) = map(json.loads, light(archive, "find", "--projects", "--json").out.splitlines())
    (take,) = map(json.loads, light(archive, "find", "project:caf", "--json").out.splitlines())
    assert (project["name"], take["project"], take["bpm"]) == ("caf\\xe9", "caf\\xe9", 97)
    assert "project caf\\xe9" in light(archive, "show", root / "Song/take.wav").out
