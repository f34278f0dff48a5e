"""The part of the browse screen that lists similar files: what they are to be like, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.likeness import Likeness
from tui.screens.listing import Listing
from tui.widgets.status_line import StatusLine
from tui.widgets.weights_line import WeightsLine

if TYPE_CHECKING:
    from archivist.archive import Archive


@dataclass(frozen=True, slots=True)
class Place:
    """A list that a person left for one of similar files, to come back to."""

    query: str
    likeness: Likeness | None
    row_id: int


class Comparing(Listing):
    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self._way: list[Place] = []  # the lists before this one, the last one last
        self._offered = (False, False)  # whether similar files, and projects, are listed

    def action_similar(self) -> None:
        if (row_id := self._table.row_id) is None or self._lists_projects:
            return
        self._way.append(Place(self._input.value, self._likeness, row_id))
        self._likeness = Likeness((row_id,))
        self._write_query("")
        self._search()

    def _go_back(self) -> None:
        """To the list before this one of similar files."""
        place = self._way.pop()
        self._likeness = place.likeness
        self._write_query(place.query)
        self._search(keep=place.row_id)

    def action_more_like(self) -> None:
        self._compare(Likeness.more)

    def action_less_like(self) -> None:
        self._compare(Likeness.less)

    def _compare(self, change: Callable[[Likeness, int], Likeness]) -> None:
        row_id = self._table.row_id
        if self._likeness is None or row_id is None:
            return
        if (likeness := change(self._likeness, row_id)) == self._likeness:
            self.query_one(StatusLine).notice("One example has to stay.", failed=True)
        self._rank(likeness)

    def action_weigh(self, aspect: str) -> None:
        if self._likeness is not None:
            self._rank(self._likeness.weigh(aspect))

    def action_begin_again(self) -> None:
        if self._likeness is not None:
            self._rank(self._likeness.reset())

    def _rank(self, likeness: Likeness) -> None:
        """Order the similar files anew; what is said shows at once, the order when it has come."""
        if likeness != self._likeness:
            self._likeness = likeness
            self._show_likeness(likeness)
            self._search()

    def _show_likeness(self, likeness: Likeness | None) -> None:
        self.set_class(likeness is not None, "-similar")
        if likeness is not None:
            self.query_one(WeightsLine).show(likeness)
        offered = (likeness is not None, self._projects)
        if offered != self._offered:  # the footer is made anew for it: a third of what a key typed costs
            self._offered = offered
            self.refresh_bindings()
