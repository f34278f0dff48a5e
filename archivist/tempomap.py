"""Where a moment of a project lies, in quarter notes and in seconds, through its tempo changes. Pure.

A change is taken as a step: a ramp, of which an archive keeps the end, counts from there.
"""

from __future__ import annotations

from collections.abc import Iterable

from archivist.records import Marker, PlacedMarker, TempoChange


def placed(
    markers: Iterable[Marker], bpm: float | None, changes: Iterable[TempoChange]
) -> tuple[PlacedMarker, ...]:
    """Each marker with both positions; the one that is not stored is None where no tempo is known.

    >>> drop = Marker("Drop", 8.0, "beats")
    >>> placed([drop], 120.0, [TempoChange(4.0, "beats", 60.0)])
    (PlacedMarker(name='Drop', beats=8.0, seconds=6.0),)
    """
    steps = _steps(bpm, changes)
    found = []
    for marker in markers:
        beats = marker.at if marker.unit == "beats" else _along(marker.at, steps, given=1)
        seconds = marker.at if marker.unit == "seconds" else _along(marker.at, steps, given=0)
        found.append(PlacedMarker(marker.name, beats, seconds))
    return tuple(found)


_Step = tuple[float, float, float]  # beat, second, beats a minute from there


def _steps(bpm: float | None, changes: Iterable[TempoChange]) -> list[_Step]:
    if not bpm:
        return []
    steps: list[_Step] = [(0.0, 0.0, bpm)]
    for change in changes:
        beat, second, before = steps[-1]
        if change.unit == "beats":
            passed = change.at - beat
            steps.append((change.at, second + passed * 60 / before, change.bpm))
        else:
            passed = change.at - second
            steps.append((beat + passed * before / 60, change.at, change.bpm))
    return [step for step in steps if step[2] > 0]


def _along(at: float, steps: list[_Step], *, given: int) -> float | None:
    """The other position of `at`: seconds for a beat (given=0), beats for a second (given=1)."""
    if not steps:
        return None
    step = next((step for step in reversed(steps) if step[given] <= at), steps[0])
    beat, second, bpm = step
    other = second + (at - beat) * 60 / bpm if given == 0 else beat + (at - second) * bpm / 60
    return round(other, 6)
