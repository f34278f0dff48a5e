"""JSON as project files use it: bounded in size and depth, and only what is wanted of it is kept.

What comes back is hostile still: any value may be of any type, so it is asked for through `at`, `items`,
`text` and `number`, which take whatever is there.
"""

from __future__ import annotations

import json
from typing import IO, Any

from archivist.readers.base import ReadError, translate_errors
from archivist.text import clean

MAX_TEXT = 96 * 2**20
"""Bytes of a document. An MPC project's drum track takes 3 MB, whatever is on it."""

MAX_VALUES = 5_000_000
"""Values of a document: an empty list takes 3 bytes there and 64 here. A drum track of the MPC has 80,000."""


def sieve(stream: IO[bytes], wanted: frozenset[str]) -> Any:
    """The document with the `wanted` members of its objects alone, on every level. An object that holds
    none of them is None. Raises ReadError.

    >>> import io
    >>> sieve(io.BytesIO(b'{"name": "Bass", "notes": [1, 2], "x": {"y": 1}}'), frozenset({"name", "x"}))
    {'name': 'Bass', 'x': None}
    """

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
        return {name: value for name, value in pairs if name in wanted} or None

    with translate_errors(ValueError):  # both of text that is no UTF-8 and of text that is no JSON
        data = stream.read(MAX_TEXT + 1)
        if len(data) > MAX_TEXT:
            raise ReadError(f"holds more than {MAX_TEXT // 2**20} MiB of JSON")
        if data.count(b",") > MAX_VALUES:
            raise ReadError("holds more values than a project would")
        return json.loads(data.decode("utf-8"), object_pairs_hook=keep)


def at(value: Any, *path: str) -> Any:
    """What lies at the end of `path` from member to member; None where it breaks off."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any, limit: int = 1_000) -> str:
    return clean(value.encode("utf-8", "replace").decode(), limit) if isinstance(value, str) else ""


def number(value: Any, low: float = -1e12, high: float = 1e12) -> float | None:
    """A number between `low` and `high`; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None
