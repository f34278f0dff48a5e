"""How honest a confidence is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10


def error(sure: NDArray[np.float64], right: NDArray[Any]) -> float:
    """Expected calibration error over ten bins of equal width (C. Guo et al., "On Calibration of Modern Neural
    Networks", 2017): how far confidence and truth lie apart. right: true or false, or how likely it is; shape (n,)
    as sure."""
    place = np.clip((sure * BINS).astype(int), 0, BINS - 1)
    gaps = (abs(sure[place == one].sum() - right[place == one].sum()) for one in range(BINS))
    return float(sum(gaps) / max(1, len(sure)))
