"""Files that hold the same sound: the same bytes, or a recording in another format, level or length of silence.

Candidates are the nearest neighbours of each print's sketch (a k-d tree: J. L. Bentley, CACM 18, 1975), at most
NEIGHBOURS for each, so that a million files need no comparison of all with all. A candidate counts where both the
words and the waveform agree: what is merely alike (another hit, another take) has another waveform. See
taggers.fingerprint.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from peewee import chunked

from archivist import vectors
from archivist.offline import Offline
from archivist.records import DuplicateGroup, DuplicateMember, FileRow
from archivist.results import Connect, Results
from archivist.store import verdicts
from archivist.tables import Content, Embedding, File, SampleUse
from taggers.fingerprint import FINE, SKETCH, WAVE_RATE, Print, unpack, unpack_sketch
from taggers.vectors import PRINT

By = Literal["bytes", "sound"]
Pair = tuple[int, int]

RADIUS = 5.0
"""Between sketches, in units of about a decibel. Copies mostly lie within 3."""
NEIGHBOURS = 32
MAX_ERRORS = 0.4
MAX_LATE_ERRORS = 0.2
"""Shares of bits that may differ in any part, of the fine moments and of the sparse ones, which lie far apart and
err less. Chance: 0.5."""
MAX_DOUBT = 0.85
"""See `doubt`. Of copies nearly all have less than 0.8; chosen by hand on the sources that `benchmarks duplicates`
calls seen."""
MIN_OVERLAP = 0.7
"""Of the shorter audible part in the longer: beyond that it is a part of it, not a copy."""

_CUT = 0.1
"""Seconds of sound that one copy has and the other lacks: beyond what a codec leaves of a fading end."""

_LOSS, _ERRORS, _LATE = 0.12, 0.6, 0.25  # each would be a doubt of 1 alone
_MAX_SHIFT = round(0.02 * WAVE_RATE)  # samples: as unsure as codecs make the first audible moment
_SHIFTS = range(-2, 3)  # moments
_PART = 64  # words: what differs for a second or so is another mix
_FFT = 4_096
_FINER = 4
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Copy:
    """What one file adds to choosing the best copy and to telling the others from it."""

    file: int
    content: int
    size: int
    lossless: bool
    rate: int
    depth: int
    channels: int
    duration: float
    codec: str
    used: bool


def find(
    wanted: frozenset[int] | None, by: By, *, decided: bool, offline: Offline, connect: Connect
) -> list[DuplicateGroup]:
    """Groups, those that would save most first.

    wanted: ids of files of which one at least must be in a group; None for every group. decided: also what a
    person said to keep. Needs an open connection.
    """
    said = verdicts.every()
    places = _places()
    linked = _linked(places, said) if by == "sound" else {}
    clusters = _clusters(places, linked)
    found: list[list[_Copy]] = []
    for cluster in chunked(clusters, _AT_ONCE):
        involved = [content for contents in cluster for content in contents]
        copies = _copies(involved)
        prints = _prints(involved) if by == "sound" else {}
        for contents in cluster:
            members = sorted((copy for content in contents for copy in copies[content]), key=_order)
            if wanted is None or any(copy.file in wanted for copy in members):
                found += _split(members, said, prints, decided=decided)
    return _told(found, said, offline, connect)


def _places() -> dict[int, list[int]]:
    """Content → the files, there and not missing, that hold it."""
    places: dict[int, list[int]] = defaultdict(list)
    rows = File.select(File.content, File.id).where(
        File.content.is_null(False), ~File.is_project, File.missing_since.is_null()
    )
    for content, file in rows.tuples().iterator():
        places[content].append(file)
    return places


# ---------------------------------------------------------------- which contents sound the same


def _linked(places: dict[int, list[int]], said: dict[Pair, str]) -> dict[int, set[int]]:
    """Content → those that sound the same, by ear or by a person's word."""
    linked: dict[int, set[int]] = defaultdict(set)
    sure = [
        pair for pair, verdict in said.items() if verdict == "same" and pair[0] in places and pair[1] in places
    ]
    for left, right in (*_alike(places), *sure):
        if said.get((left, right)) != "different":
            linked[left].add(right)
            linked[right].add(left)
    return linked


def _alike(places: dict[int, list[int]]) -> Iterator[Pair]:
    from scipy.spatial import cKDTree

    contents, sketches = _sketches(places)
    if len(contents) < 2:
        return
    count = min(NEIGHBOURS + 1, len(contents))
    tree = cKDTree(sketches)
    for start in range(0, len(contents), _AT_ONCE):
        part = sketches[start : start + _AT_ONCE]
        distances, indexes = tree.query(part, count, distance_upper_bound=RADIUS)
        near = np.isfinite(distances)
        rows = np.broadcast_to(np.arange(start, start + len(part))[:, None], near.shape)[near]
        others = indexes[near]
        # Both directions: a neighbour's own 32 may leave this one out.
        pairs = np.unique(np.sort(np.stack((contents[rows], contents[others]), axis=1), axis=1), axis=0)
        yield from _verified(pairs[pairs[:, 0] != pairs[:, 1]])


def _sketches(places: dict[int, list[int]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Contents and their sketches, shape (n, SKETCH)."""
    contents, sketches = array("q"), array("f")
    for some in vectors.batches(PRINT):
        for content, vector in some:
            if content in places:
                contents.append(content)
                sketches.frombytes(unpack_sketch(bytes(vector)).astype(np.float32).tobytes())
    return np.array(contents, np.int64), np.array(sketches, np.float32).reshape(-1, SKETCH)


def _verified(pairs: NDArray[np.int64]) -> Iterator[Pair]:
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE].tolist()
        prints = _prints({content for pair in some for content in pair})
        for left, right in some:
            if left in prints and right in prints and same(prints[left], prints[right]):  # not one heard anew
                yield left, right


def _prints(contents: Iterable[int]) -> dict[int, Print]:
    found: dict[int, Print] = {}
    for batch in chunked(contents, 500):
        rows = Embedding.select(Embedding.content, Embedding.vector).where(
            Embedding.content << batch, Embedding.model == PRINT
        )
        found |= {content: unpack(bytes(vector)) for content, vector in rows.tuples()}
    return found


def same(one: Print, other: Print) -> bool:
    """Whether both are prints of one recording."""
    shorter, longer = sorted((one.length, other.length))
    return shorter >= MIN_OVERLAP * longer and doubt(one, other) <= MAX_DOUBT


def doubt(one: Print, other: Print) -> float:
    """How far two prints are from being of one recording, 0 for equal ones; infinite where they cannot be.

    A codec harms one view at a time: noise loses its waveform, held notes their words, soft attacks their sketch.
    A look-alike falls short in all, so the shortfalls are added up; the waveforms last, as they take the longest,
    and not where it is too much without.
    """
    distance = float(np.linalg.norm(one.sketch.astype(np.float32) - other.sketch.astype(np.float32)))
    if distance > RADIUS:
        return float("inf")
    early, late = errors(one, other)
    if early > MAX_ERRORS or late > MAX_LATE_ERRORS:
        return float("inf")
    sure = max(early / _ERRORS, late / _LATE) + distance / RADIUS
    return sure if sure > MAX_DOUBT else sure + (1 - likeness(one, other)) / _LOSS


def errors(one: Print, other: Print) -> tuple[float, float]:
    """Share of bits that differ, 0 to 1, where most do: of fine moments at the best shift, and of the others."""
    early = min(_fine_errors(one.words[: FINE - 1], other.words[: FINE - 1], shift) for shift in _SHIFTS)
    count = min(len(one.words), len(other.words))
    return early, _worst(one.words[FINE - 1 : count] ^ other.words[FINE - 1 : count])


def _fine_errors(one: NDArray[np.uint32], other: NDArray[np.uint32], shift: int) -> float:
    one, other = one[max(0, shift) :], other[max(0, -shift) :]
    count = min(len(one), len(other))
    return _worst(one[:count] ^ other[:count]) if count else 1.0


def _worst(differing: NDArray[np.uint32]) -> float:
    """The share of set bits in the worst part of about _PART words."""
    count = len(differing)
    if not count:
        return 0.0
    parts = max(1, count // _PART)
    edges = np.arange(parts + 1) * count // parts
    set_bits = np.add.reduceat(np.bitwise_count(differing), edges[:-1], dtype=np.int64)
    return float((set_bits / np.diff(edges)).max()) / 32


def likeness(one: Print, other: Print) -> float:
    """Correlation of the waveforms at the best shift, 0 to 1; a turned polarity counts as alike."""
    left, right = one.wave.astype(np.float32), other.wave.astype(np.float32)
    cross = np.fft.rfft(left, _FFT) * np.fft.rfft(right, _FFT).conj()
    found = np.abs(np.fft.irfft(cross, _FFT * _FINER)) * _FINER  # between the samples too
    found[_MAX_SHIFT * _FINER : -_MAX_SHIFT * _FINER] = 0.0
    best = int(found.argmax())
    shift = round(best / _FINER)
    if shift > _FFT // 2:
        shift -= _FFT
    left, right = left[max(0, shift) :], right[max(0, -shift) :]
    count = min(len(left), len(right))
    energy = float(left[:count] @ left[:count]) * float(right[:count] @ right[:count])
    return min(1.0, float(found[best]) / energy**0.5) if energy else 0.0


# ---------------------------------------------------------------- groups


def _clusters(places: dict[int, list[int]], linked: dict[int, set[int]]) -> list[list[int]]:
    """Contents that belong together by a chain of links, and those that lie in several places."""
    clusters, seen = [], set()
    for content in sorted(linked.keys() | {content for content, files in places.items() if len(files) > 1}):
        if content in seen:
            continue
        seen.add(content)
        cluster, edge = [content], [content]
        while edge:
            new = linked.get(edge.pop(), set()) - seen
            seen |= new
            cluster += new
            edge += new
        clusters.append(cluster)
    return clusters


def _copies(contents: Sequence[int]) -> dict[int, list[_Copy]]:
    copies: dict[int, list[_Copy]] = defaultdict(list)
    for batch in chunked(contents, 400):
        uses = SampleUse.select(SampleUse.file).join(File, on=SampleUse.file == File.id)
        used = {file for (file,) in uses.where(File.content << batch).distinct().tuples()}
        rows = (
            File.select(
                File.id, File.content, File.size, File.project, Content.codec, Content.sample_rate,
                Content.bit_depth, Content.channels, Content.duration,
            )
            .join(Content)
            .where(File.content << batch, ~File.is_project, File.missing_since.is_null())
            .tuples()
        )  # fmt: skip
        for file, content, size, project, codec, rate, depth, channels, duration in rows:
            copies[content].append(
                _Copy(
                    file, content, size, depth is not None, rate or 0, depth or 0, channels or 0, duration or 0.0,
                    codec or "", project is not None or file in used,
                )
            )  # fmt: skip
    return copies


_REASONS: tuple[tuple[Callable[[_Copy], float], Callable[[_Copy], str]], ...] = (
    (lambda copy: copy.lossless, lambda _copy: "lossless"),
    (lambda copy: copy.rate, lambda copy: f"{copy.rate / 1000:g} kHz"),
    (lambda copy: copy.depth, lambda copy: f"{copy.depth} bit"),
    (lambda copy: copy.channels, lambda copy: f"{copy.channels} channels"),
    (lambda copy: round(copy.duration, 1), lambda _copy: "longer"),
    (lambda copy: copy.used, lambda _copy: "used in a project"),
)
"""What makes a copy better, the weightiest first, and how that is said."""


def _order(copy: _Copy) -> tuple[Any, ...]:
    return (*(-value(copy) for value, _word in _REASONS), copy.file)


def _why(best: _Copy, second: _Copy) -> str:
    for value, word in _REASONS:
        if value(best) > value(second):
            return word(best)
    return "known first"


def _split(
    members: list[_Copy], said: dict[Pair, str], prints: dict[int, Print], *, decided: bool
) -> Iterator[list[_Copy]]:
    """Groups of which every member is a copy of the first and no two were told apart by a person."""
    rest = members
    while len(rest) > 1:
        best, *others = rest
        group, rest, inside = [best], [], {best.content: best}
        for copy in others:
            apart = any(_apart(said.get(_pair(copy, one)), decided=decided) for one in inside.values())
            if apart or not _belongs(best, copy, said, prints):
                rest.append(copy)
            else:
                group.append(copy)
                inside.setdefault(copy.content, copy)
        if len(group) > 1:
            yield group


def _apart(verdict: str | None, *, decided: bool) -> bool:
    return verdict == "different" or (verdict == "keep" and not decided)


def _belongs(best: _Copy, copy: _Copy, said: dict[Pair, str], prints: dict[int, Print]) -> bool:
    if best.content == copy.content or said.get(_pair(best, copy)) == "same":
        return True
    known = best.content in prints and copy.content in prints
    return known and same(prints[best.content], prints[copy.content])


def _pair(one: _Copy, other: _Copy) -> Pair:
    return (min(one.content, other.content), max(one.content, other.content))


def _told(
    groups: list[list[_Copy]], said: dict[Pair, str], offline: Offline, connect: Connect
) -> list[DuplicateGroup]:
    groups.sort(key=lambda group: -sum(copy.size for copy in group[1:]))
    told = []
    for some in chunked(groups, 200):
        ids = array("q", (copy.file for group in some for copy in group))
        rows = {row.id: row for row in Results(ids, False, offline, connect) if isinstance(row, FileRow)}
        prints = _prints({copy.content for group in some for copy in group})
        for group in some:
            best, *_others = group
            members = tuple(
                DuplicateMember(
                    rows[copy.file],
                    "best copy" if copy is best else _relation(best, copy, prints),
                    None if copy is best else said.get(_pair(best, copy)),
                )
                for copy in group
                if copy.file in rows
            )
            told.append(DuplicateGroup(members, _why(best, group[1]), sum(copy.size for copy in group[1:])))
    return told


def _relation(best: _Copy, copy: _Copy, prints: dict[int, Print]) -> str:
    """What this copy is to the best one, such as "same sound, mp3, −3.1 dB, 0.4 s more silence before"."""
    if copy.content == best.content:
        return "same bytes"
    said = ["same sound"]
    if copy.codec != best.codec:
        said.append(copy.codec)
    if copy.rate != best.rate:
        said.append(f"{copy.rate / 1000:g} kHz")
    if copy.depth and best.depth and copy.depth != best.depth:
        said.append(f"{copy.depth} bit")
    if copy.channels != best.channels:
        said.append({1: "mono", 2: "stereo"}.get(copy.channels, f"{copy.channels} channels"))
    one, other = prints.get(best.content), prints.get(copy.content)
    if one is not None and other is not None:
        longer = other.length - one.length
        if abs(longer) >= _CUT:
            said.append(f"{abs(longer):.1f} s {'longer' if longer > 0 else 'shorter'}")
        elif abs(louder := other.level - one.level) >= 0.25:  # a level is of all that sounds
            said.append(f"{louder:+.1f} dB".replace("-", "−"))
        before = other.start - one.start
        after = (copy.duration - other.start - other.length) - (best.duration - one.start - one.length)
        said += [
            f"{abs(more):.1f} s {'more' if more > 0 else 'less'} silence {where}"
            for more, where in ((before, "before"), (after, "after"))
            if abs(more) >= 0.05
        ]
    return ", ".join(said)
