"""The result list: a million rows, of which only those on the screen are ever fetched or drawn.

It holds ids and a few pages of rows; what is not fetched yet shows as a dotted line. Line 0 is the header,
so row r is on line r + 1 - scroll_y.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker, WorkerState, get_current_worker

from archivist.archive import Interrupted
from tui.messages import Failed, Listed, PageReady, Row
from tui.search import PAGE
from tui.widgets.cells import fit
from tui.widgets.columns import FILE_COLUMNS, GAP, MARKS, Column, layout

COMING = "·" * 12
GONE = "no longer in the archive"
PAGES_KEPT = 16
MARGIN = 3
"""Cells before the first column: the cursor, the sign of a row that is away, a person's mark."""
MARK = "•"


class ResultsTable(ScrollView, can_focus=True):
    BINDINGS: ClassVar = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First row", show=False),
        Binding("end,G", "last", "Last row", show=False),
        Binding("enter", "open", "Open", show=False),
    ]
    COMPONENT_CLASSES: ClassVar = {
        "results--header",
        "results--sorted",
        "results--name",
        "results--plain",
        "results--muted",
        "results--key",
        "results--away",
        "results--cursor",
    }

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Moved(Message):
        """The cursor is on another row, or on the same one with news."""

        row_id: int | None

    @dataclass
    class Opened(Message):
        """Enter or a double click on the row under the cursor."""

    @dataclass
    class Marked(Message):
        """Other rows are marked than before: so many."""

        count: int

    @dataclass
    class SortPicked(Message):
        sort: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._results: Listed | None = None
        self._pages: OrderedDict[int, dict[int, Row]] = OrderedDict()  # rows by id
        self._columns: Sequence[Column] = FILE_COLUMNS
        self._sort: str | None = None
        self.marked: frozenset[int] = frozenset()  # ids

    # ------------------------------------------------------------ what it shows

    @property
    def total(self) -> int:
        return 0 if self._results is None else len(self._results)

    def show(
        self,
        results: Listed,
        head: Sequence[Row],
        columns: Sequence[Column],
        sort: str | None,
        cursor: int | None = None,
    ) -> None:
        """Show `results`, whose first page of rows is `head`, with the cursor on row `cursor`; without one it
        stays on its row, as where the whole of some results replaces their first window."""
        self._results, self._columns, self._sort = results, columns, sort
        self._pages.clear()
        self._pages[0] = {row.id: row for row in head}
        self.virtual_size = Size(0, len(results) + 1)
        self.set_reactive(ResultsTable.cursor, self.validate_cursor(self.cursor if cursor is None else cursor))
        self._follow_cursor()
        self._fetch_visible()
        self.refresh()
        self.post_message(self.Moved(self.row_id))

    @property
    def row_id(self) -> int | None:
        if self._results is None or not len(self._results):
            return None
        return int(self._results.ids[self.cursor])

    @property
    def row(self) -> Row | None:
        """The row under the cursor, once it has been fetched."""
        return self._row(self.cursor)

    def _row(self, index: int) -> Row | None:
        if self._results is None or index >= self.total:
            return None
        return self._pages.get(index // PAGE, {}).get(self._results.ids[index])

    # ------------------------------------------------------------ moving

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.total - 1))

    def watch_cursor(self) -> None:
        self._follow_cursor()
        self.refresh()
        self.post_message(self.Moved(self.row_id))

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, screens: int) -> None:
        self.cursor += screens * max(1, self._rows_shown() - 1)

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = self.total - 1

    def action_open(self) -> None:
        self.post_message(self.Opened())

    # ------------------------------------------------------------ marks

    def mark(self) -> None:
        """The row under the cursor, or no longer; then on to the next."""
        if self.row_id is not None:
            self._set_marked(self.marked ^ {self.row_id})
            self.action_move(1)

    def mark_all(self) -> None:
        """All rows, or none where all are."""
        if self._results is not None:
            every = frozenset(map(int, self._results.ids))
            self._set_marked(frozenset() if every <= self.marked else every)

    def unmark(self) -> None:
        self._set_marked(frozenset())

    def keep_marked(self, ids: Iterable[int]) -> None:
        """Of the marked rows only these, for the others are not listed any more."""
        if self.marked:
            self._set_marked(self.marked.intersection(ids))

    def _set_marked(self, ids: frozenset[int]) -> None:
        if ids != self.marked:
            self.marked = ids
            self.refresh()
            self.post_message(self.Marked(len(ids)))

    def _rows_shown(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _follow_cursor(self) -> None:
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + self._rows_shown():
            self.scroll_to(y=self.cursor - self._rows_shown() + 1, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            if (column := self._column_at(event.x)) and column.sort:
                self.post_message(self.SortPicked(column.sort))
            return
        index = event.y - 1 + self.scroll_offset.y
        if index < self.total:
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Opened())

    def _column_at(self, x: int) -> Column | None:
        left = MARGIN
        for column, width in self._layout():
            if left <= x < left + width + GAP:
                return column
            left += width + GAP
        return None

    def on_resize(self) -> None:
        self._follow_cursor()
        self._fetch_visible()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._fetch_visible()

    # ------------------------------------------------------------ fetching

    def _fetch_visible(self) -> None:
        if self._results is None or not len(self._results):
            return
        top = self.scroll_offset.y
        bottom = min(self.total - 1, top + self._rows_shown())
        wanted = range(top // PAGE, bottom // PAGE + 1)
        for page in wanted:
            if page in self._pages:
                self._pages.move_to_end(page)
        if missing := [page for page in wanted if page not in self._pages]:
            self._fetch(self._results, missing)

    @work(thread=True, exclusive=True, group="pages", exit_on_error=False)
    def _fetch(self, results: Listed, pages: list[int]) -> None:
        for page in pages:
            if get_current_worker().is_cancelled:
                return
            rows = results.rows(page * PAGE, min(len(results), (page + 1) * PAGE))
            self.post_message(PageReady(results, page, rows))

    def on_page_ready(self, message: PageReady) -> None:
        message.stop()
        if message.results is not self._results:
            return
        self._pages[message.page] = {row.id: row for row in message.rows}
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        self.refresh()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        error = event.worker.error
        # Interrupted: other results are on their way, and bring their own rows.
        if event.state is WorkerState.ERROR and error is not None and not isinstance(error, Interrupted):
            self.post_message(Failed(error))

    # ------------------------------------------------------------ drawing

    def _layout(self) -> list[tuple[Column, int]]:
        return layout(self._columns, self.scrollable_content_region.width - MARGIN - 1)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        segments = self._header() if y == 0 else self._line(y - 1 + self.scroll_offset.y)
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _header(self) -> list[Segment]:
        style = self._tone("header")
        segments = [Segment(" " * MARGIN, style)]
        for column, width in self._layout():
            is_sorted = bool(column.sort) and column.sort == (self._sort or "").lstrip("-")
            arrow = ("↓" if (self._sort or "").startswith("-") else "↑") if is_sorted else ""
            title = fit(column.title + arrow, width, right=column.right)
            segments += [Segment(title, self._tone("sorted") if is_sorted else style), Segment(" " * GAP, style)]
        return segments

    def _line(self, index: int) -> list[Segment]:
        if index >= self.total:
            empty = index == 0 and self._results is not None
            return [Segment(f"{' ' * MARGIN}Nothing matches.", self._tone("muted"))] if empty else []
        row = self._row(index)
        at_cursor = index == self.cursor
        base = self._tone("cursor") if at_cursor else self._tone("plain")
        mark = MARKS[row.state] if row else " "
        marked = row is not None and row.id in self.marked
        segments = [Segment(f"{'▌' if at_cursor else ' '}{mark}", base)]
        segments.append(Segment(MARK if marked else " ", self._tone("sorted") if marked else base))
        if row is None:
            text = GONE if index // PAGE in self._pages else COMING
            return [*segments, Segment(text, base if at_cursor else self._tone("muted"))]
        for column, width in self._layout():
            tone = column.tone if row.state == "present" else "away"
            style = base if at_cursor else self._tone(tone)
            segments += [Segment(column.text(row, width), style), Segment(" " * GAP, base)]
        if at_cursor:
            segments.append(Segment(" " * self.scrollable_content_region.width, base))
        return segments

    def _tone(self, name: str) -> Style:
        return self.get_component_rich_style(f"results--{name}")
