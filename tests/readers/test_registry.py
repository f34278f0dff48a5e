"""Which reader is chosen for a path, and how other packages bring theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from archivist import readers as registry
from archivist.readers import READERS, Reader, ReadError, read_project, reader_for
from archivist.records import ProjectInfo


def test_names_suffixes_and_shapes_are_distinct() -> None:
    suffixes = [suffix for reader in READERS for suffix in reader.suffixes + reader.backup_suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert all(suffix == suffix.lower() for suffix in suffixes)
    assert all(suffix.startswith(".") for reader in READERS for suffix in reader.suffixes)
    # A backup may be told by more than its suffix: "Song (Autosaved).song".
    assert all(suffix.endswith(("~", ",")) or "." in suffix for r in READERS for suffix in r.backup_suffixes)
    assert all(folder == folder.lower() for reader in READERS for folder in reader.backup_folders)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Song.als", "ableton"),
        ("SONG.ALS", "ableton"),
        ("a.b.rpp", "reaper"),
        ("Song.rpp-bak", "reaper"),
        ("Song.ardour.bak", "ardour"),
        ("Song.logicx", "logic"),
        (".als", None),
        ("als", None),
        ("Song.als.txt", None),
        ("Song.wav", None),
    ],
)
def test_a_reader_is_chosen_by_name(name: str, expected: str | None) -> None:
    chosen = reader_for(Path("somewhere") / name)
    assert (chosen and chosen.name) == expected


def test_a_project_is_a_folder_only_where_its_format_is(tmp_path: Path) -> None:
    (tmp_path / "a.als").write_bytes(b"x")
    (tmp_path / "b.als").mkdir()
    (tmp_path / "c.logicx").mkdir()
    (tmp_path / "d.logicx").write_bytes(b"x")
    names = sorted(path.name for path in tmp_path.iterdir() if registry.is_project(path))
    assert names == ["a.als", "c.logicx"]


class Entry:
    """An entry point of somebody else's package."""

    group = "archivist.readers"

    def __init__(self, name: str, loaded: object) -> None:
        self.name = self.value = name
        self.loaded = loaded

    def load(self) -> object:
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


def test_other_packages_bring_readers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def read(path: Path) -> ProjectInfo:
        raise ZeroDivisionError("a stranger's mistake")

    theirs = Reader("theirs", "Their DAW", 1, (".theirs",), read, lambda path: path.suffix == ".theirs")
    entries = [Entry("good", theirs), Entry("bad", RuntimeError("broken")), Entry("odd", "no reader")]
    monkeypatch.setattr(registry, "entry_points", lambda group: [e for e in entries if e.group == group])
    registry.readers.cache_clear()
    try:
        path = tmp_path / "Song.theirs"
        path.write_bytes(b"x")
        assert reader_for(path) is theirs
        assert registry.readers() == (*READERS, theirs)
        with pytest.raises(ReadError, match="a stranger's mistake"):
            read_project(path)
        assert [record.getMessage().split()[1] for record in caplog.records] == ["bad", "odd"]
    finally:
        registry.readers.cache_clear()
