"""docs/adding-a-reader.md: its example, built as an installed package, reads its example's file."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding-a-reader.md"


def blocks() -> dict[str, str]:
    """The page's code blocks by what stands behind their language."""
    text = PAGE.read_text(encoding="utf-8")
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as `pip install` leaves it: the module, and what its metadata says of entry points."""
    project = tomllib.loads(blocks()["pyproject.toml"])["project"]
    (tmp_path / "loopy_reader.py").write_text(blocks()["loopy_reader.py"], encoding="utf-8")
    info = tmp_path / f"loopy_reader-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return tmp_path


def inspect(installed: Path, path: Path) -> subprocess.CompletedProcess[str]:
    return python(installed, "-m", "archivist", "inspect", "--json", str(path))


def python(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Beside the installed package, in its folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])},
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_example_reads_its_file(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "projects"
    folder.mkdir()
    path = folder / "song.loopy"
    path.write_text(blocks()["song.loopy"], encoding="utf-8")
    done = inspect(installed, path)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    expected = json.loads(blocks()["inspect"])
    assert {name: said[name] for name in expected} == expected
    assert [(track["name"], track["muted"]) for track in said["tracks"]] == [("Bass", False), ("Drums", True)]


BROKEN = {
    "empty": b"",
    "no song": b"another file\n",
    "not text": b"LOOPY 1\n\xff\xfe",
    "too large": b"LOOPY 1\n" * 2**18,
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_example_refuses_what_is_no_song(installed: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "bad.loopy"
    path.write_bytes(BROKEN[what])
    done = inspect(installed, path)
    said = json.loads(done.stdout)
    assert done.returncode == 1
    assert said["status"] == "error"
    assert str(tmp_path) not in said["error"]
    assert "Traceback" not in done.stderr


def test_the_page_names_what_there_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:archivist|tests|docs)/[\w/.-]+\.(?:py|md))`", text):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(archivist(?:\.\w+)+)`", text):
        assert pkgutil.resolve_name(name)


def test_the_example_takes_damage_well(installed: Path, tmp_path: Path) -> None:
    """By the page's own command."""
    path = tmp_path / "song.loopy"
    path.write_text(blocks()["song.loopy"], encoding="utf-8")
    done = python(installed, "-m", "tests.readers.mutate", "loopy", str(path), "500")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_example_keeps_to_the_projects_style(tmp_path: Path) -> None:
    path = tmp_path / "loopy_reader.py"
    path.write_text(blocks()["loopy_reader.py"], encoding="utf-8")
    config = ["--config", str(ROOT / "pyproject.toml")]
    for command in (["check", *config], ["format", "--check", *config]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
