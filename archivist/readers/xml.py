"""XML as project files use it: bounded in depth and size, a plain DOCTYPE is fine, entities are refused.

Namespaces are not resolved, so an undeclared prefix (Studio One writes `x:id`) is only part of a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from archivist.readers.base import MAX_DEPTH, ReadError, translate_errors

MAX_ELEMENTS = 5_000_000

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


def _refuse_entity(*_declaration: object) -> None:
    raise ReadError("declares XML entities, which no DAW does")
