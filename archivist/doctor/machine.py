"""What archivist needs on this machine: Python, SQLite, libraries, engines, weights."""

from __future__ import annotations

import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import taggers
from archivist import __version__
from archivist.doctor.case import Case
from archivist.records import Finding

LIBRARIES = (
    "peewee", "textual", "typer", "lark", "watchdog", "numpy", "scipy", "soundfile", "soxr", "av", "tinytag",
    "wavinfo", "flpkit",
)  # fmt: skip
ENGINES = {
    "torch": "hears tempo, key, chords, instruments, timbre and kind",
    "essentia": "hears the pitch of single notes",
    "librosa": "hears the pitch of single notes where there is no essentia",
}
NEEDED = ("torch",)

_ENGINE_SECONDS = 120.0


def versions(_case: Case) -> Iterator[Finding]:
    yield Finding(
        "versions", "ok", f"archivist {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
        yield Finding("versions", "ok", f"SQLite {sqlite3.sqlite_version} with full text")
    except sqlite3.OperationalError:
        advice = "Use a Python from python.org, conda or your distribution: theirs have FTS5."
        yield Finding("versions", "problem", f"SQLite {sqlite3.sqlite_version} has no full text (FTS5)", advice)
    finally:
        connection.close()
    known = {name: _version(name) for name in LIBRARIES}
    yield Finding("versions", "ok", ", ".join(f"{name} {number}" for name, number in known.items() if number))
    if absent := [name for name, number in known.items() if number is None]:
        advice = "Install archivist again: pip install --force-reinstall studio-archivist"
        yield Finding("versions", "problem", f"not installed: {', '.join(absent)}", advice)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def engines(case: Case) -> Iterator[Finding]:
    """Each in a process: a build for another processor dies at import, and would take `doctor` with it."""
    if not case.engines:
        return
    starting = {
        name: subprocess.Popen(
            [sys.executable, "-c", f"import {name}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for name in ENGINES
        if _version(name) is not None
    }
    works = {name: _ending(process) for name, process in starting.items()}
    for name, purpose in ENGINES.items():
        if works.get(name) == "":
            yield Finding("engines", "ok", f"{name} {_version(name)} {purpose}")
            continue
        text = f"{name} cannot be started: {works[name]}" if name in works else f"{name} is not installed"
        status: Literal["ok", "problem"] = "problem" if name in NEEDED else "ok"
        advice = f"pip install --force-reinstall {name}" if name in NEEDED else ""
        yield Finding("engines", status, f"{text}; it {purpose}", advice)


def _ending(process: subprocess.Popen[bytes]) -> str:
    """ "" where it ended well, else why not."""
    try:
        _out, said = process.communicate(timeout=_ENGINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"it took more than {_ENGINE_SECONDS:g} s"
    if process.returncode < 0:
        return f"it crashed (signal {-process.returncode})"
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return (lines[-1][:200] if lines else "it failed") if process.returncode else ""


def weights(_case: Case) -> Iterator[Finding]:
    folder = Path(taggers.__file__).parent / "weights"
    networks = sorted(card.stem for card in folder.glob("*.md"))  # each has a card beside its weights
    absent = [name for name in networks if not _size(folder / f"{name}.pt")]
    if absent or not networks:
        advice = "Install archivist again: pip install --force-reinstall studio-archivist"
        text = f"no weights of {', '.join(absent) or 'any network'} in {folder}"
        yield Finding("engines", "problem", text, advice)
    else:
        yield Finding("engines", "ok", f"the networks' weights are there: {', '.join(networks)}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
