"""Reads a query's text. The syntax is in grammar.lark, the values' forms in values.py.

>>> parse("kick -bpm:120..").where.terms[1]
Not(term=Within(field='bpm', spans=(Span(low=119.5, high=None),)))
"""

from __future__ import annotations

import re
from dataclasses import replace

from archivist.query.nodes import (
    MOST_DOUBTFUL,
    NEWEST_FIRST,
    And,
    Node,
    Not,
    OneOf,
    Or,
    Query,
    QueryError,
    Sort,
    Text,
)

MAX_LENGTH = 1_000  # characters
MAX_TERMS = 60  # SQLite allows an expression a depth of 1000, and each negation costs a sub-query

_PLAIN = re.compile(r"(?:(?!or\b)\w+(?:\s+|$))*", re.IGNORECASE)
_PIECE = re.compile(r'-?\(|\)|[^\s()"]*"[^"]*"|[^\s()"]+')
_UNFINISHED = re.compile(r"-?[a-z]+:[<>=~]*", re.IGNORECASE)


def parse(text: str, *, typing: bool = False) -> Query:
    """The query that `text` is; "" is everything. `typing`: a last word that touches the end may go on.

    Raises QueryError with the position (in characters from 0) and what would be right.
    """
    return _query(_tame(text), typing=typing, lenient=False)


def order(text: str) -> Sort:
    """What "sort:" in a query says, said beside it: "-bpm". Raises QueryError without a position."""
    from archivist.query.values import Value, field_named, read

    try:
        found = read(field_named("sort", 0), Value(text, 0))
    except QueryError as error:
        raise QueryError(str(error), None) from error
    assert isinstance(found, Sort)
    return replace(found, position=None)


def parse_lenient(text: str, *, typing: bool = True) -> Query:
    """The best reading of a half-written query. Never raises: brackets and quotes still open are closed, a
    term without a value yet is left out, and what cannot be read otherwise is searched as text."""
    text = _tame(text)[:MAX_LENGTH]
    for attempt in (text, _mended(text)):
        try:
            return _query(attempt, typing=typing, lenient=True)
        except QueryError:
            continue
    words = re.findall(r'[^\s()"]+', text)[:MAX_TERMS]
    return Query(And(tuple(Text(word) for word in words)))


def _query(text: str, *, typing: bool, lenient: bool) -> Query:
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a query has at most {MAX_LENGTH} characters", MAX_LENGTH)
    terms: list[Node] = []
    sort = None
    for term in _terms(text, lenient):
        if isinstance(term, Sort):
            sort = term
        else:
            terms.append(term)
    if sort is None:
        sort = MOST_DOUBTFUL if OneOf("is", ("doubtful",)) in terms else NEWEST_FIRST
    where: Node = terms[0] if len(terms) == 1 else And(tuple(terms))
    if _size(where) > MAX_TERMS:
        raise QueryError(f"a query has at most {MAX_TERMS} terms", len(text))
    if typing and text[-1:].rstrip().rstrip(')"'):
        where = _last_goes_on(where)
    return Query(where, sort)


def _terms(text: str, lenient: bool) -> tuple[Node | Sort, ...]:
    if _PLAIN.fullmatch(text):  # mere words need no grammar, and do not wait 50 ms for it
        return tuple(Text(word) for word in text.split())
    from archivist.query.syntax import terms_of

    return terms_of(text, lenient=lenient)


def _size(node: Node) -> int:
    """How many terms and operators there are. No recursion: the depth is what this guards."""
    found, todo = 0, [node]
    while todo:
        match todo.pop():
            case And(terms) | Or(terms):
                todo += terms
            case Not(term):
                todo.append(term)
        found += 1
    return found


def _last_goes_on(node: Node) -> Node:
    match node:
        case Text():
            return replace(node, prefix=True)
        case And(terms) | Or(terms) if terms:
            return replace(node, terms=(*terms[:-1], _last_goes_on(terms[-1])))
        case _:
            return node


def _tame(text: str) -> str:
    """No NUL, and no lone surrogates but those that os.fsdecode makes of a file name's bytes."""
    text = text.replace("\0", " ")
    return text if text.isascii() else re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", text)


def _mended(text: str) -> str:
    """`text` with what is still open closed, and what is unfinished or closes nothing left out."""
    levels: list[list[str]] = [[]]  # the pieces in each bracket that is open, its opening sign first
    for piece in _PIECE.findall(text + '"' if text.count('"') % 2 else text):
        if piece.endswith("("):
            levels.append([piece])
        elif piece != ")":
            levels[-1].append(piece)
        elif len(levels) > 1:
            _close(levels)
    while len(levels) > 1:
        _close(levels)
    return " ".join(_finished(levels[0]))


def _close(levels: list[list[str]]) -> None:
    opening, *pieces = levels.pop()
    if pieces := _finished(pieces):
        levels[-1].append(f"{opening}{' '.join(pieces)})")


def _finished(pieces: list[str]) -> list[str]:
    """Without an end that waits for more: "kick or", "kick bpm:", "kick length:<"."""
    while pieces and (pieces[-1].lower() in ("-", "or") or _UNFINISHED.fullmatch(pieces[-1])):
        pieces = pieces[:-1]
    return pieces
