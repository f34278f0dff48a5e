"""Whose the archive's files are: it and the log name everything a studio has."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from archivist import backup
from archivist.database import file_of
from archivist.doctor.case import Case
from archivist.records import Finding


def permissions(case: Case) -> Iterator[Finding]:
    """The archive and the log name everything a studio has; whoever writes the settings commands its indexer."""
    if sys.platform == "win32":
        return
    config, config_file = case.config, case.config_file
    archive = file_of(config.archive)
    private = [archive, *(Path(f"{archive}{side}") for side in ("-wal", "-shm"))] if archive else []
    private += [one.path for one in backup.every(archive)] if archive else []
    private += [config.log] if config.log else []
    wrong = [(path, 0o600) for path in private if path and _mode(path) & 0o077]
    if _mode(config_file) & 0o022:
        wrong.append((config_file, 0o644))
    elif re.search(r"://[^/@]*:[^/@]+@", config.archive) and _mode(config_file) & 0o077:
        wrong.append((config_file, 0o600))  # a password in it
    for path, mode in wrong:
        yield Finding(
            "permissions", "problem", f"{path}: others may use it", f"chmod {mode:o} {backup.quoted(path)}"
        )
    if archive and (owner := _foreign_owner(archive)) is not None:
        advice = "Run archivist as that user, or give the file to this one with chown."
        yield Finding("permissions", "problem", f"{archive}: belongs to another user ({owner})", advice)
    if not wrong:
        yield Finding("permissions", "ok", "archive, backups, settings and log are their owner's alone")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _foreign_owner(path: Path) -> int | None:
    try:
        owner = path.stat().st_uid
    except OSError:
        return None
    return None if os.geteuid() in (owner, 0) else owner
