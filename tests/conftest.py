"""What tests share: the command line run as users run it, and an archive of the demo studio."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import fixtures
from archivist.archive import Archive
from archivist.config import Config, default
from tests.ear import ear  # noqa: F401 - fixtures for all
from tests.light import drives, light  # noqa: F401


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


def runner(archive: Path, home: Path) -> Run:
    environment = os.environ | {
        "ARCHIVIST_ARCHIVE": str(archive),
        "ARCHIVIST_JOBS": "1",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }

    def run(*arguments: object, timeout: float = 120, **more: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "archivist", *map(str, arguments)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            env=environment | more,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`archivist …` as a process, on an archive of this test's own."""
    return runner(tmp_path / "home" / "archive.db", tmp_path / "home")


@dataclass(frozen=True)
class Demo:
    folder: Path
    archive: Path
    indexed: Ran
    run: Run

    @property
    def config(self) -> Config:
        from dataclasses import replace

        return replace(default(), archive=str(self.archive))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """The demo studio, indexed once for all tests and processes. Read it; whoever changes it takes a copy."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent  # of all xdist's processes
    home = shared / "demo"
    studio, archive, report = home / "studio", home / "archive.db", home / "index.json"
    run = runner(archive, home)
    with FileLock(shared / "demo.lock"):
        if not report.exists():
            fixtures.build(studio)
            run("add", studio)
            done = run("index", "--json", timeout=300)
            report.write_text(json.dumps([done.code, done.out, done.err]))
    return Demo(studio, archive, Ran(*json.loads(report.read_text())), run)


@pytest.fixture
def archive(demo: Demo, tmp_path: Path) -> Iterator[Archive]:
    """The demo's archive, opened on a copy that the test may write to."""
    import shutil
    from dataclasses import replace

    copy = tmp_path / "archive.db"
    shutil.copy(demo.archive, copy)
    with Archive.open(replace(default(), archive=str(copy))) as opened:
        yield opened
