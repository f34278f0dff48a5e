"""kill -9 anywhere in a run of indexing: nothing is lost, nothing is double, and the next run completes it.

The quick tests kill seven times; `make test-faults` 240 times, in some half an hour.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.running import HERE, Light, command, copied, environment
from tests.faults.state import faults, state
from tests.small_studio import set_time, write_project, write_sound

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9")


@dataclass(frozen=True)
class Scene:
    """A studio, an archive before the run that is killed, and what the archive says after one that is not."""

    before: Path
    after: dict[str, list[tuple[object, ...]]]
    statements: int


def build(folder: Path) -> None:
    write_project(
        folder / "Sun/Sun.rpp", bpm=92, tracks=("Lead Vox", "Bass"), samples=("takes/vox.wav", "late.wav")
    )
    write_sound(folder / "Sun/takes/vox.wav", pitch=220)
    write_project(folder / "Moon/Moon.rpp", bpm=140, plugins=("Serum (Xfer Records)",))
    for number in range(6):
        write_sound(folder / f"Samples/hit {number} {90 + number}bpm.wav", pitch=110 + 40 * number)


def change(folder: Path) -> None:
    """One of each: new, come late, changed, moved, copied, gone; a new version, a new song, a song that moved."""
    write_sound(folder / "Samples/new Am.wav", pitch=700)
    write_sound(folder / "Sun/late.wav", pitch=770)
    write_sound(folder / "Samples/hit 0 90bpm.wav", pitch=123, seconds=2)
    (folder / "Samples/hit 1 91bpm.wav").rename(folder / "Sun/moved 91bpm.wav")
    shutil.copy(folder / "Samples/hit 2 92bpm.wav", folder / "Sun/copy of hit 2.wav")
    (folder / "Samples/hit 3 93bpm.wav").unlink()
    write_project(folder / "Sun/Sun v2.rpp", bpm=96, tracks=("Lead Vox",), samples=("takes/vox.wav",))
    set_time(folder / "Sun/Sun v2.rpp", 1_800_000_000)
    write_project(folder / "Star/Star.rpp", bpm=100, samples=("../Samples/new Am.wav",))
    (folder / "Moon").rename(folder / "Moon again")


@pytest.fixture(scope="module")
def scenes(light: Light, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    """ "first": nothing has been indexed yet. "later": a person has spoken, and much has changed since."""
    folder = tmp_path_factory.mktemp("killed")
    old, new = folder / "first/studio", folder / "later/studio"
    build(old)
    build(new)
    made: dict[str, Scene] = {}
    for name, studio in (("first", old), ("later", new)):
        archive = studio.parent / "archive.db"
        light(archive, "add", studio)
        if name == "later":
            assert light(archive, "index").code == 0
            light(archive, "set", "hit", "key=F#m")
            light(archive, "set", "--projects", "sun", "key=Am")
            light(archive, "label", "hit", "+keeper")
            light(archive, "label", "--projects", "moon", "+unfinished")
            change(studio)
        whole = copied(archive, studio.parent / "whole.db")
        done = light(whole, "index", "--json")
        assert done.code == 0, done
        (statements,) = re.findall(r"(\d+) statements", done.err)
        assert faults(whole) == {}
        made[name] = Scene(archive, state(whole), int(statements))
    return made


def completes(light: Light, archive: Path, scene: Scene) -> None:
    """The next run ends well, the archive is as if nothing had happened, and a further run has nothing to do."""
    done = light(archive, "index", "--json")
    assert done.code == 0, done
    assert faults(archive) == {}
    found = state(archive)
    for name, expected in scene.after.items():
        assert found[name] == expected, name
    summary = json.loads(light(archive, "index", "--json").out)
    assert {summary[name] for name in ("added", "changed", "moved", "missing", "back", "analysed", "failed")} == {
        0
    }


def dies(light: Light, archive: Path, statement: int) -> None:
    done = light(archive, "--die-at", statement, "index")
    assert done.code in (-signal.SIGKILL, 0)  # a second run has less to say


def at_statements(light: Light, scenes: dict[str, Scene], tmp_path: Path, name: str, number: int, of: int) -> None:
    """Killed once at the `number`th of so many points all over the run, and every third time once more after."""
    scene = scenes[name]
    archive = copied(scene.before, tmp_path / "archive.db")
    chance = random.Random(f"{name} {number}")
    dies(light, archive, int(scene.statements * (number + chance.random()) / of) + 1)
    if number % 3 == 2:
        dies(light, archive, chance.randint(1, scene.statements))
    completes(light, archive, scene)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", ["first", "later"])
def test_a_killed_run(light: Light, scenes: dict[str, Scene], tmp_path: Path, name: str, number: int) -> None:
    at_statements(light, scenes, tmp_path, name, number, 3)


@pytest.mark.faults
@pytest.mark.parametrize("number", range(100))
@pytest.mark.parametrize("name", ["first", "later"])
def test_a_killed_run_at_every_hundredth(
    light: Light, scenes: dict[str, Scene], tmp_path: Path, name: str, number: int
) -> None:
    at_statements(light, scenes, tmp_path, name, number, 100)


def alive(session: int) -> list[str]:
    """Command lines of the processes of a session that are not dead yet."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[3] == str(session) and fields[0] not in "ZX":
                found.append(stat.with_name("cmdline").read_text())
        except OSError:
            continue
    return found


def killed_with_workers(light: Light, scene: Scene, archive: Path, delay: float) -> None:
    """The whole program with its worker processes, killed so many seconds after its start."""
    process = subprocess.Popen(
        command("index"), env=environment(archive), cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait()
    if sys.platform == "linux":
        end = time.monotonic() + 30
        while alive(process.pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert alive(process.pid) == []  # a worker outlives nobody
    completes(light, archive, scene)


@pytest.mark.slow
def test_a_killed_run_leaves_no_worker_behind(light: Light, scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes["later"]
    archive = copied(scene.before, tmp_path / "archive.db")
    started = time.monotonic()
    timed = environment(copied(scene.before, tmp_path / "timed.db"))
    subprocess.run(command("index"), env=timed, cwd=HERE, capture_output=True, check=True)
    killed_with_workers(light, scene, archive, 0.7 * (time.monotonic() - started))


@pytest.mark.faults
@pytest.mark.parametrize("number", range(40))
def test_a_killed_run_at_any_moment(light: Light, scenes: dict[str, Scene], tmp_path: Path, number: int) -> None:
    scene = scenes[("first", "later")[number % 2]]
    archive = copied(scene.before, tmp_path / "archive.db")
    killed_with_workers(light, scene, archive, random.Random(number).uniform(0.2, 8))
