"""Turns a query into one SELECT of ids. Every value is bound, none becomes part of the SQL.

A file has its own fields in `file` and `content`. What belongs to the other kind of thing is asked in a
sub-query: a project's field of a file is that of its project; a file's field of a project holds where one
of its files has it. Words that stand alone drive the full-text index; within `or` and behind `-` they
are sub-queries too. Missing things are left out unless the query speaks of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from peewee import JOIN, SQL, Join, NodeList, Ordering, Select, fn

from archivist import chordsearch, search
from archivist.offline import NOTHING, Condition, Offline
from archivist.query.fields import DAW_ALIASES
from archivist.query.nodes import (
    MOST_DOUBTFUL,
    NEWEST_FIRST,
    Age,
    And,
    Chords,
    Match,
    Node,
    Not,
    OneOf,
    Or,
    Query,
    QueryError,
    Sort,
    Span,
    Text,
    Within,
)
from archivist.query.states import file_state, pinned, unindexed
from archivist.tables import Content, File, Label, LabelUse, Project, Tag, database
from archivist.vocabulary import mask

_ALWAYS = SQL("1 = 1")
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Asking:
    """now: UTC seconds. dense: see `compile`."""

    offline: Offline
    now: float
    dense: bool = False


Leaf: TypeAlias = Callable[[Node, Asking], Condition]


def compile(
    query: Query,
    *,
    projects: bool = False,
    offline: Offline = NOTHING,
    now: float,
    ordered: bool = True,
    dense: bool = False,
) -> Select:
    """The ids of the files or projects that `query` finds, in its order. All values come bound.

    now: UTC seconds, for ages. ordered: False leaves out the order.
    dense: for the first of very many; SQLite then goes through all in the order asked for, which is the
    sooner done the more of them match. Those whose value to sort by is unknown are left out.
    Raises QueryError on an order that projects do not have.
    """
    table, leaf = (Project, _project_term) if projects else (File, _file_term)
    asking = Asking(offline, now, dense)
    terms = query.where.terms if isinstance(query.where, And) else (query.where,)
    clauses = [clause for term in terms if (clause := _as_clause(term))]
    words = search.match(database, f"{table._meta.table_name}_search", clauses)
    conditions = [_condition(term, leaf, asking) for term in terms if not _as_clause(term)]
    if not _asks_for("missing", query.where):
        conditions.append(table.missing_since.is_null())
    if projects and not _asks_for("factory", query.where):
        conditions.append(~Project.is_factory)
    if not projects:
        conditions.append(~File.is_project)
    source, id_ = table, table.id
    sort = NEWEST_FIRST if projects and query.sort is MOST_DOUBTFUL else query.sort
    column = _order_column(sort, projects) if ordered else None
    if words is not None and not projects and not dense and _is_narrow(terms):
        conditions.append(unindexed(File.id) << words)
    elif words is not None:
        found = words.alias("found")
        source, id_ = Join(found, table, pinned(), on=(found.c.id == table.id)), found.c.id
    if dense and column is not None and column.null:
        conditions.append(column.is_null(False))
    if dense and words is None and not projects and sort.field in _CONTENT_COLUMNS:
        source = Join(Content, File, pinned(), on=(File.content == Content.id))
    elif not projects:
        source = Join(source, Content, JOIN.LEFT_OUTER, on=(File.content == Content.id))
    select = Select([source], [table.id]).where(*conditions).bind(database)
    if column is None:
        return select
    by_id = id_.desc() if sort.descending else id_.asc()
    return select.order_by(by_id) if column is table.id else select.order_by(_in_order(column, sort, dense), by_id)


def _is_narrow(terms: Iterable[Node]) -> bool:
    """Whether a tempo or key leaves so few that asking the words for each is sooner done (6 ms against 100)."""
    return any(isinstance(term, Within | OneOf) and term.field in ("bpm", "key") for term in terms)


def _order_column(sort: Sort, projects: bool) -> Any:
    columns = _PROJECT_ORDER if projects else _FILE_ORDER
    if sort.field not in columns:
        raise QueryError(f"projects have no {sort.field} to sort by; use {', '.join(columns)}", sort.position)
    return columns[sort.field]


def _in_order(column: Any, sort: Sort, dense: bool) -> Ordering:
    """What is unknown comes last either way."""
    nulls = "LAST" if column.null and not dense else None
    return column.desc(nulls=nulls) if sort.descending else column.asc(nulls=nulls)


_FILE_ORDER = {
    "name": File.sort_name,
    "date": File.mtime_ns,
    "bpm": Content.bpm,
    "key": Content.key,
    "length": Content.duration,
    "size": File.size,
    "loudness": Content.loudness,
    "added": File.id,  # ids ascend as files come in
    "doubt": Content.doubt,
}
_PROJECT_ORDER = {
    "name": Project.sort_name,
    "date": Project.modified_at,
    "bpm": Project.bpm,
    "key": Project.key,
    "added": Project.id,
}


# ---------------------------------------------------------------- conditions


def _condition(node: Node, leaf: Leaf, asking: Asking) -> Condition:
    match node:
        case And(terms) | Or(terms):
            glue = " AND " if isinstance(node, And) else " OR "
            parts = [_condition(term, leaf, asking) for term in terms]
            return NodeList(parts, glue=glue, parens=True) if parts else _ALWAYS
        case Not(term):  # NULL, a value that is not known, is not the value asked for either
            return NodeList((_condition(term, leaf, asking), SQL("IS NOT TRUE")), parens=True)
        case _:
            return leaf(node, asking)


def finds_all(query: Query) -> bool:
    """Whether all that is asked for is words without a letter or digit, which are passed over."""
    terms = query.where.terms if isinstance(query.where, And) else (query.where,)
    leaves = [leaf for term in terms for leaf in (term.terms if isinstance(term, Or) else (term,))]
    words = [leaf for leaf in leaves if isinstance(leaf, Text) or (isinstance(leaf, Match) and _is_of_words(leaf))]
    return bool(words) and len(words) == len(leaves) and not any(search.has_word(leaf.text) for leaf in words)


def _is_of_words(node: Match) -> bool:
    """Whether it asks the words of a column; a label may be a star."""
    return node.field in _SEARCH_COLUMNS


def _as_clause(node: Node) -> tuple[search.Phrase, ...]:
    """Words, or words joined by `or`, as one clause of a full-text search; () for all else."""
    alternatives = node.terms if isinstance(node, Or) else (node,)
    phrases = tuple(search.Phrase(each.text, each.prefix) for each in alternatives if isinstance(each, Text))
    return phrases if len(phrases) == len(alternatives) else ()


def _asks_for(state: str, node: Node) -> bool:
    """Whether a query speaks of what is left out as a rule."""
    match node:
        case And(terms) | Or(terms):
            return any(_asks_for(state, term) for term in terms)
        case Not(term):
            return _asks_for(state, term)
        case OneOf("is", values):
            return state in values
        case _:
            return False


def _file_term(node: Node, asking: Asking) -> Condition:
    match node:
        case Text() | Match("path"):
            return _words(File, node)
        case Match("flag", text):
            return File.content << Tag.select(Tag.content).where(
                Tag.field == "flag", Tag.text == text.lower(), ~Tag.rejected, Tag.content.is_null(False)
            )
        case Match("label"):
            return File.content << _labelled(LabelUse.content, node)
        case Chords(chords, transposed):
            return File.content << chordsearch.match(database, chords, transposed=transposed)
        case OneOf("instrument", values):
            return _content("instruments", asking).bin_and(mask(values)) != 0
        case OneOf("is", values):
            return _any_of([file_state(value, asking.offline) for value in values])
        case OneOf(field, values):
            return _content(field, asking) << values
        case Within("date", spans):
            return _in_spans(File.mtime_ns, spans, unit=1_000_000_000)
        case Within(field, spans):
            return _in_spans(_content(field, asking), spans)
        case Age(_, span):
            return _in_spans(File.mtime_ns, (_back_from(asking.now, span),), unit=1_000_000_000)
        case _:
            return File.project << Project.select(Project.id).where(_project_term(node, asking))


def _project_term(node: Node, asking: Asking) -> Condition:
    match node:
        case Text() | Match("path" | "track" | "plugin" | "project"):
            return _words(Project, node)
        case Match("daw", text):
            name = re.sub(r"[\W_]+", "", text.lower())
            return Project.daw.startswith(DAW_ALIASES.get(name, name))
        case Match("label"):
            return Project.id << _labelled(LabelUse.project, node)
        case OneOf("is", values):
            return _any_of([_project_state(value, asking) for value in values])
        case OneOf("key", values):
            return Project.key << values
        case Within("bpm", spans):
            return _in_spans(Project.bpm, spans)
        case Within("date", spans):
            return _in_spans(Project.modified_at, spans)
        case Age(_, span):
            return _in_spans(Project.modified_at, (_back_from(asking.now, span),))
        case _:
            return _has_file(_file_term(node, asking))


def _project_state(state: str, asking: Asking) -> Condition:
    match state:
        case "missing":
            return Project.missing_since.is_null(False)
        case "offline":
            return asking.offline.of(Project)
        case "factory":
            return Project.is_factory
        case _:
            return _has_file(file_state(state, asking.offline))


def _has_file(condition: Condition) -> Condition:
    """That one of the project's files is such."""
    joined = Join(File, Content, JOIN.LEFT_OUTER, on=(File.content == Content.id))
    present = (File.project == Project.id, File.missing_since.is_null(), ~File.is_project)
    return fn.EXISTS(Select([joined], [File.id]).where(*present, condition))


_CONTENT_COLUMNS = {
    "bpm": Content.bpm,
    "key": Content.key,
    "kind": Content.kind,
    "instrument": Content.instrument,
    "instruments": Content.instruments,
    "length": Content.duration,
    "loudness": Content.loudness,
    "doubt": Content.doubt,
}


def _content(field: str, asking: Asking) -> Any:
    """A value in force. Made to depend on the file, SQLite neither looks it up by an index nor reads all of
    `content` into a Bloom filter beforehand (60 ms of a million rows), as it does for any test of it alone."""
    column = _CONTENT_COLUMNS[field]
    if asking.dense and search.is_sqlite(database):
        return fn.IIF(File.id, column, None)
    return column


def _words(table: Any, node: Text | Match) -> Condition:
    """What is written without quotes may go on: plugin:omni finds Omnisphere."""
    if isinstance(node, Match):
        column = _SEARCH_COLUMNS[node.field]
        phrase = search.Phrase(node.text, prefix=not node.exact, column=column)
    else:
        phrase = search.Phrase(node.text, node.prefix)
    found = search.match(database, f"{table._meta.table_name}_search", [(phrase,)])
    return _ALWAYS if found is None else table.id << found


_SEARCH_COLUMNS = {"path": "path", "track": "tracks", "plugin": "plugins", "project": "name"}


def _labelled(owner: Any, node: Match) -> Select:
    name = fn.LOWER(Label.name)
    wanted = name == node.text.lower() if node.exact else name.startswith(node.text.lower())
    return LabelUse.select(owner).join(Label).where(wanted, owner.is_null(False))


def _in_spans(column: Any, spans: tuple[Span, ...], unit: int = 1) -> Condition:
    """`unit`: how many of the column's units make one of the span's."""
    parts = [_in_span(column, span, unit) for span in spans]
    if len(parts) == 1:
        return parts[0]
    # Once more as one range around all: a test that no NULL can pass lets SQLite begin with the values.
    lows = [span.low for span in spans if span.low is not None]
    highs = [span.high for span in spans if span.high is not None]
    around = Span(min(lows) if len(lows) == len(spans) else None, max(highs) if len(highs) == len(spans) else None)
    return NodeList((_in_span(column, around, unit), _any_of(parts)), glue=" AND ", parens=True)


def _in_span(column: Any, span: Span, unit: int) -> Condition:
    ends = []
    if span.low is not None:
        ends.append(column >= _in_unit(span.low, unit))
    if span.high is not None:
        ends.append(column < _in_unit(span.high, unit))
    return NodeList(ends or [column.is_null(False)], glue=" AND ", parens=True)


def _in_unit(value: float, unit: int) -> float:
    """Within what the database's integers hold: in nanoseconds these end in 2262."""
    return value if unit == 1 else max(-_MOST, min(round(value * unit), _MOST))


def _any_of(conditions: list[Condition]) -> Condition:
    return NodeList(conditions, glue=" OR ", parens=True)


def _back_from(now: float, age: Span) -> Span:
    """The dates of an age; the younger end is the later."""
    return Span(
        None if age.high is None else now - age.high,
        None if age.low is None else now - age.low,
    )
