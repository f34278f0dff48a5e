"""Which contents hold these chords one after the other: a full-text index whose words are three chords each.

"j1f0c0" is A minor, F major, C major; "s1i0h0" a minor chord, a major one eight semitones above it, and another
seven above that. Such a word begins at every chord, so that a phrase of words is a progression, in its own key or
in any, and the beginning of a word finds one chord or two. Words know triads alone, for who looks for Am means Am7
too; `rich` has the chords in full, and is looked at where a query names more than triads. SQLite answers with
FTS5, PostgreSQL with tsvector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from peewee import SQL, Database, NodeList, Select, Table

from archivist.search import is_sqlite
from archivist.vocabulary import CHORDS_ASKED
from taggers.chordnames import CHORDS, QUALITIES, RICHER, code_of, quality_of, root_of, triad

Changes = tuple[int, ...]
"""Codes of chords (taggers.chordnames) as they follow each other: no silences, none twice in a row."""

_PLAIN = sorted({quality_of(triad(code)) for code in range(1, CHORDS)})
_LETTERS = "abcdefghijkl"
_WORD = 3  # chords
_GAP = "zz"


def create(database: Database) -> None:
    """Make the index; for a migration."""
    if is_sqlite(database):
        database.execute_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS chord_search USING fts5(changes, steps, rich UNINDEXED, "
            "tokenize='ascii', columnsize=0)"
        )
    else:
        database.execute_sql(
            "CREATE TABLE IF NOT EXISTS chord_search (id BIGINT PRIMARY KEY, words TSVECTOR, rich TEXT)"
        )
        database.execute_sql("CREATE INDEX IF NOT EXISTS chord_search_words ON chord_search USING GIN (words)")


def index(database: Database, rows: Iterable[tuple[int, Changes]]) -> None:
    """Write or replace the chords of these contents (id, changes)."""
    texts = [(content_id, *_texts(changes)) for content_id, changes in rows if changes]
    if is_sqlite(database):
        sql = "INSERT OR REPLACE INTO chord_search (rowid, changes, steps, rich) VALUES (?, ?, ?, ?)"
    else:
        words = "setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'B')"
        sql = (
            f"INSERT INTO chord_search (id, words, rich) VALUES (%s, {words}, %s) "
            "ON CONFLICT (id) DO UPDATE SET words = excluded.words, rich = excluded.rich"
        )
    database.cursor().executemany(sql, texts)


def remove(database: Database, content_ids: Iterable[int]) -> None:
    key, mark = ("rowid", "?") if is_sqlite(database) else ("id", "%s")
    sql = f"DELETE FROM chord_search WHERE {key} = {mark}"
    database.cursor().executemany(sql, [(content_id,) for content_id in content_ids])


def match(database: Database, chords: Changes, *, transposed: bool) -> Select:
    """Ids (column "id") of the contents that hold these chords one after the other, beginning with any of them.

    A triad stands for its sevenths too. transposed: in any key; that takes two chords at least.
    """
    turned = _rotations(chords)
    sqlite = is_sqlite(database)
    phrases = dict.fromkeys(_phrase(each, transposed, sqlite) for each in turned)
    source = Table("chord_search")
    if sqlite:
        id_, asked = source.c.rowid, " OR ".join(phrases)
        conditions = [NodeList((SQL("chord_search"), SQL("MATCH"), asked))]
    else:
        id_, asked = source.c.id, " | ".join(phrases)
        conditions = [NodeList((source.c.words, SQL("@@ to_tsquery('simple',"), asked, SQL(")")))]
    if any(triad(chord) != chord for chord in chords):
        steps = range(12) if transposed else (0,)
        patterns = dict.fromkeys(_pattern(each, step) for each in turned for step in steps)
        wanted = [_looks_like(source.c.rich, pattern, sqlite) for pattern in patterns]
        conditions.append(NodeList(wanted, glue=" OR ", parens=True))
    return source.select(id_.alias("id")).where(*conditions)


def _rotations(chords: Changes) -> list[Changes]:
    """The chords begun with each of them; as they are where they end with what they began with."""
    if triad(chords[0]) == triad(chords[-1]):
        return [chords]
    return list(dict.fromkeys(chords[start:] + chords[:start] for start in range(len(chords))))


# ---------------------------------------------------------------- words


def _texts(changes: Changes) -> tuple[str, str, str]:
    """(changes, steps, rich), each run of CHORDS_ASKED once: songs repeat themselves."""
    plain = _triads(changes)
    words, steps = ([" ".join(_words(run, spell)) for run in _passages(plain)] for spell in (_word, _steps))
    gap = f" {_GAP} "
    return gap.join(words), gap.join(steps), "|".join("".join(map(_full, run)) for run in _passages(changes))


def _triads(changes: Changes) -> Changes:
    plain = [triad(chord) for chord in changes]
    return tuple(chord for chord, before in zip(plain, [None, *plain], strict=False) if chord != before)


def _passages(changes: Changes) -> list[Changes]:
    """Stretches of `changes` that together hold every run of CHORDS_ASKED that it holds."""
    if len(changes) <= CHORDS_ASKED:
        return [changes]
    seen: set[Changes] = set()
    found: list[Changes] = []
    begin = end = 0  # of the stretch that grows
    for start in range(len(changes) - CHORDS_ASKED + 1):
        run = changes[start : start + CHORDS_ASKED]
        if run in seen:
            continue
        seen.add(run)
        if start > end:
            found.append(changes[begin:end])
            begin = start
        end = start + CHORDS_ASKED
    return [stretch for stretch in (*found, changes[begin:end]) if stretch]


def _plain(chord: int) -> str:
    return f"{_LETTERS[root_of(chord)]}{_PLAIN.index(quality_of(chord))}"


def _words(run: Changes, spell: Callable[[Changes], str]) -> Iterator[str]:
    """One that begins at each chord; the last are shorter."""
    return (spell(run[start : start + _WORD]) for start in range(len(run)))


def _word(chords: Changes) -> str:
    return "".join(map(_plain, chords))


def _steps(chords: Changes) -> str:
    ups = (_LETTERS[(root_of(after) - root_of(before)) % 12] for before, after in pairwise(chords))
    return "s" + "".join(f"{up}{_plain(chord)[1]}" for up, chord in zip(("", *ups), chords, strict=True))


def _full(chord: int) -> str:
    return f"{_LETTERS[root_of(chord)]}{quality_of(chord)}"


# ---------------------------------------------------------------- questions


def _phrase(chords: Changes, transposed: bool, sqlite: bool) -> str:
    plain = _triads(chords)
    column, weight, spell = ("steps", "B", _steps) if transposed else ("changes", "A", _word)
    whole = list(_words(plain, spell))[: max(1, len(plain) - _WORD + 1)]
    goes_on = len(plain) < _WORD
    if sqlite:
        return f'{column} : "{" ".join(whole)}"{" *" if goes_on else ""}'
    mark = f"*{weight}" if goes_on else weight
    return f"({' <-> '.join(f'{word}:{mark}' for word in whole)})"


def _pattern(chords: Changes, up: int) -> str:
    """What the text of `rich` holds, `up` semitones higher."""
    parts = []
    for chord in chords:
        quality = QUALITIES[quality_of(chord)]
        allowed = "".join(str(QUALITIES.index(name)) for name in RICHER.get(quality, (quality,)))
        parts.append(f"{_LETTERS[root_of(code_of(root_of(chord) + up, 0))]}[{allowed}]")
    return "".join(parts)


def _looks_like(column: Any, pattern: str, sqlite: bool) -> NodeList:
    """GLOB's brackets mean what a regular expression's do."""
    return NodeList((column, SQL("GLOB" if sqlite else "~"), f"*{pattern}*" if sqlite else pattern))
