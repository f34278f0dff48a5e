"""A tagger that hears what a test says, by the file's name: opinions without the networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archivist.archive import Archive
from taggers import registry
from taggers.base import Candidate, Findings, Tag, Tagger

if TYPE_CHECKING:
    from taggers.audio import Audio

_HEARS: dict[str, tuple[Tag, ...]] = {}


def heard(field: str, *candidates: tuple[str | float, float]) -> Tag:
    """What a network says: its first choice, and all candidates."""
    value, sure = candidates[0]
    return Tag(field, value, sure, engine="ear", candidates=tuple(Candidate(*one) for one in candidates))


def _tag(audio: Audio) -> Findings:
    return Findings(_HEARS.get(audio.path.name, ()))


TAGGER = Tagger("ear", version=1, fields=("bpm", "key", "instrument", "kind"), tag=_tag)


class Ear:
    """What it hears in files of these names; `learn` makes it another model, that hears everything anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._version = 0
        monkeypatch.setitem(registry.TAGGERS, "ear", "tests.ear:TAGGER")
        self.learn()

    def hears(self, name: str, *tags: Tag) -> None:
        _HEARS[name] = tags

    def learn(self) -> None:
        self._version += 1
        self._monkeypatch.setattr("tests.ear.TAGGER", replace(TAGGER, version=self._version))
        registry._all.cache_clear()
        registry.load.cache_clear()


@pytest.fixture
def ear(light: Archive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    """For the archive `light`."""
    _HEARS.clear()
    yield Ear(monkeypatch)
    _HEARS.clear()
