"""A marker's place on both rulers, through the tempo changes before it."""

from __future__ import annotations

import pytest

from archivist.records import Marker, TempoChange
from archivist.tempomap import placed

BEATS = [TempoChange(8.0, "beats", 60.0), TempoChange(12.0, "beats", 240.0)]  # at 4 s and 8 s from 120
SECONDS = [TempoChange(4.0, "seconds", 60.0), TempoChange(8.0, "seconds", 240.0)]

PLACES = [
    # (marker, its unit, start tempo, changes, beats, seconds)
    (4.0, "beats", 120.0, [], 4.0, 2.0),
    (10.0, "beats", 120.0, BEATS, 10.0, 6.0),
    (16.0, "beats", 120.0, BEATS, 16.0, 9.0),
    (9.0, "seconds", 120.0, SECONDS, 16.0, 9.0),
    (9.0, "seconds", 120.0, BEATS, 16.0, 9.0),
    (3.0, "seconds", None, [], None, 3.0),
    (3.0, "beats", None, SECONDS, 3.0, None),
    (-4.0, "beats", 120.0, BEATS, -4.0, -2.0),
]


@pytest.mark.parametrize(("at", "unit", "bpm", "changes", "beats", "seconds"), PLACES)
def test_places(
    at: float, unit: str, bpm: float | None, changes: list[TempoChange], beats: float | None, seconds: float | None
) -> None:
    (marker,) = placed([Marker("x", at, unit)], bpm, changes)  # type: ignore[arg-type]
    assert (marker.beats, marker.seconds) == (beats, seconds)
