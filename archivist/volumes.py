"""Which drive a path is on, by an identity that outlives its mount point, and where it is mounted now.

Linux: the file system's UUID through /dev/disk/by-uuid, or the source of a network mount. Windows: the
volume's serial number. macOS: the name under /Volumes. Where a system tells nothing, the mount point.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")
_BY_UUID = Path("/dev/disk/by-uuid")
_NETWORK_TYPES = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "fuse.sshfs", "9p", "davfs"))


@dataclass(frozen=True, slots=True)
class Mount:
    key: str
    label: str
    path: Path


def mount_of(path: Path) -> Mount:
    """The mounted volume that holds `path` (which need not exist, but is absolute)."""
    mounts = mounted()
    best = max(
        (mount for mount in mounts if path == mount.path or mount.path in path.parents),
        key=lambda mount: len(mount.path.parts),
        default=None,
    )
    return best or Mount(f"mount:{path.anchor}", "", Path(path.anchor))


def mounted() -> list[Mount]:
    """Every volume that is mounted now."""
    if sys.platform == "win32":
        return _windows_mounts()
    if _MOUNTINFO.exists():
        return _linux_mounts()
    return _mac_mounts()


def locate(key: str, last_path: str) -> Path | None:
    """Where the volume `key` is mounted now: at `last_path` as a rule, elsewhere maybe; None when away."""
    here = [mount.path for mount in mounted() if mount.key == key]
    return next((path for path in here if str(path) == last_path), here[0] if here else None)


def _linux_mounts() -> list[Mount]:
    """See proc(5): fields 5 (mount point), and after " - " the type and the source."""
    uuids = _device_uuids()
    mounts: dict[Path, Mount] = {}  # a later mount on the same point hides the earlier one
    for line in _MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        point = Path(_unescape(before.split(" ")[4]))
        kind, source = after.split(" ")[:2]
        source = _unescape(source)
        if kind in _NETWORK_TYPES:
            key = f"net:{source}"
        elif source in uuids:
            key = f"uuid:{uuids[source]}"
        else:
            key = f"mount:{point}"
        mounts[point] = Mount(key, point.name, point)
    # A bind mount shows a file system twice: the first point (usually the shortest) speaks for it,
    # but every path still has to find its own mount, so the others keep their point as identity.
    seen: set[str] = set()
    result = []
    for mount in sorted(mounts.values(), key=lambda mount: len(str(mount.path))):
        key = f"mount:{mount.path}" if mount.key in seen else mount.key
        seen.add(key)
        result.append(Mount(key, mount.label, mount.path))
    return result


def _device_uuids() -> dict[str, str]:
    try:
        return {os.path.realpath(link): link.name for link in _BY_UUID.iterdir()}
    except OSError:  # no udev: a container
        return {}


def _unescape(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _mac_mounts() -> list[Mount]:
    mounts = [Mount("mount:/", "", Path("/"))]
    volumes = Path("/Volumes")
    if volumes.is_dir():
        drives = (path for path in volumes.iterdir() if path.is_mount())
        mounts.extend(Mount(f"volume:{path.name}", path.name, path) for path in drives)
    return mounts


def _windows_mounts() -> list[Mount]:
    mounts = []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        path = Path(f"{letter}:\\")
        try:
            serial = path.stat().st_dev  # the volume's serial number (CPython's os.stat on Windows)
        except OSError:
            continue
        mounts.append(Mount(f"serial:{serial:x}", f"{letter}:", path))
    return mounts
