"""`archivist watch`: what changes is indexed once it is quiet, and Ctrl-C ends it in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.small_studio import write_sound


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_new_file_is_found_soon_after_it_has_stopped_growing(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "studio"
    write_sound(folder / "first.wav")
    run("add", folder)
    command = [sys.executable, "-m", "archivist", "watch", "--quiet", "0.5", "--json"]
    environment = os.environ | {"ARCHIVIST_ARCHIVE": str(tmp_path / "home/archive.db"), "ARCHIVIST_JOBS": "1"}
    watcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        assert appears(run, "first.wav")
        write_sound(folder / "new/second.wav", pitch=330)
        assert appears(run, "second.wav")
    finally:
        watcher.send_signal(signal.SIGINT)
        out, err = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, err.decode()
    assert len(out.splitlines()) == 2


def appears(run: Run, name: str, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if [row["name"] for row in run("find", "length:>0s", name, "--json").rows] == [name]:
            return True
        time.sleep(0.3)
    return False
