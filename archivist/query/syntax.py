"""grammar.lark, loaded, and the nodes that its rules make. Only a query imports this: lark costs 40 ms."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TypeAlias

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from archivist.query.nodes import And, Node, Not, Or, QueryError, Sort, Text
from archivist.query.values import Value, completed, field_named, read

Terms: TypeAlias = tuple[Node | Sort, ...]
"""What must all hold."""


def terms_of(text: str, *, lenient: bool) -> Terms:
    """Raises QueryError. `lenient` takes a term that its field cannot read as text, and a half-written
    value as all that it could become."""
    try:
        terms: Terms = _parser(lenient).parse(text)  # type: ignore[assignment]
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        position = len(text) if at_end else error.token.start_pos or 0
        reason = _what_is_wrong(text, position, error.token.type, error.expected)
        raise QueryError(reason, position) from error
    except UnexpectedCharacters as error:
        position = error.pos_in_stream or 0
        raise QueryError(_what_is_wrong(text, position, "", error.allowed), position) from error
    return terms


@cache
def _parser(lenient: bool) -> Lark:
    grammar = resources.files("archivist.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(lenient))


def _what_is_wrong(text: str, position: int, found: str, expected: set[str]) -> str:
    if text[position : position + 1] == '"':
        return "the quote that opens here is not closed"
    if "VALUE" in expected:
        return "a value is missing here"
    match found:
        case "CLOSE":
            return "this bracket closes none that is open, or an empty one"
        case "$END" if "CLOSE" in expected:
            return "a bracket is not closed"
        case "$END":
            return "something is missing at the end"
    return f"{text[position : position + 10]!r} cannot stand here; put it in quotes to search for it"


@v_args(inline=True)
class _Builder(Transformer[Token, Terms]):
    """One method for each rule of the grammar; lark calls them while it parses, innermost first."""

    def __init__(self, lenient: bool) -> None:
        super().__init__()
        self._lenient = lenient

    def start(self, terms: Terms = ()) -> Terms:
        return terms or ()

    def any(self, *alternatives: Terms | Token) -> Terms:
        groups = [group for group in alternatives if not isinstance(group, Token)]
        return groups[0] if len(groups) == 1 else (Or(tuple(map(_condition, groups))),)

    def all(self, *groups: Terms) -> Terms:
        return tuple(term for group in groups for term in group)

    def brackets(self, _open: Token, terms: Terms, _close: Token) -> Terms:
        return terms

    def negation(self, _dash: Token, terms: Terms) -> Terms:
        return (Not(_condition(terms)),)

    def word(self, token: Token) -> Terms:
        return (Text(str(token)),)

    def phrase(self, token: Token) -> Terms:
        return (Text(token[1:-1]),)

    def term(self, name: Token, value: Value) -> Terms:
        try:
            field = field_named(name[:-1], name.start_pos or 0)
            half_written = completed(field, value) if self._lenient else None
            return (half_written or read(field, value),)
        except QueryError:
            if not self._lenient:
                raise
            return (Text(f"{name[:-1]} {value.raw}"),)

    def key_of_two_words(self, name: Token, text: Token) -> Terms:
        close = text[:1] == "~"
        return self.term(name, _value(text, operator="~" if close else "", low=text[close:]))

    def plain(self, text: Token) -> Value:
        return _value(text, low=str(text))

    def quoted(self, text: Token) -> Value:
        return Value(text[1:-1], text.start_pos or 0, low=text[1:-1], quoted=True)

    def compared(self, operator: Token, text: Token) -> Value:
        return _value(operator, text, operator=str(operator), low=text.strip('"'))

    def between(self, text: Token) -> Value:
        low, _dots, high = text.partition("..")
        return _value(text, operator="..", low=low or None, high=high or None)


def _value(*tokens: Token, operator: str = "", low: str | None = None, high: str | None = None) -> Value:
    return Value("".join(tokens), tokens[0].start_pos or 0, operator, low, high)


def _condition(terms: Terms) -> Node:
    conditions: list[Node] = []
    for term in terms:
        if isinstance(term, Sort):
            raise QueryError("sort: stands outside of or and -", term.position)
        conditions.append(term)
    return conditions[0] if len(conditions) == 1 else And(tuple(conditions))
