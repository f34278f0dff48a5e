"""A drive is known by what its system tells of it, by a marker, or by where it is mounted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from archivist import volumes
from archivist.archive import Archive, ArchiveError
from archivist.tables import File, Project, Volume
from archivist.volumes import MARKER, Mount
from tests.conftest import Run
from tests.light import Drives, index, rows
from tests.small_studio import write_project, write_sound


@pytest.fixture
def archive(light: Archive) -> Archive:
    return light


MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/root rw
30 27 8:17 / /media/me/Studio\\040A rw - vfat /dev/sdb1 rw
31 27 0:50 / /data rw - btrfs /dev/sdc1 rw
32 27 0:51 / /mnt/nas rw - cifs //nas/music rw
33 27 0:52 / /mnt/fuse rw - fuse.sshfs me@host:/music rw
34 27 8:33 / /mnt/old rw - ext2 /dev/sdd1 rw
35 27 0:50 /sub /mnt/bind rw - btrfs /dev/sdc1 rw
"""

LINUX = [
    # mount point: key, label, network, former keys
    ("/", "uuid:root-uuid", "", False, ("mount:/",)),
    ("/media/me/Studio A", "uuid:1234-ABCD", "STUDIO A", False, ("mount:/media/me/Studio A",)),
    ("/data", "uuid:btrfs-uuid", "data", False, ("mount:/data",)),
    ("/mnt/nas", "net://nas/music", "nas", True, ("mount:/mnt/nas",)),
    ("/mnt/fuse", "net:me@host:/music", "fuse", True, ("mount:/mnt/fuse",)),
    ("/mnt/old", "mount:/mnt/old TAPE", "TAPE", False, ("mount:/mnt/old",)),
    ("/mnt/bind", "mount:/mnt/bind", "bind", False, ()),
]


def test_linux_tells_of_its_drives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By device number, or by the device's path where a file system makes up the number."""
    (tmp_path / "mountinfo").write_text(MOUNTINFO, encoding="utf-8")
    monkeypatch.setattr(volumes, "_MOUNTINFO", tmp_path / "mountinfo")
    names = {
        "by-uuid": {"254:0": "root-uuid", "8:17": "1234-ABCD", "/dev/sdc1": "btrfs-uuid"},
        "by-label": {"8:17": "STUDIO A", "8:33": "TAPE"},
    }
    monkeypatch.setattr(volumes, "_device_names", names.get)
    found = {str(mount.path): mount for mount in volumes.mounted()}
    for path, key, label, network, formerly in LINUX:
        assert found[path] == Mount(key, label, Path(path), network, formerly)
    assert volumes.mount_of(Path("/media/me/Studio A/Songs/x.wav")).key == "uuid:1234-ABCD"


@pytest.mark.skipif(not hasattr(os, "mknod") or not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root")
def test_udev_s_links_are_read_with_their_escapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "by-label"
    folder.mkdir()
    device = tmp_path / "sdb1"
    try:
        os.mknod(device, 0o660 | 0o060000, os.makedev(8, 17))
    except PermissionError:
        pytest.skip("no device files here")
    (folder / "Studio\\x20A").symlink_to(device)
    (folder / "unplugged").symlink_to(tmp_path / "gone")
    monkeypatch.setattr(volumes, "_DISKS", tmp_path)
    assert volumes._device_names("by-label") == {"8:17": "Studio A", str(device): "Studio A"}
    assert volumes._device_names("by-uuid") == {}


DISKUTIL = [
    # what diskutil says, (key, label, network, former keys)
    ({"VolumeUUID": "AB-1", "VolumeName": "Tapes", "DeviceNode": "/dev/disk4s1"},
     ("uuid:AB-1", "Tapes", False, ("volume:Tapes",))),
    ({"VolumeName": "Tapes", "DeviceNode": "/dev/disk4s1"}, ("volume:Tapes", "Tapes", False, ())),
    ({}, ("volume:Tapes", "Tapes", True, ())),
]  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), DISKUTIL)
def test_macos_tells_of_its_drives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict, expected: tuple
) -> None:
    (tmp_path / "Tapes").mkdir()
    monkeypatch.setattr(volumes, "_MOUNTINFO", tmp_path / "none")
    monkeypatch.setattr(volumes, "_VOLUMES", tmp_path)
    monkeypatch.setattr(volumes, "_diskutil", lambda _path: told)
    monkeypatch.setattr(Path, "is_mount", lambda path: path.parent == tmp_path)
    volumes._mac_mount.cache_clear()
    key, label, network, formerly = expected
    assert volumes.mounted()[1] == Mount(key, label, tmp_path / "Tapes", network, formerly)
    volumes._mac_mount.cache_clear()


def fill(folder: Path) -> None:
    write_project(folder / "Sun/Sun.rpp", samples=("vox.wav",))
    write_sound(folder / "Sun/vox.wav", pitch=220)
    write_sound(folder / "hit.wav", pitch=330)


def told(archive: Archive) -> list[tuple[str, str, str]]:
    return [(row.path, row.state, row.key or "") for row in archive.find("sort:name")]


def test_a_drive_is_known_wherever_it_is_mounted_and_named_while_it_is_away(
    archive: Archive,
    tmp_path: Path,
    drives: Drives,
) -> None:
    here = drives.plug_in("tapes")
    fill(here / "Music")
    archive.add_root(here / "Music")
    index(archive)
    archive.set_values("hit", {"key": "Am"})
    drives.unplug("tapes")
    (root,) = archive.roots()
    assert (root.status, root.drive) == ("offline", "Tapes")
    assert archive.index().offline == (str(here / "Music"),)
    assert told(archive) == [
        (str(here / "Music/hit.wav"), "offline", "A minor"),
        (str(here / "Music/Sun/vox.wav"), "offline", ""),
    ]
    there = drives.plug_in("tapes", at="elsewhere")
    assert index(archive) == {"seen": 3}
    assert told(archive)[0] == (str(there / "Music/hit.wav"), "present", "A minor")


def test_another_drive_at_the_same_place_is_not_taken_for_it(
    archive: Archive, tmp_path: Path, drives: Drives
) -> None:
    usb = drives.plug_in("red", at="usb")
    fill(usb)
    archive.add_root(usb)
    index(archive)
    drives.unplug("red")
    other = drives.plug_in("blue", at="usb")
    write_sound(other / "other.wav", pitch=99)
    assert archive.index().offline == (str(usb),)
    assert len(told(archive)) == 2


def test_a_drive_known_by_its_mount_point_is_known_by_its_identity_once_the_system_tells(
    archive: Archive,
    drives: Drives,
) -> None:
    here = drives.plug_in("tapes", key="mount:tapes")
    formerly = (f"mount:{here}",)
    drives.plug_in("tapes", key=formerly[0])
    fill(here)
    archive.add_root(here)
    index(archive)
    before = [rows(table) for table in (File, Project)]
    drives.plug_in("tapes", formerly=formerly)
    assert index(archive) == {"seen": 3}
    assert [row[1:3] for row in rows(Volume)] == [("uuid:tapes", "Tapes")]
    assert [rows(table) for table in (File, Project)] == before
    there = drives.plug_in("tapes", at="elsewhere")
    assert index(archive) == {"seen": 3}
    assert [root.path for root in archive.roots()] == [str(there)]


def test_a_marked_folder_is_known_wherever_it_lies_and_keeps_what_was_known_of_it(
    archive: Archive,
    drives: Drives,
) -> None:
    nas = drives.plug_in("nas", key="net://nas/one", network=True)
    fill(nas / "Music")
    archive.add_root(nas / "Music")
    index(archive)
    archive.set_values("hit", {"key": "Am"})
    ids = [row.id for row in archive.find("sort:name")]
    before = set(nas.rglob("*"))
    archive.add_root(nas / "Music", mark=True)
    assert set(nas.rglob("*")) - before == {nas / "Music" / MARKER}
    assert index(archive) == {"seen": 3}
    there = drives.plug_in("nas", at="other address", key="net://10.0.0.7/one", network=True)
    assert index(archive) == {"seen": 3}
    assert told(archive)[0] == (str(there / "Music/hit.wav"), "present", "A minor")
    assert [row.id for row in archive.find("sort:name")] == ids
    (there / "Music" / MARKER).unlink()
    assert archive.index().offline == (str(there / "Music"),)
    archive.add_root(there / "Music", mark=True)  # the same one again
    assert index(archive) == {"seen": 3}
    assert len(archive.roots()) == 1


def test_only_a_marker_is_ever_written_and_only_when_asked(tmp_path: Path, run: Run) -> None:
    write_sound(tmp_path / "studio/a.wav")
    assert run("add", tmp_path / "studio").code == 0
    assert [path.name for path in (tmp_path / "studio").iterdir()] == ["a.wav"]
    assert run("add", tmp_path / "studio", "--mark").code == 0
    assert sorted(path.name for path in (tmp_path / "studio").iterdir()) == [MARKER, "a.wav"]
    assert len(run("roots", "--json").rows) == 1


def test_a_folder_that_cannot_be_marked_is_a_plain_error(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    (folder / MARKER).mkdir(parents=True)  # root may write anywhere else
    with pytest.raises(ArchiveError, match="cannot be written"):
        archive.add_root(folder, mark=True)
    assert archive.roots() == []


# ---------------------------------------------------------------- relocate


def test_a_root_that_was_copied_elsewhere_is_relocated_and_nothing_is_heard_again(
    archive: Archive,
    tmp_path: Path,
    drives: Drives,
) -> None:
    old, new = drives.plug_in("old"), drives.plug_in("new")
    fill(old / "Music")
    archive.add_root(old / "Music")
    index(archive)
    archive.set_values("hit", {"key": "Am"})
    archive.label("sun", ["unfinished"], [], projects=True)
    ids = [row.id for row in archive.find("sort:name")]
    shutil.copytree(old / "Music", new / "Archive/2024")
    drives.unplug("old")
    assert index(archive) == {}
    before = rows(File)
    (plan,) = archive.relocate(old / "Music", new / "Archive/2024", dry_run=True)
    assert (plan.files, plan.found, plan.merged) == (3, 3, False)
    assert rows(File) == before
    archive.relocate(old / "Music", new / "Archive/2024")
    summary = archive.index()
    assert (summary.seen, summary.added, summary.moved, summary.analysed) == (3, 0, 0, 0)
    assert told(archive)[0] == (str(new / "Archive/2024/hit.wav"), "present", "A minor")
    assert [row.id for row in archive.find("sort:name")] == ids
    (song,) = archive.find("label:unfinished", projects=True)
    assert song.path == str(new / "Archive/2024/Sun")
    assert [row.name for row in archive.find("path:2024 hit")] == ["hit.wav"]
    assert len(rows(Volume)) == 1


def test_a_drive_is_relocated_with_all_its_roots(archive: Archive, drives: Drives) -> None:
    old = drives.plug_in("old")
    fill(old / "A")
    write_sound(old / "B/b.wav", pitch=99)
    archive.add_root(old / "A")
    archive.add_root(old / "B")
    index(archive)
    new = drives.plug_in("new")
    shutil.copytree(old, new, dirs_exist_ok=True)
    drives.unplug("old")
    assert len(archive.relocate(old, new)) == 2
    assert index(archive) == {"seen": 4}
    assert [root.path for root in archive.roots()] == [str(new / "A"), str(new / "B")]


def test_what_was_indexed_in_the_new_place_already_is_joined(archive: Archive, drives: Drives) -> None:
    old, new = drives.plug_in("old"), drives.plug_in("new")
    fill(old)
    archive.add_root(old)
    index(archive)
    archive.set_values("hit", {"key": "Am"})
    archive.label("sun", ["unfinished"], [], projects=True)
    shutil.copytree(old, new, dirs_exist_ok=True)
    write_sound(new / "more.wav", pitch=50)
    archive.add_root(new)
    index(archive)
    archive.label("sun", ["second"], [], projects=True)
    drives.unplug("old")
    (done,) = archive.relocate(old, new)
    assert (done.found, done.merged) == (3, True)
    assert index(archive) == {"seen": 4}
    assert [root.path for root in archive.roots()] == [str(new)]
    assert told(archive) == [
        (str(new / "hit.wav"), "present", "A minor"),
        (str(new / "more.wav"), "present", ""),
        (str(new / "Sun/vox.wav"), "present", ""),
    ]
    (song,) = archive.find("label:unfinished label:second", projects=True)
    assert (song.path, song.versions, song.files) == (str(new / "Sun"), 1, 1)
    assert len(archive.find("is:missing")) == 0


NO_RELOCATION = [
    ("nowhere", "new", "no root of this archive lies there"),
    ("old", "gone", "no such folder"),
    ("old", "empty", "3 of the 3 files"),
    ("old", "old/Sun", "one of the two folders lies in the other"),
]


@pytest.mark.parametrize(("source", "target", "words"), NO_RELOCATION)
def test_a_relocation_that_cannot_be_changes_nothing(
    archive: Archive,
    tmp_path: Path,
    drives: Drives,
    source: str,
    target: str,
    words: str,
) -> None:
    fill(drives.plug_in("old"))
    drives.plug_in("empty")
    archive.add_root(tmp_path / "old")
    index(archive)
    before = rows(File)
    with pytest.raises(ArchiveError, match=words):
        archive.relocate(tmp_path / source, tmp_path / target)
    assert rows(File) == before
