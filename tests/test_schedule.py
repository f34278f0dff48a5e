"""Every night: what is written for each system, that nothing is installed unasked, and hours that are kept."""

from __future__ import annotations

import json
import os
import plistlib
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from archivist.analysis import local_workers
from archivist.cli import indexing
from archivist.cli.app import app
from archivist.schedule import KINDS, ScheduleError, plan
from archivist.window import Window, closing
from tests.conftest import Run
from tests.small_studio import write_sound

posix = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")

ODD = '/a b/100% $HOME `x` "q" it\'s; c\\d.db'
COMMAND = ("/usr/bin/python3", "-m", "archivist", "--archive", ODD, "index")
AT = time(1, 30)


def only(kind: str) -> str:
    (text, *_rest) = plan(kind, COMMAND, AT).files.values()
    return text.decode("utf-16" if kind == "windows" else "utf-8")


def test_systemd_quotes_what_it_would_expand() -> None:
    assert "ExecStart=/usr/bin/python3 -m archivist --archive " + (
        '"/a b/100%% $$HOME `x` \\"q\\" it\'s; c\\\\d.db" index\n'
    ) in only("systemd")
    odd = plan("systemd", ("/opt/$5 50%/python", "-m"), AT)
    assert b'ExecStart="/opt/$5 50%%/python" -m\n' in next(iter(odd.files.values()))  # so systemd-analyze wants it
    (_service, timer) = plan("systemd", COMMAND, AT).files.values()
    assert b"OnCalendar=*-*-* 01:30:00\n" in timer


def test_launchd_is_given_the_words_themselves() -> None:
    agent = plistlib.loads(only("launchd").encode())
    assert agent["ProgramArguments"] == list(COMMAND)
    assert agent["StartCalendarInterval"] == {"Hour": 1, "Minute": 30}


def test_cron_s_line_is_a_shell_s_with_percent_signs_escaped() -> None:
    line = plan("cron", COMMAND, AT).crontab
    assert line is not None
    minute, hour, *days, command = line.split(" ", 5)
    assert (minute, hour, days) == ("30", "1", ["*", "*", "*"])
    assert not re.search(r"(?<!\\)%", command)
    assert shlex.split(command.replace("\\%", "%"), comments=True) == list(COMMAND)


def test_windows_task_is_given_one_line_as_its_programs_take_it_apart() -> None:
    task = ElementTree.fromstring(only("windows"))
    names = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    action = task.find("t:Actions/t:Exec", names)
    assert action is not None
    assert [part.text for part in action] == [
        "/usr/bin/python3",
        '-m archivist --archive "/a b/100% $HOME `x` \\"q\\" it\'s; c\\d.db" index',
    ]
    boundary = task.findtext("t:Triggers/t:CalendarTrigger/t:StartBoundary", None, names)
    assert boundary == "2026-01-01T01:30:00"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["/a\nb.db", "/a\x1b[31m.db", "/a\x00.db", os.fsdecode(b"/latin \xe9.db")])
def test_a_path_that_could_begin_a_line_of_its_own_is_refused(kind: str, path: str) -> None:
    with pytest.raises(ScheduleError, match="rename it"):
        plan(kind, ("/usr/bin/python3", path), AT)


# ---------------------------------------------------------------- the command

TOOLS = {
    "systemctl": 'echo "$@" >> "$TOLD"',
    "launchctl": 'echo "$@" >> "$TOLD"',
    "schtasks": 'echo "$@" >> "$TOLD"',
    "crontab": 'echo "$@" >> "$TOLD"\n'
    'if [ "$1" = -l ]; then cat "$TOLD.tab" 2>/dev/null || { echo "no crontab for me" >&2; exit 1; }\n'
    'else cat > "$TOLD.tab"; fi',
}


@pytest.fixture
def system(tmp_path: Path, run: Run) -> Run:
    """`archivist …` where the system's own tools only write down what they are told."""
    for name, script in TOOLS.items():
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        tool.chmod(0o755)

    def with_tools(*arguments: object, **more: str) -> object:
        tools = {
            "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            "TOLD": str(tmp_path / "told"),
            "HOME": str(tmp_path),
        }
        return run(*arguments, **tools, **more)

    return with_tools  # type: ignore[return-value]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@posix
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_installed_unasked(tmp_path: Path, system: Run, kind: str) -> None:
    before = files(tmp_path)
    done = system("schedule", "--kind", kind, "--time", "02:15")
    assert done.code == 0
    assert "archivist" in done.out
    assert "--install does that" in done.out
    assert files(tmp_path) == before


def test_the_settings_in_force_are_named_for_the_night_knows_no_environment(tmp_path: Path, system: Run) -> None:
    file = tmp_path / "elsewhere/archivist/config.toml"
    there = {"XDG_CONFIG_HOME": str(tmp_path / "elsewhere")}
    assert "--config" not in system("schedule", "--kind", "cron", **there).out
    file.parent.mkdir(parents=True)
    file.write_text("nice = true\n")
    assert f" --config {file} -v index " in system("schedule", "--kind", "cron", **there).out


INSTALLED = {
    "systemd": (
        {"home/config/systemd/user/archivist-index.service", "home/config/systemd/user/archivist-index.timer"},
        "--user daemon-reload\n--user enable --now archivist-index.timer\n",
        "--user disable --now archivist-index.timer\n",
    ),
    "launchd": (
        {"Library/LaunchAgents/org.archivist.index.plist"},
        "bootstrap gui/UID HOME/Library/LaunchAgents/org.archivist.index.plist\n",
        "bootout gui/UID/org.archivist.index\n",
    ),
    "windows": (
        {"home/data/archivist/archivist-index.xml"},
        "/Create /TN archivist-index /XML HOME/home/data/archivist/archivist-index.xml /F\n",
        "/Delete /TN archivist-index /F\n",
    ),
}


@posix
@pytest.mark.parametrize("kind", INSTALLED)
def test_what_is_installed_can_be_removed(tmp_path: Path, system: Run, kind: str) -> None:
    names, start, end = INSTALLED[kind]
    before = files(tmp_path)
    assert system("schedule", "--kind", kind, "--install").code == 0
    assert files(tmp_path) - before == {*names, "told"}
    for name in names:
        assert (tmp_path / name).stat().st_mode & 0o077 == 0  # it names where the archive is
    told = (tmp_path / "told").read_text().replace(str(tmp_path), "HOME")
    assert told == start.replace("UID", str(os.getuid()))
    assert system("schedule", "--kind", kind, "--remove").out == "removed\n"
    assert files(tmp_path) - before == {"told"}
    assert (tmp_path / "told").read_text().endswith(end.replace("UID", str(os.getuid())))
    assert system("schedule", "--kind", kind, "--remove").out == "there was nothing to remove\n"


@posix
def test_the_other_lines_of_a_crontab_stay(tmp_path: Path, system: Run) -> None:
    table = tmp_path / "told.tab"
    other = "5 4 * * * /usr/bin/backup --of 'everything' # mine"
    table.write_text(f"{other}\n")
    for at in ("01:00", "02:30"):  # a second time replaces the first
        assert system("schedule", "--kind", "cron", "--time", at, "--install").code == 0
    first, second = table.read_text().splitlines()
    assert first == other
    assert second.startswith("30 2 * * * ")
    command = shlex.split(second.replace("\\%", "%"), comments=True)[5:]
    archive = str(tmp_path / "home/archive.db")
    assert command == [
        sys.executable,
        "-m",
        "archivist",
        "--archive",
        archive,
        "-v",
        "index",
        "--nice",
        "--report",
    ]
    assert system("schedule", "--kind", "cron", "--remove").code == 0
    assert table.read_text() == f"{other}\n"


@posix
def test_a_system_that_says_no_leaves_nothing_behind(tmp_path: Path, system: Run) -> None:
    (tmp_path / "bin/systemctl").write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
    done = system("schedule", "--kind", "systemd", "--install")
    assert done.code == 3
    assert "Failed to connect to bus" in done.err
    assert not any(name.endswith((".timer", ".service")) for name in files(tmp_path))


WRONG = [
    ("--kind", "at"),
    ("--time", "25:00"),
    ("--time", "night"),
    ("--time", "01:00+02:00"),
    ("--install", "--remove"),
]


@pytest.mark.parametrize("options", WRONG, ids=" ".join)
def test_what_cannot_be_scheduled_is_said(run: Run, options: tuple[str, ...]) -> None:
    done = run("schedule", *options)
    assert (done.code in (2, 3), done.out) == (True, "")
    assert done.err


@pytest.mark.skipif(sys.platform != "linux", reason="I/O priorities are Linux'")
@pytest.mark.parametrize(("nice", "niceness"), [(True, 10), (False, 0)])
def test_workers_give_way_when_asked_to(nice: bool, niceness: int) -> None:
    with local_workers(1, 60, nice=nice).make(1) as workers:
        assert workers.submit(os.nice, 0).result() == max(niceness, os.nice(0))
        if tool := shutil.which("ionice"):
            pid = str(workers.submit(os.getpid).result())
            told = subprocess.run([tool, "-p", pid], capture_output=True, text=True, check=True).stdout
            assert (told.strip() == "idle") is nice


@posix
def test_a_log_that_has_grown_is_put_aside(tmp_path: Path, run: Run) -> None:
    (tmp_path / "config.toml").write_text(f'log = "{tmp_path}/night.log"\n')
    (tmp_path / "night.log").write_bytes(b"x" * 5_000_000)
    run("--config", tmp_path / "config.toml", "-v", "roots")  # makes the archive, which is worth a line
    assert (tmp_path / "night.log.1").stat().st_size == 5_000_000
    assert 0 < (tmp_path / "night.log").stat().st_size < 5_000
    assert (tmp_path / "night.log").stat().st_mode & 0o077 == 0


def test_a_command_of_the_user_s_that_is_not_there_is_a_warning(tmp_path: Path, run: Run) -> None:
    write_sound(tmp_path / "studio/a.wav")
    run("add", tmp_path / "studio")
    (tmp_path / "config.toml").write_text('after_index = "no-such-tool --new"\n')
    done = run("--config", tmp_path / "config.toml", "index")
    assert done.code == 0
    assert done.err.endswith("after_index: no-such-tool: cannot be started: No such file or directory\n")


# ---------------------------------------------------------------- hours

HOURS = [
    ("01:00-06:00", "00:59:59", False),
    ("01:00-06:00", "01:00:00", True),
    ("01:00-06:00", "05:59:59", True),
    ("01:00-06:00", "06:00:00", False),
    ("22:30-05:00", "22:30:00", True),
    ("22:30-05:00", "00:00:00", True),
    ("22:30-05:00", "04:59:59", True),
    ("22:30-05:00", "05:00:00", False),
    ("22:30-05:00", "12:00:00", False),
]


@pytest.mark.parametrize(("window", "moment", "inside"), HOURS)
def test_hours_hold_their_start_and_not_their_end(window: str, moment: str, inside: bool) -> None:
    parsed = Window.parse(window)
    assert parsed is not None
    assert parsed.holds(time.fromisoformat(moment)) is inside


def hours(start: timedelta, end: timedelta) -> str:
    now = datetime.now()
    return f"{now + start:%H:%M:%S}-{now + end:%H:%M:%S}"


LATER = (timedelta(hours=2), timedelta(hours=3))


def test_outside_its_hours_index_says_so_and_does_nothing(tmp_path: Path, run: Run) -> None:
    write_sound(tmp_path / "studio/a.wav")
    run("add", tmp_path / "studio")
    config = tmp_path / "config.toml"
    config.write_text(f'between = "{hours(*LATER)}"\n')
    for options in (("index", "--between", hours(*LATER)), ("--config", config, "index")):
        done = run(*options)
        assert (done.code, done.out) == (0, "")
        assert "not now" in done.err
    assert run("find").out == ""
    (tmp_path / "studio/a.wav").unlink()
    assert run("--config", config, "index", "--between", "always").code == 0


@pytest.mark.parametrize("between", ["1-6", "01:00", "01:00-01:00", "25:00-26:00", "-"])
def test_hours_that_are_none_are_wrong_usage(run: Run, between: str) -> None:
    assert run("index", "--between", between).code == 2


def test_at_the_end_of_its_hours_it_stops_and_goes_on_the_next_night(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "home/archive.db"
    for number in range(3):
        write_sound(tmp_path / f"studio/{number}.wav", pitch=200 + 20 * number)
    run("add", tmp_path / "studio")

    def clock() -> datetime:
        """Long past the end as soon as the run has begun."""
        with sqlite3.connect(archive) as connection:
            begun = connection.execute("SELECT count(*) FROM index_lock").fetchone() == (1,)
        return datetime.now() + timedelta(hours=2 * begun)

    monkeypatch.setattr(indexing, "closing", partial(closing, now=clock))
    night = hours(timedelta(hours=-1), timedelta(hours=1))
    first = CliRunner().invoke(
        app, ["--archive", str(archive), "index", "--jobs", "1", "--between", night, "--json"]
    )
    assert first.exit_code == 0, first.output
    summary = json.loads(first.stdout.splitlines()[0])
    assert summary["interrupted"]
    assert "goes on from here" in first.stderr

    second = run("index", "--between", night, "--json")
    assert second.code == 0, second.err
    assert second.rows[0]["analysed"] == 3 - summary["analysed"]
    assert len(run("find", "length:>0s", "--json").rows) == 3
