"""What a tagger is, and what it says.

A tagger is a pure function of audio: `tag(audio) -> Findings`. It knows no database and no screen.
It abstains with a reason rather than guess: no Tag, and a line in `Findings.abstained`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from taggers.audio import Audio

Source = Literal["embedded", "name", "machine"]


class TagError(Exception):
    """A file that cannot be heard: str(error) is one line for a person, naming the reason, not the path."""


@dataclass(frozen=True, slots=True)
class Candidate:
    value: str | float
    confidence: float


@dataclass(frozen=True, slots=True)
class Tag:
    """One opinion. `value` is text ("A minor", "clipped") or a number (bpm, LUFS).

    confidence: 0..1, an honest chance of being right. engine: what heard it ("tempo network", "acid chunk",
    "file name"). candidates: best first, the chosen one among them.
    """

    field: str
    value: str | float
    confidence: float = 1.0
    source: Source = "machine"
    engine: str = ""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What one tagger found in one file; `abstained` maps a field to the reason of silence.

    vectors: by the name of what made them ("timbre-4"), numbers to compare files by, as little-endian bytes;
    what their numbers are, the tagger says.
    """

    tags: tuple[Tag, ...] = ()
    abstained: dict[str, str] = field(default_factory=dict)
    vectors: dict[str, bytes] = field(default_factory=dict)


class Meter(Protocol):
    """What has to see every sample as stored, at the file's own rate and with all its channels."""

    def feed(self, block: NDArray[float32]) -> None:
        """The next block, shape (channels, frames), full scale ±1, all finite."""


@dataclass(frozen=True, slots=True)
class Tagger:
    """name: also the key in the archive's analysis table. version: raise it and its rows become stale.

    hears: whether it needs the decoded sound; one that does not still answers for a file that no decoder
    reads. meter: makes what is fed while the file is decoded, `meter(sample_rate, channels)`; `tag` finds it
    again as `audio.meters[name]`. vectors: the models of the vectors that it makes (taggers.vectors).
    """

    name: str
    version: int
    fields: tuple[str, ...]
    tag: Callable[[Audio], Findings]
    hears: bool = True
    meter: Callable[[int, int], Meter] | None = None
    vectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What a decoder says of a file, before any hearing."""

    duration: float  # seconds
    sample_rate: int  # Hz, as stored
    channels: int
    bit_depth: int | None  # None for lossy codecs
    codec: str  # "pcm_s24le"-like for PCM, else "flac", "mp3", "vorbis", "opus", "aac", …


@dataclass(frozen=True, slots=True)
class Job:
    """One file to hear. Picklable: it crosses to a worker process, maybe on another machine.

    known: digests whose content the archive has heard already with these taggers; such a file is only
    hashed, and comes back with `skipped`.
    """

    path: str
    taggers: tuple[str, ...]
    known: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class FileTags:
    """What came back from a worker. `error` is set where the file could not be decoded; the digest and
    the findings of taggers that need no sound are there even then. `errors` maps a tagger's name to why
    it failed on a file that others could hear."""

    path: str
    digest: bytes | None = None  # blake2b-20 of the whole file
    size: int = 0
    facts: AudioFacts | None = None
    findings: dict[str, Findings] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    skipped: bool = False
    seconds: float = 0.0  # time spent in this file
    details: dict[str, Any] = field(default_factory=dict)
