"""`python -m benchmarks archive`: how fast a big archive answers.

Makes an archive of invented songs and samples, unless FILE is one already, and prints how long queries take,
with the first rows read as a list would show them: the whole answer, the first window at each key typed, each
order, the counts of the facets. Each query is asked `--runs` times; the median stands.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from archivist import results
from archivist.database import open_database
from archivist.query.fields import SORTS
from archivist.query.parse import parse, parse_lenient
from archivist.tables import database
from benchmarks.invented import add_chords, benchmark

WINDOW = 200  # ids asked for at each key
SCREEN = 50  # rows read of them

FINDS = (
    "key:Am bpm:118..124 kind:loop",
    "key:~Am bpm:~124 instrument:vocals",
    "instrument:bass kind:one-shot length:<1s",
    "daw:ableton key:Fm date:2019..2021",
    'plugin:serum track:"lead vox" bpm:120..128',
    "kick bpm:120..125 loudness:>-14",
    'chords:"Am F C G" key:C kind:stem',
    'chords:"~Am7 F C G" bpm:~124 -drums',
)
"""Three fields each, as scripts ask them: all ids."""

TYPED = (
    "kick b",
    "loop 120bpm f#m",
    "bpm:~124",
    "instrument:vocals",
    "key:Am bpm:12",
    "kick -loop",
    "sunrise lead vox",
)
"""Typed letter by letter."""

FACETS = ("", "kick", "key:Am bpm:118..124", "kind:loop", "-kick")


def milliseconds(runs: int, work: Callable[..., object], *arguments: object) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work(*arguments)
        times.append(time.perf_counter() - start)
    return 1_000 * statistics.median(times)


def first_screen(text: str) -> None:
    results.find(parse_lenient(text), limit=WINDOW).rows(0, SCREEN)


def everything(text: str) -> int:
    found = results.find(parse(text))
    found.rows(0, SCREEN)
    return len(found)


def slowest_key(runs: int, text: str) -> tuple[float, str]:
    keys = [text[:end] for end in range(1, len(text) + 1)]
    return max((milliseconds(runs, first_screen, typed), typed) for typed in keys)


def measure(file: Path, runs: int) -> dict[str, float]:
    """Milliseconds by what was asked."""
    database.initialize(open_database(str(file)))
    with database.connection_context():
        return _measure(runs)


def _measure(runs: int) -> dict[str, float]:
    everything("bpm:120")  # start-up, such as reading the grammar, is not what is measured here
    measured = {}
    for text in FINDS:
        measured[f"find {text} ({everything(text):,})"] = milliseconds(runs, everything, text)
    measured["find, median of these"] = statistics.median(measured.values())
    for text in TYPED:
        slowest, key = slowest_key(runs, text)
        measured[f"typing {text}, slowest at: {key}"] = slowest
    measured["first screen of all"] = milliseconds(runs, first_screen, "")
    measured["all ids"] = milliseconds(runs, everything, "")
    for name in SORTS:
        measured[f"first screen, sort:{name}"] = milliseconds(runs, first_screen, f"sort:{name}")
        measured[f"all ids, sort:{name}"] = milliseconds(runs, everything, f"sort:{name}")
    for text in FACETS:
        measured[f"facets of {text or 'all'}"] = milliseconds(runs, results.facets, parse(text))
    return measured


def main(arguments: list[str]) -> None:
    benchmark("archive", __doc__, arguments, add_chords, measure)
