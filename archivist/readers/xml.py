"""XML as project files use it: bounded in depth and size, a plain DOCTYPE is fine, entities are refused.

Namespaces are not resolved, so an undeclared prefix (Studio One writes `x:id`) is only part of a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from archivist.readers.base import MAX_DEPTH, ReadError, translate_errors

MAX_ELEMENTS = 1_000_000
"""Elements of a tree that `parse` builds: some 450 MiB. An Ardour session of 2 MB has 16,000."""

StartHandler = Callable[[str, dict[str, str]], object]
EndHandler = Callable[[str], object]


def walk(
    stream: IO[bytes], start: StartHandler, end: EndHandler, text: Callable[[str], object] | None = None
) -> None:
    """Push the document through handlers, in C but for the handlers: for files too big for a tree.

    Raises ReadError on malformed XML and on any entity declaration. Depth is the handlers' own affair.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse_entity
    # An external DTD is never fetched: with no handler for it expat skips it.
    with translate_errors(expat.ExpatError, ValueError, LookupError):
        parser.ParseFile(stream)


def parse(stream: IO[bytes]) -> Element:
    """The whole document as a tree. Raises ReadError; the root element otherwise."""
    builder = TreeBuilder()
    depth = 0
    elements = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH:
            raise ReadError("nested too deeply")
        if elements > MAX_ELEMENTS:
            raise ReadError("holds more elements than a project would")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    walk(stream, start, end, builder.data)
    return builder.close()


MAX_KEPT = 500_000
"""Elements that `sieve` keeps. Of the 350,000 in a Live set of 38 MB those are 6,000."""

EVERY = frozenset({"*"})
_LEAF: frozenset[str] = frozenset()
_DROPPED: frozenset[str] = frozenset({""})  # no tag is empty: nothing below is wanted


def sieve(
    stream: IO[bytes], anywhere: frozenset[str], below: Mapping[str, frozenset[str]], *, text: bool = False
) -> Element:
    """The tree of the wanted elements alone, each hung below its nearest wanted ancestor; their own text if asked.

    Wanted are the root, every tag in `anywhere`, and the tags that `below` lists for the element's
    parent, if that is wanted itself. "*" stands for any tag, on either side of `below`. So a Live set
    of 38 MB takes 17 MiB of memory in all; its whole tree would take some 350.
    """
    builder = TreeBuilder()
    open_elements: list[frozenset[str]] = [EVERY]  # for each: the children wanted of it
    other = below.get("*", _LEAF)
    kept = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal kept
        wanted = open_elements[-1]
        if tag in wanted or tag in anywhere or wanted is EVERY:
            kept += 1
            if kept > MAX_KEPT:
                raise ReadError("holds more elements than a project would")
            builder.start(tag, attributes)
            open_elements.append(below.get(tag, other))
        else:
            open_elements.append(_DROPPED)
        if len(open_elements) > MAX_DEPTH:
            raise ReadError("nested too deeply")

    def end(tag: str) -> None:
        if open_elements.pop() is not _DROPPED:
            builder.end(tag)

    def data(characters: str) -> None:
        if open_elements[-1] is not _DROPPED:
            builder.data(characters)

    walk(stream, start, end, data if text else None)
    return builder.close()


def number(text: str | None, low: float = -1e12, high: float = 1e12) -> float | None:
    """The number that an attribute holds, or None where it holds none between `low` and `high`.

    >>> number("120.0"), number("nan"), number(None)
    (120.0, None, None)
    """
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return value if low <= value <= high else None


def _refuse_entity(*_declaration: object) -> None:
    raise ReadError("declares XML entities, which no DAW does")
