"""The one screen that a person works in: query, facets, results, details.

It keeps the state (query, files or projects, what they are to be like, open panes) and starts the workers; what is
done to its rows is in `comparing` and `correcting`. A worker reads the archive in a thread and posts a message;
nothing else waits for a database or a disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Footer, Input
from textual.worker import Worker, WorkerState, get_current_worker

from archivist.archive import Gone, Interrupted
from archivist.records import ProjectDetails, RootInfo
from archivist.text import printable
from tui.commands import bindings
from tui.likeness import Neighbours
from tui.messages import (
    CountsReady,
    DetailsReady,
    FacetsReady,
    Failed,
    IndexEnded,
    Request,
    ResultsReady,
)
from tui.screens.add_root import AddRootScreen
from tui.screens.comparing import Comparing
from tui.screens.correcting import Correcting
from tui.screens.help import HelpScreen
from tui.search import answers
from tui.terms import sort_of, toggle, with_sort
from tui.themes import DARK, LIGHT
from tui.widgets.cells import count
from tui.widgets.columns import FILE_COLUMNS, PROJECT_COLUMNS, Column, similar_columns
from tui.widgets.details_pane import DetailsPane
from tui.widgets.facets_pane import FacetsPane
from tui.widgets.index_bar import IndexBar
from tui.widgets.index_bar import told as told_index
from tui.widgets.query_line import QueryInput, QueryLine
from tui.widgets.results_table import ResultsTable
from tui.widgets.status_line import StatusLine
from tui.widgets.weights_line import WeightsLine

if TYPE_CHECKING:
    from archivist.archive import Archive

WIDE = 140
"""Columns from which on all three panes are open."""
SETTLE_SECONDS = 0.05
"""How long the cursor rests on a row before its details are read: a held key passes over rows."""
BETWEEN_ANSWERS = 0.06
"""Seconds from the first rows to the search for all of them: the screen is drawn undisturbed (threads share
one interpreter lock), and while somebody types on, the long search never starts."""


class BrowseScreen(Comparing, Correcting):
    BINDINGS = bindings()
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (WIDE, "-wide")]  # noqa: RUF012

    def __init__(self, archive: Archive, query: str) -> None:
        super().__init__(archive)
        self._neighbours: Neighbours | None = None  # as they are on the screen
        self._request = Request(0, query, projects=False)
        self._shown = -1  # the serial of the request whose answer is on the screen
        self._recount = True
        self._welcomed = False
        self._settling: Timer | None = None
        self._was_wide: bool | None = None

    def compose(self) -> ComposeResult:
        yield QueryLine(self._request.query, id="line")
        yield StatusLine(id="status")
        with Horizontal(id="panes"):
            with Horizontal(id="upper"):
                yield FacetsPane(id="facets")
                with Vertical(id="middle"):
                    yield WeightsLine(id="weights")
                    yield ResultsTable(id="results")
            yield DetailsPane(id="details")
        yield IndexBar(self._archive, id="index")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(QueryInput).focus()
        self._search()

    def on_unmount(self) -> None:
        """Threads outlive the screen, and the program waits for them before it ends."""
        self._archive.interrupt()

    def on_resize(self, event: Resize) -> None:
        wide = event.size.width >= WIDE
        if wide != self._was_wide:
            self._was_wide = wide
            self._open("facets", wide)
            self._open("details", wide)

    # ------------------------------------------------------------ searching

    @property
    def _columns(self) -> Sequence[Column]:
        return PROJECT_COLUMNS if self._projects else FILE_COLUMNS

    def _search(self, *, stay: bool = False, keep: int | None = None) -> None:
        """Ask for the query as it stands; `stay` on the row under the cursor, or go to the one to `keep`."""
        if not stay:
            self._table.unmark()
        self._request = Request(
            self._request.serial + 1,
            self._input.value,
            self._projects,
            self._likeness,
            self._table.row_id if stay else keep,
            counts=self._recount,
        )
        if not self.query_one(IndexBar).running:  # it would be cut short as well
            self._archive.interrupt()  # what the last request still reads, nobody wants
        self._find(self._request)

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def _find(self, request: Request) -> None:
        worker = get_current_worker()
        for answer in answers(self._archive, request):
            if worker.is_cancelled:
                return
            self.post_message(answer)
            worker.cancelled_event.wait(BETWEEN_ANSWERS)

    def on_results_ready(self, message: ResultsReady) -> None:
        request = message.request
        if request != self._request:
            return
        if request.serial == self._shown:
            cursor = None  # the whole of what its first window showed
        elif request.keep is not None and message.selected is None:
            cursor = self._table.cursor  # the row is gone: stay where it was
        else:
            cursor = message.selected or 0
        self._shown = request.serial
        self._lists_projects = request.projects
        self._neighbours = message.results if isinstance(message.results, Neighbours) else None
        self._show_likeness(request.likeness)
        neighbours = self._neighbours
        columns = similar_columns(neighbours) if neighbours else self._columns
        self._table.show(message.results, message.head, columns, sort_of(request.query), cursor)
        if message.whole:
            self._table.keep_marked(message.results.ids)
        self.query_one(StatusLine).show_query(
            message.misread, self._projects, neighbours.told() if neighbours else ""
        )
        number = len(message.results) - (neighbours.examples if neighbours else 0)
        text = count(number, "project" if self._projects else "file") if message.whole else f"{number}+"
        self.query_one(QueryLine).show_matches(text)

    def on_facets_ready(self, message: FacetsReady) -> None:
        if message.request == self._request:
            self.query_one(FacetsPane).show(message.facets, message.request.query)
            self.query_one(QueryLine).completion.facets = message.facets

    @on(Input.Changed, "#query")
    def _typed(self) -> None:
        if self._input.value != self._request.query:
            self.query_one(StatusLine).forget()
            self._search()

    @on(FacetsPane.Picked)
    def _pick(self, message: FacetsPane.Picked) -> None:
        self._write_query(toggle(self._input.value, message.term))

    @on(ResultsTable.SortPicked)
    def _sort_by(self, message: ResultsTable.SortPicked) -> None:
        now = sort_of(self._input.value)
        self._write_query(
            with_sort(self._input.value, f"-{message.sort}" if now == message.sort else message.sort)
        )

    # ------------------------------------------------------------ the row under the cursor

    @on(ResultsTable.Moved)
    def _settle(self, message: ResultsTable.Moved) -> None:
        if self._settling is not None:
            self._settling.stop()
        if message.row_id is None:
            self.query_one(DetailsPane).show(None)
        elif self.has_class("-details"):
            self._settling = self.set_timer(SETTLE_SECONDS, self._read_details)

    @on(ResultsTable.Opened)
    def _open_row(self) -> None:
        if self.has_class("-details"):
            self.query_one(DetailsPane).focus()
        else:
            self._open("details", True)

    def _read_details(self) -> None:
        if (row_id := self._table.row_id) is not None:
            self._describe(row_id, self._lists_projects)

    @work(thread=True, exclusive=True, group="details", exit_on_error=False)
    def _describe(self, row_id: int, projects: bool) -> None:
        details = self._archive.show_project(row_id) if projects else self._archive.show_file(row_id)
        self.post_message(DetailsReady(details))

    def on_details_ready(self, message: DetailsReady) -> None:
        is_project = isinstance(message.details, ProjectDetails)
        if is_project == self._lists_projects and message.details.row.id == self._table.row_id:
            reasons = self._neighbours.reasons(message.details.row.id) if self._neighbours else ()
            self.query_one(DetailsPane).show(message.details, reasons)

    # ------------------------------------------------------------ indexing

    def action_index(self) -> None:
        self._start_index()

    def _start_index(self, roots: Sequence[Path] = ()) -> None:
        self.query_one(IndexBar).start(roots)
        self.refresh_bindings()

    def action_stop(self) -> None:
        self.query_one(IndexBar).stop()

    def action_refresh(self) -> None:
        self._look_again()

    @on(IndexBar.Grown)
    def _look_again(self) -> None:
        self._recount = True
        self._search(stay=True)

    def on_index_ended(self, message: IndexEnded) -> None:
        if message.summary is not None:
            refused = bool(message.summary.refused)
            self.query_one(StatusLine).notice(told_index(message.summary), failed=refused)
        self.refresh_bindings()
        self._look_again()

    def action_add_root(self) -> None:
        self._ask_root(first=False)

    def _ask_root(self, *, first: bool) -> None:
        def then(root: RootInfo | None) -> None:
            if root is not None:
                self._start_index((Path(root.path),))

        self.app.push_screen(AddRootScreen(self._archive, first=first), then)

    def on_counts_ready(self, message: CountsReady) -> None:
        self._recount = False
        self.query_one(StatusLine).show_counts(message.counts)
        if not (message.counts.roots or message.counts.files) and not self._welcomed:
            self._welcomed = True
            self._ask_root(first=True)

    # ------------------------------------------------------------ what went wrong

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        if isinstance(error, Gone):
            self._tell_gone(event.worker.group)
        elif not isinstance(error, Interrupted):
            self.post_message(Failed(error))
            if event.worker.group == "search" and self._way:  # such as a file that nobody has heard yet
                self._go_back()
        elif event.worker.group == "edit":
            self.query_one(StatusLine).notice("A new search came between: nothing was changed.", failed=True)

    def _tell_gone(self, group: str) -> None:
        """What is listed is older than the archive, which another process has pruned: list it anew."""
        self.query_one(DetailsPane).show(None)
        told = "This is no longer in the archive"
        self.query_one(StatusLine).notice(
            f"{told}: nothing was changed." if group == "edit" else f"{told}.", failed=True
        )
        if group == "search" and self._way:  # it was an example
            self._go_back()
        else:
            self._look_again()

    def on_failed(self, message: Failed) -> None:
        name = type(message.error).__name__
        self.query_one(StatusLine).notice(str(message.error) or name, failed=True)

    # ------------------------------------------------------------ panes and the rest of the commands

    def _open(self, pane: str, opened: bool) -> None:
        """Where there is no room for all panes, one closes the other."""
        self.set_class(opened, f"-{pane}")
        if opened and not self._was_wide:
            self.remove_class("-details" if pane == "facets" else "-facets")
        if pane == "details" and opened:
            self._read_details()
        focused = self.focused
        if not opened and focused is not None and focused.id == pane:
            self._table.focus()

    def action_facets(self) -> None:
        self._open("facets", not self.has_class("-facets"))
        if self.has_class("-facets"):
            self.query_one(FacetsPane).focus()

    def action_details(self) -> None:
        self._open("details", not self.has_class("-details"))

    def action_search(self) -> None:
        self.set_focus(self._input)  # at once: a word typed right behind the key is no row of commands

    def action_back(self) -> None:
        open_panes = [pane for pane in ("facets", "details") if self.has_class(f"-{pane}")]
        if self.focused is self._input:
            self._table.focus()
        elif open_panes and not self._was_wide:
            self._open(open_panes[0], False)
        elif self.focused is self._table and self._way:
            self._go_back()
        elif self.focused is self._table:
            self._input.focus()
        else:
            self._table.focus()

    def action_projects(self) -> None:
        self._projects = not self._projects
        self._likeness, self._way = None, []
        self._search()

    def action_sort(self) -> None:
        orders = [column.sort for column in self._columns if column.sort]
        now = (sort_of(self._input.value) or "").lstrip("-")
        at = orders.index(now) + 1 if now in orders else 0
        self._write_query(with_sort(self._input.value, orders[at % len(orders)]))

    def action_reverse(self) -> None:
        now = sort_of(self._input.value) or "name"
        self._write_query(with_sort(self._input.value, now[1:] if now.startswith("-") else f"-{now}"))

    def action_clear(self) -> None:
        self._write_query("")

    def action_copy_path(self) -> None:
        if (row := self._table.row) is not None:
            self.app.copy_to_clipboard(printable(row.path))  # a name may hold what a shell obeys when pasted
            self.query_one(StatusLine).notice(f"Copied: {row.path}")

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_theme(self) -> None:
        self.app.theme = LIGHT.name if self.app.theme == DARK.name else DARK.name

    def action_quit(self) -> None:
        self.app.exit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Commands that make no sense now are hidden."""
        if action in ("index", "stop") and self.is_mounted:
            return self.query_one(IndexBar).running == (action == "stop")
        if action in ("similar", "accept"):
            return not self._projects
        if action in ("more_like", "less_like", "weigh", "begin_again"):
            return self._likeness is not None
        if action in ("sort", "reverse", "review"):  # similar files have an order of their own
            return self._likeness is None
        if action == "search":
            return not isinstance(self.focused, QueryInput)
        return super().check_action(action, parameters)
