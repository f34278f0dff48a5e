"""What is examined."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archivist.config import Config


@dataclass(frozen=True, slots=True)
class Case:
    """engines: try each in a process of its own, which takes seconds and survives a broken one."""

    config: Config
    config_file: Path
    engines: bool = True
