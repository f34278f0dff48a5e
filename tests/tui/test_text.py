"""The pure parts: queries edited by terms, cells, columns, details, the progress line. Doctests hold examples."""

from __future__ import annotations

import doctest
from dataclasses import replace

import pytest
from rich.cells import cell_len

from archivist.records import Difference, IndexProgress, PlacedChord, ValueRow, VersionRow
from tests.tui.fake import HOSTILE, FakeArchive
from tui import terms
from tui.terms import has_term, toggle, with_sort
from tui.widgets import cells
from tui.widgets.cells import Shorten, fit
from tui.widgets.columns import FILE_COLUMNS, GAP, PROJECT_COLUMNS, layout
from tui.widgets.describe import describe
from tui.widgets.index_bar import progress_line


@pytest.mark.parametrize("module", [terms, cells], ids=lambda module: module.__name__)
def test_examples_in_the_docs(module) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted and not outcome.failed


TOGGLED = [
    ("", "kind:loop", "kind:loop"),
    ("kick", "kind:loop", "kick kind:loop"),
    ("kind:loop kick", "kind:loop", "kick"),
    ('kick key:"A minor" x', 'key:"A minor"', "kick x"),
    ('KEY:"a MINOR"', 'key:"A minor"', ""),
    ("kick or snare", "kind:loop", "(kick or snare) kind:loop"),
    ("(kick or snare) kind:loop", "kind:loop", "(kick or snare)"),
    ("kind:loop or kick", "kind:loop", "(kind:loop or kick) kind:loop"),
    ("-(kind:loop kick)", "kind:loop", "-(kind:loop kick) kind:loop"),
    ('track:"lead v', "kind:loop", 'track:"lead v" kind:loop'),
    ("(kick (snare", "kind:loop", "(kick (snare)) kind:loop"),
    ("kick)", "kind:loop", "kick) kind:loop"),
    ("-kind:loop", "kind:loop", "-kind:loop kind:loop"),
]


@pytest.mark.parametrize(("query", "term", "toggled"), TOGGLED)
def test_toggle(query: str, term: str, toggled: str) -> None:
    assert toggle(query, term) == toggled
    assert has_term(toggled, term) is not has_term(query, term)


@pytest.mark.parametrize(
    ("query", "sorted_query"),
    [("", "sort:bpm"), ("sort:-date", "sort:bpm"), ("sort:a kick sort:b", "kick sort:bpm")],
)
def test_with_sort(query: str, sorted_query: str) -> None:
    assert with_sort(query, "bpm") == sorted_query


@pytest.mark.parametrize("shorten", ["end", "middle", "start"])
@pytest.mark.parametrize("width", [0, 1, 2, 7, 24, 1000])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_has_its_width_whatever_is_in_it(text: str, width: int, shorten: Shorten) -> None:
    assert cell_len(fit(text, width, shorten=shorten)) == width


def test_no_accent_loses_its_letter_and_stands_on_the_dots() -> None:
    decomposed = "e\u0301" * 30
    assert fit(decomposed, 10, shorten="middle") == "e\u0301" * 5 + "…" + "e\u0301" * 4
    assert fit(decomposed, 10, shorten="start") == "…" + "e\u0301" * 9


@pytest.mark.parametrize("columns", [FILE_COLUMNS, PROJECT_COLUMNS], ids=["files", "projects"])
def test_columns_fill_every_width(columns) -> None:
    archive = FakeArchive(hostile=True)
    row = archive.file(5) if columns is FILE_COLUMNS else archive.project(5)
    shown = set()
    for width in range(48, 260):
        laid_out = layout(columns, width)
        shown |= {column.title for column, _ in laid_out}
        cells_of_row = [column.text(row, cells) for column, cells in laid_out]
        assert sum(map(cell_len, cells_of_row)) + GAP * (len(cells_of_row) - 1) == width
    assert shown == {column.title for column in columns}


PROGRESS = [
    (("walking", 1200, None, 3.0), ("walking", 0, None, 0.0), ["Looking through folders", "1,200", "400/s"]),
    (("tagging", 50, 200, 20.0), ("tagging", 0, 200, 10.0), ["25%", "50/200", "5.0/s", "30 s left"]),
    (("tagging", 0, 200, 10.0), ("tagging", 0, 200, 10.0), ["0%", "0/200"]),
    (("tagging", 60, 1_000_000, 70.0), ("tagging", 0, 1_000_000, 10.0), ["1.0/s", "277.8 h left"]),
]


@pytest.mark.parametrize(("now", "start", "texts"), PROGRESS)
def test_progress_line(now, start, texts: list[str]) -> None:
    def progress(stage, done, total, seconds) -> IndexProgress:
        return IndexProgress(stage, done, total, "/a/\x1b[2J" + "b" * 300, 3, seconds)

    line = progress_line(progress(*now), progress(*start), 120)
    for text in [*texts, "3 failed", "bbb"]:
        assert text in line.plain
    assert line.cell_length == 120 and "\x1b" not in line.plain


def test_details_keep_to_their_pane_and_shorten_no_text() -> None:
    rivals = (("C major", 0.7), ("A minor", 0.22), ("F# minor", 0.04), ("E minor", 0.01))
    said = (
        ValueRow("key", "C major", "machine", "net", 0.7, None, True, rivals),
        ValueRow("instrument", "electric-guitar", "machine", "net", 0.9, None, True),
        ValueRow("description", "lead vocal, kitchen, \x1b[2Jafter the rain", "embedded", None, 1.0, None, True),
    )
    lines = describe(replace(FakeArchive().show_file(3), values=said), 41).plain.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("key"))
    assert [line.rstrip() for line in lines[start : start + 7]] == [
        "key         C major      heard      70%",
        "            or A minor 22%, F# minor 4%,",
        "            E minor 1%",
        "instrument  electr…uitar heard      90%",
        "description lead vocal, kitchen,",
        "            \\x1b[2Jafter the rain",
        "            in file   100%",
    ]


def test_details_speak_of_fields_as_people_do() -> None:
    details = FakeArchive().show_project(3)
    meter = ValueRow(
        "time_signature", "3/4", "project", "reaper", 1.0, None, True, reason="project's time_signature"
    )
    peak = ValueRow("true_peak", "-1.2", "machine", "ebur128", 1.0, None, True)
    told = replace(details, values=(meter, peak), facts={"unread": ("length_seconds", "tempo_changes")})
    text = describe(told, 60).plain
    assert "not readable here: length seconds, tempo changes" in text
    assert "meter       3/4" in text
    assert "true peak   -1.2" in text
    assert "_" not in text


def test_a_list_counts_what_it_lists_and_no_lines() -> None:
    def version(n: int, *changes: Difference) -> VersionRow:
        return VersionRow(n, "a.als", f"2024-01-{n:02}", "12", 120.0, None, 2, "ok", None, n == 31, changes)

    plugins = tuple(Difference("plugin", None, f"Synth {n}") for n in range(9))
    saves = (version(1), *(version(n, *plugins) for n in range(2, 32)), *(version(n) for n in range(32, 52)))
    text = describe(replace(FakeArchive().show_project(3), versions=saves), 60).plain
    assert "\nVersions  51\n" in text
    assert "\n  … and 11 more\n" in text
    chords = tuple(PlacedChord(float(n), "Am") for n in range(9))
    assert "\nChords  9\n" in describe(replace(FakeArchive().show_file(3), chords=chords), 60).plain


@pytest.mark.parametrize(("what", "after"), [("time signature", "3/4"), ("sample", "Kick 01.wav")])
def test_a_version_that_changes_only_a_meter_or_a_sample_is_not_the_same(what: str, after: str) -> None:
    first = VersionRow(1, "a.als", "2024-01-01", "12", 120.0, None, 2, "ok", None, False)
    change = Difference(what, None, after)
    second = replace(first, id=2, saved="2024-01-02", changes=(change,), is_current=True)
    text = describe(replace(FakeArchive().show_project(3), versions=(first, second)), 60).plain
    assert f"    {change}\n" in text
    assert "same" not in text
