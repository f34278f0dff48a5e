"""What the parts of the browse screen know of each other: the archive, the list, and how to ask for it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from tui.likeness import Likeness
from tui.widgets.query_line import QueryInput
from tui.widgets.results_table import ResultsTable

if TYPE_CHECKING:
    from archivist.archive import Archive


class Listing(Screen[None]):
    """A screen with one query and one list of what it finds."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self._archive = archive
        self._projects = False  # asked for
        self._lists_projects = False  # on the screen: until the answer has come, its ids are of the other kind
        self._likeness: Likeness | None = None  # of the similar files that are listed

    @property
    def _table(self) -> ResultsTable:
        return self.query_one(ResultsTable)

    @property
    def _input(self) -> QueryInput:
        return self.query_one(QueryInput)

    def _write_query(self, query: str) -> None:
        self._input.value = query
        self._input.cursor_position = len(query)

    def _search(self, *, stay: bool = False, keep: int | None = None) -> None:
        """Ask for the query as it stands; `stay` on the row under the cursor, or go to the one to `keep`."""
        raise NotImplementedError

    def _open(self, pane: str, opened: bool) -> None:
        raise NotImplementedError
