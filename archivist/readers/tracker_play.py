"""What the patterns of a tracker module do to time: its tempo, its changes and its length.

A row lasts `speed` ticks and there are tempo * 2 / 5 ticks a second, as on the Amiga that the clock comes
from; so a module of `rows` rows a beat runs at tempo * 24 / (speed * rows) beats a minute, the
estimate that libopenmpt gives, too. With ProTracker's four rows and speed 6 that is the tempo itself, at
speed 3 its double. Played is each place of the order once: where a jump leads back the module ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from archivist.readers import tempo
from archivist.readers.base import MAX_ITEMS
from archivist.records import TempoChange

ROWS_A_BEAT = 4
MAX_ROWS = 500_000
"""Rows played of one module; the longest that sounds like music has some 20,000."""

Effect = tuple[Literal["speed", "tempo", "slide", "jump", "break", "loop", "delay"], int]
Row = tuple[Effect, ...]
Pattern = Sequence[Row]

EMPTY: Pattern = ((),) * 64
SKIP = -1


@dataclass(frozen=True, slots=True)
class Played:
    """bpm: at the first row, with what it sets. beats and seconds: until the end or the jump back to it."""

    bpm: float | None
    changes: tuple[TempoChange, ...]
    seconds: float


@dataclass(slots=True)
class _Clock:
    speed: int
    pace: float  # the tempo as it is stored
    rows_a_beat: int
    modern: bool
    seconds: float = 0.0
    beats: float = 0.0
    points: list[tempo.Point] = field(default_factory=list)

    def row(self, delays: int) -> None:
        """Let a row pass, and as many as it is held for."""
        bpm = self.pace * (1 if self.modern else 24 / (self.speed * self.rows_a_beat))
        if (not self.points or self.points[-1][1] != bpm) and len(self.points) < MAX_ITEMS:
            self.points.append((self.beats, bpm))
        self.seconds += (1 + delays) * 60 / (bpm * self.rows_a_beat)
        self.beats += (1 + delays) / self.rows_a_beat


def play(
    patterns: Mapping[int, Pattern],
    order: Sequence[int],
    speed: int,
    pace: float,
    rows_a_beat: int = ROWS_A_BEAT,
    modern: bool = False,
) -> Played:
    """Play `order` from its start: numbers of `patterns`, SKIP, or one that is not there for 64 empty rows.

    `speed` and `pace`, the tempo as stored, hold at the start; 0 stands for 6 and 125. `modern`: the pace is
    beats a minute whatever the speed, as OpenMPT can have it.

    >>> four = ((), (), (), ())
    >>> play({0: four, 1: ((("speed", 3),), *four[1:])}, [0, 1], 6, 120)
    Played(bpm=120.0, changes=(TempoChange(at=1.0, unit='beats', bpm=240.0),), seconds=0.75)
    """
    clock = _Clock(speed or 6, pace or 125, rows_a_beat, modern)
    been: set[tuple[int, int]] = set()
    place = row = loop_start = loops = total = 0
    while place < len(order) and total < MAX_ROWS:
        if order[place] == SKIP:
            place += 1
            continue
        pattern = patterns.get(order[place], EMPTY)
        if row >= len(pattern):
            place, row, loop_start, loops = place + 1, 0, 0, 0
            continue
        if (place, row) in been and not loops:
            break
        been.add((place, row))
        total += 1
        delays = 0
        jump: int | None = None
        leap: int | None = None
        back = False
        for effect, value in pattern[row]:
            match effect:
                case "speed" if value:
                    clock.speed = value
                case "tempo" if value:
                    clock.pace = value
                case "slide":  # on each tick but the first
                    clock.pace = min(max(clock.pace + value * (clock.speed - 1), 32), 255)
                case "jump":
                    jump = value
                case "break":
                    leap = value
                case "delay":
                    delays = value
                case "loop" if not value:
                    loop_start = row
                case "loop":
                    loops = loops - 1 if loops else value
                    back = loops > 0
        clock.row(delays)
        if back:
            row = loop_start
        elif jump is not None or leap is not None:
            place, row = place + 1 if jump is None else jump, leap or 0
            loop_start = loops = 0
            while place < len(order) and order[place] == SKIP:
                place += 1
            place = place if place < len(order) else 0  # beyond the end is the start
            if row >= len(patterns.get(order[place], EMPTY)):
                row = 0
        else:
            row += 1
    points = tempo.steps(tempo.in_order((beat, round(value, 3)) for beat, value in clock.points))
    return Played(tempo.start_bpm(points), tempo.changes(points), clock.seconds)


# ---------------------------------------------------------------- the effects of a row


def amiga(commands: Iterable[tuple[int, int]]) -> Row:
    """Those of MOD and XM (effect, parameter): F speed or tempo, B jump, D break, E6 loop, EE delay."""
    found: list[Effect] = []
    for effect, value in commands:
        if effect == 0xF:
            found.append(("tempo" if value >= 0x20 else "speed", value))
        elif effect == 0xB:
            found.append(("jump", value))
        elif effect == 0xD:
            found.append(("break", value // 16 * 10 + value % 16))
        elif effect == 0xE and value >> 4 == 0x6:
            found.append(("loop", value & 15))
        elif effect == 0xE and value >> 4 == 0xE:
            found.append(("delay", value & 15))
    return tuple(found)


def scream(commands: Iterable[tuple[int, int]], decimal: bool) -> Row:
    """Those of S3M and IT: A speed, B jump, C break (in S3M the row is decimal), T tempo, SB loop, SE delay."""
    found: list[Effect] = []
    for effect, value in commands:
        if effect == 1:
            found.append(("speed", value))
        elif effect == 2:
            found.append(("jump", value))
        elif effect == 3:
            found.append(("break", value // 16 * 10 + value % 16 if decimal else value))
        elif effect == 20 and value >= 0x20:
            found.append(("tempo", value))
        elif effect == 20 and not decimal:
            found.append(("slide", value & 15 if value >> 4 else -(value & 15)))
        elif effect == 19 and value >> 4 == 0xB:
            found.append(("loop", value & 15))
        elif effect == 19 and value >> 4 == 0xE:
            found.append(("delay", value & 15))
    return tuple(found)
