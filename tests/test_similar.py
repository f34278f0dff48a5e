"""Files that sound alike: the order, the reasons, what is left out, and what a person is told instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import taggers
from archivist import config, search, vectors
from archivist.archive import ASPECTS, Archive, ArchiveError, QueryError
from archivist.config import Config, ConfigError, default
from archivist.records import Neighbour
from archivist.store.opinions import Heard, Said, save_analysis, save_content
from archivist.tables import File, Root, Volume, database
from taggers.vectors import RHYTHM, RHYTHM_SIZE, TIMBRE, TIMBRE_SIZE
from tests.conftest import Run, runner
from tests.small_studio import write_sound

HOSTILE = "Kick \x1b[31mred\n.wav"

# name: (the timbre's angle to the first in degrees, rhythm's angle or None, key, bpm, seconds)
SOUNDS: dict[str, tuple[float | None, float | None, str | None, float | None, float]] = {
    "example.wav": (0, 0, "A minor", 120, 4),
    "twin.wav": (10, 0, "A minor", 120, 4),
    "double.wav": (10, 0, "A minor", 240, 4),
    "relative.wav": (10, 0, "C major", 120, 4),
    "far key.wav": (10, 0, "D# minor", 120, 4),
    "long.wav": (10, 0, "A minor", 120, 8),
    "one-shot.wav": (20, None, None, None, 0.5),
    "other beat.wav": (10, 90, "A minor", 120, 4),
    "other sound.wav": (85, 0, "A minor", 120, 4),
    HOSTILE: (60, None, None, None, 1),
    "unheard.wav": (None, None, None, None, 4),
    "gone.wav": (5, 0, "A minor", 120, 4),
    "away.wav": (40, 0, "A minor", 121, 4),
}


def vector(angle: float | None, size: int) -> bytes:
    numbers = np.zeros(size)
    if angle is not None:
        numbers[:2] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return numbers.astype("<f2").tobytes()


def write(folder: Path) -> None:
    """The sounds as an index run would have left them; "away.wav" lies on a drive that is not there."""
    for number, mount in ((1, folder), (2, folder / "no such drive")):
        Volume.create(id=number, key=f"volume-{number}", last_path=str(mount), last_seen_at=0)
        Root.create(volume=number, rel_path="")
    for number, (name, (timbre, rhythm, key, bpm, seconds)) in enumerate(SOUNDS.items(), 1):
        content = save_content(number.to_bytes(20, "big"), 100, {"duration": float(seconds)})
        said = [Said("key", key)] if key else []
        said += [Said("bpm", number=float(bpm))] if bpm else []
        heard = [Heard("key", 1, "ok", tuple(said))]
        if timbre is not None:
            found = {TIMBRE: vector(timbre, TIMBRE_SIZE), RHYTHM: vector(rhythm, RHYTHM_SIZE)}
            heard.append(Heard("embedding", 1, "ok", vectors=found))
        save_analysis(content, heard)
        place(name, content, volume=2 if name == "away.wav" else 1, missing=name == "gone.wav")


def place(name: str, content: int, *, folder: str = "", volume: int = 1, missing: bool = False) -> int:
    path = f"{folder}/{name}" if folder else name
    file_id = File.insert(
        volume=volume, rel_path=path, name=name, sort_name=name.casefold(), suffix=".wav", size=100,
        mtime_ns=1_600_000_000 * 10**9, content=content, first_seen_at=0, missing_since=1.0 if missing else None,
    ).execute()  # fmt: skip
    search.index_files(database, [(file_id, name, path, "")])
    return int(file_id)


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    return replace(default(), archive=str(tmp_path / "home" / "archive.db"), cache=tmp_path / "cache", jobs=1)


@pytest.fixture
def archive(settings: Config, tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(settings) as opened:
        with database.connection_context(), database.atomic():
            write(tmp_path)
        yield opened


@pytest.fixture
def run(archive: Archive, tmp_path: Path) -> Run:
    return runner(tmp_path / "home" / "archive.db", tmp_path / "home")


def id_of(name: str) -> int:
    return list(SOUNDS).index(name) + 1


def names(found: list[Neighbour]) -> list[str]:
    return [one.row.name for one in found]


def reasons(found: list[Neighbour]) -> dict[str, dict[str, float]]:
    return {one.row.name: one.reasons for one in found}


EXPECTED: dict[str, dict[str, float]] = {
    "twin.wav": {"timbre": 0.985, "rhythm": 1, "key": 1, "tempo": 1, "length": 1},
    "double.wav": {"tempo": 0.9},
    "relative.wav": {"key": 0.8},
    "far key.wav": {"key": 0},
    "long.wav": {"length": 0.5},
    "other beat.wav": {"rhythm": 0},
    "other sound.wav": {"timbre": 0.087},
}


def test_each_aspect_is_a_reason(archive: Archive) -> None:
    said = reasons(archive.similar([1]))
    for name, expected in EXPECTED.items():
        assert {aspect: said[name][aspect] for aspect in expected} == pytest.approx(expected, abs=2e-3), name
    assert list(said["one-shot.wav"]) == ["timbre", "length"]


def test_the_score_is_the_weighted_mean_of_the_reasons_best_first(archive: Archive) -> None:
    found = archive.similar([1])
    for one in found:
        total = sum(ASPECTS[aspect] for aspect in one.reasons)
        mean = sum(ASPECTS[aspect] * value for aspect, value in one.reasons.items()) / total
        assert one.score == pytest.approx(mean, abs=1e-3)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert names(found)[:2] == ["twin.wav", "double.wav"]


def test_what_is_left_out_and_what_is_greyed(archive: Archive) -> None:
    states = {one.row.name: one.row.state for one in archive.similar([1])}
    assert states.keys() == SOUNDS.keys() - {"example.wav", "unheard.wav", "gone.wav"}
    assert names(archive.similar([1], query="is:missing")) == ["gone.wav"]
    assert len(archive.similar([1], limit=2)) == 2


QUERIES = {
    "bpm:118..122 key:~Am date:<2022 length:<5s": {
        "twin.wav", "relative.wav", "other beat.wav", "other sound.wav", "away.wav"
    },
    "twin or relative": {"twin.wav", "relative.wav"},
    "nothingatall": set(),
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_within_a_query(archive: Archive, query: str) -> None:
    assert set(names(archive.similar([1], query=query))) == QUERIES[query]


# weights: the files that come first
WEIGHTED: list[tuple[Mapping[str, float], set[str]]] = [
    ({"timbre": 0, "rhythm": 0, "key": 0, "tempo": 1, "length": 0}, set(SOUNDS) - {"double.wav", "away.wav"}),
    ({"timbre": 0, "rhythm": 0, "key": 1, "tempo": 0, "length": 0}, set(SOUNDS) - {"relative.wav", "far key.wav"}),
    ({"timbre": 0, "rhythm": 1, "key": 0, "tempo": 0, "length": 0}, set(SOUNDS) - {"other beat.wav"}),
    ({"timbre": 0, "rhythm": 0, "key": 0, "tempo": 0, "length": 1}, set(SOUNDS) - {"long.wav", "one-shot.wav"}),
]


@pytest.mark.parametrize(("weights", "first"), WEIGHTED)
def test_one_aspect_alone(archive: Archive, weights: Mapping[str, float], first: set[str]) -> None:
    best = [one for one in archive.similar([1], weights=weights) if one.score == pytest.approx(1, abs=1e-3)]
    assert best
    assert {one.row.name for one in best} <= first
    [aspect] = [aspect for aspect, weight in weights.items() if weight]
    assert all(list(one.reasons) == [aspect] for one in best)


@pytest.mark.parametrize(
    "weights", [{"colour": 1.0}, {"timbre": -1.0}, {"key": float("nan")}, dict.fromkeys(ASPECTS, 0.0)]
)
def test_weights_that_cannot_be(archive: Archive, weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"aspect|weigh"):
        archive.similar([1], weights=weights)


def test_weights_are_settings_too(settings: Config, archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[similar]\ntimbre = 0\nrhythm = 0.0\nlength = 0\ntempo = 0\n")
    own = replace(settings, similar=config.load(file, environment={}).similar)
    assert list(Archive(own).similar([1])[0].reasons) == ["key"]
    for wrong in ("[similar]\ncolour = 1\n", "[similar]\ntimbre = 'much'\n", "similar = 3\n"):
        file.write_text(wrong)
        with pytest.raises(ConfigError, match="similar"):
            config.load(file, environment={})


def test_several_examples_are_their_mean(archive: Archive) -> None:
    found = archive.similar([id_of("example.wav"), id_of("other sound.wav")])
    assert not {"example.wav", "other sound.wav"} & set(names(found))
    said = reasons(found)
    assert said["away.wav"]["timbre"] > said["twin.wav"]["timbre"]  # 40° lies between 0° and 85°


def test_away_from_what_it_should_not_be_like(archive: Archive) -> None:
    only_timbre = {**dict.fromkeys(ASPECTS, 0.0), "timbre": 1.0}
    before = archive.similar([1], weights=only_timbre)
    after = archive.similar([1], unlike=[id_of("other sound.wav")], weights=only_timbre)
    assert "other sound.wav" in names(before)
    assert "other sound.wav" not in names(after)
    fell = reasons(before)["away.wav"]["timbre"] - reasons(after)["away.wav"]["timbre"]
    assert fell > 0.2


def test_the_same_bytes_come_once_where_they_can_be_reached(archive: Archive) -> None:
    with database.connection_context():
        place("copy of twin.wav", id_of("twin.wav"), folder="deeper/down")
        place("here.wav", id_of("away.wav"), folder="deeper/down")
    found = names(archive.similar([1]))
    assert found.count("twin.wav") == 1 and "copy of twin.wav" not in found
    assert "here.wav" in found or "away.wav" in found
    assert names(archive.similar([1], query="copy")) == ["copy of twin.wav"]


def test_new_sounds_are_found_and_many_are_kept_in_a_private_file(
    settings: Config, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "WORTH_KEEPING", 1)
    monkeypatch.setattr(vectors, "PATIENCE", 0.0)
    assert "late.wav" not in names(archive.similar([1]))
    [kept] = (tmp_path / "cache" / "vectors").glob("*timbre*.npy")
    assert kept.stat().st_mode & 0o077 == 0
    with database.connection_context(), database.atomic():
        content = save_content(b"late".ljust(20), 1, {"duration": 4.0})
        save_analysis(content, [Heard("embedding", 1, "ok", vectors={TIMBRE: vector(0, TIMBRE_SIZE)})])
        place("late.wav", content)
    assert "late.wav" in names(archive.similar([1]))
    [newer] = (tmp_path / "cache" / "vectors").glob("*timbre*.npy")
    assert newer != kept
    newer.write_bytes(b"damaged")
    assert "late.wav" in names(Archive(settings).similar([1]))


def test_a_big_archive_that_is_being_indexed_is_not_read_anew_for_each_search(
    settings: Config, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "WORTH_KEEPING", 1)
    monkeypatch.setattr(vectors, "PATIENCE", 1e6)
    assert "late.wav" not in names(archive.similar([1]))
    with database.connection_context(), database.atomic():
        content = save_content(b"late".ljust(20), 1, {"duration": 4.0})
        save_analysis(content, [Heard("embedding", 1, "ok", vectors={TIMBRE: vector(0, TIMBRE_SIZE)})])
        late = place("late.wav", content)
    assert "late.wav" not in names(archive.similar([1]))
    assert "twin.wav" in names(archive.similar([late]))  # it can be asked for all the same
    assert "late.wav" in names(Archive(settings).similar([1]))


def test_vectors_that_are_none_harm_nobody(archive: Archive) -> None:
    with database.connection_context(), database.atomic():
        for number, data in enumerate((b"", b"\x00" * 3, b"\xff" * 2 * TIMBRE_SIZE, b"\x00" * 2 * TIMBRE_SIZE)):
            content = save_content(bytes([77, number]).ljust(20), 1, {})
            save_analysis(content, [Heard("embedding", 1, "ok", vectors={TIMBRE: data})])
            place(f"broken {number}.wav", content)
    found = archive.similar([1])
    assert "twin.wav" in names(found)
    assert all(0 <= one.score <= 1 for one in found)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"like": [id_of("unheard.wav")]}, "archivist index"),
    ({"like": [999]}, "999"),
    ({"like": ["9" * 30]}, "no such file"),
    ({"like": ["/no/such/file.wav"]}, "/no/such/file.wav"),
    ({"like": []}, "at least one"),
    ({"like": [1], "unlike": [id_of("unheard.wav")]}, "archivist index"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED, ids=lambda value: str(value)[:20])
def test_what_cannot_be_an_example(archive: Archive, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        archive.similar(**asked)


def test_a_query_that_does_not_parse(archive: Archive) -> None:
    with pytest.raises(QueryError):
        archive.similar([1], query="bpm:fast")


def test_the_command_prints_the_row_with_score_and_reasons(run: Run) -> None:
    rows = run("similar", "1", "--json", "--limit", 3).rows
    (found,) = run("find", "twin", "--json").rows
    assert rows[0] == {**found, "score": rows[0]["score"], "reasons": rows[0]["reasons"]}
    assert list(rows[0])[-2:] == ["score", "reasons"]
    assert len(rows) == 3
    out = run("similar", "1", "2", "--to", "kick or double", "--weight", "tempo=2", "--unlike", "9").out
    assert "\x1b" not in out and "Kick \\x1b[31mred\\x0a.wav" in out
    assert "tempo 0.90" in out
    assert len(out.splitlines()) == 2


CODES = [
    (("1", "--weight", "colour=1"), 2),
    (("1", "--weight", "tempo"), 2),
    (("1", "--weight", "tempo=-1"), 2),
    (("1", "--to", "bpm:fast"), 2),
    (("1", "--limit", "0"), 2),
    (("11",), 3),
    (("/no/such.wav",), 3),
]


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "code"), CODES)
def test_exit_codes(run: Run, arguments: tuple[str, ...], code: int) -> None:
    done = run("similar", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err


def test_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    done = runner(tmp_path / "archive.db", tmp_path)("similar", "1")
    assert (done.code, done.out) == (3, "")
    assert "no file has the id 1" in done.err


@pytest.mark.slow
@pytest.mark.skipif("embedding" not in taggers.TAGGERS, reason="no tagger hears timbre in this edition")
def test_an_outside_file_is_heard_on_the_spot(run: Run, tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "outside" / "Loop \x1b[31m.wav", seconds=4)
    rows = run("similar", sound, "--json").rows
    assert {row["name"] for row in rows} >= {"twin.wav"}
    assert all("timbre" in row["reasons"] for row in rows)
    broken = tmp_path / "outside" / "broken.wav"
    broken.write_bytes(b"no sound")
    done = run("similar", broken)
    assert done.code == 3
    assert "broken.wav" in done.err
