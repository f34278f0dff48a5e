"""An archive that is indexed in this process, with the taggers that need no network: real files, quick runs.

For tests of where files lie. What is heard in them is other tests' matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from archivist import analysis, volumes
from archivist.archive import Archive
from archivist.config import default
from archivist.records import IndexSummary
from archivist.tables import database
from archivist.volumes import Mount
from taggers import registry

COUNTS = ("seen", "added", "changed", "moved", "missing", "back", "failed")


@contextmanager
def light_archive(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    light = {name: registry.TAGGERS[name] for name in ("embedded", "name")}
    monkeypatch.setattr(registry, "TAGGERS", light)
    registry._all.cache_clear()
    registry.load.cache_clear()
    threads = analysis.Workers(1, lambda count: ThreadPoolExecutor(count), 300.0)
    monkeypatch.setattr(analysis, "local_workers", lambda *_args, **_more: threads)
    try:
        with Archive.open(replace(default(), archive=str(file), jobs=1, cache=None)) as archive:
            yield archive
    finally:
        registry._all.cache_clear()
        registry.load.cache_clear()


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    with light_archive(tmp_path / "home/archive.db", monkeypatch) as opened:
        yield opened


class Drives:
    """Drives as folders: what `volumes.mounted` says of them is what a test says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._mounts: dict[str, Mount] = {}
        system = Mount("mount:/", "", Path("/"))
        monkeypatch.setattr(volumes, "mounted", lambda: [system, *self._mounts.values()])

    def plug_in(self, name: str, at: str | None = None, **more: object) -> Path:
        """Mount the drive of this name at a folder; what it held comes along."""
        path = self._folder / (at or name)
        if name in self._mounts:
            self._mounts.pop(name).path.rename(path)
        elif (away := self._folder / f"away {name}").exists():
            away.rename(path)
        path.mkdir(exist_ok=True)
        self._mounts[name] = replace(Mount(f"uuid:{name}", name.title(), path), **more)
        return path

    def unplug(self, name: str) -> None:
        self._mounts.pop(name).path.rename(self._folder / f"away {name}")


@pytest.fixture
def drives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drives:
    return Drives(tmp_path, monkeypatch)


def index(archive: Archive, *roots: Path, accept_missing: bool = False) -> dict[str, int]:
    """Index; the counts that are not 0."""
    return counts(archive.index(roots, accept_missing=accept_missing))


def counts(summary: IndexSummary) -> dict[str, int]:
    return {name: getattr(summary, name) for name in COUNTS if getattr(summary, name)}


def rows(table: type) -> list[tuple]:
    with database.connection_context():
        return list(table.select().order_by(table.id).tuples())
