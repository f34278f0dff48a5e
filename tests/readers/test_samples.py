"""Where samples are looked for, and where never; and which backups are found beside a project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from archivist.readers import READERS, samples
from archivist.readers.history import backups, project_folder
from archivist.readers.samples import resolve
from archivist.records import SampleRef

FILES = (
    "studio/Song Project/Song.als",
    "studio/Song Project/Samples/Kick.wav",
    "studio/Song Project/Samples/Imported/Gitärre.wav",
    "studio/Shared/loop.wav",
    "elsewhere/secret.wav",
)


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "studio"


CASES = {  # path, relative: status. "@" stands for the root
    "relative": ("Samples/Kick.wav", None, "found"),
    "relative in the way of Windows": ("Samples\\Imported\\Gitärre.wav", None, "found"),
    "relative with dots": ("./Samples/../Samples/Kick.wav", None, "found"),
    "relative beside it": ("D:/old/Kick.wav", "Samples/Kick.wav", "found"),
    "relative above it": ("../Shared/loop.wav", None, "found"),
    "relative, gone": ("Samples/Snare.wav", None, "missing"),
    "absolute, gone from the project": ("D:/old/Snare.wav", "Samples/Snare.wav", "missing"),
    "above the root": ("../../elsewhere/secret.wav", None, "unresolved"),
    "absolute inside the root": ("@/Shared/loop.wav", None, "found"),
    "absolute inside the root, gone": ("@/Shared/gone.wav", None, "missing"),
    "absolute outside": ("/elsewhere/of/another.wav", None, "unresolved"),
    "by name in another case": ("C:\\Users\\me\\KICK.WAV", None, "found"),
    "by name in another normal form": ("/Users/me/Gita\u0308rre.wav", None, "found"),
    "another drive": ("E:\\Splice\\hat.wav", None, "unresolved"),
    "a share of Windows": ("\\\\server\\share\\hat.wav", None, "unresolved"),
    "a share": ("//server/share/hat.wav", None, "unresolved"),
    "a URL": ("smb://server/share/hat.wav", None, "unresolved"),
    "a URL of a file that moved along": ("file:///C:/old/Git%C3%A4rre.wav", None, "found"),
    "a URL of a file on a host": ("file://server/share/hat.wav", None, "unresolved"),
    "an automounted share": ("/net/server/hat.wav", None, "unresolved"),
    "another volume": ("/Volumes/Samples/hat.wav", None, "unresolved"),
    "a home": ("~/Music/hat.wav", None, "unresolved"),
    "a factory": ("%FLStudioFactoryData%/Data/Patches/hat.wav", None, "unresolved"),
    "a folder": ("Samples", None, "missing"),
    "no name at all": ("", None, "unresolved"),
    "a name of bytes": ("Samples/\udcff.wav", None, "missing"),
    "of an old Mac": ("Macintosh HD:Users:me:hat.wav", None, "missing"),
    "too long for a name": ("x" * 5000, None, "missing"),
}


@pytest.mark.parametrize("case", CASES)
def test_status(studio: Path, case: str) -> None:
    path, relative, status = CASES[case]
    sample = SampleRef(path.replace("@", studio.as_posix()), relative)
    (found,) = resolve([sample], studio / "Song Project", studio)
    assert found.status == status
    assert (found.path, found.relative) == (sample.path, sample.relative)


def test_nothing_outside_the_root_is_touched(studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[str] = []

    def spy(module: Any, name: str) -> None:
        real = getattr(module, name)

        def spied(path: Any, *more: Any, **named: Any) -> Any:
            touched.append(os.fsdecode(path))
            return real(path, *more, **named)

        monkeypatch.setattr(module, name, spied)

    for name in ("stat", "lstat", "scandir", "open", "readlink", "listdir"):
        spy(os, name)
    refs = [SampleRef(path, relative) for path, relative, _ in CASES.values() if "@" not in path]
    resolve(refs, studio / "Song Project", studio)
    assert touched
    assert [path for path in touched if not path.startswith(str(studio))] == []


def test_symbolic_links_are_not_followed(studio: Path) -> None:
    (studio / "Song Project" / "link.wav").symlink_to(studio.parent / "elsewhere" / "secret.wav")
    (studio / "Song Project" / "linked").symlink_to(studio.parent / "elsewhere")
    (studio / "Song Project" / "loop").symlink_to(studio / "Song Project")
    refs = [SampleRef("link.wav"), SampleRef("linked/secret.wav"), SampleRef("/x/secret.wav")]
    found = resolve(refs, studio / "Song Project", studio)
    assert [sample.status for sample in found] == ["missing", "missing", "unresolved"]


def test_a_status_that_a_reader_gave_stays(studio: Path) -> None:
    refs = [SampleRef("gone.wav", status="found"), SampleRef("Samples/Kick.wav", status="unresolved")]
    assert resolve(refs, studio / "Song Project", studio) == tuple(refs)


def test_a_folder_too_large_to_know_leaves_it_open(studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MAX_ENTRIES", 1)
    refs = [SampleRef("Samples/Kick.wav"), SampleRef("Samples/Snare.wav")]
    found = resolve(refs, studio / "Song Project", studio)
    assert [sample.status for sample in found] == ["found", "unresolved"]


HISTORIES = {  # project: files beside it, and its history, newest first
    "Song.als": (
        (
            "Backup/Song [2023-12-31 235959].als",
            "Backup/Song [2024-01-02 101112].als",
            "Backup/Song 2 [2024-01-02 101112].als",
            "Backup/Song.txt",
            "Song 2.als",
        ),
        ("Backup/Song [2024-01-02 101112].als", "Backup/Song [2023-12-31 235959].als"),
    ),
    "Song.RPP": (
        (
            "Song.rpp-bak",
            "Song-2024-01-02_101112.rpp-bak",
            "Backups/Song-2023-01-02_101112.rpp-bak",
            "Song 2.rpp-bak",
            "Songs.rpp-bak",
        ),
        ("Song.rpp-bak", "Song-2024-01-02_101112.rpp-bak", "Backups/Song-2023-01-02_101112.rpp-bak"),
    ),
    "Song.ardour": (
        ("Song.ardour.bak", "backup/Song-7002.ardour", "Other.ardour.bak"),
        ("Song.ardour.bak", "backup/Song-7002.ardour"),
    ),
    "Song.dawproject": (("Backup/Song.dawproject",), ()),
}


@pytest.mark.parametrize("project", HISTORIES)
def test_history(tmp_path: Path, project: str) -> None:
    beside, expected = HISTORIES[project]
    for age, name in enumerate((project, *reversed(beside))):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (1.8e9 + age, 1.8e9 + age))
    reader = next(r for r in READERS if Path(project).suffix.lower() in r.suffixes)
    assert backups(tmp_path / project, reader) == expected
    for old in expected:
        if "/" in old:
            assert backups(tmp_path / old, reader) == ()
            assert project_folder(tmp_path / old, reader) == tmp_path


def test_the_project_of_a_set_in_a_folder_of_its_own(tmp_path: Path) -> None:
    live = READERS[0]
    sets = tmp_path / "Song Project" / "Sets"
    sets.mkdir(parents=True)
    assert project_folder(sets / "Song.als", live) == sets
    (sets.parent / "Ableton Project Info").mkdir()
    assert project_folder(sets / "Song.als", live) == sets.parent
    assert project_folder(sets / "Song.als", live, tmp_path) == sets.parent
    assert project_folder(sets / "Song.als", live, sets) == sets
    assert project_folder(sets.parent / "Song.als", live) == sets.parent
