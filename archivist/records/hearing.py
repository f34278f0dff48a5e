"""What is heard in one audio file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Hearing:
    """What `analyze` says of one audio file, in the order scripts see it. None: the tagger abstains.

    `declared`: what the file's own tags, chunks and name say. `engines`: who heard each field.
    """

    path: str
    status: Literal["ok", "error"]
    error: str | None = None
    duration: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    bit_depth: int | None = None
    codec: str | None = None
    kind: str | None = None
    kind_confidence: float | None = None
    bpm: float | None = None
    bpm_confidence: float | None = None
    bpm_candidates: tuple[dict[str, Any], ...] = ()
    key: str | None = None
    key_confidence: float | None = None
    key_candidates: tuple[dict[str, Any], ...] = ()
    tuning_cents: float | None = None
    instrument: str | None = None
    instruments: dict[str, float] = field(default_factory=dict)
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    flags: tuple[str, ...] = ()
    declared: dict[str, Any] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
