"""Which drive a path is on, by an identity that outlives its mount point, and where it is mounted now.

The identity is the file system's own where the system tells it: on Linux the UUID in /dev/disk/by-uuid of the
device that /proc/self/mountinfo names, on macOS what `diskutil` says, on Windows the volume's serial number; of
a network share it is the share. Else it is the mount point, with the drive's label where there is one. A folder
that holds a marker file is a volume of its own, wherever it lies: for drives that have no identity, that share
one with a clone, or that change their address. The marker is written only when a person asks for it.
"""

from __future__ import annotations

import os
import plistlib
import re
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MARKER = ".archivist-volume"
"""The only file that archivist ever writes to a studio's drive, in a folder that `archivist add --mark` names."""

_MOUNTINFO = Path("/proc/self/mountinfo")
_DISKS = Path("/dev/disk")
_VOLUMES = Path("/Volumes")
_NETWORK_TYPES = frozenset(
    ("9p", "afpfs", "afs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
     "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs", "webdav")
)  # fmt: skip
_DISKUTIL_SECONDS = 10
_MARK = re.compile(r"[0-9a-f]{32}")
_MARKER_TEXT = (
    "{}\n"
    "# archivist knows this folder by the line above, wherever it is mounted.\n"
    "# Written by `archivist add --mark`. Keep it with the folder; copy it nowhere else.\n"
)


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume that is there. formerly: keys by which it was known before its system told more of it."""

    key: str
    label: str
    path: Path
    network: bool = False  # a share of another machine, whose changes the system does not tell
    formerly: tuple[str, ...] = ()


def mount_of(path: Path) -> Mount:
    """The volume that holds `path` (which need not exist, but is absolute): the nearest marked folder above it,
    or the mounted drive."""
    best = max(
        (mount for mount in mounted() if path == mount.path or mount.path in path.parents),
        key=lambda mount: len(mount.path.parts),
        default=None,
    ) or Mount(f"mount:{path.anchor}", "", Path(path.anchor))
    for folder in (path, *path.parents):
        if mark := _mark_in(folder):
            return Mount(f"mark:{mark}", folder.name or best.label, folder, best.network)
        if folder == best.path:
            break
    return best


def mounted() -> list[Mount]:
    """Every drive and share that is mounted now."""
    if sys.platform == "win32":
        return _windows_mounts()
    return _linux_mounts() if _MOUNTINFO.exists() else _mac_mounts()


def locate(key: str, last_path: str, mounts: Sequence[Mount] | None = None) -> Path | None:
    """Where the volume `key` is now: at `last_path` as a rule, elsewhere maybe; None when away.

    mounts: what `mounted` has just said, where several volumes are looked for.
    """
    among = mounted() if mounts is None else mounts
    if key.startswith("mark:"):
        return next((path for path in _likely(last_path, among) if f"mark:{_mark_in(path)}" == key), None)
    here = [mount.path for mount in among if mount.key == key]
    here = here or [mount.path for mount in among if key in mount.formerly]
    if not here and key == f"mount:{last_path}" and last_path.startswith("\\\\") and Path(last_path).is_dir():
        return Path(last_path)  # a Windows share that has no letter
    return next((path for path in here if str(path) == last_path), here[0] if here else None)


def mark(folder: Path, identity: str | None = None) -> Mount:
    """Write a marker into this folder, unless it has one, and give the volume that it is from now on.

    identity: that of a marker which was here and is gone. Raises OSError where the folder cannot be written to.
    """
    if _mark_in(folder) is None:
        identity = identity if identity and _MARK.fullmatch(identity) else secrets.token_hex(16)
        with (folder / MARKER).open("x", encoding="ascii") as file:
            file.write(_MARKER_TEXT.format(identity))
    return mount_of(folder)


def _mark_in(folder: Path) -> str | None:
    """The identity in a folder's marker file; None where there is none, or no marker of ours."""
    try:
        with (folder / MARKER).open("rb") as file:
            line = file.readline(64).decode("ascii", "replace").strip()
    except OSError:
        return None
    return line if _MARK.fullmatch(line) else None


def _likely(last_path: str, mounts: Iterable[Mount]) -> Iterator[Path]:
    """Where a marked folder may be: where it was, or under the same names on a drive that is mounted elsewhere."""
    last = Path(last_path)
    yield last
    for mount in mounts:
        for start in range(len(last.parts), 0, -1):
            yield mount.path.joinpath(*last.parts[start:])


# ---------------------------------------------------------------- Linux


def _linux_mounts() -> list[Mount]:
    """See proc(5): fields 3 (device), 5 (mount point), and after " - " the type and the source."""
    uuids, labels = _device_names("by-uuid"), _device_names("by-label")
    mounts: dict[Path, Mount] = {}  # a later mount on the same point hides the earlier one
    for line in _MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        device, point = fields[2], Path(_unescape(fields[4]))
        kind, source = after.split(" ")[:2]
        source = _unescape(source)
        # btrfs and FUSE make up device numbers: there the source tells.
        uuid = uuids.get(device) or uuids.get(source)
        label = labels.get(device) or labels.get(source)
        place = f"mount:{point}"
        network = kind in _NETWORK_TYPES
        if network:
            key = f"net:{source}"
        elif uuid:
            key = f"uuid:{uuid}"
        else:
            key = f"{place} {label}" if label else place
        formerly = () if key == place else (place,)
        mounts[point] = Mount(key, label or point.name, point, network, formerly)
    # A bind mount shows a file system twice: the first point (usually the shortest) speaks for it,
    # but every path still has to find its own mount, so the others keep their point as identity.
    seen: set[str] = set()
    result = []
    for mount in sorted(mounts.values(), key=lambda mount: len(str(mount.path))):
        again = mount.key in seen
        seen.add(mount.key)
        result.append(Mount(f"mount:{mount.path}", mount.label, mount.path, mount.network) if again else mount)
    return result


def _device_names(kind: str) -> dict[str, str]:
    """What udev calls the disks, by "major:minor" and by the device's path; kind: by-uuid or by-label."""
    names: dict[str, str] = {}
    try:
        links = list((_DISKS / kind).iterdir())
    except OSError:  # no udev: a container
        return {}
    for link in links:
        name = re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), link.name)
        try:
            number = link.stat().st_rdev
        except OSError:  # unplugged a moment ago
            continue
        names[f"{os.major(number)}:{os.minor(number)}"] = names[os.path.realpath(link)] = name
    return names


def _unescape(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


# ---------------------------------------------------------------- macOS


def _mac_mounts() -> list[Mount]:
    """The system's own disk is always there, and keeps its mount point as identity."""
    mounts = [Mount("mount:/", "", Path("/"))]
    if _VOLUMES.is_dir():
        drives = sorted(path for path in _VOLUMES.iterdir() if path.is_mount())
        mounts.extend(_mac_mount(path, path.stat().st_dev) for path in drives)
    return mounts


@lru_cache(maxsize=64)
def _mac_mount(path: Path, _device: int) -> Mount:
    """Asked once for each mounting: a drive that is mounted anew has another device number."""
    weak = f"volume:{path.name}"
    told = _diskutil(path)
    network = told.get("FilesystemType") in _NETWORK_TYPES or (told != {} and "DeviceNode" not in told)
    label = str(told.get("VolumeName") or path.name)
    if uuid := told.get("VolumeUUID"):
        return Mount(f"uuid:{uuid}", label, path, network, (weak,))
    return Mount(weak, label, path, network or not told)


def _diskutil(path: Path) -> dict[str, object]:
    """What `diskutil info` says of a mounted volume; {} of a share, and where it says nothing."""
    try:
        done = subprocess.run(
            ["/usr/sbin/diskutil", "info", "-plist", os.fspath(path)],
            capture_output=True,
            check=True,
            timeout=_DISKUTIL_SECONDS,
        )
        told = plistlib.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, plistlib.InvalidFileException, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


# ---------------------------------------------------------------- Windows


def _windows_mounts() -> list[Mount]:
    mounts = []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        path = Path(f"{letter}:\\")
        try:
            serial = path.stat().st_dev  # the volume's serial number (CPython's os.stat on Windows)
        except OSError:
            continue
        label, network = _windows_drive(str(path))
        key = f"serial:{serial:x}" if serial else f"mount:{path}"
        mounts.append(Mount(key, label or f"{letter}:", path, network))
    return mounts


def _windows_drive(path: str) -> tuple[str, bool]:
    """(label, whether it is a share) of a drive such as "D:\\"."""
    if sys.platform != "win32":
        return "", False
    import ctypes

    kernel = ctypes.windll.kernel32
    label = ctypes.create_unicode_buffer(261)
    told = kernel.GetVolumeInformationW(path, label, len(label), None, None, None, None, 0)
    remote = 4  # DRIVE_REMOTE
    return (label.value if told else ""), kernel.GetDriveTypeW(path) == remote
