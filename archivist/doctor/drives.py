"""The roots and their drives, and how many folders may be watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peewee import fn

from archivist import roots
from archivist.doctor.case import Case
from archivist.records import Finding
from archivist.tables import File
from archivist.text import size_text

_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")


def online(_case: Case) -> Iterator[Finding]:
    every = roots.every()
    if not every:
        yield Finding("drives", "warning", "the archive has no root yet", "archivist add FOLDER")
    for root in every:
        if root.status == "offline":
            advice = "Connect its drive to index it; until then it stays searchable. Moved? archivist relocate."
            yield Finding("drives", "warning", f"{root.path}: offline", advice)
            continue
        try:
            with os.scandir(root.path) as entries:
                next(entries, None)
            free = shutil.disk_usage(root.path).free
        except OSError as error:
            text = f"{root.path}: cannot be listed: {error.strerror}"
            yield Finding(
                "drives", "problem", text, "Give this user the right to read it; check the drive and cable."
            )
            continue
        if root.last_indexed is None:
            text = f"{root.path}: online, never indexed"
            yield Finding("drives", "warning", text, "archivist index")
        else:
            text = f"{root.path}: online, {root.files} files, {size_text(free)} free"
            yield Finding("drives", "ok", text)


def watched(_case: Case) -> Iterator[Finding]:
    """`watch` needs one inotify watch for each folder (Linux)."""
    try:
        limit = int(_WATCHES.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    folders = File.select(fn.COUNT(fn.DISTINCT(_folder()))).where(File.missing_since.is_null()).scalar()
    if folders * 1.2 > limit:
        line = f"echo fs.inotify.max_user_watches={2 * folders}"
        advice = f"{line} | sudo tee /etc/sysctl.d/60-archivist.conf; sudo sysctl --system"
        text = f"`watch` may watch {limit} folders, and the archive has {folders}"
        yield Finding("watch", "warning", text, advice)
    else:
        yield Finding("watch", "ok", f"inotify may watch {limit} folders, the archive has {folders}")


def _folder() -> Any:
    return fn.SUBSTR(File.rel_path, 1, fn.LENGTH(File.rel_path) - fn.LENGTH(File.name))
