"""Running `tests.faults.light`: once as a process, or many times by its server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def row(self) -> dict[str, Any]:
        """The one line of JSON on standard output."""
        row: dict[str, Any] = json.loads(self.out)
        return row


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tests.faults.light", *map(str, arguments)]


def environment(archive: Path) -> dict[str, str]:
    home = str(archive.parent / "home")
    homes = dict.fromkeys(("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), home)
    return os.environ | homes | {"ARCHIVIST_ARCHIVE": str(archive), "ARCHIVIST_JOBS": "1", "PYTHONPATH": str(HERE)}


class Light:
    """`tests.faults.light` as a server: a command in a second, not in three."""

    def __init__(self, home: Path) -> None:
        self._server = subprocess.Popen(
            command("--serve"), env=environment(home / "none.db"), cwd=HERE, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, archive: Path, *arguments: object) -> Done:
        assert self._server.stdin and self._server.stdout
        asked = {"archive": str(archive), "arguments": ["--count", *map(str, arguments)]}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        done = Done(**json.loads(self._server.stdout.readline()))
        assert "Traceback" not in done.err, done.err
        return done

    def close(self) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(30)


def alone(
    archive: Path, *arguments: object, before: Callable[[], object] | None = None, as_owner: bool = False
) -> Done:
    """As a process of its own, which calls `before` first. as_owner: root too may read only what its owner may."""
    words = command(*arguments)
    if as_owner and os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything, and there is no setpriv to take that away")
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
    done = subprocess.run(
        words, env=environment(archive), cwd=HERE, capture_output=True, check=False, timeout=120, preexec_fn=before
    )
    err = done.stderr.decode()
    assert "Traceback" not in err, err
    return Done(done.returncode, done.stdout.decode(), err)


def copied(archive: Path, copy: Path) -> Path:
    for suffix in ("", "-wal", "-shm"):
        if (part := archive.with_name(archive.name + suffix)).exists():
            shutil.copy(part, copy.with_name(copy.name + suffix))
    return copy
