"""Telling the archive that a root, or a whole drive, lies elsewhere now. Nothing on a disk is touched, and nothing
is heard again: what was known of each file is known of it in its new place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archivist import kinds, roots, scan, volumes
from archivist.database import ArchiveError
from archivist.records import Relocation
from archivist.scan import Walk
from archivist.store import moves, places
from archivist.tables import Root, database
from archivist.volumes import Mount


@dataclass(frozen=True, slots=True)
class _Move:
    root: Root
    mount: Mount
    prefix: str
    heir: Root | None  # the root that is in the new place already, or around it
    told: Relocation


def relocate(
    old: Path,
    new: Path,
    *,
    exclude: Sequence[str] = (),
    threshold: float,
    accept_missing: bool = False,
    dry_run: bool = False,
) -> list[Relocation]:
    """The root at `old`, or every root below it, lies at `new`, or at the same names below it. What was said.

    Raises ArchiveError, and changes nothing, where there is no such root or folder, where roots would overlap, or
    where more than `threshold` of a root's files are not in the new place, unless `accept_missing`.
    """
    moving = [_plan(root, path, new / path.relative_to(old), exclude) for root, path, old in _roots_at(old)]
    for move in moving:
        lost = move.told.files - move.told.found
        if not accept_missing and not dry_run and lost > threshold * move.told.files:
            raise ArchiveError(
                f"{move.told.new}: {lost} of the {move.told.files} files of {move.told.old} are not there: "
                "nothing was changed (--accept-missing if that is right)"
            )
    if not dry_run:
        with database.atomic():
            for move in moving:
                _apply(move)
    return [move.told for move in moving]


def _roots_at(old: Path) -> Iterator[tuple[Root, Path, Path]]:
    """(root, where it is or was, and `old` as that path has it)."""
    plain = old.expanduser()
    found = False
    for root in Root.select().order_by(Root.id):
        places_known = (roots.path_of(root), Path(root.volume.last_path, root.rel_path))
        names = (plain.absolute(), plain.resolve())
        hit = next(((path, name) for path in places_known for name in names if path.is_relative_to(name)), None)
        if hit:
            found = True
            yield root, *hit
    if not found:
        known = ", ".join(str(roots.path_of(root)) for root in Root.select()) or "there is none yet"
        raise ArchiveError(f"{old}: no root of this archive lies there (roots: {known})")


def _plan(root: Root, old: Path, new: Path, exclude: Sequence[str]) -> _Move:
    new = new.expanduser().resolve()
    if not new.is_dir():
        raise ArchiveError(f"{new}: no such folder; nothing was changed")
    mount = volumes.mount_of(new)
    prefix = new.relative_to(mount.path).as_posix()
    prefix = "" if prefix == "." else prefix
    same = root.volume.key == mount.key or root.volume.key in mount.formerly
    if same and root.rel_path != prefix and roots.nested(root.rel_path, prefix):
        raise ArchiveError(
            f"{new}: one of the two folders lies in the other; `archivist add` the new one and `archivist index`, "
            "which follows each file"
        )
    heir = None
    for other in Root.select().where(Root.id != root.id):
        if other.volume.key == mount.key and roots.nested(other.rel_path, prefix):
            if len(other.rel_path) > len(prefix):
                raise ArchiveError(f"{new}: the root {roots.path_of(other)} lies in it; remove that one first")
            heir = other
    files, found = _found(root, new, prefix, exclude)
    return _Move(root, mount, prefix, heir, Relocation(str(old), str(new), files, found, heir is not None))


def _found(root: Root, new: Path, prefix: str, exclude: Sequence[str]) -> tuple[int, int]:
    """How many files of a root there were, and how many of them are at the same names in the new place."""
    known = (
        place._replace(rel_path=moves.moved_path(place.rel_path, root.rel_path, prefix))
        for place in places.known_places(root.volume_id, root.rel_path)
    )
    walk = Walk(new, prefix, kinds.everything(tuple(exclude)))
    diff = scan.diff(known, walk, ())
    return diff.known, diff.known - len(diff.missing)


def _apply(move: _Move) -> None:
    volume = places.save_volume(move.mount)
    root = Root.get_by_id(move.root.id)
    if (root.volume_id, root.rel_path) != (volume.id, move.prefix):
        moves.move_root(root, volume.id, move.prefix, covered=move.heir is not None)
    # The next run derives anew what follows from where files lie.
    places.finish_scan(places.start_scan(move.heir or root), "relocated")
