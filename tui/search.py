"""The answers to one search, in the order in which a person wants them: first rows, all rows, facets.

Similar files are few and come whole, in an order of their own.

Runs in a worker thread; knows no widget. A query is read as it is being typed: leniently, its last word
as the beginning of one. What is wrong in it is told beside the results and withholds none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archivist.archive import QueryError
from archivist.query.parse import parse
from archivist.weights import weigh
from tui.likeness import Likeness, Neighbours
from tui.messages import CountsReady, FacetsReady, Listed, Misread, Request, ResultsReady
from tui.terms import without_sort

if TYPE_CHECKING:
    from archivist.archive import Archive

PAGE = 100
"""Rows that are fetched together: more than any screen shows."""
WINDOW = 2 * PAGE
"""Rows of the first answer: few enough to come at once."""

NEAREST = 200
"""Similar files at most: farther ones are hardly like anything."""


def answers(archive: Archive, request: Request) -> Iterator[ResultsReady | FacetsReady | CountsReady]:
    """Every answer to `request`. Raises what the archive raises, but no QueryError."""
    start = time.perf_counter()
    if request.likeness is None:
        yield from _found(archive, request, start)
    else:
        yield _alike(archive, request, request.likeness, start)
    yield FacetsReady(request, archive.facets(request.query, projects=request.projects, lenient=True))
    if request.counts:
        yield CountsReady(archive.counts())


def _found(archive: Archive, request: Request, start: float) -> Iterator[ResultsReady]:
    query, projects = request.query, request.projects
    misread = _misread(query)
    try:
        results = archive.find(query, projects=projects, limit=WINDOW, lenient=True)
    except QueryError as error:  # an order that files have and projects do not
        misread = Misread(str(error), error.position or 0)
        query = without_sort(query)
        results = archive.find(query, projects=projects, limit=WINDOW, lenient=True)
    head = results.rows(0, min(PAGE, len(results)))
    whole = len(results) < WINDOW
    first = _position(results, request.keep)
    # Without the kept row in sight the list would jump to the top and back: wait for the whole one.
    if whole or request.keep is None or first is not None:
        yield ResultsReady(request, results, head, whole, misread, first, time.perf_counter() - start)
    if not whole:
        results = archive.find(query, projects=projects, lenient=True)
        selected = _position(results, request.keep)
        yield ResultsReady(request, results, head, True, misread, selected, time.perf_counter() - start)


def _alike(archive: Archive, request: Request, likeness: Likeness, start: float) -> ResultsReady:
    misread = _misread(request.query)
    weights = likeness.weights(weigh(archive.config.similar))
    found = archive.similar(
        likeness.like,
        unlike=likeness.unlike,
        query=request.query,
        limit=NEAREST,
        weights=weights,
        lenient=True,
    )
    examples = [archive.show_file(file_id).row for file_id in (*likeness.like, *likeness.unlike)]
    neighbours = Neighbours(likeness, examples, found, weights)
    selected = _position(neighbours, request.keep)
    if request.keep is None:
        selected = min(neighbours.examples, len(neighbours) - 1)  # the best one
    head = neighbours.rows(0, PAGE)
    return ResultsReady(request, neighbours, head, True, misread, selected, time.perf_counter() - start)


def _misread(query: str) -> Misread | None:
    try:
        parse(query)
    except QueryError as error:
        return Misread(str(error), error.position or 0)
    return None


def _position(results: Listed, row_id: int | None) -> int | None:
    if row_id is None or row_id not in results.ids:
        return None
    return results.ids.index(row_id)
