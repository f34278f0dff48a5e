"""The demo studio: built by code, indexed into an archive of its own beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import platformdirs

import fixtures
from archivist.archive import Archive, ArchiveError
from archivist.config import APP, Config
from archivist.records import IndexProgress, IndexSummary


def run(
    folder: Path | None, settings: Config, progress: Callable[[IndexProgress], None], stop: threading.Event
) -> tuple[Archive, IndexSummary]:
    """Build the studio in `folder` (kept where it is already there), index it, open its archive.

    The user's own archive is not touched: the demo's lies beside the studio's folder. Raises ArchiveError where
    nothing can be written.
    """
    home = folder or Path(platformdirs.user_cache_dir(APP, appauthor=False)) / "demo"
    studio = home / "studio"
    try:
        if not studio.exists():
            fixtures.build(studio)
    except OSError as error:
        raise ArchiveError(
            f"{home}: the demo cannot be written: {error.strerror or error}; name a folder"
        ) from error
    archive = Archive.open(replace(settings, archive=str(home / "archive.db")))
    archive.add_root(studio)
    return archive, archive.index(progress=progress, stop=stop)
