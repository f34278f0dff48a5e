"""Whether there is a backup to go back to."""

from __future__ import annotations

import time
from collections.abc import Iterator

from archivist import backup
from archivist.database import file_of
from archivist.doctor.case import Case
from archivist.records import Finding

_STALE = 2 * backup.WEEK


def backups(case: Case) -> Iterator[Finding]:
    file = file_of(case.config.archive)
    if file is None:
        yield Finding("backups", "ok", "PostgreSQL's are made with pg_dump")
        return
    every = backup.every(file)
    if not every:
        yield Finding(
            "backups", "warning", "there is no backup yet", "archivist backup; index takes one each week."
        )
        return
    newest = every[0]
    if found := backup.flaw(newest.path, quick=True):
        text = f"the newest backup is no good: {newest.path}: {found}"
        yield Finding("backups", "problem", text, "archivist backup, and check that disk.")
    elif time.time() - newest.taken > _STALE:
        days = (time.time() - newest.taken) / 86400
        yield Finding("backups", "warning", f"the newest backup is {days:.0f} days old", "archivist backup")
    else:
        yield Finding("backups", "ok", f"{len(every)}, the newest checked: {newest.path}")
