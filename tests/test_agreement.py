"""When two tempi or keys mean the same, and what the sounds of one song say together."""

from __future__ import annotations

import doctest

import pytest

from archivist import agreement, edits, resolve
from archivist.agreement import likeliest, relation, vote


@pytest.mark.parametrize("module", [agreement, edits, resolve], ids=lambda module: module.__name__)
def test_examples_in_the_docs(module) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted and not outcome.failed


RELATIONS = [
    (124.0, 120.0, "same"),
    (126.0, 120.0, None),
    (60.0, 120.0, "half"),
    (240.0, 120.0, "double"),
    (180.0, 120.0, None),
    (80.0, 120.0, None),
    ("A minor", "A minor", "same"),
    ("A minor", "C major", "relative"),
    ("A minor", "A major", None),
    ("kick", "drums", None),
]


@pytest.mark.parametrize(("heard", "said", "kin"), RELATIONS)
def test_relation(heard: float | str, said: float | str, kin: str | None) -> None:
    assert relation(heard, said) == kin


LIKELIEST = [
    ([140.0], [], (140.0, None)),
    ([140.0, 90.0], [(90.0, 0.9)], (90.0, "same")),
    ([140.0, 90.0], [(70.0, 0.9)], (140.0, "half")),
    ([140.0, 90.0], [(70.0, 0.6), (90.0, 0.3)], (90.0, "same")),
    ([140.0, 90.0], [(113.0, 0.9)], (140.0, None)),
]


@pytest.mark.parametrize(("tempi", "heard", "expected"), LIKELIEST)
def test_of_several_tempi_the_one_that_is_heard(tempi: list, heard: list, expected: tuple) -> None:
    assert likeliest(tempi, heard) == expected


SURE, HALF, OTHER = [(140.0, 0.8), (70.0, 0.1)], [(70.0, 0.6), (140.0, 0.3)], [(113.0, 0.7), (56.5, 0.1)]
VOTES = [
    ([], None),
    ([SURE], None),  # one is no vote
    ([SURE, SURE], (140.0, 2, 2)),
    ([SURE, HALF, HALF, SURE], (140.0, 2, 4)),
    ([SURE, SURE, OTHER], (140.0, 2, 3)),
    ([SURE, OTHER, [(93.0, 0.9)]], None),  # no two agree
    ([HALF, HALF, HALF], (70.0, 3, 3)),
    ([SURE, [], []], None),  # who says nothing has no voice
    ([[("A minor", 0.5)], [("A minor", 0.4), ("C major", 0.3)], [("C major", 0.4)]], ("A minor", 2, 3)),
]


@pytest.mark.parametrize(("voices", "expected"), VOTES)
def test_vote(voices: list, expected: tuple | None) -> None:
    found = vote(voices)
    assert (found and (found.value, found.agreeing, found.voices)) == expected
    assert found is None or 0 < found.confidence <= 1
