"""The pane that tells all about the row under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from archivist.records import FileDetails, ProjectDetails
from tui.widgets.describe import describe

NOTHING = Content.styled("Nothing is selected.", "$quiet")


class DetailsPane(VerticalScroll):
    BINDINGS: ClassVar = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._details: FileDetails | ProjectDetails | None = None

    def compose(self) -> ComposeResult:
        yield Static(NOTHING)

    def show(self, details: FileDetails | ProjectDetails | None) -> None:
        """The same row again keeps the place that was scrolled to."""
        before, self._details = self._details, details
        if before is None or details is None or before.row.id != details.row.id:
            self.scroll_home(animate=False)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        self.query_one(Static).update(describe(self._details, width) if self._details else NOTHING)
