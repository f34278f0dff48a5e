"""Walking a real folder, and what differs from what was known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archivist.scan import Diff, Kinds, Known, Walk, diff, match_moves
from archivist.text import to_store

KINDS = Kinds(
    audio=frozenset((".wav", ".flac")), projects=(".als", ".ardour.bak"), bundles=frozenset((".logicx",))
)


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    names = [
        "a.wav",
        "a/b.wav",
        "a-b.wav",
        "Z.WAV",
        "sub/deep/c.flac",
        "sub/set.ALS",
        "sub/old.ardour.bak",
        "notes.txt",
        "._a.wav",
        ".hidden/x.wav",
        "$RECYCLE.BIN/x.wav",
        "Song.logicx/Alternatives/000/ProjectData",
        "Song.logicx/Media/take.wav",
        "é🎹.wav",
    ]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1234")
    (tmp_path / os.fsdecode(b"bad\xff.wav")).write_bytes(b"1")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.wav").symlink_to(tmp_path / "a.wav")
    return tmp_path


def known(walk: Walk) -> list[Known]:
    return [Known(n, e.rel_path, e.size, e.mtime_ns, False) for n, e in enumerate(walk)]


def found(folder: Path) -> Walk:
    return Walk(folder, "root", KINDS)


def test_a_walk_sees_audio_projects_and_bundles_and_nothing_hidden_or_linked(studio: Path) -> None:
    seen = {entry.rel_path: entry.is_project for entry in found(studio)}
    assert seen == {
        "root/a.wav": False,
        "root/a/b.wav": False,
        "root/a-b.wav": False,
        "root/Z.WAV": False,
        "root/sub/deep/c.flac": False,
        "root/sub/set.ALS": True,
        "root/sub/old.ardour.bak": True,
        "root/Song.logicx": True,
        "root/Song.logicx/Media/take.wav": False,
        "root/é🎹.wav": False,
        "root/bad\udcff.wav": False,
    }


def test_the_walk_is_in_the_byte_order_of_stored_paths(studio: Path) -> None:
    paths = [entry.rel_path for entry in found(studio)]
    assert paths == sorted(paths, key=lambda path: to_store(path).encode())


def compare(studio: Path, before: list[Known]) -> Diff:
    walk = found(studio)
    return diff(iter(before), walk, walk.unreadable)


def test_an_unchanged_folder_differs_in_nothing(studio: Path) -> None:
    result = compare(studio, known(found(studio)))
    assert (result.seen, result.known) == (11, 11)
    assert not (result.added or result.changed or result.back or result.missing)


def test_added_changed_missing_and_back(studio: Path) -> None:
    before = known(found(studio))
    before = [Known(p.id, p.rel_path, p.size, p.mtime_ns, p.name == "Z.WAV") for p in before]
    (studio / "new.wav").write_bytes(b"new")
    (studio / "a.wav").write_bytes(b"longer now")
    (studio / "a-b.wav").unlink()
    result = compare(studio, before)
    assert [entry.rel_path for entry in result.added] == ["root/new.wav"]
    assert [entry.rel_path for _place, entry in result.changed] == ["root/a.wav"]
    assert [place.rel_path for place in result.missing] == ["root/a-b.wav"]
    assert [place.rel_path for place in result.back] == ["root/Z.WAV"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may list every folder")
def test_what_lies_in_an_unreadable_folder_is_not_missing(studio: Path) -> None:
    before = known(found(studio))
    (studio / "sub").chmod(0)
    try:
        result = compare(studio, before)
    finally:
        (studio / "sub").chmod(0o755)
    assert result.missing == []


def test_a_folder_that_cannot_be_listed_hides_nothing(tmp_path: Path) -> None:
    walk = Walk(tmp_path / "gone", "root", KINDS)
    result = diff(iter([Known(1, "root/a.wav", 1, 1, False)]), walk, walk.unreadable)
    assert result.missing == []
    assert [prefix for prefix, _reason in walk.unreadable] == ["root"]


MOVES = [
    # (lost, added, pairs): (name, size, time)
    ([("a.wav", 1, 1)], [("b.wav", 1, 1)], {("a.wav", "b.wav")}),
    ([("a.wav", 1, 1)], [("b.wav", 2, 1)], set()),
    ([("a.wav", 1, 1)], [("b.wav", 1, 2_500_000_000)], set()),
    # Another file system keeps time less finely.
    ([("a.wav", 1, 1_234_567_890)], [("x/a.wav", 1, 2_000_000_000)], {("a.wav", "x/a.wav")}),
    ([("a.wav", 1, 5_900_000_000), ("b.wav", 1, 5)], [("x/a.wav", 1, 4_000_000_000)], {("a.wav", "x/a.wav")}),
    # Same size and time twice: only the names tell.
    (
        [("a.wav", 1, 1), ("b.wav", 1, 1)],
        [("x/a.wav", 1, 1), ("x/b.wav", 1, 1)],
        {("a.wav", "x/a.wav"), ("b.wav", "x/b.wav")},
    ),
    # Then those of their folders.
    (
        [("A/1/k.wav", 1, 1), ("A/2/k.wav", 1, 1)],
        [("B/1/k.wav", 1, 1), ("B/2/k.wav", 1, 1)],
        {("A/1/k.wav", "B/1/k.wav"), ("A/2/k.wav", "B/2/k.wav")},
    ),
    ([("a.wav", 1, 1), ("b.wav", 1, 1)], [("x/c.wav", 1, 1)], set()),
    ([("a.wav", 1, 1)], [("x/c.wav", 1, 1), ("x/d.wav", 1, 1)], set()),
]


@pytest.mark.parametrize(("lost", "added", "pairs"), MOVES)
def test_moves_are_paired_by_size_and_time_and_by_name_when_in_doubt(lost: list, added: list, pairs: set) -> None:
    from archivist.scan import Entry

    places = [Known(n, name, size, time, False) for n, (name, size, time) in enumerate(lost)]
    entries = [Entry(name, name.split("/")[-1], size, time) for name, size, time in added]
    assert {(place.rel_path, entry.rel_path) for place, entry in match_moves(places, entries)} == pairs
