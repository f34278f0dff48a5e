"""Full text: which files and projects hold these words. SQLite answers with FTS5, PostgreSQL with tsvector.

Two indexes, keyed by the ids of `file` and `project`. A word is a run of letters and digits, without case
and accents; "LeadVox" and "Loop_120bpm" are found by their parts too. What a person types is always
quoted: no text is a syntax error. `match` returns a sub-query of ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from peewee import SQL, Database, NodeList, Proxy, Select, SqliteDatabase, Table

from archivist.text import to_store

FILE_COLUMNS = ("name", "path", "extra")
PROJECT_COLUMNS = ("name", "path", "tracks", "plugins", "notes")

_COLUMNS = {"file_search": FILE_COLUMNS, "project_search": PROJECT_COLUMNS}

# Where a word changes inside: LeadVox, 120bpm, kick01, MIDIFile.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_WORD = re.compile(r"[^\W_]+")
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side. `prefix`: the last may go on. `column`: only there."""

    text: str
    prefix: bool = False
    column: str | None = None


FileText = tuple[int, str, str, str]
"""(file id, name, path on its volume, all else: project, labels, embedded title, artist and comment, notes)"""

ProjectText = tuple[int, str, str, str, str, str]
"""(project id, name, folders, names of the tracks, of the plugins, notes with title, author, comment, labels)"""


def create(database: Database) -> None:
    """Make both indexes; for a migration."""
    for table, columns in _COLUMNS.items():
        if is_sqlite(database):
            # Three lengths of prefixes make each keystroke as fast as a whole word, for a third of the size.
            database.execute_sql(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {table} USING fts5({', '.join(columns)}, "
                "tokenize='unicode61 remove_diacritics 2', prefix='1 2 3')"
            )
        else:
            database.execute_sql(f"CREATE TABLE IF NOT EXISTS {table} (id BIGINT PRIMARY KEY, words TSVECTOR)")
            database.execute_sql(f"CREATE INDEX IF NOT EXISTS {table}_words ON {table} USING GIN (words)")


def index_files(database: Database, rows: Iterable[FileText]) -> None:
    """Write or replace these files' words."""
    _index(database, "file_search", ((id_, name, path.removesuffix(name), rest) for id_, name, path, rest in rows))


def index_projects(database: Database, rows: Iterable[ProjectText]) -> None:
    """Write or replace these projects' words."""
    _index(database, "project_search", rows)


def remove_files(database: Database, ids: Iterable[int]) -> None:
    _remove(database, "file_search", ids)


def remove_projects(database: Database, ids: Iterable[int]) -> None:
    _remove(database, "project_search", ids)


def match(database: Database, table: str, clauses: Sequence[Sequence[Phrase]]) -> Select | None:
    """Ids (column "id") of the rows that match at least one phrase of every clause.

    None where no clause holds a letter or digit: nothing is asked, so everything matches.
    """
    asked = [[phrase for phrase in clause if has_word(phrase.text)] for clause in clauses]
    asked = [clause for clause in asked if clause]
    if not asked:
        return None
    source = Table(table)
    if is_sqlite(database):
        text = " AND ".join("(" + " OR ".join(map(_fts5, clause)) + ")" for clause in asked)
        matches = NodeList((SQL(table), SQL("MATCH"), text))
        return source.select(source.c.rowid.alias("id")).where(matches)
    text = " & ".join("(" + " | ".join(map(_tsquery, clause)) + ")" for clause in asked)
    matches = NodeList((source.c.words, SQL("@@ to_tsquery('simple',"), text, SQL(")")))
    return source.select(source.c.id).where(matches)


def has_word(text: str) -> bool:
    """Whether it holds a letter or digit: nothing else is indexed."""
    return _WORD.search(text) is not None


def searchable(text: str) -> str:
    """`text` as it is indexed: the parts of words that are written together follow at its end.

    >>> searchable("LeadVox_120bpm F#m.wav")
    'LeadVox_120bpm F#m.wav Lead Vox 120 bpm'
    """
    parts = [split for word in _WORD.findall(text) if (split := _SEAM.sub(" ", word)) != word]
    return " ".join((to_store(text), *parts))


def is_sqlite(database: Database) -> bool:
    """`database` may be the proxy that the tables are bound to."""
    return isinstance(database.obj if isinstance(database, Proxy) else database, SqliteDatabase)


def _index(database: Database, table: str, rows: Iterable[Sequence[Any]]) -> None:
    columns = _COLUMNS[table]
    rows = iter(rows)
    while batch := [(row[0], *map(searchable, row[1:])) for row in islice(rows, _BATCH)]:
        if is_sqlite(database):
            marks = ", ".join("?" * (len(columns) + 1))
            sql = f"INSERT OR REPLACE INTO {table} (rowid, {', '.join(columns)}) VALUES ({marks})"
        else:
            vectors = " || ".join(
                f"setweight(to_tsvector('simple', %s), '{_WEIGHTS[column]}')" for column in columns
            )
            sql = (
                f"INSERT INTO {table} (id, words) VALUES (%s, {vectors}) "
                "ON CONFLICT (id) DO UPDATE SET words = excluded.words"
            )
            batch = [(row[0], *map(_apart, row[1:])) for row in batch]
        database.cursor().executemany(sql, batch)


def _remove(database: Database, table: str, ids: Iterable[int]) -> None:
    key, mark = ("rowid", "?") if is_sqlite(database) else ("id", "%s")
    database.cursor().executemany(f"DELETE FROM {table} WHERE {key} = {mark}", [(id_,) for id_ in ids])


def _fts5(phrase: Phrase) -> str:
    words = to_store(phrase.text).replace('"', " ")
    column = f"{phrase.column} : " if phrase.column else ""
    return f'{column}"{words}"{" *" if phrase.prefix else ""}'


# PostgreSQL has no columns in a tsvector but four weights; notes share theirs with the folders.
_WEIGHTS = {"name": "A", "path": "B", "extra": "C", "tracks": "C", "plugins": "D", "notes": "B"}


def _tsquery(phrase: Phrase) -> str:
    weight = _WEIGHTS[phrase.column] if phrase.column else ""
    words = _WORD.findall(_apart(phrase.text))
    marks = [weight] * (len(words) - 1) + [("*" if phrase.prefix else "") + weight]
    terms = (f"'{word}'{mark and ':' + mark}" for word, mark in zip(words, marks, strict=True))
    return f"({' <-> '.join(terms)})"


def _apart(text: str) -> str:
    """Only letters and digits, without accents: the parser of PostgreSQL would see hosts, paths and numbers."""
    import unicodedata

    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(_WORD.findall(plain))
