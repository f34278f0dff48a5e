"""Progressions and the files that `chords:` finds by them, among any number of changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from archivist import chordsearch, results
from archivist.query.parse import parse
from archivist.tables import Content, File, database
from archivist.vocabulary import CHORDS_ASKED
from taggers.chordnames import CHORDS, code_of, parse_chord, quality_of, root_of, triad
from tests.query.shelf import NOW, shelf

FILES = {
    "axis": "Am F C G Am F C G Am F C",
    "axis in D": "Bm G D A Bm G D A",
    "sevens": "Dm7 G7 Cmaj7 Am7 Dm7 G7 Cmaj7",
    "vamp": "Am7 D7 Am7 D7",
    "hung": "Gsus G Gsus G",
    "chromatic": "C C# D D# E F F# G G# A A# B C Bdim C",
    "one chord": "F#m",
    "a turn": "Am E Am",
}


@pytest.fixture(scope="module", autouse=True)
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with shelf(tmp_path_factory.mktemp("chords") / "archive.db"):
        with database.atomic():
            for number, (name, text) in enumerate(FILES.items(), 1_000):
                Content.create(id=number, digest=name.encode(), size=1)
                File.create(
                    volume=1, rel_path=name, name=name, sort_name=name, suffix=".wav", size=1, mtime_ns=number,
                    content=number, first_seen_at=NOW,
                )  # fmt: skip
                chordsearch.index(database, [(number, codes(text))])
        yield


def codes(text: str) -> tuple[int, ...]:
    return tuple(parse_chord(name) or 0 for name in text.split())


FOUND: dict[str, set[str]] = {
    'chords:"Am F C G"': {"axis"},
    "chords:Am-F-C-G": {"axis"},
    'chords:"F C G Am"': {"axis"},
    'chords:"G Am F C"': {"axis"},
    'chords:"Am C F G"': set(),
    'chords:"~Am F C G"': {"axis", "axis in D"},
    'chords:~"Em C G D"': {"axis", "axis in D"},
    'chords:"Bm G D A"': {"axis in D"},
    'chords:"Dm G C"': {"sevens"},
    'chords:"Dm7 G7 Cmaj7"': {"sevens"},
    'chords:"Dm7 G Cmaj7"': {"sevens"},
    'chords:"Dm7 Gmaj7 Cmaj7"': set(),
    'chords:"~Em7 A7 Dmaj7"': {"sevens"},
    'chords:"~Em7 A7 D7"': set(),
    "chords:Am-D": {"vamp"},
    "chords:D-Am": {"vamp"},
    "chords:~Am7-D7": {"vamp", "sevens"},
    "chords:Am-D7": {"vamp"},
    "chords:Am7": {"sevens", "vamp"},
    "chords:Am": {"axis", "sevens", "vamp", "a turn"},
    "chords:Gbm": {"one chord"},
    "chords:F#m7": set(),
    "chords:Gsus": {"hung"},
    "chords:G-C": {"axis", "sevens"},
    "chords:Gsus4-G": {"hung"},
    "chords:Bdim": {"chromatic"},
    "chords:Am-E-Am": {"a turn"},
    "chords:Am-Am": {"axis", "sevens", "vamp", "a turn"},
    'chords:"C Db D Eb E F Gb G Ab A Bb B"': {"chromatic"},
    "-chords:Am kind:loop": {"Loop_120bpm_F#m", "Groove 62", "Café Strings"},
    "chords:Am -chords:Dm": {"axis", "vamp", "a turn"},
    "chords:F#m or chords:Bdim": {"one chord", "chromatic"},
}


@pytest.mark.parametrize("query", FOUND)
def test_found(query: str) -> None:
    assert {row.name.removesuffix(".wav") for row in results.find(parse(query), now=NOW)} == FOUND[query]


def test_a_long_song_is_found_by_every_run_and_by_nothing_else() -> None:
    """Against a plain comparison: 400 changes of which many repeat."""
    chance = random.Random(4)
    parts = [[chance.randrange(1, CHORDS) for _ in range(chance.randrange(3, 20))] for _ in range(6)]
    song: list[int] = []
    while len(song) < 400:
        song += [chord for chord in chance.choice(parts) if not song or triad(chord) != triad(song[-1])]
    song = [chord for chord, before in zip(song, [0, *song], strict=False) if triad(chord) != triad(before)]
    Content.create(id=2_000, digest=b"long", size=1)
    chordsearch.index(database, [(2_000, tuple(song))])
    for start in range(0, len(song) - CHORDS_ASKED, 7):
        run = tuple(song[start : start + chance.randrange(2, CHORDS_ASKED + 1)])
        assert is_found(run)
        assert is_found(moved(run, chance.randrange(12)), transposed=True)
        other = (run[0], moved(run[:2], 1)[1])
        assert is_found(other) == (holds(song, other) or other[0] == other[1])


def is_found(chords: tuple[int, ...], transposed: bool = False) -> bool:
    rows = chordsearch.match(database, chords, transposed=transposed).tuples()
    return (2_000,) in set(database.execute(rows))


def moved(chords: tuple[int, ...], up: int) -> tuple[int, ...]:
    return tuple(code_of(root_of(chord) + up, quality_of(chord)) for chord in chords)


def holds(song: list[int], chords: tuple[int, int]) -> bool:
    """Whether two chords stand side by side, in either order; a triad is its sevenths too."""

    def same(asked: int, heard: int) -> bool:
        return asked in (heard, triad(heard))

    pairs = [*pairwise(song), *pairwise(reversed(song))]
    return any(same(chords[0], one) and same(chords[1], other) for one, other in pairs)


def test_what_is_said_anew_replaces_what_was_said() -> None:
    Content.create(id=3_000, digest=b"twice", size=1)
    asked = chordsearch.match(database, codes("D#m7 A#dim"), transposed=False)
    for said, found in (("D#m7 A#dim", [(3_000,)]), ("D# A#", []), ("A#dim D#m7", [(3_000,)])):
        chordsearch.index(database, [(3_000, codes(said))])
        assert list(database.execute(asked.tuples())) == found
    chordsearch.remove(database, [3_000])
    assert list(database.execute(asked.tuples())) == []
