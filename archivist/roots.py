"""The folders a studio has put into the archive: adding, listing, finding and forgetting them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archivist import volumes
from archivist.database import ArchiveError
from archivist.details import iso
from archivist.offline import Offline
from archivist.records import RootInfo
from archivist.store import moves, places
from archivist.tables import Root, Scan, Volume, database

KINDS = ("projects", "samples", "mixed")


def add(folder: Path, kind: str, *, mark: bool = False) -> RootInfo:
    """mark: write a marker file into the folder, by which it is known wherever it is mounted. A root that is there
    already keeps all that is known of it.

    Raises ArchiveError where the folder is none, lies in (or around) another root, or cannot be marked.
    """
    if kind not in KINDS:
        raise ArchiveError(f"a root's kind is one of {', '.join(KINDS)}, not {kind}")
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise ArchiveError(f"{folder}: no such folder")
    mount = volumes.mount_of(folder)
    rel_path = _relative(folder, mount.path)
    here = None
    for other in Root.select():
        path = path_of(other)
        if path == folder:
            here = other
        elif (other.volume.key == mount.key and nested(other.rel_path, rel_path)) or (
            path.is_dir() and (path.is_relative_to(folder) or folder.is_relative_to(path))
        ):
            if path.is_dir() and folder.is_relative_to(path):
                raise ArchiveError(f"{folder}: lies in the root {path}, and is indexed with it")
            raise ArchiveError(f"{folder}: overlaps the root {path}; remove that one first")
    if mark:
        before = here.volume.key.removeprefix("mark:") if here else None
        try:
            mount = volumes.mark(folder, before)
        except OSError as error:
            raise ArchiveError(
                f"{folder / volumes.MARKER}: cannot be written ({error.strerror or error}); without --mark the "
                "drive is known by what the system tells of it"
            ) from error
        rel_path = _relative(folder, mount.path)
    with database.atomic():
        if here and here.volume.key != mount.key:
            moves.move_root(here, places.save_volume(mount).id, rel_path, covered=False)
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
        .where(Scan.root == root.id, Scan.status << ("done", "interrupted"))
        .order_by((Scan.status == "done").desc(), Scan.id.desc())  # clocks are set back
        .limit(1)
        .get_or_none()
    )
    return RootInfo(
        id=root.id,
        path=str(path),
        kind=root.kind,
        status="online" if here else "offline",
        files=last.counts["seen"] if last else 0,
        last_indexed=iso(last.finished_at) if last and last.status == "done" else None,
        drive=root.volume.label,
    )


def offline() -> Offline:
    """What of all roots cannot be reached now."""
    mounts = volumes.mounted()
    drives, folders = set(), []
    for root in Root.select(Root, Volume).join(Volume):
        place = volumes.locate(root.volume.key, root.volume.last_path, mounts)
        if place is None:
            drives.add(root.volume_id)
        elif not (place / root.rel_path).is_dir():
            folders.append((root.volume_id, root.rel_path))
    return Offline(frozenset(drives), tuple(folders))


def _relative(folder: Path, mount: Path) -> str:
    rel_path = folder.relative_to(mount).as_posix()
    return "" if rel_path == "." else rel_path


def nested(one: str, other: str) -> bool:
    """Whether one folder lies in the other; "" is the whole volume."""
    first, second = (f"{path}/" if path else "" for path in (one, other))
    return first.startswith(second) or second.startswith(first)
