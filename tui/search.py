"""The answers to one search, in the order in which a person wants them: first rows, all rows, facets.

Runs in a worker thread; knows no widget.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archivist.archive import QueryError
from tui.messages import FacetsReady, Misread, Request, ResultsReady

if TYPE_CHECKING:
    from archivist.archive import Archive, Results

PAGE = 100
"""Rows that are fetched together: more than any screen shows."""
WINDOW = 2 * PAGE
"""Rows of the first answer: few enough to come at once."""


def answers(archive: Archive, request: Request) -> Iterator[ResultsReady | FacetsReady]:
    """Every answer to `request`. A query that does not parse is answered leniently, with what is wrong in it."""
    start = time.perf_counter()
    results, misread = _first_window(archive, request)
    head = results.rows(0, min(PAGE, len(results)))
    whole = len(results) < WINDOW
    first = _position(results, request.keep)
    # Without the kept row in sight the list would jump to the top and back: wait for the whole one.
    if whole or request.keep is None or first is not None:
        yield ResultsReady(request, results, head, whole, misread, first, time.perf_counter() - start)
    lenient = misread is not None
    if not whole:
        results = archive.find(request.query, projects=request.projects, lenient=lenient)
        selected = _position(results, request.keep)
        yield ResultsReady(request, results, head, True, misread, selected, time.perf_counter() - start)
    yield FacetsReady(request, archive.facets(request.query, projects=request.projects, lenient=lenient))


def _first_window(archive: Archive, request: Request) -> tuple[Results, Misread | None]:
    query, projects = request.query, request.projects
    try:
        return archive.find(query, projects=projects, limit=WINDOW), None
    except QueryError as error:
        misread = Misread(str(error), error.position)
    return archive.find(query, projects=projects, limit=WINDOW, lenient=True), misread


def _position(results: Results, row_id: int | None) -> int | None:
    if row_id is None or row_id not in results.ids:
        return None
    return results.ids.index(row_id)
