"""Files that sound alike: the nearest of the archive to one sound or to several, with the reasons.

Each aspect (see `weights`) gives a likeness from 0 to 1; the score is their weighted mean over the aspects that
both sides have. Timbre and rhythm are the cosine of two vectors, by exact search; key, tempo and length are told
by `likeness`. It goes in two steps: the heavier of timbre and rhythm leaves a short list of the SHORTLIST nearest
among what the query finds, and these are weighed by every aspect. Where neither of the two weighs anything, all
that the query finds is weighed, which takes seconds on a million files.

Several examples are one: the mean of their vectors, and of the likeness to each in what is no vector. What is to
be unlike pushes the vectors' mean away by half of its own (J. J. Rocchio, "Relevance feedback in information
retrieval", 1971).
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peewee import Select, chunked

from archivist import details, likeness, vectors
from archivist.database import ArchiveError, Gone
from archivist.offline import NOTHING, Offline
from archivist.query.compile import compile
from archivist.query.nodes import EVERYTHING, Query
from archivist.records import FileRow, Neighbour
from archivist.resolve import Opinion, effective
from archivist.results import Connect, Results
from archivist.tables import Analysis, Content, Embedding, File, database
from archivist.vectors import Matrices, Rows
from taggers import FileTags
from taggers.pitch import KEYS
from taggers.vectors import RHYTHM, RHYTHM_SIZE, TIMBRE, TIMBRE_SIZE

MODELS = {"timbre": (TIMBRE, TIMBRE_SIZE), "rhythm": (RHYTHM, RHYTHM_SIZE)}
"""The aspects that are vectors: what made them, and of how many numbers."""

SHORTLIST = 4_000
"""Contents that are weighed by every aspect."""

AWAY = 0.5
"""Rocchio's share of what is to be unlike."""

NEEDED = frozenset(("bpm", "key", "embedding"))
"""The fields that an example needs; who hears one on the spot need not ask for more."""

_ROWS = 500
_MANY = 20 * _ROWS  # contents; beyond, reading all of them is sooner done than so many questions

Ids = NDArray[np.int64]
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A sound to be like. content: its id where the archive has these bytes. vectors: by aspect, unit length."""

    content: int | None
    vectors: Mapping[str, Vector]
    key: str | None
    bpm: float | None
    duration: float | None

    def value(self, aspect: str) -> Any:
        """Of the aspects that are no vectors; None where it is not known."""
        return {"key": self.key, "tempo": self.bpm or None, "length": self.duration or None}[aspect]


# ---------------------------------------------------------------- examples


def known(target: int | str | Path) -> Example | None:
    """A file of the archive by its id or path; None where a path is not known to it, but there.

    Raises ArchiveError where there is no such file, where it is a project, and where it was not heard.
    """
    found = ("file", target) if isinstance(target, int) else details.known(str(target))
    if found is None and Path(str(target)).expanduser().is_file():
        return None
    kind, file_id = found or details.identify(str(target), projects=False)
    file = File.get_or_none(File.id == file_id) if kind == "file" else None
    if kind == "project" or (file is not None and file.is_project):
        raise ArchiveError(f"{target}: this is a project; name a sound, such as one of its takes")
    if file is None:
        raise Gone(f"no file has the id {file_id}")
    content = file.content
    found_vectors = _vectors_of(content.id) if content is not None else {}
    if "timbre" not in found_vectors:
        raise ArchiveError(f"{file.name}: {_why_unheard(file.content_id)}")
    return Example(content.id, found_vectors, content.key, content.bpm, content.duration)


def _vectors_of(content_id: int) -> dict[str, Vector]:
    models = {model: aspect for aspect, (model, _size) in MODELS.items()}
    rows = Embedding.select(Embedding.model, Embedding.vector).where(
        Embedding.content == content_id, Embedding.model << list(models)
    )
    return _unpacked({models[model]: bytes(vector) for model, vector in rows.tuples()})


def _unpacked(packed: Mapping[str, bytes]) -> dict[str, Vector]:
    """Those of the right size, of unit length; one that is all 0 says nothing."""
    found = {}
    for aspect, data in packed.items():
        vector = np.frombuffer(data, "<f2").astype(np.float32) if len(data) == 2 * MODELS[aspect][1] else None
        if vector is not None and (unit := _unit(vector)) is not None:
            found[aspect] = unit
    return found


def _unit(vector: NDArray[Any]) -> Vector | None:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length, np.float32) if np.isfinite(length) and length > 1e-3 else None


def _why_unheard(content_id: int | None) -> str:
    heard = Analysis.get_or_none(Analysis.content == content_id, Analysis.tagger == "embedding")
    reason = heard and (heard.error or heard.abstained.get("embedding"))
    if reason:
        return f"there is nothing to compare it by: {reason}"
    return "it was not heard yet: run `archivist index`, then ask again"


def outside(path: str, heard: FileTags) -> Example:
    """A file that the archive does not know, as it was heard on the spot. Raises ArchiveError, with the reason
    where nothing was heard."""
    findings = heard.findings.get("embedding")
    models = {aspect: model for aspect, (model, _size) in MODELS.items()}
    packed = findings.vectors if findings else {}
    found = _unpacked({aspect: packed[model] for aspect, model in models.items() if model in packed})
    if "timbre" not in found:
        abstained = findings.abstained.get("embedding") if findings else None
        reason = heard.error or heard.errors.get("embedding") or abstained or "nothing was heard in it"
        raise ArchiveError(f"{path}: there is nothing to compare it by: {reason}")
    content = Content.get_or_none(Content.digest == heard.digest)
    values = {field: opinion.value for field, opinion in effective(_opinions(heard)).items()}
    key, bpm = values.get("key"), values.get("bpm")
    return Example(
        content=content and content.id,
        vectors=found,
        key=key if isinstance(key, str) else None,
        bpm=bpm if isinstance(bpm, float) else None,
        duration=heard.facts.duration if heard.facts else None,
    )


def _opinions(heard: FileTags) -> Iterable[Opinion]:
    for findings in heard.findings.values():
        for tag in findings.tags:
            number = tag.value if isinstance(tag.value, float) else None
            text = "" if number is not None else str(tag.value)
            yield Opinion(0, tag.field, text, number, tag.source, tag.confidence, 0.0)


# ---------------------------------------------------------------- neighbours


@dataclass(frozen=True, slots=True)
class _Places:
    """Files that may be shown: the content of each, and its id."""

    contents: Ids
    files: Ids


def nearest(
    matrices: Matrices,
    like: Sequence[Example],
    unlike: Sequence[Example],
    query: Query,
    weights: Mapping[str, float],
    *,
    limit: int,
    offline: Offline = NOTHING,
    connect: Connect | None = None,
) -> list[Neighbour]:
    """The best `limit` of what `query` finds, best first; bytes that lie in several places once, and none of the
    examples. Needs an open connection. Raises ArchiveError where no example is given, or nothing was heard yet.
    """
    if not like:
        raise ArchiveError("name at least one sound to be like")
    wanted = {aspect: vector for aspect in MODELS if (vector := _target(aspect, like, unlike)) is not None}
    matrix = {aspect: matrices.rows(*MODELS[aspect]) for aspect in wanted if weights[aspect]}
    lead = max(matrix, key=lambda aspect: weights[aspect], default=None)
    if lead is not None and not len(matrix[lead]):
        raise ArchiveError("nothing in the archive was heard for what it sounds like: run `archivist index`")
    ask = partial(_ask, query, offline)
    own = np.array([one.content for one in (*like, *unlike) if one.content is not None], np.int64)
    if lead is None:
        places = _places(ask())
        contents = np.setdiff1d(places.contents, own)
    else:
        places, contents = _short(matrix[lead], wanted[lead], own, ask, query, limit)
    likes = _aspects(contents, like, wanted, matrix, weights)
    score, total = np.zeros(len(contents)), np.zeros(len(contents))
    for aspect, values in likes.items():
        has = ~np.isnan(values)
        score[has] += weights[aspect] * values[has]
        total[has] += weights[aspect]
    comparable = np.flatnonzero(total)
    score[comparable] /= total[comparable]
    best = comparable[np.lexsort((contents[comparable], -score[comparable]))][:limit]
    rows = _rows(contents[best], places, offline, connect or database.connection_context)
    return [
        Neighbour(
            rows[int(contents[n])],
            round(float(score[n]), 4),
            {aspect: round(float(values[n]), 4) for aspect, values in likes.items() if not np.isnan(values[n])},
        )
        for n in best
        if int(contents[n]) in rows
    ]


def _target(aspect: str, like: Sequence[Example], unlike: Sequence[Example]) -> Vector | None:
    """The direction to look in; None where no example has this aspect."""
    towards = [one.vectors[aspect] for one in like if aspect in one.vectors]
    away = [one.vectors[aspect] for one in unlike if aspect in one.vectors]
    if not towards:
        return None
    mean = np.mean(towards, axis=0)
    moved = mean - AWAY * np.mean(away, axis=0) if away else mean
    return next((unit for vector in (moved, mean, towards[0]) if (unit := _unit(vector)) is not None), None)


def _ask(query: Query, offline: Offline) -> Select:
    found = compile(query, offline=offline, now=time.time(), ordered=False)
    return found.columns(File.content, File.id).where(File.content.is_null(False))


def _places(*asked: Select) -> _Places:
    pairs = [pair for select in asked for pair in database.execute_sql(*select.sql()).fetchall()]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return _Places(both[:, 0], both[:, 1])


def _short(rows: Rows, wanted: Vector, own: Ids, ask: Any, query: Query, limit: int) -> tuple[_Places, Ids]:
    """The contents nearest by one vector, and where they lie. Of everything the nearest are looked for first and
    then whether a file of theirs is there; of a query's files all are looked up first."""
    if query.where != EVERYTHING:
        places = _places(ask())
        at, there = vectors.places(rows, np.setdiff1d(places.contents, own))
        chosen = at[there]
        near = vectors.products(rows, wanted, chosen)
        return places, np.sort(rows["content"][chosen[_largest(near, max(SHORTLIST, limit))]])
    near = vectors.products(rows, wanted)
    at, there = vectors.places(rows, own)
    near[at[there]] = -np.inf
    number = max(SHORTLIST, 2 * limit)
    while True:
        chosen = _largest(near, number)
        contents = rows["content"][chosen[np.isfinite(near[chosen])]]
        places = _places(*(ask().where(File.content << some) for some in chunked(contents.tolist(), _ROWS)))
        present = np.unique(places.contents)
        if len(present) >= limit or number >= len(rows):
            return places, present
        number *= 8  # most of them have gone: look further


def _largest(values: NDArray[Any], number: int) -> NDArray[np.intp]:
    if number >= len(values):
        return np.arange(len(values))
    return np.argpartition(-values, number)[:number]


def _aspects(
    contents: Ids,
    like: Sequence[Example],
    wanted: Mapping[str, Vector],
    matrix: Mapping[str, Rows],
    weights: Mapping[str, float],
) -> dict[str, NDArray[Any]]:
    """How like each content is, by every aspect that weighs; NaN where it has none."""
    found: dict[str, NDArray[Any]] = {}
    values = _values(contents)
    for aspect in weights:
        if not weights[aspect]:
            continue
        if aspect in likeness.COMPARED:
            compare = likeness.COMPARED[aspect]
            each = [compare(one.value(aspect), values[aspect]) for one in like if one.value(aspect) is not None]
            if each:
                found[aspect] = np.mean(each, axis=0)
        elif aspect in matrix:
            at, there = vectors.places(matrix[aspect], contents)
            if len(matrix[aspect]):
                near = vectors.products(matrix[aspect], wanted[aspect], at).clip(0, 1).astype(float)
                silent = ~matrix[aspect]["vector"][at].any(axis=1)
                near[silent | ~there] = np.nan
                found[aspect] = near
    return found


def _values(contents: Ids) -> dict[str, NDArray[Any]]:
    """Key (its place in KEYS, -1 for none), tempo and length of these contents, NaN for unknown."""
    columns = Content.select(Content.id, Content.key, Content.bpm, Content.duration)
    many = len(contents) > _MANY
    asked = (
        [columns] if many else [columns.where(Content.id << some) for some in chunked(contents.tolist(), _ROWS)]
    )
    facts = {
        content: (_KEY_PLACES.get(key, -1), bpm or np.nan, duration or np.nan)
        for select in asked
        for content, key, bpm, duration in database.execute_sql(*select.sql()).fetchall()
    }
    unknown = (-1, np.nan, np.nan)
    table = np.array([facts.get(content, unknown) for content in contents.tolist()], float).reshape(-1, 3)
    return {"key": table[:, 0].astype(int), "tempo": table[:, 1], "length": table[:, 2]}


_KEY_PLACES = {key: place for place, key in enumerate(KEYS)}


def _rows(contents: Ids, places: _Places, offline: Offline, connect: Connect) -> dict[int, FileRow]:
    """For each content the row of one of its places: one that can be reached, then the shortest path."""
    ids = places.files[np.isin(places.contents, contents)].tolist()
    best: dict[int, tuple[tuple[bool, int, int], int]] = {}
    for some in chunked(ids, _ROWS):
        columns = File.select(File.id, File.content, File.volume, File.rel_path).where(File.id << some)
        for file_id, content, volume, rel_path in columns.tuples():
            rank = (offline.holds(volume, rel_path), len(rel_path), file_id)
            if content not in best or rank < best[content][0]:
                best[content] = (rank, file_id)
    contents_of = {file_id: content for content, (_rank, file_id) in best.items()}
    found = Results(array("q", contents_of), False, offline, connect)
    return {contents_of[row.id]: row for row in found if isinstance(row, FileRow)}
