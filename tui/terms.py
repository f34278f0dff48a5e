"""Changing a written query by one term: a facet added or taken out, another order.

It reads the words of a query, not their meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r'(?:[^\s"()]|"[^"]*(?:"|$))+|[()]')
"""A word with whatever it quotes (an open quote runs to the end), or one bracket."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str  # casefolded
    start: int
    end: int
    depth: int  # brackets around it; a bracket counts as inside itself


def has_term(query: str, term: str) -> bool:
    """Does `term` narrow the whole of `query`? One among alternatives does not.

    >>> has_term('kick KEY:"a minor"', 'key:"A minor"'), has_term("kick or bpm:120", "bpm:120")
    (True, False)
    """
    return _find(_words(query), term) is not None


def toggle(query: str, term: str) -> str:
    """`query` with `term` added, or without it where it narrows the query already.

    >>> toggle("kick", "bpm:120")
    'kick bpm:120'
    >>> toggle("bpm:120 -(kick snare)", "bpm:120")
    '-(kick snare)'
    >>> toggle("kick or snare", "bpm:120")
    '(kick or snare) bpm:120'
    """
    words = _words(query)
    if word := _find(words, term):
        return _cut(query, word)
    written = query.strip()
    if written.count('"') % 2:  # half typed
        written += '"'
    written += ")" * _open_brackets(words)
    if _alternatives(words):
        written = f"({written})"  # "or" binds weaker than the space before the new term
    return f"{written} {term}".strip()


def sort_of(query: str) -> str | None:
    """The order that `query` asks for.

    >>> sort_of("kick sort:-date")
    '-date'
    """
    orders = [word.text.removeprefix("sort:") for word in _words(query) if word.text.startswith("sort:")]
    return orders[-1] if orders else None


def with_sort(query: str, sort: str) -> str:
    """
    >>> with_sort("kick sort:-date snare", "bpm")
    'kick snare sort:bpm'
    """
    return f"{without_sort(query)} sort:{sort}".strip()


def without_sort(query: str) -> str:
    for word in reversed(_words(query)):
        if word.text.startswith("sort:"):
            query = _cut(query, word)
    return query.strip()


def last_word(query: str) -> str:
    """The word at the end of `query`, that is being typed; empty after a space."""
    words = _words(query)
    return query[words[-1].start :] if words and words[-1].end == len(query) else ""


def _words(query: str) -> list[_Word]:
    depth = 0
    words = []
    for match in _WORD.finditer(query):
        text = match[0].casefold()
        depth += text == "("
        words.append(_Word(text, match.start(), match.end(), depth))
        depth = max(0, depth - (text == ")"))
    return words


def _find(words: list[_Word], term: str) -> _Word | None:
    if _alternatives(words):
        return None
    return next((word for word in words if word.depth == 0 and word.text == term.casefold()), None)


def _cut(query: str, word: _Word) -> str:
    return f"{query[: word.start].rstrip()} {query[word.end :].lstrip()}".strip()


def _alternatives(words: list[_Word]) -> bool:
    return any(word.depth == 0 and word.text == "or" for word in words)


def _open_brackets(words: list[_Word]) -> int:
    return sum(word.text == "(" for word in words) - sum(word.text == ")" and word.depth > 0 for word in words)
