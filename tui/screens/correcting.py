"""The part of the browse screen where a person says what is right: of the marked rows, or of that at the cursor.

What is most worth an ear comes as a queue: a row that is decided leaves it, and the next one is at the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

from textual import on, work

from archivist.edits import FILE_FIELDS, PROJECT_FIELDS
from archivist.records import Change
from tui.edits import accept, assign, scale_tempo, told, undo
from tui.messages import Edited
from tui.screens.edit import Assignment, EditScreen
from tui.screens.listing import Listing
from tui.terms import has_term, toggle
from tui.widgets.cells import count
from tui.widgets.query_line import QueryLine
from tui.widgets.results_table import ResultsTable
from tui.widgets.status_line import StatusLine

DOUBTFUL = "is:doubtful"


class Correcting(Listing):
    # ------------------------------------------------------------ which rows

    @property
    def _chosen(self) -> Sequence[int]:
        """Ids of the marked rows, else of the one at the cursor."""
        row_id = self._table.row_id
        return sorted(self._table.marked) or ([] if row_id is None else [row_id])

    def action_mark(self) -> None:
        self._table.mark()

    def action_mark_all(self) -> None:
        self._table.mark_all()

    @on(ResultsTable.Marked)
    def _tell_marked(self, message: ResultsTable.Marked) -> None:
        self.query_one(QueryLine).show_marked(message.count)

    # ------------------------------------------------------------ the queue

    def action_review(self) -> None:
        """What is doubtful among what the query finds; once more, and it is as before."""
        self._projects = False
        self._write_query(toggle(self._input.value, DOUBTFUL))
        if has_term(self._input.value, DOUBTFUL):
            self._open("details", True)
        self._table.focus()

    def action_step(self, rows: int) -> None:
        self._table.action_move(rows)

    def action_accept(self) -> None:
        if not self._lists_projects:
            self._edit(partial(accept, self._archive, self._chosen))

    # ------------------------------------------------------------ values

    def action_edit(self) -> None:
        if (row := self._table.row) is None:
            return
        ids, projects = self._chosen, self._lists_projects
        fields = PROJECT_FIELDS if projects else FILE_FIELDS
        now = {field: str(getattr(row, field) or "") if len(ids) == 1 else "" for field in fields}
        name = row.name if len(ids) == 1 else count(len(ids), "project" if projects else "file")

        def write(assignment: Assignment | None) -> None:
            if assignment is not None:
                self._edit(partial(assign, self._archive, ids, projects, *assignment))

        self.app.push_screen(EditScreen(name, now, projects=projects), write)

    def action_scale_tempo(self, factor: str) -> None:
        if ids := self._chosen:
            self._edit(partial(scale_tempo, self._archive, ids, self._lists_projects, Fraction(factor)))

    def action_undo(self) -> None:
        self._edit(partial(undo, self._archive), undone=True)

    @work(thread=True, group="edit", exit_on_error=False)
    def _edit(self, edit: Callable[[], Sequence[Change]], *, undone: bool = False) -> None:
        self.post_message(Edited(edit(), undone))

    def on_edited(self, message: Edited) -> None:
        self.query_one(StatusLine).notice(told(message.changes, message.undone))
        if message.changes:
            self._search(stay=True)
