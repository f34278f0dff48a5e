"""Queries and what they find in a small archive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archivist import results
from archivist.query.fields import STATES
from archivist.query.nodes import Query, QueryError
from archivist.query.parse import parse, parse_lenient
from tests.query.shelf import NOW, OFFLINE, shelf


@pytest.fixture(scope="module", autouse=True)
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with shelf(tmp_path_factory.mktemp("shelf") / "archive.db"):
        yield


def names(query: Query, projects: bool = False, limit: int | None = None) -> list[str]:
    found = results.find(query, projects=projects, offline=OFFLINE, now=NOW, limit=limit)
    return [row.name.rpartition(".")[0] or row.name for row in found]


ALL = {
    "Kick-01", "808_Snare", "Loop_120bpm_F#m", "Groove 62", "Café Strings", "Lead 1", "Lead 2", "Beat", "Riff",
    "Unheard",
}  # fmt: skip

FILES: dict[str, set[str]] = {
    "": ALL,
    "kick": {"Kick-01"},
    "KICK-01": {"Kick-01"},
    "kic": set(),
    "01": {"Kick-01"},
    "snare": {"808_Snare"},
    "loop": {"Loop_120bpm_F#m"},
    "120bpm": {"Loop_120bpm_F#m"},
    "120": {"Loop_120bpm_F#m"},
    "F#m": {"Loop_120bpm_F#m"},
    "cafe strings": {"Café Strings"},
    '"lead 1"': {"Lead 1"},
    '"1 lead"': set(),
    "lead 1": {"Lead 1"},
    "sunrise": {"Lead 1", "Lead 2"},
    "kick or snare": {"Kick-01", "808_Snare"},
    "drums -kick": {"808_Snare"},
    "-packs": {"Lead 1", "Lead 2", "Beat", "Riff"},
    "(kick or groove) packs": {"Kick-01", "Groove 62"},
    "kick or bpm:62": {"Kick-01", "Groove 62"},
    "- kick": {"Kick-01"},
    "!!!": ALL,
    "bpm:120": {"Loop_120bpm_F#m"},
    "bpm:124": {"Café Strings", "Lead 1", "Lead 2"},
    "bpm:118..124": {"Loop_120bpm_F#m", "Café Strings", "Lead 1", "Lead 2"},
    "bpm:~124": {"Groove 62", "Café Strings", "Lead 1", "Lead 2"},
    "bpm:<80": {"Groove 62"},
    "bpm:>=124": {"Lead 1", "Lead 2"},
    "-bpm:124": ALL - {"Café Strings", "Lead 1", "Lead 2"},
    "key:Am": {"Lead 1"},
    "key:8A": {"Lead 1"},
    "key:~Am": {"Lead 1", "Lead 2", "Café Strings"},
    "key:Gbm": {"Loop_120bpm_F#m"},
    "instrument:kick": {"Kick-01"},
    "instrument:drums": {"Kick-01", "808_Snare", "Groove 62", "Beat"},
    "instrument:strings": {"Café Strings"},
    "instrument:vocals": {"Lead 1", "Lead 2"},
    "kind:one-shot": {"Kick-01", "808_Snare"},
    "kind:stem instrument:drums": {"Beat"},
    "length:<1s": {"Kick-01", "808_Snare"},
    "length:1:30..3:00": {"Lead 1", "Lead 2", "Beat"},
    "length:8": {"Loop_120bpm_F#m", "Café Strings"},
    "loudness:>-14": {"Kick-01"},
    "loudness:-14": {"Loop_120bpm_F#m"},
    "flag:clipped": {"Lead 2"},
    "flag:clip": set(),
    "daw:ableton": {"Lead 1", "Lead 2"},
    'daw:"Ableton Live"': {"Lead 1", "Lead 2"},
    "plugin:serum": {"Lead 1", "Lead 2"},
    "plugin:pro-q": {"Lead 1", "Lead 2"},
    "plugin:omni": {"Beat"},
    'plugin:"omni"': set(),
    'track:"lead vox"': {"Lead 1", "Lead 2", "Beat"},
    "track:gtr": {"Riff"},
    "project:night": {"Beat"},
    "path:packs/loops": {"Loop_120bpm_F#m", "Groove 62", "Café Strings"},
    "path:loops/packs": set(),
    "date:2021": {"Loop_120bpm_F#m", "Groove 62"},
    "date:2021-07": {"Groove 62"},
    "date:2024..2025": {"Lead 1", "Lead 2"},
    "date:<30d": {"Lead 2"},
    "date:>10y": {"Riff"},
    "date:3000": set(),
    "date:..1600": set(),
    "date:1600..3000": ALL,
    "date:>99999y": set(),
    "date:<99999y": ALL,
    "label:favourite": {"Beat"},
    "label:FAV": {"Beat"},
    'label:"fav"': set(),
    "label:Ärg": {"Unheard"},
    'label:"ÄRGER"': {"Unheard"},
    "is:missing": {"Lost Kick"},
    "kick is:missing": {"Lost Kick"},
    "kick or is:missing": {"Kick-01", "Lost Kick"},
    "is:offline": {"Riff"},
    "-is:offline kind:stem": {"Lead 1", "Lead 2", "Beat"},
    "is:take": {"Lead 1", "Lead 2", "Beat", "Riff"},
    "is:unused": ALL - {"808_Snare"},
    "is:conflict": {"Lead 2"},
    "is:doubtful": {"Groove 62", "Lead 2"},
    "key:~Am bpm:~124 instrument:vocals": {"Lead 1", "Lead 2"},
}


@pytest.mark.parametrize("query", FILES)
def test_files(query: str) -> None:
    assert set(names(parse(query))) == FILES[query]


PROJECTS: dict[str, set[str]] = {
    "": {"Sunrise", "Nightfall", "Old Anthem"},
    "sunrise": {"Sunrise"},
    "bridge": {"Sunrise"},
    "serum": {"Sunrise"},
    "vox": {"Sunrise", "Nightfall"},
    "bpm:90": {"Nightfall"},
    "key:F#m": {"Old Anthem"},
    "daw:reaper": {"Nightfall"},
    "daw:live": {"Sunrise"},
    "plugin:pro-q": {"Sunrise"},
    "track:drums": {"Nightfall"},
    "path:tapes": {"Old Anthem"},
    "date:2019": {"Nightfall"},
    "label:finish": set(),
    'label:"to finish"': {"Nightfall"},
    "is:offline": {"Old Anthem"},
    "is:missing": {"Gone Song"},
    "is:conflict": {"Sunrise"},
    "is:doubtful": {"Sunrise"},
    "instrument:vocals": {"Sunrise"},
    "kind:stem -instrument:drums": {"Sunrise", "Old Anthem"},
    "length:>2m": {"Nightfall"},
    "flag:clipped": {"Sunrise"},
}


@pytest.mark.parametrize("query", PROJECTS)
def test_projects(query: str) -> None:
    assert set(names(parse(query), projects=True)) == PROJECTS[query]


ORDERS: dict[str, list[str]] = {
    "kind:loop": ["Café Strings", "Groove 62", "Loop_120bpm_F#m"],
    "kind:loop sort:added": ["Loop_120bpm_F#m", "Groove 62", "Café Strings"],
    "kind:loop sort:name": ["Café Strings", "Groove 62", "Loop_120bpm_F#m"],
    "kind:loop sort:-bpm": ["Café Strings", "Loop_120bpm_F#m", "Groove 62"],
    "kind:loop sort:key": ["Café Strings", "Loop_120bpm_F#m", "Groove 62"],  # no key comes last,
    "kind:loop sort:-key": ["Loop_120bpm_F#m", "Café Strings", "Groove 62"],  # either way
    "kind:loop sort:length": ["Café Strings", "Loop_120bpm_F#m", "Groove 62"],
    "kind:loop sort:-size": ["Loop_120bpm_F#m", "Café Strings", "Groove 62"],
    "kind:loop sort:-loudness": ["Loop_120bpm_F#m", "Café Strings", "Groove 62"],
    "is:take sort:date": ["Riff", "Beat", "Lead 1", "Lead 2"],
    "lead sort:-date": ["Lead 2", "Lead 1"],
    "is:doubtful": ["Lead 2", "Groove 62"],  # what is worth most comes first, unless asked otherwise
    "is:doubtful sort:name": ["Groove 62", "Lead 2"],
    "is:doubtful kind:loop": ["Groove 62"],
    "sort:-doubt is:doubtful": ["Lead 2", "Groove 62"],
}


@pytest.mark.parametrize("query", ORDERS)
@pytest.mark.parametrize("many", [1, 1_000], ids=["as one of many", "as one of few"])
def test_order(query: str, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first window shows the same rows as the whole list, whichever way it is looked for."""
    monkeypatch.setattr(results, "MANY", many)
    expected = ORDERS[query]
    assert names(parse(query)) == expected
    for limit in range(1, len(expected) + 2):
        assert names(parse(query), limit=limit) == expected[:limit]


def test_projects_in_order() -> None:
    assert names(parse("sort:-bpm"), projects=True) == ["Old Anthem", "Sunrise", "Nightfall"]
    assert names(parse("sort:name"), projects=True, limit=2) == ["Nightfall", "Old Anthem"]


def test_projects_have_no_length_to_sort_by() -> None:
    with pytest.raises(QueryError, match="use name, date, bpm, key, added") as caught:
        names(parse("vox sort:length"), projects=True)
    assert caught.value.position == 9


TYPED = {
    "k": {"Kick-01"},
    "ki": {"Kick-01"},
    "kick": {"Kick-01"},
    "kick b": set(),
    "lead": {"Lead 1", "Lead 2"},
    "lead v": set(),
    "lo": {"Loop_120bpm_F#m", "Groove 62", "Café Strings"},  # a loop, and two in Loops
    "instrument:vo": {"Lead 1", "Lead 2"},
    "lead bpm:": {"Lead 1", "Lead 2"},
}


@pytest.mark.parametrize("text", TYPED)
def test_typed(text: str) -> None:
    assert set(names(parse_lenient(text))) == TYPED[text]


_TERMS = st.sampled_from(
    [
        "kick",
        '"lead vox"',
        "F#m",
        "o'clock",
        "NEAR",
        "AND",
        "*",
        "^",
        "\u0301",
        "名前",
        "\udc80",
        "a\0b",
        "%",
        "_",
        "\\",
    ]
    + [
        "bpm:120",
        "bpm:~124",
        "key:~Am",
        "instrument:drums",
        "kind:loop",
        "daw:100%",
        'plugin:"',
        "track:*",
        "path:a/b",
    ]
    + ["project:-", "label:_", "flag:x", "length:<10s", "date:2024", "date:<30d", "-", "or", "(", ")", "sort:bpm"]
    + [f"is:{state}" for state in STATES]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.lists(_TERMS, max_size=12).map(" ".join), st.text(max_size=30)), st.booleans())
def test_any_text_is_answered(text: str, projects: bool) -> None:
    found = names(parse_lenient(text), projects)
    assert names(parse_lenient(text), projects, limit=3) == found[:3]
