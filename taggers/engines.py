"""What hears tempo and key: essentia, or librosa where there is no essentia (it has no build for Windows).

Chosen here alone; both give guesses that taggers.tempo and taggers.key treat alike. An engine is a module ending
in `ENGINE = Engine(...)`. Only the chosen one is imported: librosa takes seconds, and compiles once for each
installation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taggers.audio import Samples
    from taggers.harmony import Harmony


@dataclass(frozen=True, slots=True)
class KeyGuess:
    """confidence: 0..1, of `key`. others: the runners-up, best first."""

    key: str
    confidence: float
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Engine:
    """tempi: two guesses in beats a minute, the steadier one first. key: that of a sound which has one, whose
    harmony is given. Both hear mono, shape (n,) at 44,100 Hz. The names are what their tags say."""

    tempo_name: str
    tempi: Callable[[Samples], tuple[float, float]]
    key_name: str
    key: Callable[[Samples, Harmony], KeyGuess]


@cache
def has_essentia() -> bool:
    return find_spec("essentia") is not None


def engine() -> Engine:
    if has_essentia():
        from taggers.by_essentia import ENGINE
    else:
        from taggers.by_librosa import ENGINE
    return ENGINE
