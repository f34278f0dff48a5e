"""One value as a row of `tag`: written here, whoever says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from archivist.store import many
from archivist.tables import Tag
from archivist.text import clean, to_store


@dataclass(frozen=True, slots=True)
class Said:
    """One value about to be written as a tag row: text or number, never both."""

    field: str
    text: str = ""
    number: float | None = None
    source: str = "machine"
    confidence: float = 1.0
    engine: str = ""
    candidates: tuple[tuple[str, float], ...] = ()


def add(said: Iterable[tuple[int, Said]], **common: Any) -> None:
    """Write what is said of contents (by id) beside what stands; `common`: tagger, tagger_version, set_at."""
    many.insert(Tag, [row(one) | common | {"content": content_id} for content_id, one in said])


def row(said: Said) -> dict[str, Any]:
    """As columns of `tag`, without whose it is."""
    return {
        "field": said.field,
        "text": clean(to_store(said.text)),
        "number": said.number,
        "source": said.source,
        "confidence": said.confidence,
        "engine": clean(said.engine),
        "candidates": [list(candidate) for candidate in said.candidates],
    }
