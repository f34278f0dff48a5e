"""user > project > embedded > name > machine, and what breaks ties."""

from __future__ import annotations

from itertools import pairwise

import pytest

from archivist.resolve import Opinion, effective

ORDER = ("user", "project", "embedded", "name", "machine")


def opinion(
    source: str, text: str, confidence: float = 0.5, set_at: float = 0.0, rejected: bool = False
) -> Opinion:
    return Opinion(0, "key", text, None, source, confidence, set_at, rejected)  # type: ignore[arg-type]


@pytest.mark.parametrize(("stronger", "weaker"), list(pairwise(ORDER)))
def test_each_source_outranks_the_next_however_sure_that_is(stronger: str, weaker: str) -> None:
    said = [opinion(weaker, "C major", 1.0, 9.0), opinion(stronger, "A minor", 0.1, 1.0)]
    assert effective(said)["key"].value == "A minor"


TIES = [
    ([opinion("machine", "C major", 0.4), opinion("machine", "A minor", 0.6)], "A minor"),
    ([opinion("name", "C major", 0.5, 1.0), opinion("name", "A minor", 0.5, 2.0)], "A minor"),
    ([opinion("embedded", "C major", rejected=True), opinion("machine", "A minor")], "A minor"),
    ([opinion("user", ""), opinion("machine", "C major")], None),  # a person says: there is none
]


@pytest.mark.parametrize(("said", "value"), TIES)
def test_the_surer_then_the_newer_wins_and_rejected_never(said: list[Opinion], value: str | None) -> None:
    assert effective(said)["key"].value == value


def test_silence_is_no_value() -> None:
    assert effective([opinion("machine", "C major", rejected=True)]) == {}
