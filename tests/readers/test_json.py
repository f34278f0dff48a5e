"""What JSON may do to a reader: nothing."""

from __future__ import annotations

import io
import json as standard

import pytest

from archivist.readers import json
from archivist.readers.base import ReadError

DOCUMENT = b'{"a": {"b": [1, {"c": 2, "d": 3}]}, "d": {"a": 1}, "e": {"f": 1}}'


def test_only_what_is_wanted_is_kept() -> None:
    kept = json.sieve(io.BytesIO(DOCUMENT), frozenset("abce"))
    assert kept == {"a": {"b": [1, {"c": 2}]}, "e": None}


VALUES = {  # a document: what is at a, b
    b'{"a": {"b": 5}}': 5,
    b'{"a": [{"b": 5}]}': None,
    b'{"a": "b"}': None,
    b'["a"]': None,
    b"null": None,
}


@pytest.mark.parametrize("data", VALUES)
def test_what_is_not_there_is_none(data: bytes) -> None:
    assert json.at(standard.loads(data), "a", "b") == VALUES[data]


def test_values_of_the_wrong_type() -> None:
    assert (json.items({"a": 1}), json.items([1]), json.text(5), json.text(" x\0 ")) == ([], [1], "", "x")
    assert json.text("a\ud800b") == "a?b"
    numbers = (1, 2.5, True, "3", None, float("nan"), float("inf"), 10**400)
    assert [json.number(value) for value in numbers] == [1.0, 2.5, None, None, None, None, None, None]


BROKEN = {
    "cut off": (DOCUMENT[:-5], "damaged"),
    "no utf-8": (b'{"a": "\xff"}', "damaged"),
    "a number of 5,000 digits": (b"1" * 5_000, "damaged"),
    "nested": (b"[" * 100_000, "nested too deeply"),
    "too many values": (b"[" + b"1," * 5_000_001, "more values"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_json_is_an_error(what: str) -> None:
    data, message = BROKEN[what]
    with pytest.raises(ReadError, match=message):
        json.sieve(io.BytesIO(data), frozenset())
