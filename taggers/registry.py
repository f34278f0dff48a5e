"""Which taggers there are. A new one: a module with `TAGGER = Tagger(...)`, and a line here.

Light by design: a tagger's module imports what hears (scipy, essentia, torch) inside its functions, so that the
archive can ask for versions and fields without paying for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from taggers.base import Tagger

log = logging.getLogger(__name__)

TAGGERS: dict[str, str] = {
    "embedded": "taggers.embedded:TAGGER",
    "name": "taggers.filename:TAGGER",
    "loudness": "taggers.loudness:TAGGER",
    "flags": "taggers.flags:TAGGER",
    "instrument": "taggers.instrument:TAGGER",
    "kind": "taggers.kind:TAGGER",
    "embedding": "taggers.embedding:TAGGER",
    "key": "taggers.key:TAGGER",
    "tempo": "taggers.tempo:TAGGER",
    "chords": "taggers.chords:TAGGER",
    "fingerprint": "taggers.fingerprint:TAGGER",
}
"""Name → where it is, in the order they run. Those of the entry-point group `archivist.taggers` come after."""


@cache
def load(name: str) -> Tagger:
    """KeyError where no tagger has this name."""
    return _all()[name]


def names() -> tuple[str, ...]:
    return tuple(_all())


def versions() -> dict[str, int]:
    """Every tagger's current version: what an archive's rows are compared with."""
    return {name: tagger.version for name, tagger in _all().items()}


def vectors_of(names: Iterable[str]) -> tuple[str, ...]:
    """The models of the vectors that these taggers make; one that is not there any more makes none."""
    return tuple(model for name in names if name in _all() for model in _all()[name].vectors)


@cache
def _all() -> dict[str, Tagger]:
    found = {name: _resolve(path) for name, path in TAGGERS.items()}
    for entry in entry_points(group="archivist.taggers"):
        if entry.name in found:
            log.warning("tagger %r of %s is left out: there is one of that name", entry.name, entry.value)
            continue
        try:
            tagger = entry.load()
            if not isinstance(tagger, Tagger) or tagger.name != entry.name:
                raise TypeError(f"not a Tagger named {entry.name!r}")
        except Exception as error:  # noqa: BLE001 - somebody else's code: it must not cost our own taggers
            log.warning("tagger %r of %s is left out: %s", entry.name, entry.value, error)
            continue
        found[entry.name] = tagger
    return found


def _resolve(path: str) -> Tagger:
    module, _, attribute = path.partition(":")
    tagger: Tagger = getattr(import_module(module), attribute)
    return tagger
