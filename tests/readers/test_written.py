"""The contract of damaged, cut and misnamed projects, for the formats whose real files the corpus lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archivist.readers import READERS, ReadError, read_project, reader_for
from archivist.readers.closed import READERS as CLOSED
from tests.readers.mutate import complaints
from tests.readers.written import WRITTEN, write_closed

BY_NAME = {reader.name: reader for reader in READERS}


def write(name: str, folder: Path, stem: str = "Song") -> Path:
    path = folder / (stem + BY_NAME[name].suffixes[0])
    return WRITTEN[name](path) if name in WRITTEN else write_closed(name, path)


ALL = [*WRITTEN, *(reader.name for reader in CLOSED)]


@pytest.mark.parametrize("name", ALL)
def test_what_is_read_keeps_to_the_bounds_and_leaves_the_file_alone(name: str, tmp_path: Path) -> None:
    path = write(name, tmp_path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert complaints(read_project(path)) == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("name", ALL)
def test_half_a_project_is_never_a_whole_one(name: str, kept: float, tmp_path: Path) -> None:
    path = write(name, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    try:
        info = read_project(path)
    except ReadError:
        return
    assert info.status == "partial"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_project_without_a_suffix_is_known_by_what_is_in_it(name: str, tmp_path: Path) -> None:
    path = WRITTEN[name](tmp_path / "unnamed")
    assert reader_for(path) is None
    assert read_project(path).format == name


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.name))
@pytest.mark.parametrize("name", WRITTEN)
def test_a_wrong_name_is_found_out(name: str, reader: object, tmp_path: Path) -> None:
    other = BY_NAME[reader.name]  # type: ignore[attr-defined]
    if other.name == name:
        pytest.skip("that is its right name")
    path = WRITTEN[name](tmp_path / f"renamed{other.suffixes[0]}")
    with pytest.raises(ReadError, match=BY_NAME[name].title):
        read_project(path)


def damage(name: str, count: int, folder: Path) -> str:
    """What goes wrong in `count` damaged versions, in a process of its own."""
    command = [sys.executable, "-m", "tests.readers.mutate", name, str(write(name, folder)), str(count)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=250, check=False)
    return (done.stdout + done.stderr)[:4000].strip()


@pytest.mark.parametrize("name", ["waveform", "rosegarden", "qtractor", "zrythm", "mpc", "omf", "reason"])
def test_damage_ends_in_an_error_or_a_project(name: str, tmp_path: Path) -> None:
    assert damage(name, 100, tmp_path) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
def test_much_damage_ends_in_an_error_or_a_project(name: str, tmp_path: Path) -> None:
    assert damage(name, 10_000, tmp_path) == ""
