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
        self._shown: tuple[type, int] | None = None

    def compose(self) -> ComposeResult:
        yield Static(NOTHING)

    def show(self, details: FileDetails | ProjectDetails | None) -> None:
        """The same row again keeps the place that was scrolled to."""
        shown = (type(details), details.row.id) if details else None
        if shown != self._shown:
            self.scroll_home(animate=False)
        self._shown = shown
        self.query_one(Static).update(describe(details) if details else NOTHING)
