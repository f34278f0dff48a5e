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


HEARD = {
    # what a machine says with its confidence: what is in force
    (("kick", 0.9), ("drums", 0.95)): "kick",
    (("kick", 0.9), ("snare", 0.8), ("drums", 0.95)): "drums",
    (("kick", 0.97), ("drums", 0.95), ("bass", 0.7)): "drums",
    (("violin", 0.6),): "violin",
    (("strings", 0.6),): "strings",
    (("bass", 0.9), ("drums", 0.6), ("kick", 0.6)): "bass",
}


@pytest.mark.parametrize(("said", "name"), HEARD.items())
def test_a_member_is_named_where_it_is_alone(said: tuple[tuple[str, float], ...], name: str) -> None:
    opinions = [
        Opinion(number, "instrument", text, None, "machine", confidence, 1.0)
        for number, (text, confidence) in enumerate(said)
    ]
    assert effective(opinions)["instrument"].text == name
