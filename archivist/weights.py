"""What may make two sounds alike, and how much each aspect counts.

Light, so that settings and commands may be checked without what compares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

ASPECTS: dict[str, float] = {"timbre": 1.0, "rhythm": 0.3, "key": 0.2, "tempo": 0.3, "length": 0.2}
"""Each aspect's weight where nobody says otherwise."""


def weigh(*changes: Mapping[str, float]) -> dict[str, float]:
    """ASPECTS with these changes, the later over the earlier. ValueError, with a line for a person, on an aspect
    that there is not, on a weight below 0, and where nothing is left that weighs.

    >>> weigh({"tempo": 0}, {"key": 2})
    {'timbre': 1.0, 'rhythm': 0.3, 'key': 2.0, 'tempo': 0.0, 'length': 0.2}
    """
    weights = dict(ASPECTS)
    for change in changes:
        for aspect, weight in change.items():
            if aspect not in ASPECTS:
                raise ValueError(f"{aspect!r} is no aspect of a sound; there are {', '.join(ASPECTS)}")
            if not (math.isfinite(weight) and weight >= 0):
                raise ValueError(f"{aspect} = {weight}: a weight is a number from 0 up")
            weights[aspect] = float(weight)
    if not any(weights.values()):
        raise ValueError("every aspect weighs 0: nothing is left to compare by")
    return weights
