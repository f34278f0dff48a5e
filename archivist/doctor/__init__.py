"""Is all well: what archivist needs, where it works, and the archive itself, each with what to do about it.

Reads only: nothing is made, migrated or repaired. `docs/operations.md` says more of each finding. A check takes
the case and yields findings; to add one, write it in the module of its subject and name it here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from peewee import DatabaseError, DoesNotExist

from archivist.config import Config
from archivist.doctor import access, contents, copies, drives, machine, opening, soundness
from archivist.doctor.case import Case
from archivist.records import Finding
from archivist.tables import database

BEFORE = (machine.versions, machine.engines, machine.weights, access.permissions)
OPENED = (
    soundness.integrity,
    soundness.rules,
    soundness.words,
    drives.online,
    drives.watched,
    contents.waiting,
    contents.failed,
    contents.counted,
)
AFTER = (copies.backups,)
"""Checks that need no archive; that need it open; and that are made of a sound one."""

CHECKS = (
    "versions", "engines", "permissions", "archive", "schema", "disk", "integrity", "full text", "drives", "watch",
    "stale", "quarantine", "counts", "backups",
)  # fmt: skip
"""What findings are of, in their order."""


def examine(config: Config, config_file: Path, *, engines: bool = True) -> Iterator[Finding]:
    """Every finding, as it is found. One of the check "archive" that is a problem says that it cannot be used.

    engines: see `Case`.
    """
    case = Case(config, config_file, engines)
    for check in BEFORE:
        yield from check(case)
    found = list(opening.opened(config))
    yield from found
    if not any((one.check, one.status) == ("schema", "ok") for one in found):
        return
    with database.connection_context():
        for check in OPENED:
            try:
                yield from check(case)
            except DoesNotExist:  # a row that points at nothing: soundness.integrity has named it
                continue
            except (DatabaseError, sqlite3.DatabaseError) as error:
                yield opening.broken(config, str(error))
                return
    for check in AFTER:
        yield from check(case)
