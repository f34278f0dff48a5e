"""`prune` is the only way out of the archive: it shows first, keeps what people said, and asks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archivist.archive import Archive
from archivist.tables import Content, File, Project, Tag, database
from tests.conftest import Run
from tests.light import index, rows
from tests.small_studio import write_project, write_sound


@pytest.fixture
def archive(light: Archive) -> Archive:
    return light


@pytest.fixture
def studio(tmp_path: Path, archive: Archive) -> Path:
    """Four sounds and a song of which two sounds and the song are gone; a person has said something of some."""
    folder = tmp_path / "studio"
    for number in range(4):
        write_sound(folder / f"hit {number}.wav", pitch=300 + 10 * number)
    write_project(folder / "Sun/Sun.rpp", bpm=92)
    archive.add_root(folder)
    index(archive)
    archive.set_values("hit", {"key": "Am"})
    archive.unset_values('"hit 1"', ["key"])  # the folder's name may hold a 1 too
    archive.label("sun", ["unfinished"], [], projects=True)
    with database.connection_context():  # the edits are undone history by now
        database.execute_sql("DELETE FROM edit")
    for name in ("hit 0.wav", "hit 1.wav", "Sun/Sun.rpp"):
        (folder / name).rename(tmp_path / Path(name).name)
    index(archive, accept_missing=True)
    return folder


def state() -> tuple[int, int, int]:
    """Rows of files, contents and projects."""
    return len(rows(File)), len(rows(Content)), len(rows(Project))


def test_a_dry_run_shows_what_would_go_and_changes_nothing(archive: Archive, studio: Path) -> None:
    before = [rows(table) for table in (File, Content, Project, Tag)]
    plan = archive.prune(dry_run=True)
    assert plan.files == tuple(str(studio / name) for name in ("Sun/Sun.rpp", "hit 0.wav", "hit 1.wav"))
    assert (plan.projects, plan.kept, plan.forgotten) == ((), 2, 0)
    assert [rows(table) for table in (File, Content, Project, Tag)] == before


def test_what_people_said_outlives_its_files_and_comes_back_with_them(
    archive: Archive,
    studio: Path,
    tmp_path: Path,
) -> None:
    archive.prune()
    assert state() == (2, 4, 1)  # "hit 1" alone is gone whole: nothing was said of it
    assert len(archive.find("is:missing")) == 0
    (tmp_path / "hit 0.wav").rename(studio / "back.wav")
    (studio / "Sun").mkdir(exist_ok=True)
    (tmp_path / "Sun.rpp").rename(studio / "Sun/Sun.rpp")
    index(archive)
    assert [row.name for row in archive.find("key:Am back")] == ["back.wav"]
    assert [row.state for row in archive.find("label:unfinished", projects=True)] == ["present"]


def test_values_are_forgotten_when_that_is_said(archive: Archive, studio: Path) -> None:
    done = archive.prune(forget_values=True)
    assert (len(done.files), done.projects, done.kept, done.forgotten) == (3, ("Sun",), 0, 1)
    assert state() == (2, 2, 0)


def test_what_was_kept_can_be_forgotten_later(archive: Archive, studio: Path) -> None:
    archive.prune()
    done = archive.prune(forget_values=True)
    assert (done.files, done.projects, done.forgotten) == ((), ("Sun",), 1)
    assert state() == (2, 2, 0)


CHOSEN = [
    # query, missing for seconds: names that go
    ("", 0.0, {"Sun.rpp", "hit 0.wav", "hit 1.wav"}),
    ("", 86_400.0, {"hit 1.wav"}),
    ("hit", 0.0, {"hit 0.wav", "hit 1.wav"}),
    ("hit or sun", 0.0, {"Sun.rpp", "hit 0.wav", "hit 1.wav"}),
    ("sun", 0.0, {"Sun.rpp"}),
    ("hit 2", 0.0, set()),  # it is there
    ("hit", 86_400.0, {"hit 1.wav"}),
]


@pytest.mark.parametrize(("query", "missing_for", "names"), CHOSEN)
def test_only_what_is_gone_and_was_meant_goes(
    archive: Archive,
    studio: Path,
    query: str,
    missing_for: float,
    names: set[str],
) -> None:
    with database.connection_context():
        File.update(missing_since=time.time() - 90_000).where(File.name == "hit 1.wav").execute()
    done = archive.prune(query, missing_for=missing_for)
    assert {Path(path).name for path in done.files} == names
    assert len(rows(File)) == 5 - len(names)


def test_what_lies_below_no_root_any_more_goes_when_it_is_named(archive: Archive, studio: Path) -> None:
    archive.remove_root(studio)
    assert len(archive.prune(dry_run=True).files) == 3
    assert len(archive.prune("hit").files) == 4


def test_a_command_without_a_terminal_wants_a_yes(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "studio"
    folder.mkdir()
    run("add", folder)
    assert run("prune", "--missing-for", "soon").code == 2
    done = run("prune", "--missing-for", "30d", "--dry-run", "--json")
    assert (done.code, done.rows) == (0, [{"files": [], "projects": [], "kept": 0, "forgotten": 0}])


ANSWERS = [("y", 0, ["kept.wav"]), ("n", 0, ["gone.wav", "kept.wav"]), ("", 0, ["gone.wav", "kept.wav"])]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "code", "left"), ANSWERS)
def test_at_a_terminal_it_shows_and_asks(
    archive: Archive, tmp_path: Path, answer: str, code: int, left: list[str]
) -> None:
    one_of_two_is_gone(archive, tmp_path / "studio")
    with at_terminal(tmp_path, "prune") as terminal:
        shown = terminal.reads_until("[y/N]")
        terminal.types(answer)
        shown += terminal.reads_until(None)
    assert terminal.code == code
    assert "studio/gone.wav" in shown
    assert ("1 file and 0 projects forgotten" in shown) == ("gone.wav" not in left)
    assert sorted(row[3] for row in rows(File)) == left


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_what_goes_while_the_question_stands_is_not_forgotten_with_the_rest(
    archive: Archive, tmp_path: Path
) -> None:
    one_of_two_is_gone(archive, tmp_path / "studio")
    with at_terminal(tmp_path, "prune") as terminal:
        terminal.reads_until("[y/N]")
        (tmp_path / "studio/kept.wav").rename(tmp_path / "kept.wav")
        index(archive, accept_missing=True)
        terminal.types("y")
        assert "look again" in terminal.reads_until(None)
    assert (terminal.code, len(rows(File))) == (1, 2)


def one_of_two_is_gone(archive: Archive, folder: Path) -> None:
    for name in ("gone.wav", "kept.wav"):
        write_sound(folder / name, pitch=300 + len(name) + ord(name[0]))
    archive.add_root(folder)
    index(archive)
    (folder / "gone.wav").unlink()
    index(archive)


class Terminal:
    """A command that believes a person sits before it."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self._process, self._screen = process, screen

    def reads_until(self, text: str | None) -> str:
        """What it writes until this, or to its end."""
        read = b""
        while text is None or text.encode() not in read:
            try:
                more = os.read(self._screen, 1024)
            except OSError:  # Linux' way to say that the other side is closed
                more = b""
            if not more:
                break
            read += more
        return read.decode()

    def types(self, line: str) -> None:
        os.write(self._screen, f"{line}\n".encode())

    @property
    def code(self) -> int:
        return self._process.wait(60)


@contextmanager
def at_terminal(tmp_path: Path, *arguments: str) -> Iterator[Terminal]:
    import pty

    screen, side = pty.openpty()
    environment = os.environ | {"ARCHIVIST_ARCHIVE": str(tmp_path / "home/archive.db"), "COLUMNS": "200"}
    command = [sys.executable, "-m", "archivist", *arguments]
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=environment)
    os.close(side)
    try:
        yield Terminal(process, screen)
    finally:
        process.wait(60)
        os.close(screen)
