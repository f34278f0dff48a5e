"""Workers that eat memory, or are at work when a run is stopped. (That hang and crash: tests/test_index.py.)"""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from archivist.analysis import local_workers, run_jobs
from tests.faults.running import HERE, command, environment
from tests.small_studio import write_sound

GREEDY = """
from taggers import Findings, Tagger

def tag(audio):
    if "greedy" in str(audio.path):
        held = []
        while True:
            held.append(bytearray(1 << 30))  # never touched: the machine's memory stays what it is
    return Findings()

TAGGER = Tagger("greedy", 1, (), tag)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory that a process asks for")
def test_a_file_that_eats_memory_fails_alone(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    about = plugin / "greedy-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: greedy\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[archivist.taggers]\ngreedy = greedy:TAGGER\n")
    (plugin / "greedy.py").write_text(GREEDY)
    for number, name in enumerate(("a", "greedy", "z")):
        write_sound(tmp_path / f"studio/{name}.wav", pitch=200 + 50 * number)
    variables = environment(tmp_path / "a.db")
    variables["PYTHONPATH"] += f":{plugin}"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments), env=variables, cwd=HERE, capture_output=True, text=True, timeout=120, check=False
        )

    run("add", str(tmp_path / "studio"))
    done = run("index")
    assert done.returncode == 1, done
    (failure,) = done.stderr.splitlines()
    assert failure.endswith("greedy.wav: greedy: MemoryError: ")
    assert "3 analysed, 1 failed" in done.stdout
    assert run("index").returncode == 0


def test_what_is_at_work_ends_with_a_run_that_is_stopped() -> None:
    stop, finished, began = threading.Event(), [], 0.0
    for batch in run_jobs(local_workers(1, 600), time.sleep, [0.0, 300.0], stop):
        finished += [job for job, _result in batch]
        if finished:
            began = began or time.monotonic()
            stop.set()
    for process in multiprocessing.active_children():
        process.join(60)
    assert multiprocessing.active_children() == []
    assert finished == [0.0]
    assert time.monotonic() - began < 60  # of the 300
