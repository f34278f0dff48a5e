"""`archivist index` every night, by what the system has for that: a systemd timer, a launchd agent, a line of the
crontab, a task of Windows. Nothing is written or started but by `install` and `remove`.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from xml.sax.saxutils import escape

NAME = "archivist-index"
LABEL = "org.archivist.index"  # launchd names agents so
_MARK = f"# {NAME}"  # ends our line of the crontab
_SECONDS = 60  # for the system's own tool


class ScheduleError(Exception):
    """It cannot be scheduled so: str(error) says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What schedules a command: files, and the system's commands that start and end it."""

    files: dict[Path, bytes] = field(default_factory=dict)
    start: tuple[tuple[str, ...], ...] = ()
    end: tuple[tuple[str, ...], ...] = ()
    crontab: str | None = None  # a line instead of files
    remark: str = ""


def kind_here() -> str:
    """What this system has."""
    if sys.platform == "win32":
        return "windows"
    if sys.platform == "darwin":
        return "launchd"
    return "systemd" if Path("/run/systemd/system").exists() else "cron"


def plan(kind: str, command: Sequence[str], at: time) -> Plan:
    """Raises ScheduleError on a kind that there is not, or a path that cannot be written there."""
    if kind not in KINDS:
        raise ScheduleError(f"--kind is one of {', '.join(KINDS)}, not {kind}")
    for word in command:
        if not word.isprintable():  # a line break would begin a line of its own
            raise ScheduleError(f"{word}: its name holds signs that no schedule can be trusted with; rename it")
    return KINDS[kind](tuple(command), at)


def install(plan: Plan) -> None:
    """Raises ScheduleError where the system says no; what has been written by then is removed again."""
    if plan.crontab is not None:
        _write_crontab([*_other_lines(), plan.crontab])
        return
    try:
        for path, text in plan.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
        for command in plan.start:
            _run(command)
    except (OSError, ScheduleError) as error:
        for path in plan.files:
            path.unlink(missing_ok=True)
        raise error if isinstance(error, ScheduleError) else ScheduleError(str(error)) from error


def remove(plan: Plan) -> bool:
    """Whether there was anything to remove."""
    if plan.crontab is not None:
        lines = _crontab()
        others = _other_lines()
        if len(others) != len(lines):
            _write_crontab(others)
        return len(others) != len(lines)
    if not any(path.exists() for path in plan.files):
        return False
    for command in plan.end:
        _run(command)
    for path in plan.files:
        path.unlink(missing_ok=True)
    return True


def _run(command: Sequence[str], text: str | None = None) -> str:
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScheduleError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise ScheduleError(f"{' '.join(command)}: {done.stderr.strip() or f'ended with {done.returncode}'}")
    return done.stdout


# ---------------------------------------------------------------- Linux


def _systemd(command: Sequence[str], at: time) -> Plan:
    """See systemd.service(5) and systemd.timer(5)."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    program = _systemd_word(command[0]).replace("$$", "$")  # variables are looked for in arguments alone
    service = [
        "[Unit]",
        "Description=archivist: bring the studio's archive up to date",
        "",
        "[Service]",
        "Type=oneshot",
        f"ExecStart={' '.join((program, *map(_systemd_word, command[1:])))}",
        "SuccessExitStatus=1",  # finished, and some files failed
        "KillMode=mixed",  # SIGTERM goes to archivist alone, which ends its workers itself
        "",
    ]
    timer = [
        "[Unit]",
        "Description=archivist every night",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {at:%H:%M}:00",
        "Persistent=true",  # a night that the machine slept through is made up for
        "",
        "[Install]",
        "WantedBy=timers.target",
        "",
    ]
    systemctl = ("systemctl", "--user")
    return Plan(
        {
            folder / f"{NAME}.service": "\n".join(service).encode("utf-8"),
            folder / f"{NAME}.timer": "\n".join(timer).encode("utf-8"),
        },
        start=((*systemctl, "daemon-reload"), (*systemctl, "enable", "--now", f"{NAME}.timer")),
        end=((*systemctl, "disable", "--now", f"{NAME}.timer"),),
        remark="`loginctl enable-linger` lets it run while you are not logged in",
    )


def _systemd_word(word: str) -> str:
    """Quoted for ExecStart=: specifiers (%), variables ($) and C escapes stand for themselves.

    >>> _systemd_word('/a b/100%.db'), _systemd_word('index')
    ('"/a b/100%%.db"', 'index')
    """
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return word if word and not set(word) - _PLAIN else f'"{word}"'


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:")


def _cron(command: Sequence[str], at: time) -> Plan:
    """See crontab(5): a percent sign ends the command unless it is escaped, even within quotes."""
    line = shlex.join(command).replace("%", "\\%")
    return Plan(crontab=f"{at.minute} {at.hour} * * * {line} {_MARK}")


def _crontab() -> list[str]:
    if shutil.which("crontab") is None:
        raise ScheduleError("this system has no crontab command; `--kind` names another way")
    done = subprocess.run(["crontab", "-l"], capture_output=True, timeout=_SECONDS, check=False)
    if done.returncode and b"no crontab" not in done.stderr:
        raise ScheduleError(f"crontab -l: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "surrogateescape").splitlines() if not done.returncode else []


def _other_lines() -> list[str]:
    return [line for line in _crontab() if not line.endswith(_MARK)]


def _write_crontab(lines: Sequence[str]) -> None:
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    done = subprocess.run(["crontab", "-"], input=text, capture_output=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise ScheduleError(f"crontab: {done.stderr.decode('utf-8', 'replace').strip()}")


# ---------------------------------------------------------------- macOS, Windows


def _launchd(command: Sequence[str], at: time) -> Plan:
    """See launchd.plist(5)."""
    agent = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "StartCalendarInterval": {"Hour": at.hour, "Minute": at.minute},
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "ExitTimeOut": 60,
    }
    path = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    return Plan(
        {path: plistlib.dumps(agent)},
        start=(("launchctl", "bootstrap", domain, str(path)),),
        end=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        remark="let python read your drives: System Settings, Privacy & Security, Full Disk Access",
    )


_TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>archivist: bring the studio's archive up to date</Description></RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2026-01-01T{at:%H:%M}:00</StartBoundary>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>true</DisallowStartIfOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>8</Priority>
  </Settings>
  <Actions><Exec><Command>{program}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>
"""


def _windows(command: Sequence[str], at: time) -> Plan:
    """See the Task Scheduler's schema; schtasks reads it in UTF-16."""
    import platformdirs

    path = Path(platformdirs.user_data_dir("archivist", appauthor=False)) / f"{NAME}.xml"
    arguments = escape(subprocess.list2cmdline(command[1:]))
    text = _TASK.format(at=at, program=escape(command[0]), arguments=arguments)
    return Plan(
        {path: text.encode("utf-16")},
        start=(("schtasks", "/Create", "/TN", NAME, "/XML", str(path), "/F"),),
        end=(("schtasks", "/Delete", "/TN", NAME, "/F"),),
    )


KINDS: dict[str, Callable[[Sequence[str], time], Plan]] = {
    "systemd": _systemd,
    "launchd": _launchd,
    "cron": _cron,
    "windows": _windows,
}
