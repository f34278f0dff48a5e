"""Which library hears tempo and key: essentia where there is one, librosa on Windows. Decided here alone."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any


@cache
def has_essentia() -> bool:
    return find_spec("essentia") is not None


@cache
def essentia() -> Any:
    """`essentia.standard`, made quiet: importing it prints a line that would break a script's JSON."""
    import essentia

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    import essentia.standard

    return essentia.standard
