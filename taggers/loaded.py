"""What a process reads from `weights/` once, at first use, and keeps until new weights are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")

_KEPT: list[Any] = []


def once(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """`make`, called once for each of its arguments, and anew after `forget`."""
    kept = cache(make)
    _KEPT.append(kept)
    return kept  # type: ignore[return-value]


def forget() -> None:
    """Have everything read anew at its next use."""
    for one in _KEPT:
        one.cache_clear()
