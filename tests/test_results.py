"""Result lists: rows page by page, whatever part is looked at, and the counts beside them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from archivist import results, search
from archivist.query.nodes import EVERYTHING, And, Query
from archivist.query.parse import parse
from archivist.records import Facet, FileRow, ProjectRow
from archivist.results import Results
from archivist.tables import File, database
from tests.query.shelf import NOW, OFFLINE, shelf


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[None]:
    with shelf(tmp_path / "archive.db"):
        yield


def find(text: str, *, projects: bool = False, limit: int | None = None) -> Results:
    return results.find(parse(text), projects=projects, offline=OFFLINE, now=NOW, limit=limit)


def test_file_row(archive: None) -> None:
    (row,) = find('"lead 1"')
    assert row == FileRow(
        id=row.id,
        path=str(Path("/mnt/Desk/Songs/Sunrise Project/Samples/Lead 1.wav")),
        name="Lead 1.wav",
        project="Sunrise",
        daw="ableton",
        kind="stem",
        bpm=124.0,
        key="A minor",
        instrument="vocals",
        duration=95.0,
        loudness=-20.5,
        size=100,
        modified=row.modified,
        state="present",
        drive="Desk",
    )
    assert row.modified.startswith("2024-05-01T") and row.modified.endswith("+00:00")


def test_project_row(archive: None) -> None:
    (row,) = find("sunrise", projects=True)
    assert row == ProjectRow(
        id=row.id,
        path=str(Path("/mnt/Desk/Songs/Sunrise Project")),
        name="Sunrise",
        daw="ableton",
        daw_version="11.2",
        bpm=124.0,
        key="A minor",
        time_signature=None,
        tracks=2,
        versions=1,
        files=2,
        modified=row.modified,
        state="present",
        drive="Desk",
    )


STATES = {
    ("is:missing", False): "missing",
    ("is:offline", False): "offline",
    ("is:offline", True): "offline",
    ("gone is:missing", True): "missing",
}


@pytest.mark.parametrize(("query", "projects"), STATES)
def test_state(archive: None, query: str, projects: bool) -> None:
    assert [row.state for row in find(query, projects=projects)] == [STATES[query, projects]]


def test_rows_of_any_part(archive: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PAGE", 3)
    found = find("")
    names = [row.name for row in found]
    assert len(found) == len(names) == 10
    for start in range(12):
        for stop in range(12):
            assert [row.name for row in found.rows(start, stop)] == names[start:stop]


def test_pages_are_kept_until_forgotten(archive: None) -> None:
    found = find("beat")
    assert found.rows(0, 1)[0].name == "Beat.wav"
    File.update(name="Beat 2.wav").where(File.id == found.ids[0]).execute()
    assert found.rows(0, 1)[0].name == "Beat.wav"
    found.forget()
    assert found.rows(0, 1)[0].name == "Beat 2.wav"


def test_rows_that_have_gone_are_left_out(archive: None) -> None:
    found = find("instrument:kick or instrument:snare")
    File.delete().where(File.id == found.ids[0]).execute()
    assert [row.name for row in found] == ["Kick-01.wav"]
    assert len(found.rows(0, 2)) == 1


def test_a_surrogate_in_a_name_comes_back(archive: None) -> None:
    name = "caf\udce9.wav"
    file_id = File.insert(
        volume=1, rel_path=f"Latin/{name}", name=name, sort_name="caf", suffix=".wav", size=1, mtime_ns=0,
        first_seen_at=0,
    ).execute()  # fmt: skip
    search.index_files(database, [(file_id, name, f"Latin/{name}", "")])
    for query in ("latin", "caf\udce9"):
        assert [row.name for row in find(query)] == [name]


def test_words_follow_their_file(archive: None) -> None:
    (row,) = find("beat")
    search.index_files(database, [(row.id, "Other.wav", "Elsewhere/Other.wav", "Title by Artist")])
    assert (len(find("beat")), len(find("artist elsewhere"))) == (0, 1)
    search.remove_files(database, [row.id])
    assert len(find("artist")) == 0


def counts(facets: tuple[Facet, ...]) -> dict[str, dict[str, int]]:
    return {facet.field: {count.value: count.count for count in facet.counts} for facet in facets}


FACETS = {
    "key": {"A minor": 1, "C major": 1, "E minor": 1, "F# minor": 1},
    "bpm": {"60–69": 1, "90–99": 1, "120–129": 4},
    "instrument": {
        "drums": 4, "synth": 1, "vocals": 1, "kick": 1, "snare": 1, "bass": 1, "violin": 1, "strings": 1,
        "electric-guitar": 1,
    },
    "kind": {"stem": 4, "loop": 3, "one-shot": 2},
    "daw": {"ableton": 2, "reaper": 1, "logic": 1},
    "year": {"2025": 1, "2024": 1, "2022": 1, "2021": 2, "2019": 1, "2018": 2, "2016": 1, "2012": 1},
}  # fmt: skip


def test_facets_of_everything_and_of_a_query_agree(archive: None) -> None:
    """Everything is counted from indexes, a query by its rows: the same must come out, copies and all."""
    copied = File.get(File.name == "Kick-01.wav")
    File.insert(
        volume=1, rel_path="Copies/Kick.wav", name="Kick.wav", sort_name="kick.wav", suffix=".wav", size=1,
        mtime_ns=copied.mtime_ns, first_seen_at=0, content=copied.content_id,
    ).execute()  # fmt: skip
    expected = {**FACETS, "instrument": FACETS["instrument"] | {"drums": 5, "kick": 2}}
    expected["kind"] = FACETS["kind"] | {"one-shot": 3}
    expected["year"] = FACETS["year"] | {"2018": 3}
    assert counts(results.facets(Query(EVERYTHING), now=NOW)) == expected
    assert counts(results.facets(Query(And((EVERYTHING, EVERYTHING))), now=NOW)) == expected


def test_facets_of_projects(archive: None) -> None:
    assert counts(results.facets(parse(""), projects=True, now=NOW)) == {
        "key": {"A minor": 1, "F# minor": 1},
        "bpm": {"90–99": 1, "120–129": 1, "140–149": 1},
        "daw": {"ableton": 1, "logic": 1, "reaper": 1},
        "year": {"2024": 1, "2019": 1, "2012": 1},
    }


@pytest.mark.parametrize("field", ["key", "bpm", "kind", "daw", "year"])
def test_a_facet_narrows_to_what_it_counts(archive: None, field: str) -> None:
    (facet,) = [facet for facet in results.facets(parse("-is:missing"), now=NOW) if facet.field == field]
    for count in facet.counts:
        assert len(find(f"{count.query}")) == count.count, count.query


def test_facets_are_in_order(archive: None) -> None:
    facets = {facet.field: [count.value for count in facet.counts] for facet in results.facets(parse(""), now=NOW)}
    assert facets["bpm"] == ["60–69", "90–99", "120–129"]
    assert facets["year"][:2] == ["2025", "2024"]
    assert facets["kind"] == ["stem", "loop", "one-shot"]


def test_nothing_found(archive: None) -> None:
    found = find("nosuchword")
    assert (len(found), found.rows(0, 10), list(found), found.ids) == (0, [], [], array("q"))
    assert results.facets(parse("nosuchword"), now=NOW) == ()
