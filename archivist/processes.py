"""Processes of this machine: whether one still runs, and giving way to the others."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

_NICENESS = 10  # of 19
_IDLE = 3 << 13  # the I/O class "idle", ioprio_set(2): served when nobody else asks
_IOPRIO_SET = {
    "x86_64": 251,
    "aarch64": 30,
    "riscv64": 30,
    "i686": 289,
    "armv7l": 314,
    "ppc64le": 273,
    "s390x": 282,
}
"""The system call's number by machine; glibc has no function for it."""

_QUERY_INFORMATION, _STILL_ACTIVE, _BELOW_NORMAL = 0x1000, 259, 0x4000  # Windows' processthreadsapi.h


def born(pid: int) -> str | None:
    """When this process began, as its system says it: a number used again is another process's.
    None where there is no such process, "" where there is one and no more is told."""
    if sys.platform == "win32":
        return _born_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:  # another user's
        pass
    return _born_by_proc(pid) if Path("/proc/self/stat").exists() else _born_by_ps(pid)


def _born_by_proc(pid: int) -> str | None:
    """See proc(5): field 22 of stat counts from the boot, which boot_id names."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except OSError:  # gone between opening and reading; or a system that hides others' processes
        return ""
    fields = stat.rpartition(")")[2].split()  # a name may hold spaces and brackets
    return None if fields[0] in ("Z", "X") else f"{boot} {fields[19]}"


def _born_by_ps(pid: int) -> str:
    """One that is asked at night by launchd and one in a terminal must be told the same: ps writes the local time,
    in the language of who asks."""
    same = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    try:
        told = subprocess.run(
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, env=same, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.decode("ascii", "replace").strip()


def _born_on_windows(pid: int) -> str | None:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.OpenProcess(_QUERY_INFORMATION, False, pid))
    if not handle:
        return None
    try:
        code = ctypes.c_ulong()
        if kernel.GetExitCodeProcess(handle, ctypes.byref(code)) and code.value != _STILL_ACTIVE:
            return None
        times = [ctypes.c_ulonglong() for _ in range(4)]
        told = kernel.GetProcessTimes(handle, *map(ctypes.byref, times))
        return str(times[0].value) if told else ""
    finally:
        kernel.CloseHandle(handle)


def give_way() -> None:
    """Let every other process go first, at the processor and, on Linux, at the disks. Children do so too."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass(ctypes.c_void_p(kernel.GetCurrentProcess()), _BELOW_NORMAL)
        return
    with contextlib.suppress(OSError):
        os.nice(max(0, _NICENESS - os.nice(0)))
    call = _IOPRIO_SET.get(os.uname().machine)
    if sys.platform == "linux" and call is not None:
        import ctypes

        ctypes.CDLL(None).syscall(call, 1, 0, _IDLE)  # of this process (1 = by number, 0 = mine)
