"""docs/formats.md is what the table of coverage says, and that is what the readers do."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from archivist.readers import READERS, ReadError, closed, read_project
from archivist.readers.coverage import COVERAGE, FACTS, Coverage, facts, never, page
from archivist.records import ProjectInfo
from tests.corpus import corpus
from tests.readers.written import WRITTEN

PAGE = Path(__file__).parents[1] / "docs" / "formats.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python -m archivist.readers.coverage > docs/formats.md"
    )


def test_every_reader_is_in_the_table() -> None:
    assert set(COVERAGE) == {reader.name for reader in READERS} - {reader.name for reader in closed.READERS}
    for reader in READERS:
        assert f"`{reader.name}`" in page()
        assert all(f"`{suffix}`" in page() for suffix in reader.suffixes)


@pytest.mark.parametrize("name", COVERAGE)
def test_a_fact_is_read_in_full_or_in_part_or_never(name: str) -> None:
    full, partial = facts(COVERAGE[name].full), facts(COVERAGE[name].partial)
    assert sorted(full + partial + never(COVERAGE[name])) == sorted(FACTS)
    for named in (full, partial):
        assert list(named) == sorted(named, key=FACTS.index)


def test_a_reader_that_saw_no_real_file_says_so() -> None:
    assert {name for name, each in COVERAGE.items() if not each.files} == {
        *("studioone", "waveform", "rosegarden", "qtractor", "zrythm", "mpc", "midi")
    }
    assert page().count("no real file yet") == 7


def given(info: ProjectInfo) -> set[str]:
    """The facts that a project gives."""
    of_tracks = {
        name for name in ("muted", "frozen", "devices") if any(getattr(each, name) for each in info.tracks)
    }
    of_project = {name for name in set(FACTS) - {"muted", "frozen", "devices"} if getattr(info, name)}
    return of_project | of_tracks


def assert_covers(coverage: Coverage, info: ProjectInfo) -> None:
    assert given(info) <= {*facts(coverage.full), *facts(coverage.partial)}
    assert not set(info.unread) & set(facts(coverage.full))


@pytest.mark.parametrize("name", WRITTEN)
def test_the_written_projects_give_what_the_table_says(name: str, tmp_path: Path) -> None:
    suffix = next(reader.suffixes[0] for reader in READERS if reader.name == name)
    assert_covers(COVERAGE[name], read_project(WRITTEN[name](tmp_path / f"Song{suffix}")))


@cache
def real() -> dict[str, list[ProjectInfo]]:
    """What the real projects say that can be read, by format."""
    found: dict[str, list[ProjectInfo]] = defaultdict(list)
    with corpus("daw", "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                info = read_project(corpus("daw", row["path"]))
            except ReadError:
                continue
            found[info.format].append(info)
    return found


@pytest.mark.parametrize("name", COVERAGE)
def test_the_real_projects_give_what_the_table_says(name: str) -> None:
    projects = real()[name]
    assert len(projects) == COVERAGE[name].files
    assert {info.daw_version for info in projects if info.daw_version} == set(COVERAGE[name].versions)
    for info in projects:
        assert_covers(COVERAGE[name], info)
