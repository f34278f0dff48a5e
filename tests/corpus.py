"""Real files to test on: they are not part of the project, and tests that want them skip without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("ARCHIVIST_CORPUS") or Path(__file__).parents[2] / "shared")


def corpus(*parts: str) -> Path:
    """A file or folder of the corpus; skips the test where it is absent."""
    path = CORPUS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no test corpus at {path} (set ARCHIVIST_CORPUS)")
    return path
