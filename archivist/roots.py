"""The folders a studio has put into the archive: adding, listing, finding and forgetting them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archivist import volumes
from archivist.database import ArchiveError
from archivist.details import iso
from archivist.records import RootInfo
from archivist.store import places
from archivist.tables import Root, Scan, database

KINDS = ("projects", "samples", "mixed")


def add(folder: Path, kind: str) -> RootInfo:
    """Raises ArchiveError where the folder is none, or lies in (or around) another root."""
    if kind not in KINDS:
        raise ArchiveError(f"a root's kind is one of {', '.join(KINDS)}, not {kind}")
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise ArchiveError(f"{folder}: no such folder")
    mount = volumes.mount_of(folder)
    rel_path = _relative(folder, mount.path)
    for other in Root.select().where(Root.rel_path != rel_path):
        if other.volume.key == mount.key and _nested(other.rel_path, rel_path):
            raise ArchiveError(f"{folder}: overlaps the root {path_of(other)}; remove that one first")
    with database.atomic():
        return describe(places.save_root(mount, rel_path, kind))


def every() -> list[RootInfo]:
    return [describe(root) for root in Root.select().order_by(Root.id)]


def remove(folder: Path) -> RootInfo:
    """Forget a root. What was found below it stays in the archive."""
    root = find([folder])[0]
    info = describe(root)
    with database.atomic():
        places.remove_root(root)
    return info


def find(folders: Sequence[Path]) -> list[Root]:
    """The roots at these folders, or all of them. Raises ArchiveError where a folder is no root."""
    roots = list(Root.select().order_by(Root.id))
    if not folders:
        return roots
    by_path = {path_of(root): root for root in roots}
    found = []
    for folder in folders:
        plain = folder.expanduser()
        root = by_path.get(plain.resolve()) or by_path.get(plain.absolute())
        if root is None:
            known = ", ".join(map(str, by_path)) or "there is none yet"
            raise ArchiveError(f"{folder}: no root of this archive (roots: {known}); `archivist add` makes it one")
        found.append(root)
    return found


def path_of(root: Root) -> Path:
    """Where a root is, or was when its drive was last seen."""
    mount = volumes.locate(root.volume.key, root.volume.last_path)
    return (mount or Path(root.volume.last_path)) / root.rel_path


def describe(root: Root) -> RootInfo:
    mount = volumes.locate(root.volume.key, root.volume.last_path)
    path = (mount or Path(root.volume.last_path)) / root.rel_path
    here = mount is not None and path.is_dir()
    last = (
        Scan.select()
        .where(Scan.root == root.id, Scan.status == "done")
        .order_by(Scan.started_at.desc())
        .limit(1)
        .get_or_none()
    )
    return RootInfo(
        id=root.id,
        path=str(path),
        kind=root.kind,
        status="online" if here else "offline",
        files=last.counts["seen"] if last else 0,
        last_indexed=iso(last.finished_at) if last else None,
    )


def offline_volumes() -> frozenset[int]:
    """Ids of volumes that are not mounted now, or whose every root's folder is away."""
    here: dict[int, bool] = {}
    for root in Root.select():
        here[root.volume_id] = here.get(root.volume_id, False) or path_of(root).is_dir()
    return frozenset(volume_id for volume_id, present in here.items() if not present)


def _relative(folder: Path, mount: Path) -> str:
    rel_path = folder.relative_to(mount).as_posix()
    return "" if rel_path == "." else rel_path


def _nested(one: str, other: str) -> bool:
    """Whether one folder lies in the other; "" is the whole volume."""
    first, second = (f"{path}/" if path else "" for path in (one, other))
    return first.startswith(second) or second.startswith(first)
