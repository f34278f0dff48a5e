"""What cannot be reached now: drives that are not connected, and roots whose folder is gone from a drive that is.

Nobody can say of what lies there whether it still exists, so it counts neither as present nor as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

from peewee import SQL

from archivist.database import at_or_inside
from archivist.tables import File, Project, database

Condition: TypeAlias = Any  # peewee has no types; a node that is true or false, or NULL for neither

NEVER = SQL("1 = 0")


@dataclass(frozen=True, slots=True)
class Offline:
    """volumes: ids of those that are not mounted. folders: (volume, path on it) of roots that are gone from a
    volume that is."""

    volumes: frozenset[int] = frozenset()
    folders: tuple[tuple[int, str], ...] = ()

    def holds(self, volume: int, rel_path: str) -> bool:
        return volume in self.volumes or any(
            volume == its_volume and (not folder or rel_path == folder or rel_path.startswith(f"{folder}/"))
            for its_volume, folder in self.folders
        )

    def of(self, table: type[File] | type[Project]) -> Condition:
        """That a file or project lies there."""
        conditions = [
            (table.volume == volume) & at_or_inside(database.obj, table.rel_path, folder)
            for volume, folder in self.folders
        ]
        if self.volumes:
            conditions.append(table.volume << sorted(self.volumes))
        return reduce(or_, conditions) if conditions else NEVER


NOTHING = Offline()
