"""Looking at one root: is it there, how does it differ from the archive, and is so much gone that it cannot be."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from archivist import kinds, scan, volumes
from archivist.records import Failure
from archivist.run import RootScan, Run
from archivist.scan import Entry, Waiting, Walk
from archivist.store import places
from archivist.tables import Root, Scan, database

_SAY_EVERY = 100  # files between two words on how far it is
_SUSPICIOUS_LOSS = 3  # files: a tiny root may lose one of two without an alarm


def scan_root(run: Run, root: Root) -> RootScan | None:
    """Compare a root with the archive; None where its drive or its top folder is away, or cannot be listed."""
    mount = volumes.locate(root.volume.key, root.volume.last_path)
    folder = (mount or Path(root.volume.last_path)) / root.rel_path
    looked, resumes = places.last_looked(root), places.was_cut_short(root)
    with database.atomic():
        row = places.start_scan(root)
    if mount is None or not folder.is_dir():
        _end_offline(run, row, folder, "its drive is not connected, or the folder is gone")
        return None
    with database.atomic():
        places.save_volume(volumes.Mount(root.volume.key, root.volume.label, mount))
    waiting = Waiting(
        path.relative_to(mount).as_posix() for path in run.waiting if folder in (path, *path.parents)
    )
    seen = said = run.counts["seen"]
    young: set[str] = set()

    def ends(place: str, found: int) -> bool:
        nonlocal said
        if seen + found >= said:
            run.tell("walking", seen + found + 1, None, place)
            said = seen + found + _SAY_EVERY
        return run.stop.is_set()

    def settled() -> Iterator[Entry]:
        for entry in walk:
            if 0 <= time.time() - entry.mtime_ns / 1e9 < run.settle:
                young.add(entry.rel_path)
            else:
                yield entry

    walk = Walk(folder, root.rel_path, kinds.everything(run.config.exclude), waiting, ends)
    # One more layer around a million entries would cost a tenth of a rescan
    found = settled() if run.settle else iter(walk)
    diff = scan.diff(places.known_places(root.volume_id, root.rel_path), found, walk.unreadable)
    for prefix, reason in walk.unreadable:
        if prefix == root.rel_path:
            _end_refused(run, row, folder, f"it cannot be listed, and nothing was changed: {reason}")
            return None
        run.fail(mount / prefix, f"this folder cannot be listed: {reason}")
    diff.added = [
        entry for entry in diff.added if not (entry.is_project and kinds.is_foreign(mount / entry.rel_path))
    ]
    diff.missing = [
        place for place in diff.missing if place.rel_path not in waiting and place.rel_path not in young
    ]
    run.counts["seen"] += diff.seen
    return RootScan(row, root.volume_id, mount, root.rel_path, diff, looked, resumes)


def _end_offline(run: Run, row: Scan, folder: Path, reason: str) -> None:
    run.offline.append(str(folder))
    with database.atomic():
        places.finish_scan(row, "offline", error=reason)


def refuse(run: Run, item: RootScan, threshold: float, arrived: Sequence[Entry]) -> bool:
    """Whether so much of a root is gone that it is likelier a fault than a wish.

    arrived: what is new in any root of this run; what moved there is not lost.
    """
    lost, known = len(item.diff.missing), item.diff.known
    emptied = lost and not item.diff.seen
    if not emptied and (lost < _SUSPICIOUS_LOSS or lost <= threshold * known):
        return False
    moved = len(scan.match_moves(item.diff.missing, arrived))
    if not emptied and lost - moved <= threshold * known:
        return False
    reason = f"{lost} of {known} files are gone: nothing was changed (--accept-missing if that is right)"
    _end_refused(run, item.row, item.mount / item.prefix, reason)
    return True


def _end_refused(run: Run, row: Scan, folder: Path, reason: str) -> None:
    run.refused.append(Failure(str(folder), reason))
    with database.atomic():
        places.finish_scan(row, "refused", error=reason)
